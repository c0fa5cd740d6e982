package engine

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/internal/ops"
)

// Values that live at one time must not overlap in memory.
func TestPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var xs []*liveRange
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			from := rapid.IntRange(0, 8).Draw(t, "from")
			xs = append(xs, &liveRange{from: from, to: from + rapid.IntRange(0, 4).Draw(t, "length"), size: rapid.IntRange(1, 100).Draw(t, "size")})
		}
		total := assignOffsets(xs, align)
		sum := 0
		for i, x := range xs {
			sum += (x.size + align - 1) / align * align
			if x.base%align != 0 || x.base < 0 || x.base+x.size > total {
				t.Fatalf("interval %+v is outside 0…%d or not aligned", *x, total)
			}
			for _, y := range xs[:i] {
				if x.from <= y.to && y.from <= x.to && x.base < y.base+y.size && y.base < x.base+x.size {
					t.Fatalf("%+v and %+v overlap", *x, *y)
				}
			}
		}
		if total > sum {
			t.Fatalf("got %d elements for liveRanges of %d", total, sum)
		}
	})
}

func TestSimplify(t *testing.T) {
	g := NewGraph()
	x := g.Input("x", []int{4, 3}, Free)
	y := g.Input("y", []int{4, 3}, Clamped)
	w := g.Input("w", []int{3, 2}, Parameter)
	b := g.Input("b", []int{1, 2}, Parameter)
	half, two := g.Const(0.5), g.Const(2)
	same := func(name string, got, want *Value) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %v of %v, want %v of %v", name, got, got.Args, want, want.Args)
		}
	}
	e := g.Binary(Sub, x, y)
	same("2·½·e", g.Binary(Mul, two, g.Binary(Mul, e, half)), e)
	same("½·repeated·2·e", g.Binary(Mul, g.Broadcast(half, []int{4, 3}), g.Binary(Mul, e, two)), e)
	same("e+0", g.Binary(Add, e, g.Broadcast(g.Const(0), []int{4, 3})), e)
	same("shared", g.Binary(Sub, x, y), e)
	same("x·y = y·x", g.Binary(Mul, x, y), g.Binary(Mul, y, x))
	same("x+(−y)", g.Binary(Add, x, g.Unary(Neg, 0, y)), e)
	same("−(−x)", g.Unary(Neg, 0, g.Unary(Neg, 0, x)), x)
	same("square", g.Unary(Square, 0, x), g.Binary(Mul, x, x))
	same("reshape back", g.Reshape(g.Reshape(x, []int{4, 3, 1}), []int{4, 3}), x)
	same("number out of a product", g.MatMul(g.Unary(Neg, 0, x), w, false, false), g.Unary(Neg, 0, g.MatMul(x, w, false, false)))
	same("Σ of a repeated number", g.SumAll(g.Broadcast(two, []int{4, 3})), g.Const(24))
	biased := g.Binary(Add, g.MatMul(x, w, false, false), g.Broadcast(b, []int{4, 2}))
	if biased.Op != OpMatMul || !biased.Bias {
		t.Errorf("x·w + b: got %v, want a product with a bias", biased)
	}
	if v := g.Binary(Mul, g.Const(0), x); v.Op != OpBroadcast || !v.Args[0].isConst(0) {
		t.Errorf("0·x: got %v, want zeros", v)
	}
	if e.class != Free || g.Binary(Mul, y, y).class != Clamped || g.Unary(Exp, 0, w).class != Parameter {
		t.Error("classes: a value must change as often as its most volatile operand")
	}
}

