package train

import (
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/relax"
)

// Momentum is gradient descent with a velocity, in PyTorch's form. The zero value
// is ready for use, with β = 0.9.
//
//	g ← ∂E/∂w + λ·w
//	v ← g                        at the first step
//	v ← β·v + (1−τ)·g            later
//	w ← w − η·v                  or, with Nesterov, w ← w − η·(g + β·v)
//
// where λ is the weight decay, τ the dampening and η the learning rate. The learning
// rate stands outside the velocity, so a schedule acts immediately.
//
// Polyak (1964); Nesterov's form after Sutskever et al. (2013), "On the
// importance of initialization and momentum in deep learning", as rewritten by
// torch.optim.SGD.
type Momentum struct {
	// Beta is β, in [0, 1). Zero means 0.9; without momentum use [SGD].
	Beta float64 `json:"beta"`
	// Dampening is τ, in [0, 1). Zero means none. It cannot be combined with Nesterov.
	Dampening float64 `json:"dampening"`
	// Nesterov looks ahead along the velocity.
	Nesterov bool `json:"nesterov"`
	// WeightDecay is λ, added to the gradient as an L2 penalty. Zero means none; a
	// negative value is an error.
	WeightDecay float64 `json:"weight_decay"`
	// DecayAll also decays the parameters marked NoDecay (biases, log-precisions), as
	// PyTorch does. False exempts them.
	DecayAll bool `json:"decay_all"`

	memory memory

	params           []*graph.Param // of the current step
	rate, beta, keep float64
}

const momentumKind = "momentum"

// momentumSlots names the state of Momentum per parameter. It is never written.
var momentumSlots = []string{"velocity"}

// Step implements [Optimizer]. It allocates only at the first step.
func (o *Momentum) Step(params []*graph.Param, lr float64) error { return stepBy(o, params, lr) }

func (o *Momentum) begin(params []*graph.Param, lr float64) error {
	if err := o.bind(params, lr); err != nil {
		return err
	}
	if err := o.memory.back(); err != nil {
		return err
	}
	o.params, o.rate = params, lr
	o.beta, o.keep = o.factors()
	return nil
}

// bind checks the settings and the parameters of a step.
func (o *Momentum) bind(params []*graph.Param, lr float64) error {
	if err := o.check(); err != nil {
		return err
	}
	if err := checkStep("Momentum", params, lr); err != nil {
		return err
	}
	return o.memory.bind("Momentum", params, momentumSlots)
}

// factors are those of the velocity and of the gradient in the next velocity.
func (o *Momentum) factors() (beta, keep float64) {
	beta, keep = orDefault(o.Beta, 0.9), 1-o.Dampening
	if o.memory.steps == 0 {
		keep = 1 // the velocity is zero, and PyTorch does not dampen the first gradient
	}
	return beta, keep
}

func (o *Momentum) move(i int) { o.part(i, gradientOf(o.params[i]), 0) }

func (o *Momentum) part(i int, gradient relax.Vector, at int) {
	p, v := o.params[i], o.memory.entries[i].slots[0]
	decay := decayOf(p, o.WeightDecay, o.DecayAll)
	if g := gradient.Float32(); g != nil {
		c := kernel.MomentumScalars[float32]{Rate: float32(o.rate), Decay: float32(decay), Momentum: float32(o.beta), Keep: float32(o.keep)}
		momentumStep(p.Value.Float32s()[at:at+len(g)], g, v.Float32s()[at:], &c, o.Nesterov)
		return
	}
	g := gradient.Float64()
	c := kernel.MomentumScalars[float64]{Rate: o.rate, Decay: decay, Momentum: o.beta, Keep: o.keep}
	momentumStep(p.Value.Float64s()[at:at+len(g)], g, v.Float64s()[at:], &c, o.Nesterov)
}

func (o *Momentum) end(err error) error { return o.memory.stepped(err) }

func (o *Momentum) state() (*memory, []string) { return &o.memory, momentumSlots }

func (o *Momentum) safe(i int, d float64) bool {
	p, e, beta := o.params[i], &o.memory.entries[i], o.beta
	if decay := decayOf(p, o.WeightDecay, o.DecayAll); decay != 0 {
		d += decay * bound(p.Value)
	}
	e.next = (beta*e.bound + o.keep*d) * (1 + 1e-6)
	move := e.next
	if o.Nesterov {
		move = d + beta*e.next
	}
	l := limitsOf(p.Value.Dtype())
	return d <= l.max/4 && move <= l.max/4 && o.rate*move <= l.room
}

func (o *Momentum) remembered() *memory { return &o.memory }

// State implements [Stateful].
func (o *Momentum) State() OptimizerState {
	return o.memory.state(momentumKind, momentumSlots)
}

// SetState implements [Stateful].
func (o *Momentum) SetState(params []*graph.Param, s OptimizerState) error {
	return o.memory.setState(momentumKind, params, momentumSlots, s)
}

func (o *Momentum) check() error {
	if err := checkRange("Momentum", "Beta", o.Beta, 0, 1); err != nil {
		return err
	}
	if err := checkRange("Momentum", "Dampening", o.Dampening, 0, 1); err != nil {
		return err
	}
	if o.Nesterov && o.Dampening != 0 {
		return errors.Errorf("train: Momentum: Dampening, got %v, want 0 with Nesterov", o.Dampening)
	}
	return checkRange("Momentum", "WeightDecay", o.WeightDecay, 0, math.Inf(1))
}

// momentumStep takes one step: by a vector kernel where the processor has one, and in
// plain Go otherwise, with the same bits. See sgdStep for the conversions.
func momentumStep[T float](w, g, v []T, c *kernel.MomentumScalars[T], nesterov bool) {
	g, v = g[:len(w)], v[:len(w)]
	if kernel.Momentum(w, v, g, c, nesterov) {
		return
	}
	for i := range w {
		d := g[i] + T(c.Decay*w[i])
		v[i] = T(c.Momentum*v[i]) + T(c.Keep*d)
		if nesterov {
			d += T(c.Momentum * v[i])
		} else {
			d = v[i]
		}
		w[i] -= T(c.Rate * d)
	}
}
