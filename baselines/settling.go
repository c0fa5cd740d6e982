package baselines

import (
	"cmp"
	"context"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/train"
)

// Settling is how the rules of this package let the activities of a chain of dense
// layers settle: x_0 is clamped to the input, and all others move simultaneously, by
// explicit Euler steps, driven from below and, through the transposed weights, from
// above,
//
//	u_l = f(x_{l−1})·W_l + b_l + g·f(x_{l+1})·W_{l+1}ᵀ
//
// from their feedforward values.
type Settling struct {
	// Steps is the number of Euler steps per phase. Zero is an error.
	Steps int `json:"steps"`
	// Size of a step. Zero is an error.
	Size float64 `json:"size"`
	// Feedback is g, the strength of the connections from above. Zero means 1.
	Feedback float64 `json:"feedback,omitempty"`
	// Output is f of the output node. Nil means the identity. In the paper it is the f
	// of the hidden layers.
	Output layers.Pointwise `json:"output,omitempty"`
	// Average divides the gradients by the batch size. The paper does so for these
	// rules, and only for them.
	Average bool `json:"average,omitempty"`
}

// settler runs a Settling on one batch.
type settler struct {
	Settling
	chain         *layered
	w             []*mat.Dense
	state         *pass
	input, target *mat.Dense
	below         *mat.Dense // f(x_0)·W_1 + b_1, which is constant
	batch         *train.Batch
}

// settler prepares a batch, at the feedforward values.
func (s Settling) settler(rule string, l *layered, b *train.Batch) (*settler, error) {
	if s.Steps < 1 || !(s.Size > 0) {
		return nil, errors.Errorf("baselines: %s: Steps and Size, got %d and %v, want at least 1, and a positive number", rule, s.Steps, s.Size)
	}
	r := &settler{Settling: s, w: l.matrices(), batch: b}
	r.Feedback = cmp.Or(s.Feedback, 1)
	var err error
	if r.input, r.target, err = l.ends(rule, b); err != nil {
		return nil, err
	}
	withOutput := *l
	if s.Output != nil {
		withOutput.f = append(append([]layers.Pointwise(nil), l.f[:l.depth()]...), s.Output)
	}
	r.chain = &withOutput
	r.state = r.chain.feedforward(r.input, r.w)
	r.below = new(mat.Dense)
	r.chain.predict(r.below, r.state, r.w, 1)
	return r, nil
}

// settle takes the steps: x_l ← x_l + size·change(l, u_l), for l = 1 … top.
func (r *settler) settle(ctx context.Context, top int, change func(l int, u *mat.Dense)) error {
	u := make([]*mat.Dense, top+1)
	for range r.Steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		for l := 1; l <= top; l++ {
			u[l] = r.drive(l)
			change(l, u[l])
		}
		for l := 1; l <= top; l++ {
			u[l].Scale(r.Size, u[l])
			r.state.x[l].Add(r.state.x[l], u[l])
			r.chain.activate(r.state, l)
		}
	}
	return nil
}

// drive returns u_l.
func (r *settler) drive(l int) *mat.Dense {
	u := new(mat.Dense)
	if l == 1 {
		u.CloneFrom(r.below)
	} else {
		r.chain.predict(u, r.state, r.w, l)
	}
	if l < r.chain.depth() {
		var back mat.Dense
		back.Mul(r.state.a[l+1], r.w[l].T())
		back.Scale(r.Feedback, &back)
		u.Add(u, &back)
	}
	return u
}

// error returns target − x_L and ½Σ of its squares.
func (r *settler) error() (*mat.Dense, float64) {
	e := new(mat.Dense)
	e.Sub(r.target, r.state.x[r.chain.depth()])
	return e, halfSquares(e)
}

// scale is the factor of the gradients.
func (r *settler) scale() float64 { return r.batch.GradientScale(r.Average) }
