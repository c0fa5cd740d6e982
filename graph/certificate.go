package graph

import (
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
)

var (
	_ relax.Certifier = (*Session)(nil)
	_ relax.Certifier = (*ErrorCoordinates)(nil)
)

// Certificates prepares [ErrorCoordinates.Certify], and reports that it is of the last
// evaluation. From then on every evaluation also stores the activities, as Store does.
func (e *ErrorCoordinates) Certificates() (evaluated bool, err error) {
	e.stores = true
	return true, e.prepareCertificates()
}

func (e *ErrorCoordinates) prepareCertificates() error {
	if e.certifies {
		return nil
	}
	c := e.plan.composition
	c.samples = true
	p, err := e.session.net.build(e.plan.batch, c)
	if err != nil {
		return err
	}
	if stopsGradients(p) {
		return errors.New("graph: certificates: the network has layers.StopGradient, so that relaxation follows no gradient of its energy and no gap is bounded; take another stop, such as relax.GradientNorm")
	}
	e.plan, e.certifies = p, true
	e.dots = make([]float64, p.batch)
	e.samples = newSampleEnergies(p, e.session.terms.active)
	if e.samples == nil {
		e.apart = make([]float64, p.batch*len(e.session.terms.active))
	}
	e.program, e.probes = program{}, nil
	return e.program.compile(e.session.net, e.module())
}

// stopsGradients reports whether an operation of a plan hides its input from derivatives.
func stopsGradients(p *plan) bool {
	for _, x := range p.g.AllNodes() {
		if op, ok := x.Op().(interface{ StopsGradient() bool }); ok && op.StopsGradient() {
			return true
		}
	}
	return false
}

// Certify tells of the last evaluation, which must have been at the current errors, the
// energy of every term and of every sample, and the squared norm of the gradient of every
// sample. It returns the total energy.
//
// Where the operations of an energy do not show that its samples are apart, the samples
// are run one by one, see [Session.SampleEnergies].
func (e *ErrorCoordinates) Certify(energies, samples, squares []float64) (float64, error) {
	if batch := e.plan.batch; len(samples) != batch || len(squares) != batch {
		return 0, errors.Errorf("graph: error coordinates: certificates, got room for %d and %d samples, want %d", len(samples), len(squares), batch)
	}
	if !e.certifies {
		return 0, errors.New("graph: error coordinates: certificates are not prepared; call Certificates first")
	}
	clear(squares)
	for _, a := range e.free {
		relax.AddProducts(squares, e.dots, a.Grad, a.Grad)
	}
	total, err := e.session.terms.sum(energies)
	if err != nil {
		return total, err
	}
	if e.samples != nil {
		e.samples.sum(samples, e.session.terms.gates)
		return total, nil
	}
	if err := e.session.SampleEnergies(e.apart); err != nil {
		return total, err
	}
	terms := len(e.apart) / len(samples)
	for n := range samples {
		samples[n] = 0
		for _, x := range e.apart[n*terms : (n+1)*terms] {
			samples[n] += x
		}
	}
	return total, nil
}

// Certificates prepares [Session.Certify], and reports that it costs an evaluation of its
// own.
func (s *Session) Certificates() (evaluated bool, err error) {
	if s.certificate != nil {
		return false, nil
	}
	e, err := s.ErrorCoordinates()
	if err != nil {
		return false, err
	}
	if err = e.prepareCertificates(); err == nil {
		s.certificate = e
	}
	return false, err
}

// Certify computes, at the current activities, the energy of every term and of every
// sample, and the squared norm of the gradient of every sample in error coordinates: the
// gradient in the activities, propagated back through the network,
//
//	∂F/∂ε_i = ∂E/∂x_i + Σ_k (∂μ_k/∂x_i)ᵀ ∂F/∂ε_of(k)
//
// It returns the total energy, and leaves activities and gradients unchanged.
func (s *Session) Certify(energies, samples, squares []float64) (float64, error) {
	if s.certificate == nil {
		return 0, errors.New("graph: session: certificates are not prepared; call Certificates first")
	}
	if err := s.certificate.Load(); err != nil {
		return 0, err
	}
	if err := s.certificate.run(jobErrorsRelax); err != nil {
		return 0, err
	}
	return s.certificate.Certify(energies, samples, squares)
}
