package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/relax"
)

// ErrorCoordinates is a session in error coordinates: relaxation moves not the
// activities x but the prediction errors ε, from which a pass through the network
// computes the activities,
//
//	x_i = μ_i(x_from(i)) + ε_i
//	F(ε) = E(x(ε))
//
// The minima and the energies are the same; the conditioning differs. With squared
// errors the Hessian in ε is I + JᵀJ where the network is linear, J being the Jacobian
// of the clamped predictions: at most as many eigenvalues differ from 1 as there are
// clamped units, however deep the network, while in x the error has to travel node by
// node. So a solver that needs no step size, [relax.Anderson] or [relax.LBFGS] under
// [relax.Armijo], ends in a few evaluations at any depth. A fixed step size is unsafe:
// the largest eigenvalue grows with the weights.
//
// The smallest eigenvalue is then 1, so ½‖∂F/∂ε‖² of a sample bounds its energy above
// the minimum: [relax.EnergyGap], [relax.RelativeGap].
//
// A node with several predictions moves with the error of the prediction that a
// feedforward pass uses. Nodes without a prediction, and the first node of a cycle, are
// moved directly.
//
// An ErrorCoordinates is a [relax.Problem] over the session it was made from. Load
// reads the activities from the session, Store writes them back.
//
// Source: Goemaere, Oliviers, Bogacz and Demeester, "Error optimization: overcoming
// exponential signal decay in deep predictive coding networks" (2025). Differs in the
// choice of solver and in covering graphs that are not chains.
type ErrorCoordinates struct {
	session *Session
	plan    *plan
	coords  []*tensor.Dense // by node: ε, or x where it is moved directly; nil unless free
	grads   []*tensor.Dense
	free    []relax.Activity
	moved   []int // the free nodes with an error
	program program
	load    program // compiled on first use
	firsts  []firstPrediction
	taken   changes // of firsts
	probes  probes

	certifies bool           // Certify is prepared
	stores    bool           // an evaluation stores the activities too
	samples   sampleEnergies // of Certify; nil if the energies cannot be split
	apart     []float64      // energies of samples by term, in that case
	dots      []float64      // of the samples
}

// The jobs of error coordinates, by position in their module.
const (
	jobErrorsRelax = iota
	jobErrorsStore
)

// ErrorCoordinates returns the session in error coordinates.
func (s *Session) ErrorCoordinates() (*ErrorCoordinates, error) {
	n := s.net
	c := composition{order: s.order, clamped: make([]bool, len(n.decl.Nodes)), errors: true, free: make([]bool, len(n.decl.Nodes))}
	copy(c.clamped, s.roles.clamped)
	for _, i := range s.held {
		c.clamped[i] = true
	}
	for _, st := range s.order {
		if n.decl.Predictions[st.prediction].Amortised {
			c.clamped[st.node] = true // its error is no energy, so the node is moved directly
		}
	}
	for _, i := range s.roles.free {
		c.free[i] = true
	}
	p, err := n.build(s.plan.batch, c)
	if err != nil {
		return nil, err
	}
	e := &ErrorCoordinates{
		session: s, plan: p,
		coords: make([]*tensor.Dense, len(n.decl.Nodes)), grads: make([]*tensor.Dense, len(n.decl.Nodes)),
	}
	for _, i := range s.roles.free {
		e.allocate(i)
	}
	e.firsts = s.shareFirst(p)
	return e, e.program.compile(n, e.module())
}

// allocate allocates a free node's coordinate.
func (e *ErrorCoordinates) allocate(i int) {
	d, batch := e.session.net.decl.Nodes[i], e.plan.batch
	dense := func() *tensor.Dense {
		return tensor.New(tensor.Of(e.session.net.settings.Precision.Dtype()), tensor.WithShape(d.Shape.Batched(batch)...))
	}
	name := d.Name
	e.coords[i], e.grads[i] = dense(), dense()
	if e.plan.errs[i] != nil {
		name = "ε(" + name + ")"
		e.moved = append(e.moved, i)
	}
	e.free = append(e.free, relax.Activity{Name: name, Samples: batch, X: vector(e.coords[i]), Grad: vector(e.grads[i])})
}

// moduleInputs lists the inputs that error coordinates may read.
func (e *ErrorCoordinates) moduleInputs() []Input {
	s, p := e.session, e.plan
	in := append(p.fixedInputs(), s.state.inputs(p, ClampedInput)...)
	for i := range s.net.decl.Nodes {
		switch x := p.coordinate(i); {
		case x != nil:
			in = append(in, Input{Node: x, Kind: FreeInput, Tensor: e.coords[i]})
		case p.clamped[i]:
			in = append(in, Input{Node: p.acts[i], Kind: ClampedInput, Tensor: s.acts[i]})
		}
	}
	for _, f := range e.firsts {
		in = append(in, Input{Node: p.means[f.prediction], Kind: ClampedInput, Tensor: f.value})
	}
	return append(in, s.terms.inputs(p)...)
}

