package train

import (
	"math"

	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/kernel"
)

// SGD is gradient descent. The zero value is ready for use.
//
//	g ← ∂E/∂w + λ·w
//	w ← w − η·g
//
// where λ is the weight decay and η the learning rate. It has no state, so it is not
// [Stateful].
type SGD struct {
	// WeightDecay is λ, added to the gradient as an L2 penalty. Zero means none; a
	// negative value is an error.
	WeightDecay float64 `json:"weight_decay"`
	// DecayAll also decays the parameters marked NoDecay (biases, log-precisions), as
	// PyTorch does. False exempts them.
	DecayAll bool `json:"decay_all"`
}

// Step implements [Optimizer]. It allocates nothing.
func (o *SGD) Step(params []*graph.Param, lr float64) error {
	if err := o.check(params, lr); err != nil {
		return err
	}
	s := step{params: params}
	return s.take(
		func(i int, gradient float64) bool {
			p := params[i]
			return safeDescent(limitsOf(p.Value.Dtype()), gradient, lr, decayOf(p, o.WeightDecay, o.DecayAll))
		},
		func(i int) {
			p := params[i]
			decay := decayOf(p, o.WeightDecay, o.DecayAll)
			if p.Value.Dtype() == tensor.Float32 {
				sgdStep(p.Value.Float32s(), p.Grad.Float32s(), float32(lr), float32(decay))
			} else {
				sgdStep(p.Value.Float64s(), p.Grad.Float64s(), lr, decay)
			}
		})
}

func (o *SGD) check(params []*graph.Param, lr float64) error {
	if err := checkRange("SGD", "WeightDecay", o.WeightDecay, 0, math.Inf(1)); err != nil {
		return err
	}
	return checkStep("SGD", params, lr)
}

// safeDescent reports whether w − η·(d + λ·w) is finite for every finite w and every
// |d| up to a bound: the decay must shrink w and the rest be too small to exceed the
// largest finite value.
func safeDescent(l limits, d, lr, decay float64) bool {
	return d <= l.max/4 && lr*d <= l.room && decay <= 0.25 && lr*decay <= 0.5
}

// sgdStep takes one step: by a vector kernel where the processor has one, and in plain
// Go otherwise, where the conversions round each product, which prevents fused
// multiply-add, so that the bits do not depend on the processor.
func sgdStep[T float](w, g []T, lr, decay T) {
	g = g[:len(w)]
	if kernel.SGD(w, g, lr, decay) {
		return
	}
	if decay == 0 {
		for i := range w {
			w[i] -= T(lr * g[i])
		}
		return
	}
	for i := range w {
		d := g[i] + T(decay*w[i])
		w[i] -= T(lr * d)
	}
}
