package train

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/kernel"
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
}

const momentumKind = "momentum"

// momentumSlots names the state of Momentum per parameter. It is never written.
var momentumSlots = []string{"velocity"}

// Step implements [Optimizer]. It allocates only at the first step.
func (o *Momentum) Step(params []*graph.Param, lr float64) error {
	if err := o.bind(params, lr); err != nil {
		return err
	}
	if err := o.memory.back(); err != nil {
		return err
	}
	beta, keep := o.factors()
	s := step{params: params, memory: &o.memory, slots: momentumSlots}
	err := s.take(
		func(i int, gradient float64) bool {
			return o.safe(params[i], &o.memory.entries[i], gradient, lr, beta, keep)
		},
		func(i int) {
			p, v := params[i], o.memory.entries[i].slots[0]
			decay := decayOf(p, o.WeightDecay, o.DecayAll)
			if p.Value.Dtype() == tensor.Float32 {
				c := kernel.MomentumScalars[float32]{Rate: float32(lr), Decay: float32(decay), Momentum: float32(beta), Keep: float32(keep)}
				momentumStep(p.Value.Float32s(), p.Grad.Float32s(), v.Float32s(), &c, o.Nesterov)
			} else {
				c := kernel.MomentumScalars[float64]{Rate: lr, Decay: decay, Momentum: beta, Keep: keep}
				momentumStep(p.Value.Float64s(), p.Grad.Float64s(), v.Float64s(), &c, o.Nesterov)
			}
		})
	return o.memory.stepped(err)
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

// safe reports whether the step of a parameter is certain to stay finite, and records
// the next bound of its velocity.
func (o *Momentum) safe(p *graph.Param, e *memoryEntry, d, lr, beta, keep float64) bool {
	if decay := decayOf(p, o.WeightDecay, o.DecayAll); decay != 0 {
		d += decay * bound(p.Value)
	}
	e.next = (beta*e.bound + keep*d) * (1 + 1e-6)
	move := e.next
	if o.Nesterov {
		move = d + beta*e.next
	}
	l := limitsOf(p.Value.Dtype())
	return d <= l.max/4 && move <= l.max/4 && lr*move <= l.room
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