// run compiles one program that stores a value and returns it.
func run(t *testing.T, g *Graph, v *Value, memory ...any) []float64 {
	t.Helper()
	out := make([]float64, v.Size())
	root := Root{Value: v, Store: out}
	var number float64
	if scalar(v) {
		root = Root{Value: v, Scalar: &number}
	}
	u, err := Compile[float64](Source{Graph: g, Memory: memory, Programs: []Program{{Name: "test", Stages: []Stage{{root}}}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Refresh(true); err != nil {
		t.Fatal(err)
	}
	if err := u.RunProgram(0); err != nil {
		t.Fatal(err)
	}
	if scalar(v) {
		return []float64{number}
	}
	return out
}

// Every kind of value, written out, against loops.
func TestValues(t *testing.T) {
	x := []float64{1, -2, 3, 0.5, 0, -1}      // (2, 3)
	r := []float64{10, 20, 30}                // a row
	c := []float64{2, 3}                      // a column
	w := []float64{1, 0, 2, -1, 0.5, 1, 3, 4} // (4, 2)
	tests := []struct {
		name  string
		build func(g *Graph, x, r, c, w *Value) *Value
		want  []float64
	}{
		{"row repeated", func(g *Graph, x, r, c, w *Value) *Value {
			return g.Binary(Add, x, g.Broadcast(r, []int{2, 3}))
		}, []float64{11, 18, 33, 10.5, 20, 29}},
		{"column repeated", func(g *Graph, x, r, c, w *Value) *Value {
			return g.Binary(Mul, x, g.Broadcast(c, []int{2, 3}))
		}, []float64{2, -4, 6, 1.5, 0, -3}},
		{"row alone", func(g *Graph, x, r, c, w *Value) *Value { return g.Broadcast(r, []int{2, 3}) }, []float64{10, 20, 30, 10, 20, 30}},
		{"outer sum", func(g *Graph, x, r, c, w *Value) *Value {
			return g.Binary(Add, g.Broadcast(c, []int{2, 3}), g.Broadcast(r, []int{2, 3}))
		}, []float64{12, 22, 32, 13, 23, 33}},
		{"Σ", func(g *Graph, x, r, c, w *Value) *Value { return g.SumAll(x) }, []float64{1.5}},
		{"Σ x²", func(g *Graph, x, r, c, w *Value) *Value { return g.SumAll(g.Binary(Mul, x, x)) }, []float64{15.25}},
		{"Σ rows", func(g *Graph, x, r, c, w *Value) *Value { return g.SumRows(x) }, []float64{1.5, -2, 2}},
		{"Σ columns", func(g *Graph, x, r, c, w *Value) *Value { return g.SumCols(x) }, []float64{2, -0.5}},
		{"Σ of repeated rows", func(g *Graph, x, r, c, w *Value) *Value { return g.SumAll(g.Broadcast(r, []int{2, 3})) }, []float64{120}},
		{"Σ of repeated columns", func(g *Graph, x, r, c, w *Value) *Value { return g.SumAll(g.Broadcast(c, []int{2, 3})) }, []float64{15}},
		{"Σ columns of repeated rows", func(g *Graph, x, r, c, w *Value) *Value { return g.SumCols(g.Broadcast(r, []int{2, 3})) }, []float64{60, 60}},
		{"Σ columns of repeated columns", func(g *Graph, x, r, c, w *Value) *Value { return g.SumCols(g.Broadcast(c, []int{2, 3})) }, []float64{6, 9}},
		{"Σ columns of a repeated number", func(g *Graph, x, r, c, w *Value) *Value {
			return g.SumCols(g.Broadcast(g.SumAll(x), []int{2, 3}))
		}, []float64{4.5, 4.5}},
		{"Σ through numbers", func(g *Graph, x, r, c, w *Value) *Value {
			s := g.Unary(Exp, 0, g.SumAll(x))
			return g.Binary(Mul, x, g.Broadcast(s, []int{2, 3}))
		}, scaledBy(x, math.Exp(1.5))},
		{"xᵀ·x", func(g *Graph, x, r, c, w *Value) *Value { return g.MatMul(x, x, true, false) }, []float64{1.25, -2, 2.5, -2, 4, -6, 2.5, -6, 10}},
		{"x·xᵀ", func(g *Graph, x, r, c, w *Value) *Value { return g.MatMul(x, x, false, true) }, []float64{14, -2.5, -2.5, 1.25}},
		{"xᵀ·wᵀ", func(g *Graph, x, r, c, w *Value) *Value { return g.MatMul(x, w, true, true) }, []float64{1, 1.5, 1, 5, -2, -4, -1, -6, 3, 7, 0.5, 5}},
		{"reshaped", func(g *Graph, x, r, c, w *Value) *Value {
			return g.Unary(Abs, 0, g.Reshape(x, []int{3, 2}))
		}, []float64{1, 2, 3, 0.5, 0, 1}},
		{"leaky", func(g *Graph, x, r, c, w *Value) *Value { return g.Unary(Own(ops.LeakyReLU), 0.1, x) }, []float64{1, -0.2, 3, 0.5, 0, -0.1}},
		{"c − a·b", func(g *Graph, x, r, c, w *Value) *Value {
			return g.Binary(Sub, x, g.Binary(Mul, x, g.Unary(Abs, 0, x)))
		}, []float64{0, 2, -6, 0.25, 0, 0}},
		{"a·b + a·b", func(g *Graph, x, r, c, w *Value) *Value {
			p := g.Binary(Mul, x, g.Unary(Abs, 0, x))
			return g.Binary(Add, p, p)
		}, []float64{2, -8, 18, 0.5, 0, -2}},
		{"a·b − a·b", func(g *Graph, x, r, c, w *Value) *Value {
			p := g.Binary(Mul, x, g.Unary(Abs, 0, x))
			return g.Binary(Sub, p, p)
		}, make([]float64, 6)},
		{"1 − x²", func(g *Graph, x, r, c, w *Value) *Value {
			return g.Binary(Sub, g.Const(1), g.Binary(Mul, x, x))
		}, []float64{0, -3, -8, 0.75, 1, 0}},
		{"foreign", func(g *Graph, x, r, c, w *Value) *Value {
			return g.Foreign("reverse", []int{2, 3}, func(out any, args []any) error {
				o, a := out.([]float64), args[0].([]float64)
				for i := range o {
					o[i] = a[len(a)-1-i]
				}
				return nil
			}, g.Unary(Neg, 0, x))
		}, []float64{1, 0, -0.5, -3, 2, -1}},
	}
	for _, tt := range tests {
		for _, class := range []Class{Free, Clamped, Parameter} {
			g := NewGraph()
			in := []*Value{
				g.Input("x", []int{2, 3}, class), g.Input("r", []int{1, 3}, Parameter),
				g.Input("c", []int{2, 1}, class), g.Input("w", []int{4, 2}, Parameter),
			}
			v := tt.build(g, in[0], in[1], in[2], in[3])
			g.Input("free", []int{1}, Free) // so that the others are hoisted
			got := run(t, g, v, x, r, c, w, []float64{0})
			for i := range tt.want {
				if math.Abs(got[i]-tt.want[i]) > 1e-12 {
					t.Errorf("%s, class %d: got %v, want %v", tt.name, class, got, tt.want)
					break
				}
			}
		}
	}
}

func scaledBy(x []float64, s float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = s * v
	}
	return out
}

// An input moves only after everything has read it.
func TestDescendWaitsForReaders(t *testing.T) {
	g := NewGraph()
	x := g.Input("x", []int{2, 2}, Free)
	w := g.Input("w", []int{2, 2}, Parameter)
	grad := g.Binary(Add, g.MatMul(x, w, false, false), g.Unary(Tanh, 0, x))
	late := g.SumAll(g.Binary(Mul, g.MatMul(g.MatMul(x, w, false, false), w, false, false), x))
	mem := []float64{1, 2, 3, 4}
	var energy float64
	u, err := Compile[float64](Source{Graph: g, Memory: []any{mem, []float64{0, 1, 1, 0}}, Programs: []Program{{
		Name: "descend", Loop: true, Stages: []Stage{{{Value: grad, Descend: x}, {Value: late, Scalar: &energy}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Refresh(true); err != nil {
		t.Fatal(err)
	}
	if err := u.StepProgram(0, 0.5); err != nil {
		t.Fatal(err)
	}
	want := []float64{1 - 0.5*(2+math.Tanh(1)), 2 - 0.5*(1+math.Tanh(2)), 3 - 0.5*(4+math.Tanh(3)), 4 - 0.5*(3+math.Tanh(4))}
	for i := range want {
		if math.Abs(mem[i]-want[i]) > 1e-14 {
			t.Errorf("x[%d]: got %v, want %v", i, mem[i], want[i])
		}
	}
	if energy != 1+4+9+16 {
		t.Errorf("energy: got %v, want 30, of the state before the step", energy)
	}
}

// A gradient may be the same scalar everywhere: 0 where a term is switched off.
func TestDescendByANumber(t *testing.T) {
	for _, shape := range [][]int{{2, 2}, {1, 4}, {4}} {
		g := NewGraph()
		x := g.Input("x", shape, Free)
		y := g.Input("y", shape, Free)
		mem, other := []float64{1, 2, 3, 4}, []float64{1, 2, 3, 4}
		u, err := Compile[float64](Source{Graph: g, Memory: []any{mem, other}, Programs: []Program{{
			Name: "descend", Loop: true, Stages: []Stage{{
				{Value: g.Binary(Mul, x, g.Const(0)), Descend: x},
				{Value: g.Broadcast(g.SumAll(y), shape), Descend: y},
			}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := u.Refresh(true); err != nil {
			t.Fatal(err)
		}
		if err := u.StepProgram(0, 0.5); err != nil {
			t.Fatal(err)
		}
		for i := range mem {
			if x, y := float64(i+1), float64(i+1)-5; mem[i] != x || other[i] != y {
				t.Errorf("%v: element %d, got %v and %v, want %v and %v", shape, i, mem[i], other[i], x, y)
			}
		}
	}
}

// Values built of scalars and matrices of one element have the shapes that the operands
// say.
func TestShapesOfOne(t *testing.T) {
	g := NewGraph()
	one := []int{1, 1}
	s := g.SumAll(g.Input("x", []int{2, 3}, Free))
	zero, half := g.Broadcast(g.Const(0), one), g.Broadcast(g.Const(0.5), one)
	for name, v := range map[string]*Value{
		"½·s": g.Binary(Mul, half, s), "s·½": g.Binary(Mul, s, half),
		"0+s": g.Binary(Add, zero, s), "s+0": g.Binary(Add, s, zero),
		"½−s": g.Binary(Sub, half, s), "s÷½": g.Binary(Div, s, half),
	} {
		if len(v.Shape) != 2 {
			t.Errorf("%s: shape, got %v, want %v", name, v.Shape, one)
		}
	}
}
