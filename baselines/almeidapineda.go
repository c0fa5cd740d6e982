package baselines

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/train"
)

// AlmeidaPineda is recurrent backpropagation in a layered network with symmetric
// feedback. First the activities settle, then the errors, in a network of error units:
//
//	dx_l = −x_l + u_l
//	dy_l = −y_l + f′(x_l) ∘ (g·y_{l−1}·W_l + y_{l+1}·W_{l+1}ᵀ)     y_0 = 0
//	dy_L = −y_L + J + f′(x_L) ∘ (g·y_{L−1}·W_L)                    J = target − x_L
//	∂W_l = −f(x_{l−1})ᵀ·y_l
//
// with u_l and g as in [Settling]. At equilibrium this is the gradient of ½‖J‖² in the
// weights from below, with the weights from above held fixed. As g goes to 0 it becomes
// backprop. It requires a chain of dense layers.
//
// Source: Almeida 1987; Pineda 1987; Song et al. 2024, Supplement.
type AlmeidaPineda struct {
	Settling
	// Published sets the output's error to y_L = f′(x_L) ∘ J, as in the code of the
	// paper, which is not the gradient. False is the correct rule.
	Published bool `json:"published,omitempty"`

	chain *layered
}

// Gradients settles activities and errors and fills the gradients. The energy in
// Stats is ½‖J‖².
func (r *AlmeidaPineda) Gradients(ctx context.Context, net *graph.Network, b *train.Batch) (train.Stats, error) {
	const name = "Almeida-Pineda"
	l, err := chainOf(name, &r.chain, net)
	if err != nil {
		return train.Stats{}, err
	}
	s, err := r.settler(name, l, b)
	if err != nil {
		return train.Stats{}, err
	}
	err = s.settle(ctx, l.depth(), func(i int, u *mat.Dense) { u.Sub(u, s.state.x[i]) })
	if err != nil {
		return train.Stats{}, err
	}
	j, loss := s.error()
	y, err := r.errors(ctx, s, j)
	if err != nil {
		return train.Stats{}, err
	}
	l.zeroGradients()
	for i := 1; i <= l.depth(); i++ {
		l.addGradient(i, -s.scale(), s.state.a[i-1], y[i])
	}
	return train.Stats{Energy: loss}, nil
}

// errors settles y_1 … y_L from 0.
func (r *AlmeidaPineda) errors(ctx context.Context, s *settler, j *mat.Dense) ([]*mat.Dense, error) {
	last := s.chain.depth()
	y, dy := make([]*mat.Dense, last+1), make([]*mat.Dense, last+1)
	for l := 1; l <= last; l++ {
		y[l], dy[l] = mat.NewDense(s.batch.Size, s.chain.widths[l], nil), mat.NewDense(s.batch.Size, s.chain.widths[l], nil)
	}
	for range s.Steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for l := 1; l <= last; l++ {
			r.drive(dy[l], s, y, j, l)
			dy[l].Sub(dy[l], y[l])
			dy[l].Scale(s.Size, dy[l])
		}
		for l := 1; l <= last; l++ {
			y[l].Add(y[l], dy[l])
		}
	}
	return y, nil
}

// drive writes the target of y_l into dst.
func (r *AlmeidaPineda) drive(dst *mat.Dense, s *settler, y []*mat.Dense, j *mat.Dense, l int) {
	last := s.chain.depth()
	if l == last && r.Published {
		dst.MulElem(j, s.state.slope[l])
		return
	}
	dst.Zero()
	if l > 1 {
		dst.Mul(y[l-1], s.w[l-1])
		dst.Scale(s.Feedback, dst)
	}
	if l < last {
		var back mat.Dense
		back.Mul(y[l+1], s.w[l].T())
		dst.Add(dst, &back)
	}
	dst.MulElem(dst, s.state.slope[l])
	if l == last {
		dst.Add(dst, j)
	}
}
