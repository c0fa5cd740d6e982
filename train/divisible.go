package train

import (
	"reflect"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
)

// Divisible is a [Rule] that can learn a batch in parts: what [Trainer.Blocks] demands.
// Its gradients are sums over the samples, or, by [Batch.GradientScale], means; what they
// need to know of the whole batch they learn through the sessions of the network that it
// is given, see [graph.Network.Part]; and its settings are its exported fields, of which
// every part gets a copy. The rules of this package and of package baselines are.
type Divisible interface {
	Rule
	// Divisible returns why it cannot with these settings, or nil.
	Divisible() error
}

// checkDivisible returns an error unless a rule can learn a batch in parts.
func checkDivisible(rule Rule) error {
	d, ok := rule.(Divisible)
	if !ok {
		return errors.Errorf("train: trainer: Rule, got %T, which does not say that it can learn a batch in parts; let it be a train.Divisible, or train in one process with Blocks 0", rule)
	}
	return errors.WithMessagef(d.Divisible(), "train: trainer: Rule %T", rule)
}

// Divisible returns an error if the relaxation cannot be divided, or starts warm.
func (p *Prospective) Divisible() error {
	if p.WarmStart {
		return errors.New("WarmStart, got true, want false: a sample is in another part of the batch in every epoch; leave it out")
	}
	for i, stage := range p.Stages {
		if err := divisible(stage.Relax); err != nil {
			return errors.WithMessagef(err, "Stages[%d]", i)
		}
	}
	return divisible(p.Relax)
}

// Divisible returns an error if the relaxation cannot be divided.
func (r *Interleaved) Divisible() error { return divisible(r.Relax) }

// Divisible returns nil. A network with statistics of the batch is refused by its
// session.
func (*Backprop) Divisible() error { return nil }

// Divisible returns nil.
func (*ZIL) Divisible() error { return nil }

// Divisible returns what the repeated rule does.
func (r *Repeated) Divisible() error {
	if r.Rule == nil {
		return nil // which is another error
	}
	return checkDivisible(r.Rule)
}

// divisible returns an error if a relaxation cannot be divided.
func divisible(s relax.Settings) error {
	for name, x := range map[string]any{"Solver": s.Solver, "Stop": s.Stop} {
		if d, ok := x.(relax.Divisible); x != nil && !(ok && d.Divisible()) {
			return errors.Errorf("%s, got %T, which does not say that it treats every sample for itself; let it be a relax.Divisible, or use another", name, x)
		}
	}
	if s.Recorder != nil {
		return errors.Errorf("Recorder, got %T, want none; record whole batches", s.Recorder)
	}
	return nil
}

// copySettings returns a copy of a rule's exported fields, and of what they point to,
// with state of its own.
func copySettings(rule Rule) Rule {
	return copyValue(reflect.ValueOf(rule)).Interface().(Rule)
}

func copyValue(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || v.Elem().Kind() != reflect.Struct {
			return v
		}
		out := reflect.New(v.Elem().Type())
		for i := range v.Elem().NumField() {
			if f := v.Elem().Type().Field(i); f.IsExported() {
				out.Elem().Field(i).Set(copyValue(v.Elem().Field(i)))
			}
		}
		return out
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(copyValue(v.Index(i)))
		}
		return out
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type()).Elem()
		out.Set(copyValue(v.Elem()))
		return out
	case reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(copyValue(v.Field(i)))
			}
		}
		return out
	}
	return v
}
