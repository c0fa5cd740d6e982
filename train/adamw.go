package train

import (
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// AdamW is [Adam] with decoupled weight decay. The zero value is ready for use and,
// without decay, equals Adam.
//
//	w ← (1 − η·λ)·w
//	w ← w − η/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)
//
// where λ is the weight decay, η the learning rate and m, v the moments of the gradient
// alone. Its state is the state of Adam, and each accepts the other's.
//
// Loshchilov and Hutter (2019), "Decoupled weight decay regularization", algorithm 2,
// with the decay scaled by the learning rate as in torch.optim.AdamW. Differs from
// torch.optim.AdamW in not decaying the parameters marked NoDecay, unless DecayAll is
// set, and in a default decay of zero, not 0.01.
type AdamW struct {
	// Beta1 is β₁, in [0, 1). Zero means 0.9; use math.SmallestNonzeroFloat64 for none.
	Beta1 float64 `json:"beta1"`
	// Beta2 is β₂, in [0, 1). Zero means 0.999.
	Beta2 float64 `json:"beta2"`
	// Epsilon is ε. Zero means 1e-8; a negative value is an error.
	Epsilon float64 `json:"epsilon"`
	// WeightDecay is λ. Zero means none; a negative value, or one with η·λ >= 1, is an
	// error.
	WeightDecay float64 `json:"weight_decay"`
	// DecayAll also decays the parameters marked NoDecay (biases, log-precisions), as
	// PyTorch does. False exempts them.
	DecayAll bool `json:"decay_all"`

	memory memory
	job    adamJob
	params []*graph.Param // of the current step
	rate   float64
}

// Step implements [Optimizer]. It allocates only at the first step.
func (o *AdamW) Step(params []*graph.Param, lr float64) error { return stepBy(o, params, lr) }

func (o *AdamW) begin(params []*graph.Param, lr float64) error {
	if err := o.bind(params, lr); err != nil {
		return err
	}
	if err := o.memory.back(); err != nil {
		return err
	}
	o.params, o.rate = params, lr
	o.job.adamFactors = adamAt(o.memory.steps+1, lr, o.Beta1, o.Beta2, o.Epsilon)
	return nil
}

// bind checks the settings and the parameters of a step.
func (o *AdamW) bind(params []*graph.Param, lr float64) error {
	if err := checkAdam("AdamW", o.Beta1, o.Beta2, o.Epsilon, o.WeightDecay); err != nil {
		return err
	}
	if lr*o.WeightDecay >= 1 {
		return errors.Errorf("train: AdamW: learning rate times WeightDecay, got %v·%v, want < 1; "+
			"lower the weight decay", lr, o.WeightDecay)
	}
	if err := checkStep("AdamW", params, lr); err != nil {
		return err
	}
	return o.memory.bind("AdamW", params, adamSlots)
}

func (o *AdamW) safe(i int, gradient float64) bool {
	p := o.params[i]
	decay := o.rate * decayOf(p, o.WeightDecay, o.DecayAll)
	return decay <= 0.5 && safeDecay(p, decay/o.job.stepSize) && o.job.safe(p, &o.memory.entries[i], gradient)
}

func (o *AdamW) move(i int) {
	o.job.shrink = o.shrink(i)
	o.job.update(o.params[i], o.memory.entries[i].slots)
}

func (o *AdamW) part(i int, gradient relax.Vector, at int) {
	f := o.job.adamFactors
	f.shrink = o.shrink(i)
	f.part(o.params[i], o.memory.entries[i].slots, gradient, at)
}

// shrink is the factor of the weights of parameter i.
func (o *AdamW) shrink(i int) float64 {
	return 1 - float64(o.rate*decayOf(o.params[i], o.WeightDecay, o.DecayAll))
}

func (o *AdamW) end(err error) error { return o.memory.stepped(err) }

func (o *AdamW) state() (*memory, []string) { return &o.memory, adamSlots }

// safeDecay reports whether the decay of a weight, in units of a step, is far from
// overflow.
func safeDecay(p *graph.Param, decay float64) bool {
	l := limitsOf(p.Value.Dtype())
	return decay <= 0.25 || decay <= l.max/4 && decay*bound(p.Value) <= l.max/4
}

func (o *AdamW) remembered() *memory { return &o.memory }

// State implements [Stateful].
func (o *AdamW) State() OptimizerState {
	return o.memory.state(adamKind, adamSlots)
}

// SetState implements [Stateful].
func (o *AdamW) SetState(params []*graph.Param, s OptimizerState) error {
	return o.memory.setState(adamKind, params, adamSlots, s)
}
