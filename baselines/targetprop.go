package baselines

import (
	"cmp"
	"context"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/train"
)

// TargetPropagation propagates the output error through the pseudo-inverses of the
// weights instead of their transposes, in a linear chain of dense layers:
//
//	e_L = μ_L − target     e_l = e_{l+1}·W_{l+1}⁺     ∂W_l = x_{l−1}ᵀ·e_l
//
// at the feedforward activities. To first order the output of a network of square
// invertible matrices then moves straight to its target; but where a matrix is nearly
// singular the errors grow without bound, the more so the deeper the network.
//
// Source: Song et al. 2024, Supplement; Bengio, arXiv:1407.7906.
type TargetPropagation struct {
	// Tolerance drops singular values below Tolerance times the largest. Zero
	// means 1e-15.
	Tolerance float64 `json:"tolerance,omitempty"`
	// Average divides the gradients by the batch size. The paper sums.
	Average bool `json:"average,omitempty"`

	chain *layered
}

// Gradients fills the gradients.
func (r *TargetPropagation) Gradients(ctx context.Context, net *graph.Network, b *train.Batch) (train.Stats, error) {
	l, err := chainOf("target propagation", &r.chain, net)
	if err != nil {
		return train.Stats{}, err
	}
	for i, f := range l.f {
		if _, ok := f.(layers.Identity); !ok {
			return train.Stats{}, errors.Errorf("baselines: target propagation: node %q: activation %T, want a linear network", l.nodes[i], f)
		}
	}
	input, target, err := l.ends("target propagation", b)
	if err != nil {
		return train.Stats{}, err
	}
	if err := ctx.Err(); err != nil {
		return train.Stats{}, err
	}
	w := l.matrices()
	p := l.feedforward(input, w)
	last := l.depth()
	e := new(mat.Dense)
	e.Sub(p.x[last], target)
	stats := train.Stats{Energy: halfSquares(e)}
	l.zeroGradients()
	for i := last; i >= 1; i-- {
		l.addGradient(i, b.GradientScale(r.Average), p.a[i-1], e)
		if i == 1 {
			break
		}
		inverse, err := pseudoInverse(w[i-1], r.Tolerance)
		if err != nil {
			return stats, errors.WithMessagef(err, "baselines: target propagation: weights of %q", l.nodes[i])
		}
		back := new(mat.Dense)
		back.Mul(e, inverse)
		e = back
	}
	return stats, nil
}

// chainOf returns the description of a network, cached after the first call.
func chainOf(rule string, cached **layered, net *graph.Network) (*layered, error) {
	if *cached != nil && (*cached).net == net {
		return *cached, nil
	}
	l, err := newLayered(rule, net)
	if err == nil {
		*cached = l
	}
	return l, err
}

// pseudoInverse is the Moore–Penrose inverse A⁺ = V·S⁺·Uᵀ.
func pseudoInverse(a *mat.Dense, tolerance float64) (*mat.Dense, error) {
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDThin) {
		return nil, errors.New("the singular values do not converge; the weights may not be finite")
	}
	var u, v mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	s := svd.Values(nil)
	cutoff := s[0] * cmp.Or(tolerance, 1e-15)
	v.Apply(func(_, j int, x float64) float64 {
		if s[j] <= cutoff || s[j] < math.SmallestNonzeroFloat32 {
			return 0
		}
		return x / s[j]
	}, &v)
	out := new(mat.Dense)
	out.Mul(&v, u.T())
	return out, nil
}