// module returns the jobs of error coordinates.
func (e *ErrorCoordinates) module() Module {
	s, p := e.session, e.plan
	m := Module{Graph: p.g, Precision: s.net.settings.Precision, Inputs: e.moduleInputs()}
	relaxation := s.terms.outputs(p)
	store := Job{Name: "activities", Stages: []Stage{nil}}
	for _, i := range e.moved {
		store.Stages[0] = append(store.Stages[0], Output{Node: p.acts[i], Tensor: s.acts[i]})
	}
	if e.stores {
		relaxation = append(relaxation, store.Stages[0]...)
	}
	for _, i := range s.roles.free {
		if g := p.dActs[i]; g != nil {
			relaxation = append(relaxation, Output{Node: g, Tensor: e.grads[i]})
		}
	}
	relaxation = append(relaxation, e.samples.outputs(p)...)
	m.Jobs = []Job{
		jobErrorsRelax: {Name: "relax errors", Loop: true, Stages: []Stage{relaxation}},
		jobErrorsStore: store,
	}
	return m
}

// Activities returns the coordinates that relaxation moves, with their gradients:
// "ε(h1)" for the error of node h1.
func (e *ErrorCoordinates) Activities() []relax.Activity { return e.free }

// Terms returns the names of the session's energy terms.
func (e *ErrorCoordinates) Terms() []string { return e.session.terms.names }

// Evaluate computes, at the current errors, the energy of every term and the
// gradient. It returns the total energy.
func (e *ErrorCoordinates) Evaluate(energies []float64) (float64, error) {
	if len(e.session.partly) > 0 {
		return 0, errors.New("graph: error coordinates: units of a free node are clamped one by one, which only activities can hold; relax the session itself")
	}
	if err := e.run(jobErrorsRelax); err != nil {
		return 0, err
	}
	if e.stores {
		e.storeMoved()
	}
	return e.session.terms.sum(energies)
}

// Store sets the session's activities from the current errors.
func (e *ErrorCoordinates) Store() error {
	if err := e.session.checkReady(); err != nil {
		return err
	}
	e.storeMoved()
	if len(e.moved) == 0 {
		return nil
	}
	return e.run(jobErrorsStore)
}

// storeMoved sets the activities that are moved directly.
func (e *ErrorCoordinates) storeMoved() {
	for _, i := range e.session.roles.free {
		if e.plan.errs[i] == nil {
			e.session.x[i].CopyFrom(vector(e.coords[i]))
		}
	}
}

// Load sets the current errors from the session's activities.
func (e *ErrorCoordinates) Load() error {
	if err := e.session.checkReady(); err != nil {
		return err
	}
	if e.load.exec == nil {
		if err := e.compileLoad(); err != nil {
			return err
		}
	}
	for _, i := range e.session.roles.free {
		vector(e.coords[i]).CopyFrom(e.session.x[i])
	}
	if len(e.moved) == 0 {
		return nil
	}
	if err := e.load.run(0, e.session.now()); err != nil {
		return err
	}
	for _, i := range e.moved {
		vector(e.coords[i]).AddScaled(-1, vector(e.grads[i]))
	}
	return nil
}

// Reset sets every error to 0, its value after a feedforward pass: Load for a session
// that was just initialised, at no cost.
func (e *ErrorCoordinates) Reset() {
	for _, i := range e.session.roles.free {
		if e.plan.errs[i] == nil {
			vector(e.coords[i]).CopyFrom(e.session.x[i])
			continue
		}
		vector(e.coords[i]).Fill(0)
	}
}

// compileLoad compiles the predictions of the energy graph.
func (e *ErrorCoordinates) compileLoad() error {
	s := e.session
	m := Module{Graph: s.plan.g, Precision: s.net.settings.Precision, Inputs: s.moduleInputs(ClampedInput)}
	job := Job{Name: "predictions", Stages: []Stage{nil}}
	for _, st := range e.plan.order {
		if e.plan.errs[st.node] != nil {
			job.Stages[0] = append(job.Stages[0], Output{Node: s.plan.means[st.prediction], Tensor: e.grads[st.node]})
		}
	}
	m.Jobs = []Job{job}
	return e.load.compile(s.net, m)
}

func (e *ErrorCoordinates) run(job int) error {
	s := e.session
	if err := s.begin(); err != nil {
		return err
	}
	if len(s.partly) > 0 {
		return errors.New("graph: errors: some units of a free node are clamped, which errors cannot hold; relax the session itself")
	}
	if err := e.takeFirst(); err != nil {
		return err
	}
	return e.program.run(job, s.now())
}
