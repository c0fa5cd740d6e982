package baselines

import (
	"context"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/train"
)

// FixedPrediction is predictive coding whose predictions and derivatives stay at their
// feedforward values while the errors relax, in a chain of dense layers:
//
//	e_l ← e_l − γ·(e_l − (e_{l+1}·W_{l+1}ᵀ) ∘ f′(x_l))     e_L = μ_L − target
//	∂W_l = f(x_{l−1})ᵀ·e_l
//
// It converges to backprop; with γ = 1 it equals backprop after as many steps as there
// are hidden layers.
//
// Source: Whittington and Bogacz 2017; Millidge, Tschantz and Buckley,
// arXiv:2006.04182.
type FixedPrediction struct {
	// Steps is the number of steps. Zero is an error.
	Steps int `json:"steps"`
	// Size is γ, in (0, 2). Zero is an error.
	Size float64 `json:"size"`
	// Average divides the gradients by the batch size. The paper sums.
	Average bool `json:"average,omitempty"`

	chain *layered
}

// Gradients fills the gradients.
func (r *FixedPrediction) Gradients(ctx context.Context, net *graph.Network, b *train.Batch) (train.Stats, error) {
	const name = "fixed prediction"
	if r.Steps < 1 || !(r.Size > 0 && r.Size < 2) {
		return train.Stats{}, errors.Errorf("baselines: %s: Steps and Size, got %d and %v, want at least 1, and a number between 0 and 2", name, r.Steps, r.Size)
	}
	l, err := chainOf(name, &r.chain, net)
	if err != nil {
		return train.Stats{}, err
	}
	input, target, err := l.ends(name, b)
	if err != nil {
		return train.Stats{}, err
	}
	w := l.matrices()
	p := l.feedforward(input, w)
	last := l.depth()
	e := make([]*mat.Dense, last+1)
	for i := 1; i <= last; i++ {
		e[i] = mat.NewDense(b.Size, l.widths[i], nil)
	}
	e[last].Sub(p.x[last], target)
	for range r.Steps {
		if err := ctx.Err(); err != nil {
			return train.Stats{}, err
		}
		for i := 1; i < last; i++ { // simultaneous: layer i reads only layers updated after it
			var back mat.Dense
			back.Mul(e[i+1], w[i].T())
			back.MulElem(&back, p.slope[i])
			back.Sub(e[i], &back)
			back.Scale(-r.Size, &back)
			e[i].Add(e[i], &back)
		}
	}
	l.zeroGradients()
	for i := 1; i <= last; i++ {
		l.addGradient(i, b.GradientScale(r.Average), p.a[i-1], e[i])
	}
	return train.Stats{Energy: halfSquares(e[last])}, nil
}
