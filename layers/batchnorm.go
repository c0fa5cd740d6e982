package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// BatchNorm normalises every channel to mean 0 and variance 1 over the batch, then
// applies a learned scale and shift,
//
//	μ[c,…] = γ[c]·(x[c,…] − m[c])/√(v[c] + Eps) + β[c]
//
//	x, μ: (batch, C, ...)   m, v, γ, β: (C)
//
// In training m and v are the statistics of the batch in the feedforward pass, over
// samples and positions, and stay fixed while activities relax and weights learn. They
// are data to the energy, not functions of the activities, so the samples of a batch
// stay independent of one another. Backprop has only the one pass and differentiates
// through them, as other frameworks do. At every update the running statistics, buffers
// named "mean" and "variance", follow,
//
//	running ← (1 − Momentum)·running + Momentum·batch
//
// with the unbiased variance. Evaluation uses them, and so does a batch with one value
// per channel, which has no variance. See [graph.Roles.Training]. γ is initially 1 and
// β 0.
//
// A layer before it needs no bias. A gradient at fixed statistics has components along
// the scale and the shift of x that the next batch's statistics undo, and a variance of
// a handful of values may be so small that the map is too steep for the relaxation's
// step size; so use large enough batches, keep it away from the prediction of a clamped
// node, and prefer [GroupNorm] or [LayerNorm], which have neither problem, where there
// is a choice. Source: Ioffe and Szegedy, ICML 2015.
type BatchNorm struct {
	// Momentum of the running statistics. Zero means 0.1.
	Momentum float64 `json:"momentum,omitempty"`
	// Eps is added to the variance. Zero means 1e-5.
	Eps float64 `json:"eps,omitempty"`
	// NoAffine omits γ and β.
	NoAffine bool `json:"no_affine,omitempty"`
}

// Build adds the layer; it takes one input, channels first.
func (l BatchNorm) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	const layer = "batchnorm"
	x, eps, err := normInput(layer, l.Eps, in)
	if err != nil {
		return nil, err
	}
	mean, variance, err := l.buffers(b, x)
	if err != nil {
		return nil, errors.WithMessage(err, "layers: batchnorm")
	}
	var c ops.Chain
	scale := c.Do1(gorgonia.Inverse, c.Do1(gorgonia.Sqrt, c.Add(variance, b.Constant(eps))))
	y := c.Do2(ops.ApplyMulChannels, c.Do2(ops.ApplyAddChannels, x, c.Do1(gorgonia.Neg, mean)), scale)
	if c.Err != nil || l.NoAffine {
		return y, errors.Wrap(c.Err, "layers: batchnorm")
	}
	return affine(b, layer, graph.Shape{x.Shape()[1]}, y)
}

// buffers returns the mean and the variance that the session uses.
func (l BatchNorm) buffers(b *graph.Builder, x *gorgonia.Node) (mean, variance *gorgonia.Node, err error) {
	channels := x.Shape()[1]
	m := graph.BufferSpec{Name: "mean", Shape: graph.Shape{channels}, Momentum: l.Momentum}
	if m.Momentum == 0 {
		m.Momentum = 0.1
	}
	v := m
	v.Name, v.Init = "variance", Constant{Value: 1}
	n := x.Shape().TotalSize() / channels
	several := n > 1
	var c ops.Chain
	average := func(x *gorgonia.Node) *gorgonia.Node {
		return c.Mul(b.Constant(1/float64(n)), c.Do1(ops.ApplySumChannels, x))
	}
	if several {
		m.Batch, m.Mean = average(x), n
		if c.Err != nil {
			return nil, nil, c.Err
		}
	}
	if mean, err = b.Buffer(m); err != nil {
		return nil, nil, err
	}
	if several {
		centered := c.Do2(ops.ApplyAddChannels, x, c.Do1(gorgonia.Neg, mean))
		v.Batch, v.Mean, v.Unbiased = average(c.Do1(gorgonia.Square, centered)), n, true
		if c.Err != nil {
			return nil, nil, c.Err
		}
	}
	variance, err = b.Buffer(v)
	return mean, variance, err
}
