package train

import (
	"reflect"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
)

// Wrapper is an [Optimizer] that acts before or after another one steps: clips
// gradients, freezes parameters, constrains weights. Checkpoints look through it for
// the [Stateful] one. An optimizer that holds another without Unwrap, and is not
// Stateful itself, is an error at a checkpoint.
type Wrapper interface {
	Optimizer
	// Unwrap returns the wrapped optimizer.
	Unwrap() Optimizer
}

// maxWraps bounds the search through wrappers, which may wrap themselves.
const maxWraps = 100

// statefulOf returns the optimizer whose state a checkpoint stores: the outermost one
// that is [Stateful], or nil if none has state.
func statefulOf(o Optimizer) (Stateful, error) {
	for range maxWraps {
		if c, ok := o.(Chain); ok {
			for _, member := range c {
				if _, err := statefulOf(member); err != nil {
					return nil, err
				}
			}
			return c, nil
		}
		if s, ok := o.(Stateful); ok {
			return s, nil
		}
		w, ok := o.(Wrapper)
		if !ok {
			return nil, hides(o)
		}
		inner := w.Unwrap()
		if inner == nil {
			return nil, errors.Errorf("train: checkpoint: optimizer: %T unwraps to nil, want the optimizer it wraps", o)
		}
		o = inner
	}
	return nil, errors.Errorf("train: checkpoint: optimizer: %T unwraps more than %d times, want an end", o, maxWraps)
}

// hides returns an error if an optimizer that neither exposes its state nor unwraps
// holds another one, whose state would be lost.
func hides(o Optimizer) error {
	if s, ok := o.(*GorgoniaSolver); ok {
		return s.forgets()
	}
	if isBuiltinOptimizer(o) {
		return nil
	}
	v := reflect.ValueOf(o)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if inner := optimizerIn(v, 0); inner != nil {
		return errors.Errorf("train: checkpoint: optimizer: %T holds a %v, whose state would be lost; give it a method Unwrap() train.Optimizer, or State and SetState", o, inner)
	}
	return nil
}

// optimizerType is the type of an interface, for [reflect].
var optimizerType = reflect.TypeFor[Optimizer]()

// optimizerIn returns the type of an optimizer in a value's fields or elements, or nil.
// Optimizers without state do not count.
func optimizerIn(v reflect.Value, depth int) reflect.Type {
	const deepest = 4
	if !v.IsValid() || depth > deepest {
		return nil
	}
	if depth > 0 && remembers(v) {
		return v.Type()
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		return optimizerIn(v.Elem(), depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			if t := optimizerIn(v.Field(i), depth+1); t != nil {
				return t
			}
		}
	case reflect.Slice, reflect.Array:
		if k := v.Type().Elem().Kind(); k != reflect.Interface && k != reflect.Pointer && k != reflect.Struct {
			return nil
		}
		for i := range v.Len() {
			if t := optimizerIn(v.Index(i), depth+1); t != nil {
				return t
			}
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			if t := optimizerIn(v.MapIndex(k), depth+1); t != nil {
				return t
			}
		}
	}
	return nil
}

// remembers reports whether a value is an optimizer other than [SGD].
func remembers(v reflect.Value) bool {
	t := v.Type()
	if t.Kind() == reflect.Interface {
		return false // its contents count
	}
	if t == reflect.TypeFor[SGD]() || t == reflect.TypeFor[*SGD]() {
		return false
	}
	return t.Implements(optimizerType) || t.Kind() == reflect.Struct && reflect.PointerTo(t).Implements(optimizerType)
}

// optimizerSaved is the state of an optimizer before a batch.
type optimizerSaved struct {
	memory *memory // of an optimizer of this package
	empty  bool
	steps  int64
	bounds []float64
	slots  saved

	members []optimizerSaved // of a chain

	stateful Stateful // any other
	params   []*graph.Param
	state    OptimizerState
}

// remembering is an optimizer whose memory is accessible.
type remembering interface{ remembered() *memory }

func (s *optimizerSaved) reset() { s.memory, s.stateful, s.members = nil, nil, s.members[:0] }

// mark saves the state of o. State that cannot be read is left out.
func (s *optimizerSaved) mark(params []*graph.Param, o Optimizer) error {
	if c, ok := o.(Chain); ok {
		return s.markMembers(params, c)
	}
	stateful, err := statefulOf(o)
	if stateful == nil || err != nil {
		return nil // checkpoints report it
	}
	switch stateful.(type) {
	case *Momentum, *Adam, *AdamW:
		s.memory = stateful.(remembering).remembered()
		if err := s.memory.back(); err != nil {
			return err
		}
		s.copy()
	default:
		s.stateful, s.params, s.state = stateful, params, stateful.State()
	}
	return nil
}

// markMembers notes what the optimizers of a chain remember.
func (s *optimizerSaved) markMembers(params []*graph.Param, c Chain) error {
	for i, o := range c {
		if i < cap(s.members) {
			s.members = s.members[:i+1] // with the memory of an earlier batch
		} else {
			s.members = append(s.members, optimizerSaved{})
		}
		s.members[i].reset()
		if err := s.members[i].mark(params, o); err != nil {
			return err
		}
	}
	return nil
}

// copy copies the memory.
func (s *optimizerSaved) copy() {
	s.steps, s.empty = s.memory.steps, s.memory.entries == nil
	s.bounds = s.bounds[:0]
	s.slots.reset()
	for _, e := range s.memory.entries {
		s.bounds = append(s.bounds, e.bound)
		for _, t := range e.slots {
			s.slots.add(t)
		}
	}
}

// back restores the optimizer's memory.
func (s *optimizerSaved) back() error {
	for i := range s.members {
		if err := s.members[i].back(); err != nil {
			return err
		}
	}
	switch {
	case s.stateful != nil:
		return s.stateful.SetState(s.params, s.state)
	case s.memory == nil:
		return nil
	case s.empty:
		*s.memory = memory{}
		return nil
	}
	s.slots.restore()
	s.memory.steps = s.steps
	for i := range s.memory.entries {
		s.memory.entries[i].bound = s.bounds[i]
	}
	return nil
}
