package lower

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/engine"
)

// foreign lowers an operation that the engine does not have: it runs its Do on tensors
// over the engine's memory.
func (l *Lowerer) foreign(n *gorgonia.Node, args []*engine.Value) *engine.Value {
	op := n.Op()
	operands := Operands(l.expr, n)
	shapes := make([]tensor.Shape, len(operands))
	for i, o := range operands {
		shapes[i] = o.Shape()
	}
	values := make([]gorgonia.Value, len(shapes)) // tensors over the arguments of the last call
	last := make([]any, len(shapes))
	call := func(out any, args []any) error {
		for i, a := range args {
			switch {
			case len(shapes[i]) == 0:
				values[i] = scalarOf(a)
			case !SameMemory(last[i], a): // each program of a unit has its own layout
				values[i] = tensor.New(tensor.WithShape(shapes[i].Clone()...), tensor.WithBacking(a))
				last[i] = a
			}
		}
		v, err := op.Do(values...)
		if err != nil {
			return errors.Wrapf(err, "engine: operation %v", op)
		}
		return errors.WithMessagef(copyOut(out, v), "engine: operation %v", op)
	}
	return l.Graph.Foreign(op.String(), shapeOf(n), call, args...)
}

// SameMemory reports whether slices a and b begin at the same address.
func SameMemory(a, b any) bool {
	switch a := a.(type) {
	case []float32:
		b, ok := b.([]float32)
		return ok && &a[0] == &b[0]
	case []float64:
		b, ok := b.([]float64)
		return ok && &a[0] == &b[0]
	}
	return false
}

// scalarOf returns a slice of one element as a Gorgonia scalar.
func scalarOf(a any) gorgonia.Value {
	switch a := a.(type) {
	case []float32:
		return gorgonia.NewF32(a[0])
	case []float64:
		return gorgonia.NewF64(a[0])
	}
	return nil
}

// copyOut copies the result of Do row by row.
func copyOut(out any, v gorgonia.Value) error {
	switch v := v.(type) {
	case *gorgonia.F32:
		out.([]float32)[0] = float32(*v)
		return nil
	case *gorgonia.F64:
		out.([]float64)[0] = float64(*v)
		return nil
	case *tensor.Dense:
		if v.RequiresIterator() || v.DataOrder().IsColMajor() {
			m, ok := v.Materialize().(*tensor.Dense)
			if !ok {
				return errors.Errorf("result of shape %v cannot be laid out row by row", v.Shape())
			}
			v = m
		}
		n := 0
		switch src := v.Data().(type) {
		case []float32:
			n = copy(out.([]float32), src)
		case []float64:
			n = copy(out.([]float64), src)
		case float32:
			out.([]float32)[0], n = src, 1
		case float64:
			out.([]float64)[0], n = src, 1
		}
		if n != v.Shape().TotalSize() {
			return errors.Errorf("result, got %d numbers of %v, want another size", v.Shape().TotalSize(), v.Dtype())
		}
		return nil
	}
	return errors.Errorf("result, got %T, want a number or a dense tensor", v)
}
