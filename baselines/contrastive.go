package baselines

import (
	"cmp"
	"context"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/train"
)

// GeneRec is contrastive Hebbian learning in a layered network with symmetric feedback
// and leaky units. In the negative phase the output is free, in the positive phase it
// is clamped to the target, and both end near a minimum of
//
//	E = ½ Σ_l ‖x_l‖² − Σ_l f(x_l)·(f(x_{l−1})·W_l + b_l)
//	dx_l = −x_l + f′(x_l) ∘ u_l
//	∂W_l = −(positive − negative) of f(x_{l−1})ᵀ·f(x_l)
//
// with u_l as in [Settling]. It requires a chain of dense layers.
//
// Source: O'Reilly, Neural Computation 8 (1996); Song et al. 2024, Supplement.
type GeneRec struct {
	Settling
	// Nudge, if not 0, replaces the clamping of the positive phase by a force of
	// strength β: dx_L gains β·(target − x_L), and the gradients are divided by β. As β
	// goes to 0 they converge to the gradient of ½‖target − x_L‖² at the free minimum:
	// equilibrium propagation (Scellier and Bengio 2017).
	Nudge float64 `json:"nudge,omitempty"`

	chain *layered
}

// Hopfield is [GeneRec] without leak: a deep continuous Hopfield network.
//
//	E = −Σ_l f(x_l)·(f(x_{l−1})·W_l + b_l)
//	dx_l = f′(x_l) ∘ u_l
//
// Its activities have no fixed point where f does not saturate, so Steps matter.
//
// Source: Hopfield 1984; Movellan 1991; Song et al. 2024, Supplement.
type Hopfield struct {
	Settling
	// Nudge is as for [GeneRec].
	Nudge float64 `json:"nudge,omitempty"`

	chain *layered
}

// Gradients runs both phases and fills the gradients. The energy in Stats is the
// error of the free output, ½‖target − x_L‖².
func (r *GeneRec) Gradients(ctx context.Context, net *graph.Network, b *train.Batch) (train.Stats, error) {
	return phases{"GeneRec", r.Settling, r.Nudge, 1}.gradients(ctx, &r.chain, net, b)
}

// Gradients runs both phases and fills the gradients. The energy in Stats is the
// error of the free output, ½‖target − x_L‖².
func (r *Hopfield) Gradients(ctx context.Context, net *graph.Network, b *train.Batch) (train.Stats, error) {
	return phases{"Hopfield", r.Settling, r.Nudge, 0}.gradients(ctx, &r.chain, net, b)
}

// phases is contrastive Hebbian learning.
type phases struct {
	name string
	Settling
	nudge, leak float64
}

func (p phases) gradients(ctx context.Context, cached **layered, net *graph.Network, b *train.Batch) (train.Stats, error) {
	// The rule computes in float64 in networks of either precision.
	if err := train.CheckNudge(p.nudge, graph.Float64); err != nil {
		return train.Stats{}, errors.WithMessagef(err, "baselines: %s", p.name)
	}
	l, err := chainOf(p.name, cached, net)
	if err != nil {
		return train.Stats{}, err
	}
	s, err := p.settler(p.name, l, b)
	if err != nil {
		return train.Stats{}, err
	}
	last := l.depth()
	if err := s.settle(ctx, last, func(i int, u *mat.Dense) { p.descend(s, i, u) }); err != nil {
		return train.Stats{}, err
	}
	_, loss := s.error()
	l.zeroGradients()
	s.correlate(s.scale() / cmp.Or(p.nudge, 1))
	if err := p.positive(ctx, s); err != nil {
		return train.Stats{}, err
	}
	s.correlate(-s.scale() / cmp.Or(p.nudge, 1))
	return train.Stats{Energy: loss}, nil
}

// positive settles with the output clamped or nudged.
func (p phases) positive(ctx context.Context, s *settler) error {
	last := s.chain.depth()
	if p.nudge == 0 {
		s.state.x[last].Copy(s.target)
		s.chain.activate(s.state, last)
		return s.settle(ctx, last-1, func(i int, u *mat.Dense) { p.descend(s, i, u) })
	}
	return s.settle(ctx, last, func(i int, u *mat.Dense) {
		p.descend(s, i, u)
		if i == last {
			pull, _ := s.error()
			pull.Scale(p.nudge, pull)
			u.Add(u, pull)
		}
	})
}

// descend replaces u_l by −∂E/∂x_l.
func (p phases) descend(s *settler, l int, u *mat.Dense) {
	u.MulElem(u, s.state.slope[l])
	if p.leak != 0 {
		var leak mat.Dense
		leak.Scale(p.leak, s.state.x[l])
		u.Sub(u, &leak)
	}
}

// correlate adds factor times f(x_{l−1})ᵀ·f(x_l) to every gradient.
func (s *settler) correlate(factor float64) {
	for l := 1; l <= s.chain.depth(); l++ {
		s.chain.addGradient(l, factor, s.state.a[l-1], s.state.a[l])
	}
}
