package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// composition says which activities of a plan are not inputs but made of their
// predictions. The zero value is the energy graph, where all are inputs.
type composition struct {
	order   []stage // the order of substitution
	clamped []bool  // which activities are inputs all the same
	// errors adds an input to each prediction that is substituted, the error:
	// x = μ + ε. Without it x = μ.
	errors bool
	free   []bool // error graph: which activities relaxation moves
	// training differentiates through the batch's values of buffers, which are
	// inputs otherwise.
	training bool
}

// composed reports whether activities are made of predictions.
func (c *composition) composed() bool { return c.clamped != nil }

// fixed reports whether relaxation leaves activity i alone.
func (c *composition) fixed(i int) bool { return c.clamped[i] && (!c.errors || !c.free[i]) }

// skips reports whether prediction k of node of is no energy term: the node is
// its own prediction and there is no error, or the error is compared already, or
// the node is an output, or nothing is to be learned.
func (p *plan) skips(k, of int) bool {
	if p.errors && p.net.decl.Predictions[k].Amortised {
		return true
	}
	return p.composed() && !p.clamped[of] && (!p.errors || !p.free[of] || p.terms[k] != nil)
}

// activity is node i as prediction k sees it: an amortised one sees an input of
// the same memory with respect to which nothing is differentiated.
func (p *plan) activity(k, i int) *gorgonia.Node {
	if !p.net.decl.Predictions[k].Amortised || p.composed() {
		return p.acts[i]
	}
	if p.still[i] == nil {
		d := p.net.decl.Nodes[i]
		p.still[i] = p.input("s:"+d.Name, d.Shape.Batched(p.batch))
	}
	return p.still[i]
}

// substitute makes activities of their predictions, in order.
func (p *plan) substitute() error {
	for _, s := range p.order {
		if p.clamped[s.node] {
			continue // on a cycle: it is an input, and compared with its prediction
		}
		if err := p.predict(s.prediction); err != nil {
			return ofPrediction(s.prediction, err)
		}
		p.acts[s.node] = p.means[s.prediction]
		if p.errors && p.free[s.node] {
			if err := p.perturb(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// perturb makes an activity its prediction plus an error, and the energy of the
// prediction that of the error.
func (p *plan) perturb(s stage) error {
	decl := p.net.decl
	d, node := decl.Predictions[s.prediction], decl.Nodes[s.node]
	b := p.predictionBuilder(s.prediction)
	e := p.input("e:"+node.Name, node.Shape.Batched(p.batch))
	p.errs[s.node] = e
	x, err := gorgonia.Add(p.means[s.prediction], e)
	if err != nil {
		return errors.Wrapf(err, "graph: %s: prediction plus error", b.owner)
	}
	p.acts[s.node] = x
	term, err := p.guard(b.owner, func() (*gorgonia.Node, error) {
		switch energy := d.Energy.(type) {
		case nil:
			return HalfSquare(b, e)
		case ErrorEnergy:
			return energy.BuildError(b.Sub("energy"), e)
		default:
			return energy.Build(b.Sub("energy"), x, p.mus[s.prediction])
		}
	})
	if err != nil {
		return err
	}
	return p.setTerm(s.prediction, term, b.owner)
}

// coordinate is the input that relaxation moves for node i, or nil.
func (p *plan) coordinate(i int) *gorgonia.Node {
	switch {
	case p.composed() && (!p.errors || !p.free[i]):
		return nil
	case p.composed() && p.errs[i] != nil:
		return p.errs[i]
	}
	return p.acts[i]
}
