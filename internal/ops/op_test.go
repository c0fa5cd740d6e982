package ops

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// types makes a subtest for each precision.
func types(t *testing.T, f func(t *testing.T, dt tensor.Dtype, eps float64)) {
	t.Helper()
	t.Run("float32", func(t *testing.T) { f(t, tensor.Float32, 1e-7) })
	t.Run("float64", func(t *testing.T) { f(t, tensor.Float64, 1e-15) })
}

// dense returns a tensor of the values.
func dense(dt tensor.Dtype, x []float64, shape ...int) *tensor.Dense {
	if dt == tensor.Float64 {
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(slices.Clone(x)))
	}
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(y))
}

// elements returns the elements of a row-major tensor or a scalar.
func elements(t *testing.T, v gorgonia.Value) []float64 {
	t.Helper()
	switch x := v.Data().(type) {
	case float32:
		return []float64{float64(x)}
	case float64:
		return []float64{x}
	case []float64:
		return slices.Clone(x)
	case []float32:
		out := make([]float64, len(x))
		for i, v := range x {
			out[i] = float64(v)
		}
		return out
	}
	t.Fatalf("got %T, want numbers", v)
	return nil
}

func agree(t *testing.T, what string, got, want []float64, eps float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		same := got[i] == want[i] || math.IsNaN(got[i]) && math.IsNaN(want[i])
		if !same && !(math.Abs(got[i]-want[i]) <= eps*math.Max(1, math.Abs(want[i]))) {
			t.Errorf("%s: number %d: got %.17g, want %.17g", what, i, got[i], want[i])
		}
	}
}

// transposed is a lazily transposed view, a copy of it row by row, and a
// slice: what an operation must read through strides.
func views(t *testing.T, dt tensor.Dtype) map[string][2]*tensor.Dense {
	t.Helper()
	x := []float64{1, -2, 3, -4, 5, -6, 7, -8, 0.5, -0.25, 2, 9}
	transposed := dense(dt, x, 3, 4)
	if err := transposed.T(); err != nil {
		t.Fatal(err)
	}
	sliced, err := dense(dt, x, 3, 4).Slice(nil, gorgonia.S(1, 3))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := dense(dt, x, 3, 4).Slice(gorgonia.S(1, 3))
	if err != nil {
		t.Fatal(err)
	}
	return map[string][2]*tensor.Dense{
		"transposed": {transposed, dense(dt, []float64{1, 5, 0.5, -2, -6, -0.25, 3, 7, 2, -4, -8, 9}, 4, 3)},
		"columns":    {sliced.(*tensor.Dense), dense(dt, []float64{-2, 3, -6, 7, -0.25, 2}, 3, 2)},
		"rows":       {rows.(*tensor.Dense), dense(dt, x[4:], 2, 4)},
	}
}

func TestElementwise(t *testing.T) {
	types(t, func(t *testing.T, dt tensor.Dtype, eps float64) {
		x := []float64{-3, -0.5, 0, 0.25, 2, 100}
		for f := range NumFunctions {
			op := &Elementwise{sameShape{f.String(), 1}, f, parameter(f)}
			in := dense(dt, x, 2, 3)
			out, err := op.Do(in)
			if err != nil {
				t.Fatal(err)
			}
			want := make([]float64, len(x))
			for i, v := range x {
				want[i] = f.At(v, parameter(f))
			}
			agree(t, f.String(), elements(t, out), want, eps)
			if !out.Shape().Eq(in.Shape()) || out.Dtype() != dt {
				t.Errorf("%v: got %v of %v, want %v of %v", f, out.Shape(), out.Dtype(), in.Shape(), dt)
			}
			agree(t, f.String()+": input", elements(t, in), x, 0)

			scalar, empty := gorgonia.Value(gorgonia.NewF64(2)), tensor.New(tensor.FromScalar(2.0))
			if dt == tensor.Float32 {
				scalar, empty = gorgonia.NewF32(2), tensor.New(tensor.FromScalar(float32(2)))
			}
			for _, in := range []gorgonia.Value{scalar, empty} {
				out, err := op.Do(in)
				if err != nil {
					t.Fatal(err)
				}
				agree(t, fmt.Sprintf("%v of a %T", f, in), elements(t, out), []float64{f.At(2, parameter(f))}, eps)
				if !out.Shape().IsScalar() || out.Dtype() != dt {
					t.Errorf("%v of a %T: got %v of %v, want a scalar of %v", f, in, out.Shape(), out.Dtype(), dt)
				}
			}
		}
		for name, v := range views(t, dt) {
			op := &Elementwise{sameShape{"silu", 1}, SiLU, 0}
			got, err := op.Do(v[0])
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			want, err := op.Do(v[1])
			if err != nil {
				t.Fatal(err)
			}
			if !got.Shape().Eq(want.Shape()) {
				t.Errorf("%s: shape, got %v, want %v", name, got.Shape(), want.Shape())
			}
			agree(t, name, elements(t, got), elements(t, want), 0)
		}
	})
}

