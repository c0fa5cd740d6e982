package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// composition says which activities of a plan are computed from their predictions
// instead of being inputs. The zero value is the energy graph, where all are inputs.
type composition struct {
	order   []stage // the order of substitution
	clamped []bool  // which activities remain inputs
	// errors adds an input to each substituted prediction, the error: x = μ + ε.
	// Without it x = μ.
	errors  bool
	free    []bool // error graph: which activities relaxation moves
	samples bool   // also the energy of every sample, where the energies can be split
	// training differentiates through the batch's values of buffers, which are inputs
	// otherwise.
	training bool
}

// composed reports whether activities are computed from predictions.
func (c *composition) composed() bool { return c.clamped != nil }

// fixed reports whether relaxation leaves activity i unchanged.
func (c *composition) fixed(i int) bool { return c.clamped[i] && (!c.errors || !c.free[i]) }

// skips reports whether prediction k of node of is not an energy term: the node equals
// its prediction, its error is already a term, the node is an output, or nothing is to
// be learned.
func (p *plan) skips(k, of int) bool {
	if p.errors && p.net.decl.Predictions[k].Amortised {
		return true
	}
	return p.composed() && !p.clamped[of] && (!p.errors || !p.free[of] || p.terms[k] != nil)
}

// activity is node i as prediction k sees it: an amortised prediction sees an input
// with the same memory that nothing is differentiated with respect to.
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

// substitute replaces activities by their predictions, in order.
func (p *plan) substitute() error {
	for _, s := range p.order {
		if p.clamped[s.node] {
			continue // on a cycle: it stays an input, compared with its prediction
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

// perturb makes an activity its prediction plus an error, and the prediction's energy
// the energy of that error.
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
		in := []*gorgonia.Node{e, x, p.mus[s.prediction]}
		return p.maskedTerm(b, s.node, d.Energy, in, func(in ...*gorgonia.Node) (*gorgonia.Node, error) {
			switch energy := d.Energy.(type) {
			case nil:
				return HalfSquare(b, in[0])
			case ErrorEnergy:
				return energy.BuildError(b.Sub("energy"), in[0])
			default:
				return energy.Build(b.Sub("energy"), in[1], in[2])
			}
		})
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
