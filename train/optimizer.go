package train

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/relax"
)

// Optimizer changes parameters along their gradients. A learning rule fills the
// gradients, an optimizer applies them, and they are independent, so that one optimizer
// serves every rule.
//
// The optimizers of this package are plain structs; printing their fields shows the
// settings of a run. Each keeps its state in unexported fields, so it is used through a
// pointer, serves one network and must not be copied after its first step.
type Optimizer interface {
	// Step updates every parameter with learning rate lr. It reads Grad, writes Value,
	// and leaves Grad unchanged; the caller notifies the network that its parameters
	// changed. The parameters and their order are the same at every call.
	//
	// After an error of this package's optimizers neither a parameter nor their state
	// has changed. A gradient that is NaN or infinite is a [NonFiniteError], and so is
	// a step that would make a weight or a moment so. A learning rate that is not
	// positive and finite is an error, because there is no safe default.
	Step(params []*graph.Param, lr float64) error
}

// Stateful is an [Optimizer] with state between steps that a checkpoint has to store.
// Restoring it into a fresh optimizer with the same settings continues bit for bit: n
// steps, save, load, n steps is 2n steps.
type Stateful interface {
	// State returns a copy of the optimizer's state.
	State() OptimizerState
	// SetState replaces the optimizer's state by a copy of s. It fails, and changes
	// nothing, if s does not fit the optimizer or the parameters.
	SetState(params []*graph.Param, s OptimizerState) error
}

// OptimizerState is the state of an optimizer between steps.
type OptimizerState struct {
	// Kind names the kind of optimizer, "adam" or "momentum". One kind does not accept
	// the state of another.
	Kind string
	// Steps counts the steps taken. Bias corrections depend on it.
	Steps int64
	// Tensors holds one tensor per parameter and moment, named
	// "h1/weight/first_moment", with the shape and precision of the parameter. It is
	// empty before the first step.
	Tensors map[string]*tensor.Dense
}

// NonFiniteError reports a gradient that is NaN or infinite, or a step that would have
// made a parameter, its optimizer state, or the exponential of a log-precision so. Use
// errors.As for it; errors.Is finds [relax.ErrDiverged] in it. Neither a parameter nor
// the optimizer's state was changed.
type NonFiniteError struct {
	// Param names the parameter.
	Param string
	// What names the value: "second moment", "velocity", "value". Empty means the
	// gradient.
	What string
	// Index is the index of the first offending element, row-major.
	Index int
	// Value is the offending element, or what it would have become.
	Value float64
}

// Error implements error.
func (e *NonFiniteError) Error() string {
	if e.What == "" {
		return fmt.Sprintf("train: gradient of %s: element %d is %v, want a finite number; "+
			"lower the learning rate or the relaxation step size", e.Param, e.Index, e.Value)
	}
	return fmt.Sprintf("train: %s of %s: element %d would become %v, want a finite number; nothing was changed; "+
		"check the scale of the data, clip the gradients, or lower the learning rate or the relaxation step size", e.What, e.Param, e.Index, e.Value)
}

// Is reports true for [relax.ErrDiverged].
func (e *NonFiniteError) Is(target error) bool { return target == relax.ErrDiverged }

// CheckGradients returns a [NonFiniteError] for the first parameter whose gradient
// holds a NaN or an infinity, and an error for one whose value and gradient differ in
// precision or size. It is for custom optimizers; the optimizers of this package check
// more, see [NonFiniteError].
func CheckGradients(params []*graph.Param) error {
	if err := checkParams(params); err != nil {
		return err
	}
	for _, p := range params {
		if index, value := nonFinite(p.Grad); index >= 0 {
			return &NonFiniteError{Param: p.Name, Index: index, Value: value}
		}
	}
	return nil
}

// float is the precision of a parameter.
type float interface{ float32 | float64 }

// firstNonFinite returns the index and value of the first NaN or infinity of g,
// or index -1. x-x is 0 for a finite x and NaN otherwise.
func firstNonFinite[T float](g []T) (index int, value float64) {
	if kernel.Finite(g) {
		return -1, 0
	}
	for i, x := range g {
		if x-x != 0 {
			return i, float64(x)
		}
	}
	return -1, 0
}

// checkStep does the checks that every optimizer makes first.
func checkStep(kind string, params []*graph.Param, lr float64) error {
	if !(lr > 0) || math.IsInf(lr, 1) {
		return errors.Errorf("train: %s: learning rate, got %v, want a positive number", kind, lr)
	}
	if err := checkParams(params); err != nil {
		return err
	}
	if lr > math.MaxFloat32 && slices.ContainsFunc(params, func(p *graph.Param) bool { return p.Value.Dtype() == tensor.Float32 }) {
		return errors.Errorf("train: %s: learning rate, got %v, want a number that a float32 can hold", kind, lr)
	}
	return nil
}

// checkRange returns an error unless low <= x < high.
func checkRange(kind, field string, x, low, high float64) error {
	if x >= low && x < high {
		return nil
	}
	return errors.Errorf("train: %s: %s, got %v, want %v <= %s < %v", kind, field, x, low, field, high)
}

