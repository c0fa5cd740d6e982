package train

import (
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
)

// ClipNorm scales the gradients of all parameters together so that their norm is at most
// Max, for a [Chain]:
//
//	g ← g·min(1, Max/‖g‖)        ‖g‖² = Σ over all parameters of their squared elements
//
// Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent neural
// networks".
type ClipNorm struct {
	// Max is the largest norm. Zero is an error.
	Max float64 `json:"max"`
}

// Step implements [Optimizer]. It changes gradients, not parameters.
func (c ClipNorm) Step(params []*graph.Param, _ float64) error {
	if !(c.Max > 0) || math.IsInf(c.Max, 0) {
		return errors.Errorf("train: clip norm: Max, got %v, want a positive finite number", c.Max)
	}
	if err := CheckGradients(params); err != nil {
		return err
	}
	top := 0.0 // divided out, so that squares do not overflow
	for _, p := range params {
		top = max(top, p.Grads().MaxAbs())
	}
	if top == 0 {
		return nil
	}
	sum := 0.0
	for _, p := range params {
		g := p.Grads()
		for i := range g.Len() {
			x := g.At(i) / top
			sum += x * x
		}
	}
	if norm := top * math.Sqrt(sum); norm > c.Max {
		for _, p := range params {
			p.Grads().Scale(c.Max / norm)
		}
	}
	return nil
}

// ClipValue limits every element of the gradients to [−Max, Max], for a [Chain].
type ClipValue struct {
	// Max is the largest magnitude. Zero is an error.
	Max float64 `json:"max"`
}

// Step implements [Optimizer]. It changes gradients, not parameters.
func (c ClipValue) Step(params []*graph.Param, _ float64) error {
	if !(c.Max > 0) || math.IsInf(c.Max, 0) {
		return errors.Errorf("train: clip value: Max, got %v, want a positive finite number", c.Max)
	}
	if err := CheckGradients(params); err != nil {
		return err
	}
	for _, p := range params {
		g := p.Grads()
		for i := range g.Len() {
			if x := g.At(i); math.Abs(x) > c.Max {
				g.Set(i, math.Copysign(c.Max, x))
			}
		}
	}
	return nil
}
