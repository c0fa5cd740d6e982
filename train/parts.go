package train

import (
	"math"

	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// stepper is an optimizer of this package whose step of an element depends on that
// element alone.
type stepper interface {
	Optimizer
	// begin prepares a step, and changes nothing that a refused step would not.
	begin(params []*graph.Param, lr float64) error
	// safe reports, given a bound of the magnitudes of its gradient, whether the step of
	// parameter i is certain to leave it and its memory finite, and records the next
	// bound of the memory.
	safe(i int, gradient float64) bool
	// move takes the step of parameter i.
	move(i int)
	// part takes the step of the elements from at on of parameter i, along a part of a
	// gradient. Different elements may be stepped by several goroutines at once.
	part(i int, gradient relax.Vector, at int)
	// end ends a step; an error means that it was refused.
	end(err error) error
	// state returns the memory, nil if there is none, and the names of its slots.
	state() (*memory, []string)
}

// stepperOf returns an optimizer as a stepper, nil if it is not exactly one of this
// package: one that embeds it may do more in its Step.
func stepperOf(o Optimizer) stepper {
	switch o := o.(type) {
	case *SGD:
		return o
	case *Momentum:
		return o
	case *Adam:
		return o
	case *AdamW:
		return o
	}
	return nil
}

// gradientOf returns the gradient of a parameter, also of one without axes.
func gradientOf(p *graph.Param) relax.Vector {
	if p.Grad.Dtype() == tensor.Float32 {
		return relax.Float32(p.Grad.Float32s())
	}
	return relax.Float64(p.Grad.Float64s())
}

// stepBy takes one step.
func stepBy(o stepper, params []*graph.Param, lr float64) error {
	if err := o.begin(params, lr); err != nil {
		return err
	}
	s := step{params: params, optimizer: o}
	s.memory, s.slots = o.state()
	return o.end(s.take())
}

// partStep steps the parameters while their gradients are computed; see
// [graph.WeightStep]. It does what scaling the gradients and then the optimizer's Step
// do, with the same bits, where it is certain that every result is finite.
type partStep struct {
	optimizer stepper
	params    []*graph.Param
	rate      float64
	scale     float64 // of the gradients
	stepped   bool
}

// Ready steps the parameters whose gradients are stored, unless a step is not certain to
// stay finite.
func (s *partStep) Ready(bounds []float64) bool {
	s.stepped = false
	if s.optimizer.begin(s.params, s.rate) != nil {
		return false // the optimizer's Step will say why
	}
	for i, p := range s.params {
		g := bounds[i]
		if g < 0 {
			g = bound(p.Grad)
		}
		g *= math.Abs(s.scale) * (1 + 1e-6)
		if p.Log || !(g <= math.MaxFloat64) || !s.optimizer.safe(i, g) {
			return false
		}
	}
	for i, p := range s.params {
		if bounds[i] < 0 {
			if s.scale != 1 {
				p.Grads().Scale(s.scale)
			}
			s.optimizer.move(i)
		}
		p.Changed()
	}
	if m, _ := s.optimizer.state(); m != nil {
		m.advance()
	}
	s.stepped = true
	return true
}

// Step steps a part of a parameter.
func (s *partStep) Step(i int, gradient relax.Vector, at int) {
	if s.scale != 1 {
		gradient.Scale(s.scale)
	}
	s.optimizer.part(i, gradient, at)
}

// StepOuter steps a part of a parameter along an outer product, with an optimizer that
// has a kernel for it.
func (s *partStep) StepOuter(i int, column, row relax.Vector, at int) bool {
	o, ok := s.optimizer.(*SGD)
	return ok && s.scale == 1 && o.outer(i, column, row, at)
}