// orDefault returns x, or def for zero.
func orDefault(x, def float64) float64 {
	if x == 0 {
		return def
	}
	return x
}

// decayOf returns the weight decay of p.
func decayOf(p *graph.Param, decay float64, all bool) float64 {
	if p.NoDecay && !all {
		return 0
	}
	return decay
}

// memory is the state of an optimizer: the number of steps and, for each parameter, one
// tensor per slot, initially zero. The zero value is empty.
type memory struct {
	steps   int64
	entries []memoryEntry
	// ahead is the network whose device has a newer memory; nil if the host's is current.
	ahead *graph.Network
}

// memoryEntry is the memory of one parameter.
type memoryEntry struct {
	name  string
	slots []*tensor.Dense
	// bound is an upper bound of the magnitudes in the first slot, and next its value
	// after the current step.
	bound, next float64
}

// bind allocates the memory at the first step and later checks that the
// parameters are still the same.
func (m *memory) bind(kind string, params []*graph.Param, slots []string) error {
	if m.entries == nil {
		m.entries = newEntries(params, slots)
		return nil
	}
	if len(params) != len(m.entries) {
		return errors.Errorf("train: %s: number of parameters, got %d, want %d as at the first step",
			kind, len(params), len(m.entries))
	}
	for i, p := range params {
		e := &m.entries[i]
		if e.name != p.Name || !sameLayout(e.slots[0], p.Value) {
			return errors.Errorf("train: %s: parameter %d, got %s of %v %v, want %s of %v %v as at the first step",
				kind, i, p.Name, p.Value.Dtype(), p.Value.Shape(), e.name, e.slots[0].Dtype(), e.slots[0].Shape())
		}
	}
	return nil
}

// state returns a copy of the memory.
func (m *memory) state(kind string, slots []string) OptimizerState {
	_ = m.back() // its error is that of the network's next Sync, without which nothing is stored
	s := OptimizerState{Kind: kind, Steps: m.steps, Tensors: make(map[string]*tensor.Dense, len(m.entries)*len(slots))}
	for _, e := range m.entries {
		for k, t := range e.slots {
			s.Tensors[e.name+"/"+slots[k]] = t.Clone().(*tensor.Dense)
		}
	}
	return s
}

// stepped counts a step, or empties the memory again if the first one was refused. It
// returns the error.
func (m *memory) stepped(err error) error {
	switch {
	case err == nil:
		m.steps++
	case m.steps == 0:
		*m = memory{}
	}
	return err
}

// advance makes the next bounds the current ones, after a step of every parameter that
// was certain to stay finite.
func (m *memory) advance() {
	for i := range m.entries {
		m.entries[i].bound = m.entries[i].next
	}
}

// setState replaces the memory by a copy of s.
func (m *memory) setState(kind string, params []*graph.Param, slots []string, s OptimizerState) error {
	if s.Kind != kind {
		return errors.Errorf("train: %s: state of another optimizer, got %q, want %q; "+
			"resume with the optimizer of the checkpoint", kind, s.Kind, kind)
	}
	if s.Steps < 0 {
		return errors.Errorf("train: %s: state: steps, got %d, want >= 0", kind, s.Steps)
	}
	if s.Steps == 0 && len(s.Tensors) == 0 {
		*m = memory{}
		return nil
	}
	if want := len(params) * len(slots); len(s.Tensors) != want {
		return errors.Errorf("train: %s: state: number of tensors, got %d, want %d; "+
			"the checkpoint is of another network", kind, len(s.Tensors), want)
	}
	entries := newEntries(params, slots)
	for n, e := range entries {
		for k, slot := range slots {
			name := e.name + "/" + slot
			t, ok := s.Tensors[name]
			if !ok || t == nil {
				return errors.Errorf("train: %s: state: tensor %s is missing; the checkpoint is of another network", kind, name)
			}
			if !sameLayout(t, e.slots[k]) {
				return errors.Errorf("train: %s: state: tensor %s, got %v %v, want %v %v", kind, name,
					t.Dtype(), t.Shape(), e.slots[k].Dtype(), e.slots[k].Shape())
			}
			if index, value := nonFinite(t); index >= 0 {
				return errors.Errorf("train: %s: state: tensor %s: element %d is %v, want a finite number; use an earlier state", kind, name, index, value)
			}
			e.slots[k] = t.Clone().(*tensor.Dense)
		}
		entries[n].bound = largest(e.slots[0])
	}
	*m = memory{steps: s.Steps, entries: entries}
	return nil
}

// newEntries allocates zero tensors for every parameter and slot.
func newEntries(params []*graph.Param, slots []string) []memoryEntry {
	entries := make([]memoryEntry, len(params))
	for i, p := range params {
		e := memoryEntry{name: p.Name, slots: make([]*tensor.Dense, len(slots))}
		for k := range slots {
			e.slots[k] = tensor.New(tensor.WithShape(p.Value.Shape().Clone()...), tensor.Of(p.Value.Dtype()))
		}
		entries[i] = e
	}
	return entries
}

// sameLayout reports whether a and b have the same precision and shape.
func sameLayout(a, b *tensor.Dense) bool {
	return a.Dtype() == b.Dtype() && a.Shape().Eq(b.Shape())
}
