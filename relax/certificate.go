package relax

import "github.com/pkg/errors"

// Certifier is a Problem that knows coordinates, not necessarily its own, in which the
// curvature of the energy of every sample has a lower bound, so that the gradient there
// bounds what is left to gain.
type Certifier interface {
	Problem
	// Certificates prepares for Certify. It reports whether Certify tells of the last
	// Evaluate, after which X must not have changed: then a test costs nothing beyond
	// the evaluation that the next step needs anyway. Otherwise Certify evaluated X
	// itself, and leaves X and Grad unchanged.
	Certificates() (evaluated bool, err error)
	// Certify writes the energy of every term, as Evaluate does; into samples the energy
	// of every sample, which sum to the total; and into squares the squared 2-norm of
	// the gradient of every sample in those coordinates. It returns the total.
	Certify(energies, samples, squares []float64) (float64, error)
}

// Certified is a Converger that tests certificates in place of gradient norms. It needs
// a problem that is a [Certifier].
type Certified interface {
	Converger
	// DueCertificate is Due, given whether the certificate comes with the evaluation or
	// costs one of its own.
	DueCertificate(step int, evaluated bool) bool
}

// certificates is what a driver keeps for a [Certified] converger.
type certificates struct {
	problem   Certifier
	stop      Certified
	evaluated bool
	energies  []float64 // by term
	samples   []float64
	squares   []float64
}

// newCertificates prepares the certificates of p, or returns nil if stop needs none.
func newCertificates(p Problem, stop Converger, samples, terms int) (*certificates, error) {
	s, ok := stop.(Certified)
	if !ok || samples == 0 {
		return nil, nil
	}
	c, ok := p.(Certifier)
	if !ok {
		return nil, errors.Errorf("relax: settings: Stop: %T wants a problem that certifies its energy, got %T; use GradientNorm", stop, p)
	}
	evaluated, err := c.Certificates()
	if err != nil {
		return nil, errors.WithMessage(err, "relax: settings: Stop")
	}
	return &certificates{
		problem: c, stop: s, evaluated: evaluated,
		energies: make([]float64, terms), samples: make([]float64, samples), squares: make([]float64, samples),
	}, nil
}

// certify computes the certificates of the current state and reports whether the run may
// stop there.
func (d *Driver) certify() (bool, error) {
	r, c := &d.run, d.certificates
	d.spread()
	if c.evaluated {
		if err := d.measure(false); err != nil {
			return false, err
		}
	} else {
		d.problem.n++
	}
	energy, err := c.problem.Certify(c.energies, c.samples, c.squares)
	if err == nil && r.measured != r.step {
		copy(d.energies, c.energies)
		if energy, err = d.combineEnergies(d.energies, energy); err == nil {
			d.measured(energy)
		}
	}
	if err != nil {
		return false, errors.WithMessagef(err, "relax: step %d: certify", r.step)
	}
	if !isFinite(r.energy) {
		return false, d.explain()
	}
	return d.ends(State{
		Step: r.step, Energy: r.energy, Energies: d.energies, Activities: d.activities,
		Samples: c.samples, Squares: c.squares,
	})
}

// certifiedStep ends the run at the current state if its certificate allows.
func (d *Driver) certifiedStep(needs Needs) (Status, error) {
	converged, err := d.certify()
	if err == nil && converged && d.settings.Recorder != nil {
		err = d.measure(needs.GradNorm)
		d.record(needs)
	}
	switch {
	case err != nil:
		return statusOf(err), err
	case converged:
		return Converged, nil
	}
	return NotTerminated, nil
}

// due reports whether the current state is to be tested, and whether by its certificate.
func (d *Driver) due() (norms, certificate bool) {
	switch {
	case d.settings.Stop == nil:
		return false, false
	case d.certificates != nil:
		return false, d.certificates.stop.DueCertificate(d.run.step, d.certificates.evaluated)
	}
	return d.settings.Stop.Due(d.run.step), false
}