func logSoftmax(t *testing.T, x *tensor.Dense) gorgonia.Value {
	t.Helper()
	y, err := (&LogSoftmax{sameShape{"logsoftmax", 1}}).Do(x)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

func TestLogSoftmax(t *testing.T) {
	ln := math.Log
	types(t, func(t *testing.T, dt tensor.Dtype, eps float64) {
		tests := []struct {
			name    string
			x, want []float64
		}{
			{"equal", []float64{3, 3, 3, 3}, []float64{-ln(4), -ln(4), -ln(4), -ln(4)}},
			{"equal and huge", []float64{1e30, 1e30, 1e30}, []float64{-ln(3), -ln(3), -ln(3)}},
			{"equal and hugely negative", []float64{-1e30, -1e30}, []float64{-ln(2), -ln(2)}},
			{"one class", []float64{-7}, []float64{0}},
			{"ordinary", []float64{0, ln(2), ln(5)}, []float64{-ln(8), ln(2) - ln(8), ln(5) - ln(8)}},
			{"1e4", []float64{1e4, 0, -1e4}, []float64{0, -1e4, -2e4}},
			{"1e30", []float64{-1e30, 1e30, 0}, []float64{-2e30, 0, -1e30}},
			{"sure, relative accuracy of the rest", []float64{40, 0}, []float64{-math.Log1p(math.Exp(-40)), -40}},
			{"minus infinity has probability 0", []float64{0, math.Inf(-1)}, []float64{0, math.Inf(-1)}},
		}
		for _, tt := range tests {
			got := elements(t, logSoftmax(t, dense(dt, tt.x, 1, len(tt.x))))
			agree(t, tt.name, got, tt.want, eps)
		}
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			got := elements(t, logSoftmax(t, dense(dt, []float64{1, bad, 2, 1, 1, 1}, 2, 3)))
			if !math.IsNaN(got[1]) {
				t.Errorf("logits with %v: got %v, want NaN, not a silent number", bad, got[:3])
			}
			agree(t, "the row below", got[3:], []float64{-ln(3), -ln(3), -ln(3)}, eps)
		}
		for name, v := range views(t, dt) {
			agree(t, name, elements(t, logSoftmax(t, v[0])), elements(t, logSoftmax(t, v[1])), 0)
		}
		cube := elements(t, logSoftmax(t, dense(dt, []float64{0, 0, 1, 1, 2, 2, 3, 3}, 2, 2, 2)))
		for _, v := range cube {
			agree(t, "last of three axes", []float64{v}, []float64{-ln(2)}, eps)
		}
		if _, err := (&LogSoftmax{sameShape{"logsoftmax", 1}}).Do(gorgonia.NewF64(1)); err == nil {
			t.Error("a scalar: got no error, want one")
		}
	})
}

// The derivative of Σ g·logsoftmax(x), by central differences and at extremes.
func TestLogSoftmaxGrad(t *testing.T) {
	op := &LogSoftmaxGrad{sameShape{"logsoftmax′", 2}}
	x, g := []float64{0.3, -1, 2, 0, 0, 5}, []float64{1, -0.5, 2, 0, 1, 0}
	got, err := op.Do(logSoftmax(t, dense(tensor.Float64, x, 2, 3)), dense(tensor.Float64, g, 2, 3))
	if err != nil {
		t.Fatal(err)
	}
	const h = 1e-6
	want := make([]float64, len(x))
	for i := range x {
		var sum [2]float64
		for k, sign := range []float64{1, -1} {
			moved := slices.Clone(x)
			moved[i] += sign * h
			for j, y := range elements(t, logSoftmax(t, dense(tensor.Float64, moved, 2, 3))) {
				sum[k] += g[j] * y
			}
		}
		want[i] = (sum[0] - sum[1]) / (2 * h)
	}
	agree(t, "difference quotient", elements(t, got), want, 1e-8)
	types(t, func(t *testing.T, dt tensor.Dtype, eps float64) {
		y := logSoftmax(t, dense(dt, []float64{1e30, -1e30, 0}, 1, 3))
		got, err := op.Do(y, dense(dt, []float64{0, -1, 0}, 1, 3))
		if err != nil {
			t.Fatal(err)
		}
		agree(t, "at 1e30", elements(t, got), []float64{1, -1, 0}, eps)
	})
}

// Operations with another parameter are other operations, and a graph keeps
// them apart.
func TestParametersAreToldApart(t *testing.T) {
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(2, 2), gorgonia.WithName("x"))
	seen := map[uint32]string{}
	for f := range NumFunctions {
		for _, p := range []float64{0, 0.01, 0.010000000000000002, 1} {
			n, err := Apply(f, p, x)
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("%v with %v", f, p)
			if other, ok := seen[n.Hashcode()]; ok {
				t.Errorf("%s and %s are one node", name, other)
			}
			seen[n.Hashcode()] = name
			if again, err := Apply(f, p, x); err != nil || again.Hashcode() != n.Hashcode() {
				t.Errorf("%s is not itself: %v", name, err)
			}
		}
	}
}

func TestOpErrors(t *testing.T) {
	op := &Elementwise{sameShape{"silu", 1}, SiLU, 0}
	if _, err := op.Do(); err == nil {
		t.Error("no input: got no error")
	}
	if _, err := op.Do(tensor.New(tensor.WithBacking([]int{1, 2}))); err == nil {
		t.Error("integers: got no error")
	}
	d := &Elementwise{sameShape{"silu′", 1}, SiLUD, 0}
	if _, err := d.SymDiff(nil, nil, nil); err == nil {
		t.Error("second derivative: got no error")
	}
	two := sameShape{"two", 2}
	if _, err := two.InferShape(tensor.Shape{2, 3}); err == nil {
		t.Error("too few inputs: got no error")
	}
	if _, err := two.InferShape(tensor.Shape{2, 3}, tensor.Shape{3, 2}); err == nil {
		t.Error("shapes that differ: got no error")
	}
}
