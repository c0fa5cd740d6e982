package engine

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// tiled runs a fused loop without prepared arguments.
type tiled[T float] struct{ *fusedLoop[T] }

func (x tiled[T]) run(w *worker[T], lo, hi int) { x.runTiles(w, lo, hi) }

// A loop with prepared arguments has the bits of the loop without, in every step: its
// scalars, its step size and what it reads change between them.
func TestReady(t *testing.T) {
	for _, rows := range []int{1, 3, 40} { // 40 rows of 30 are more than a tile
		testReady[float32](t, rows)
		testReady[float64](t, rows)
	}
}

func testReady[T float](t *testing.T, rows int) {
	t.Helper()
	const cols, steps = 30, 4
	type result struct{ x, y, out []T }
	calls := 0
	work := func(plain bool) (out []result, energies []float64) {
		r := rand.New(rand.NewPCG(1, 2))
		draw := func(n int) []T {
			x := make([]T, n)
			for i := range x {
				x[i] = T(r.NormFloat64())
			}
			return x
		}
		shape := []int{rows, cols}
		g := NewGraph()
		x, y, rowOnly := g.Input("x", shape, Free), g.Input("y", shape, Free), g.Input("r", []int{1, cols}, Parameter)
		memory := []any{draw(rows * cols), draw(rows * cols), draw(cols)}
		half := g.Const(0.5)
		// Errors, slopes and folds, functions with and without a kernel, and scalars on
		// both sides.
		f, s := g.Unary(Tanh, 0, x), g.Unary(Own(ops.Sigmoid), 0, y)
		e := g.Binary(Sub, x, s)
		d := g.Binary(Sub, y, g.Binary(Mul, f, y))
		energy := g.Binary(Mul, half, g.Binary(Add, g.SumAll(g.Binary(Mul, e, e)), g.SumAll(g.Binary(Mul, d, d))))
		one := g.Broadcast(g.Const(1), shape)
		slope := g.Binary(Mul, g.Binary(Sub, one, g.Binary(Mul, f, f)), d)
		gx := g.Binary(Sub, e, slope)
		gy := g.Binary(Add, g.Binary(Mul, s, e), g.Binary(Add, d, g.Broadcast(rowOnly, shape)))
		folds := g.Binary(Mul, g.Binary(Sub, e, g.Binary(Mul, f, s)), g.Binary(Add, s, g.Binary(Mul, f, d)))
		scaled := g.Binary(Mul, g.Unary(Own(ops.LeakyReLU), 0.3, g.Unary(Own(ops.GELU), 0, gx)), g.Broadcast(g.Unary(Exp, 0, g.Binary(Mul, g.Const(-0.01), energy)), shape))
		odd := g.Binary(Div, g.Binary(Sub, g.Broadcast(half, shape), g.Unary(Sin, 0, gy)), g.Unary(Abs, 0, g.Binary(Less, x, folds)))
		store, more := make([]T, rows*cols), make([]T, rows*cols)
		var number float64
		u, err := Compile[T](Source{Graph: g, Memory: memory, Programs: []Program{{Name: "test", Loop: true, Stages: []Stage{{
			{Value: energy, Scalar: &number},
			{Value: scaled, Store: store},
			{Value: odd, Store: more},
			{Value: gx, Descend: x},
			{Value: gy, Descend: y},
		}}}}})
		if err != nil {
			t.Fatal(err)
		}
		loops := 0
		for _, c := range u.programs[0].stages {
			for i := range c.phases {
				for k, in := range c.phases[i].instrs {
					if p, ok := in.(*fusedLoop[T]); ok {
						loops++
						if plain {
							c.phases[i].instrs[k] = tiled[T]{p}
						} else {
							defer func() {
								for _, x := range p.ready {
									if x.call != nil {
										calls++
									}
								}
							}()
						}
					}
				}
			}
		}
		if loops == 0 {
			t.Fatal("no fused loop")
		}
		if err := u.Refresh(true); err != nil {
			t.Fatal(err)
		}
		for step := range steps {
			if err := u.StepProgram(0, 0.1/float64(step+1)); err != nil {
				t.Fatal(err)
			}
			out = append(out, result{append([]T{}, memory[0].([]T)...), append([]T{}, memory[1].([]T)...), append(append([]T{}, store...), more...)})
			energies = append(energies, number)
		}
		return out, energies
	}
	want, wantE := work(true)
	got, gotE := work(false)
	if prepared := kernel.Active() != kernel.Portable && rows*cols <= tile; prepared != (calls > 0) {
		t.Errorf("%d rows: got %d prepared calls, want some: %v", rows, calls, prepared)
	}
	for i := range want {
		if gotE[i] != wantE[i] {
			t.Errorf("%d rows, step %d: energy, got %v, want %v", rows, i, gotE[i], wantE[i])
		}
		for k, pair := range [][2][]T{{got[i].x, want[i].x}, {got[i].y, want[i].y}, {got[i].out, want[i].out}} {
			for j, w := range pair[1] {
				if g := pair[0][j]; g != w && (g == g || w == w) {
					t.Fatalf("%d rows, step %d, output %d: element %d, got %v, want %v", rows, i, k, j, g, w)
				}
			}
		}
	}
}
