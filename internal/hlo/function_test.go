package hlo_test

import (
	"math"
	"os"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/internal/hlo"
	"github.com/seed-be841da4/prospect/internal/ops"
	"github.com/seed-be841da4/prospect/internal/pjrt"
	_ "github.com/seed-be841da4/prospect/xla"
)

// device returns the first device, or skips.
func device(t *testing.T) *pjrt.Device {
	t.Helper()
	if len(pjrt.Find()) == 0 {
		t.Skipf("no PJRT plugin: set %s, or pip install xla-cpu-pjrt", pjrt.Variable)
	}
	_ = os.Setenv("XLA_FLAGS", "--xla_backend_optimization_level=0") // compile faster
	c, err := pjrt.Open("", nil)
	if errors.Is(err, pjrt.ErrNoLoader) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c.Devices[0]
}

// Every function of the engine has a form, with the values of the reference.
func TestFunctions(t *testing.T) {
	d := device(t)
	x := []float64{-20, -3, -1.5, -1, -0.5, -1e-3, 0, 1e-3, 0.5, 1, 1.5, 3, 20, math.NaN()}
	const p = 0.7
	g := engine.NewGraph()
	in := g.Input("x", []int{len(x)}, engine.Free)
	b := hlo.NewBuilder(hlo.F64, hlo.Highest)
	b.Main().Bind(in, b.Argument(hlo.Type{Element: hlo.F64, Shape: in.Shape}))
	var functions []engine.Func
	for f := range ops.NumFunctions {
		functions = append(functions, engine.Own(f))
	}
	for _, name := range []string{"neg", "square", "cube", "abs", "sign", "exp", "ln", "log2", "sqrt", "inv", "invSqrt", "tanh", "log1p", "expm1", "sin", "cos", "ceil", "floor"} {
		f, ok := engine.FuncByName(name)
		if !ok {
			t.Fatalf("no function %q", name)
		}
		functions = append(functions, f)
	}
	var results []hlo.Ref
	for _, f := range functions {
		r, err := b.Main().Value(g.Unary(f, p, in))
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
	}
	e, err := pjrt.Compile(b.Module("functions", results...), d)
	if err != nil {
		t.Fatal(err)
	}
	arg, err := d.Upload(x, in.Shape)
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.Run([]*pjrt.Buffer{arg})
	if err != nil {
		t.Fatal(err)
	}
	for k, f := range functions {
		got := make([]float64, len(x))
		if err := out[k].Download(got); err != nil {
			t.Fatal(err)
		}
		for i, v := range x {
			want := f.At(v, p)
			if math.IsNaN(want) && math.IsNaN(got[i]) || got[i] == want {
				continue
			}
			if v != v && (f == engine.Own(ops.Huber) || f == engine.Own(ops.ELUD)) {
				continue
			}
			if !(math.Abs(got[i]-want) <= 1e-12*max(1, math.Abs(want))) {
				t.Errorf("%v(%v): got %v, want %v", f, v, got[i], want)
			}
		}
	}
}

// What does not depend on what a loop carries is written once, before the loop.
func TestLoopHoists(t *testing.T) {
	g := engine.NewGraph()
	x, w := g.Input("x", []int{2, 3}, engine.Free), g.Input("w", []int{3, 3}, engine.Parameter)
	square := g.MatMul(w, w, false, false)
	b := hlo.NewBuilder(hlo.F32, hlo.Highest)
	b.Input = func(v *engine.Value) hlo.Ref { return b.Argument(hlo.Type{Element: hlo.F32, Shape: v.Shape}) }
	first, err := b.Main().Value(x)
	if err != nil {
		t.Fatal(err)
	}
	n := b.Main().Const(hlo.Type{Element: hlo.I32}, 0)
	out, err := b.Main().While([]hlo.Ref{n, first}, func(s *hlo.Scope, c []hlo.Ref) (hlo.Ref, error) {
		return s.Compare("LT", c[0], s.Like(c[0], 3)), nil
	}, func(s *hlo.Scope, c []hlo.Ref) ([]hlo.Ref, error) {
		in := s.Inner()
		in.Bind(x, c[1])
		y, err := in.Value(g.MatMul(x, square, false, false))
		return []hlo.Ref{s.Add(c[0], s.Like(c[0], 1)), y}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := b.Module("hoists", out[1])
	loop := strings.Index(text, "stablehlo.while")
	if product := strings.Index(text, "stablehlo.dot_general"); product > loop {
		t.Errorf("the product of the weights is in the loop:\n%s", text)
	}
	if n := strings.Count(text[loop:], "stablehlo.dot_general"); n != 1 {
		t.Errorf("products in the loop: got %d, want 1:\n%s", n, text)
	}
	d := device(t)
	e, err := pjrt.Compile(text, d)
	if err != nil {
		t.Fatal(err)
	}
	e.Close()
}
