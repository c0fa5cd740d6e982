package train

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/kernel"
)

// limits are the bounds below which the results of a step are finite.
type limits struct {
	// max is the largest finite value of the precision, and room the increase that does
	// not round it to infinity: less than half its last place.
	max, room float64
	// epsilon is the relative spacing of the precision.
	epsilon float64
}

// limitsOf returns the limits of a precision.
func limitsOf(dt tensor.Dtype) limits {
	if dt == tensor.Float32 {
		return limits{max: math.MaxFloat32, room: math.MaxFloat32 * 0x1p-26, epsilon: 0x1p-23}
	}
	return limits{max: math.MaxFloat64, room: math.MaxFloat64 * 0x1p-55, epsilon: 0x1p-52}
}

// bound returns an upper bound of the magnitudes in t, from a single pass that sums
// squares: a rounded sum of non-negative terms is never below its largest term. It is
// +Inf if there is no such bound, for a NaN or squares that overflow.
func bound(t *tensor.Dense) float64 {
	var sum [1]float64
	if t.Dtype() == tensor.Float32 {
		kernel.RowSquares(sum[:], t.Float32s(), 1, t.DataSize())
	} else {
		kernel.RowSquares(sum[:], t.Float64s(), 1, t.DataSize())
	}
	if !(sum[0] <= math.MaxFloat64) {
		return math.Inf(1)
	}
	return math.Sqrt(sum[0])*(1+1e-5) + 1e-18 // where a square underflows
}

// largest returns the largest magnitude in t.
func largest(t *tensor.Dense) float64 {
	if b := bound(t); !math.IsInf(b, 1) {
		return b
	}
	top := 0.0
	if t.Dtype() == tensor.Float32 {
		for _, x := range t.Float32s() {
			top = max(top, math.Abs(float64(x)))
		}
		return top
	}
	for _, x := range t.Float64s() {
		top = max(top, math.Abs(x))
	}
	return top
}

// nonFinite returns the index and value of the first NaN or infinity, or index −1.
func nonFinite(t *tensor.Dense) (index int, value float64) {
	if t.Dtype() == tensor.Float32 {
		return firstNonFinite(t.Float32s())
	}
	return firstNonFinite(t.Float64s())
}

// step is one step of an optimizer over all parameters, which changes everything or
// nothing. For nearly all parameters the largest gradient proves that nothing can
// overflow, and nothing is checked afterwards. The other parameters go first, each
// saved before and checked after its step.
type step struct {
	params    []*graph.Param
	optimizer stepper
	memory    *memory // nil if the optimizer has none
	slots     []string
}

// take takes the step.
func (s *step) take() error {
	var doubtful []int
	for i, p := range s.params {
		g := bound(p.Grad)
		if math.IsInf(g, 1) {
			if index, value := nonFinite(p.Grad); index >= 0 {
				return &NonFiniteError{Param: p.Name, Index: index, Value: value}
			}
		}
		if p.Log || math.IsInf(g, 1) || !s.optimizer.safe(i, g) {
			doubtful = append(doubtful, i)
		}
	}
	if doubtful != nil {
		if err := s.try(doubtful); err != nil {
			return err
		}
	}
	for i := range s.params {
		if doubtful != nil && slices.Contains(doubtful, i) {
			continue
		}
		s.optimizer.move(i)
		s.params[i].Changed()
		if s.memory != nil {
			e := &s.memory.entries[i]
			e.bound = e.next
		}
	}
	return nil
}

// try takes the steps of some parameters and undoes them if one leaves a value that is
// not finite.
func (s *step) try(which []int) error {
	var undo []saved
	for _, i := range which {
		undo = append(undo, save(s.tensors(i)...))
		s.optimizer.move(i)
		s.params[i].Changed()
		err := s.search(i)
		if err == nil {
			continue
		}
		for _, u := range undo {
			u.restore()
		}
		return err
	}
	if s.memory != nil {
		for _, i := range which {
			e := &s.memory.entries[i]
			e.bound = largest(e.slots[0])
		}
	}
	return nil
}

// tensors are the tensors written by the step of parameter i.
func (s *step) tensors(i int) []*tensor.Dense {
	all := []*tensor.Dense{s.params[i].Value}
	if s.memory != nil {
		all = append(all, s.memory.entries[i].slots...)
	}
	return all
}

// search returns an error that names the first element of parameter i, or of its
// memory, that is not finite.
func (s *step) search(i int) error {
	p := s.params[i]
	if s.memory != nil {
		for k, t := range s.memory.entries[i].slots {
			if index, value := nonFinite(t); index >= 0 {
				return &NonFiniteError{Param: p.Name, What: words(s.slots[k]), Index: index, Value: value}
			}
		}
	}
	return searchValue(p)
}

// searchValue returns an error if an element of p, or, for a logarithm, its
// exponential, is not finite.
func searchValue(p *graph.Param) error {
	if index, value := nonFinite(p.Value); index >= 0 {
		return &NonFiniteError{Param: p.Name, What: "value", Index: index, Value: value}
	}
	if !p.Log {
		return nil
	}
	limit := math.Log(limitsOf(p.Value.Dtype()).max)
	for i := range p.Value.DataSize() {
		x := 0.0
		if p.Value.Dtype() == tensor.Float32 {
			x = float64(p.Value.Float32s()[i])
		} else {
			x = p.Value.Float64s()[i]
		}
		if x >= limit {
			return &NonFiniteError{Param: p.Name, What: "exponential", Index: i, Value: math.Inf(1)}
		}
	}
	return nil
}

// words turns "second_moment" into "second moment".
func words(slot string) string {
	out := []byte(slot)
	for i, c := range out {
		if c == '_' {
			out[i] = ' '
		}
	}
	return string(out)
}

// checkParams returns an error unless every parameter has a value and a gradient
// of one precision and size.
func checkParams(params []*graph.Param) error {
	for _, p := range params {
		if p == nil || p.Value == nil || p.Grad == nil {
			return errors.New("train: parameter: value or gradient is nil, want both allocated by the network")
		}
		dt := p.Value.Dtype()
		if dt != p.Grad.Dtype() || p.Value.DataSize() != p.Grad.DataSize() {
			return errors.Errorf("train: parameter %s: value is %v of %v and gradient %v of %v, want the same",
				p.Name, dt, p.Value.Shape(), p.Grad.Dtype(), p.Grad.Shape())
		}
		if dt != tensor.Float32 && dt != tensor.Float64 {
			return errors.Errorf("train: parameter %s: precision, got %v, want float32 or float64", p.Name, dt)
		}
	}
	return nil
}
