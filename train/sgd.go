package train

import (
	"math"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/relax"
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

	params []*graph.Param // of the current step
	rate   float64
}

// Step implements [Optimizer]. It allocates nothing.
func (o *SGD) Step(params []*graph.Param, lr float64) error { return stepBy(o, params, lr) }

func (o *SGD) begin(params []*graph.Param, lr float64) error {
	o.params, o.rate = params, lr
	return o.check(params, lr)
}

func (o *SGD) check(params []*graph.Param, lr float64) error {
	if err := checkRange("SGD", "WeightDecay", o.WeightDecay, 0, math.Inf(1)); err != nil {
		return err
	}
	return checkStep("SGD", params, lr)
}

func (o *SGD) safe(i int, gradient float64) bool {
	p := o.params[i]
	return safeDescent(limitsOf(p.Value.Dtype()), gradient, o.rate, decayOf(p, o.WeightDecay, o.DecayAll))
}

func (o *SGD) move(i int) { o.part(i, gradientOf(o.params[i]), 0) }

func (o *SGD) part(i int, gradient relax.Vector, at int) {
	p := o.params[i]
	decay := decayOf(p, o.WeightDecay, o.DecayAll)
	if g := gradient.Float32(); g != nil {
		sgdStep(p.Value.Float32s()[at:at+len(g)], g, float32(o.rate), float32(decay))
		return
	}
	g := gradient.Float64()
	sgdStep(p.Value.Float64s()[at:at+len(g)], g, o.rate, decay)
}

// outer is part along the outer product of a column and a row, if the processor has a
// kernel for it.
func (o *SGD) outer(i int, column, row relax.Vector, at int) bool {
	p := o.params[i]
	decay := decayOf(p, o.WeightDecay, o.DecayAll)
	if c := column.Float32(); c != nil {
		return kernel.SGDOuter(p.Value.Float32s()[at:], c, row.Float32(), float32(o.rate), float32(decay))
	}
	return kernel.SGDOuter(p.Value.Float64s()[at:], column.Float64(), row.Float64(), o.rate, decay)
}

func (*SGD) end(err error) error { return err }

func (*SGD) state() (*memory, []string) { return nil, nil }

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
