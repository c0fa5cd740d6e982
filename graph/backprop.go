package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/relax"
)

// BackpropSession is a network as an ordinary feedforward network at one batch size:
// every node that is not clamped equals its prediction, so the energy reduces to the
// loss at the clamped nodes that are predicted,
//
//	L = Σ_k c_k E_k(x_of(k), μ_k),   of(k) clamped,
//
// plus the priors. Its parameter gradients are the gradients of backpropagation. It
// shares parameters with every other session of the network.
type BackpropSession struct {
	net      *Network
	plan     *plan
	clamped  []bool          // by node
	acts     []*tensor.Dense // by node; nil unless clamped
	x        []relax.Vector  // by node: views of acts
	terms    terms
	energies []float64 // of the active terms
	state    *state
	program  program
	probes   probes
	inputs   uint64 // counts changes of clamped data and noise
	parts    parts  // of the gradients; made at the first use
	roles    Roles

	launches *launcher // of whole updates; nil until first use
}

// BackpropSession prepares the network for backpropagation with a batch size and roles.
// Outputs are ignored. It is an error if the nodes that are not clamped form a cycle.
func (n *Network) BackpropSession(batch int, r Roles) (*BackpropSession, error) {
	resolved, err := n.resolveRoles(r)
	if err != nil {
		return nil, err
	}
	if err := n.checkBatch(batch); err != nil {
		return nil, err
	}
	order, err := n.acyclicOrder(resolved.clamped)
	if err != nil {
		return nil, err
	}
	p, err := n.build(batch, composition{order: order, clamped: resolved.clamped, training: r.Training})
	if err != nil {
		return nil, err
	}
	s := &BackpropSession{
		net: n, plan: p, clamped: resolved.clamped,
		acts:  make([]*tensor.Dense, len(n.decl.Nodes)),
		x:     make([]relax.Vector, len(n.decl.Nodes)),
		terms: newTerms(n),
		state: newState(p, r.Training),
		roles: r,
	}
	for i, d := range n.decl.Nodes {
		if resolved.clamped[i] {
			s.acts[i] = tensor.New(tensor.Of(n.settings.Precision.Dtype()), tensor.WithShape(d.Shape.Batched(batch)...))
			s.x[i] = vector(s.acts[i])
		}
	}
	names := n.termNames()
	for k, e := range p.terms {
		if e != nil && (resolved.active[k] || resolved.amortised[k]) {
			s.terms.add(k, names[k])
		}
	}
	s.energies = make([]float64, len(s.terms.active))
	if s.state.part = n.part; n.part != nil && s.state.measures() {
		return nil, errors.New("graph: backprop: differentiates through the statistics of the batch, which a part of it does not have; use prospective configuration, a normalisation without statistics of the batch such as layers.GroupNorm, or whole batches")
	}
	return s, s.compile()
}

// moduleInputs lists the inputs of the feedforward network.
func (s *BackpropSession) moduleInputs() []Input {
	in := append(s.plan.fixedInputs(), s.state.inputs(s.plan, ClampedInput)...)
	for i, x := range s.plan.acts {
		if s.acts[i] != nil {
			in = append(in, Input{Node: x, Kind: ClampedInput, Tensor: s.acts[i]})
		}
	}
	return append(in, s.terms.inputs(s.plan)...)
}

func (s *BackpropSession) compile() error { return s.program.compile(s.net, s.module()) }

// module has one job: loss terms and parameter gradients.
func (s *BackpropSession) module() Module {
	m := Module{Graph: s.plan.g, Precision: s.net.settings.Precision, Inputs: s.moduleInputs()}
	stage := s.terms.outputs(s.plan)
	for i, g := range s.plan.dParams {
		if g != nil {
			stage = append(stage, Output{Node: g, Tensor: s.net.params[i].Grad})
		}
	}
	for _, u := range s.plan.buffers {
		if t, ok := s.state.values[u.local]; ok {
			stage = append(stage, Output{Node: u.Batch, Tensor: t})
		}
	}
	m.Jobs = []Job{{Name: "backprop", Parts: true, Stages: []Stage{stage}}}
	return m
}

// fixedInputs lists the parameters and constant tensors that the plan reads.
func (p *plan) fixedInputs() []Input {
	in := slices.Clone(p.constants)
	for i, w := range p.params {
		if w != nil {
			in = append(in, Input{Node: w, Kind: ParameterInput, Tensor: p.net.params[i].Value})
		}
	}
	return in
}

// Batch returns the number of samples.
func (s *BackpropSession) Batch() int { return s.plan.batch }

// Clamp copies one batch of data into a clamped node, as [Session.Clamp] does.
func (s *BackpropSession) Clamp(node string, data []float32) error {
	return s.clamp(node, relax.Float32(data))
}

// ClampFloat64 is [BackpropSession.Clamp] for float64 data.
func (s *BackpropSession) ClampFloat64(node string, data []float64) error {
	return s.clamp(node, relax.Float64(data))
}

func (s *BackpropSession) clamp(node string, data relax.Vector) error {
	if err := s.net.clamp(node, data, s.plan.batch, s.clamped, s.x); err != nil {
		return err
	}
	s.inputs++
	return nil
}

// SetUpdate sets the index of the update whose noise the next Learn draws, as
// [Session.SetUpdate] does.
func (s *BackpropSession) SetUpdate(n uint64) { s.state.update = n }

// Learn fills the gradient of every parameter, summed over the batch, and returns the
// loss. Parameters that the loss does not depend on get zeros. In training it draws the
// noise of the next update and updates the buffers. A loss that is not finite is a
// [relax.NonFiniteError] that names the term; a buffer that would become non-finite is
// one too, and is left unchanged.
func (s *BackpropSession) Learn() (loss float64, err error) {
	err = s.learn(func(now changes) error { return s.program.run(0, now) }, &loss)
	return loss, err
}

// learn is Learn with a way to run the program.
func (s *BackpropSession) learn(run func(now changes) error, loss *float64) error {
	drawn, err := s.state.draw(s.plan)
	if err != nil {
		return err
	}
	if drawn {
		s.inputs++
	}
	if err := run(changes{s.inputs, *s.net.version}); err != nil {
		return err
	}
	for i, g := range s.plan.dParams {
		if g == nil {
			s.net.params[i].Grad.Zero()
		}
	}
	if *loss, err = s.terms.sumFinite(s.energies); err != nil {
		return err
	}
	s.state.fresh = true
	return s.state.follow(s.plan)
}
