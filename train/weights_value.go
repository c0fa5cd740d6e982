package train

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/safetensors"
)

// value returns a tensor of the file as the parameter or buffer of that name.
func (r *weightReader) value(name string, t safetensors.Tensor) (*tensor.Dense, error) {
	dst := r.values[name]
	want := []int(dst.Shape())
	if len(t.Shape) == 0 && len(want) > 0 && dst.Shape().TotalSize() == 1 {
		t.Shape = want // a scalar is not ambiguous
	}
	order, err := r.fit(name, t, want)
	if err != nil {
		return nil, err
	}
	switch kind := stored(t); {
	case r.Convert:
	case t.F32 != nil && dst.Dtype() == tensor.Float32, t.F64 != nil && dst.Dtype() == tensor.Float64:
	case r.what == "checkpoint":
		return nil, r.fail("", "%s %s, got %s %v, want %v %v", kindOf(r.net, name), name, kind, tensor.Shape(t.Shape), dst.Dtype(), dst.Shape())
	default:
		return nil, r.fail("set Convert, or the Precision of the network", "%s %s: type, got %s, want %v", kindOf(r.net, name), name, kind, dst.Dtype())
	}
	var backing any
	var i int
	var x float64
	if dst.Dtype() == tensor.Float32 {
		data := elements[float32](t)
		i, x = firstNonFinite(data)
		backing = permute(data, t.Shape, order)
	} else {
		data := elements[float64](t)
		i, x = firstNonFinite(data)
		backing = permute(data, t.Shape, order)
	}
	if i >= 0 {
		return nil, r.nonFinite(t, i, x)
	}
	return tensor.New(tensor.WithShape(want...), tensor.WithBacking(backing)), nil
}

// nonFinite is the error of element i, which is NaN or infinite, or became so by
// rounding.
func (r *weightReader) nonFinite(t safetensors.Tensor, i int, x float64) error {
	if t.F64 != nil && !math.IsInf(t.F64[i], 0) && !math.IsNaN(t.F64[i]) {
		return errors.Errorf("train: %s: %s: tensor %s: element %d, got %v, which is beyond float32; use a network of float64", r.what, r.path, t.Name, i, t.F64[i])
	}
	what := "infinite"
	if math.IsNaN(x) {
		what = "NaN"
	}
	return errors.Errorf("train: %s: %s: tensor %s: element %d is %s, want a finite number; the run diverged, use an earlier checkpoint or a lower learning rate",
		r.what, r.path, t.Name, i, what)
}

// stored is the type of the elements in the file, for messages.
func stored(t safetensors.Tensor) string {
	switch {
	case t.Stored != "":
		return string(t.Stored)
	case t.F32 != nil:
		return "float32"
	case t.F64 != nil:
		return "float64"
	}
	return string(t.DType())
}

// elements returns the elements of t as floats, rounded to the nearest; a boolean is 0
// or 1.
func elements[T float](t safetensors.Tensor) []T {
	switch t.DType() {
	case safetensors.F32:
		return floats[T](t.F32)
	case safetensors.F64:
		return floats[T](t.F64)
	case safetensors.I64:
		return floats[T](t.I64)
	case safetensors.U64:
		return floats[T](t.U64)
	case safetensors.U8:
		return floats[T](t.U8)
	}
	out := make([]T, len(t.Bool))
	for i, b := range t.Bool {
		if b {
			out[i] = 1
		}
	}
	return out
}

// floats converts xs, or returns it if it already has the type.
func floats[T float, S float32 | float64 | int64 | uint64 | uint8](xs []S) []T {
	if same, ok := any(xs).([]T); ok {
		return same
	}
	out := make([]T, len(xs))
	for i, x := range xs {
		out[i] = T(x)
	}
	return out
}
