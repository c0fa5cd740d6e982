package engine

import (
	"math"
	"slices"
	"testing"
)

// chains compiles y_l = tanh(x_l·W) + x_l of several layers; products go over the places
// of the samples, 64 rows, sums over the 16 samples.
func chains(t *testing.T, layers, threads int) (u *Unit[float32], in, out [][]float32, w []float32) {
	t.Helper()
	g := NewGraph()
	var memory []any
	var roots Stage
	w = make([]float32, 6*6)
	for i := range w {
		w[i] = float32(math.Sin(float64(i)))
	}
	weights := g.Input("w", []int{6, 6}, Parameter)
	memory = append(memory, w)
	for l := range layers {
		x := g.Input("x", []int{16, 4, 6}, Free)
		m, y := make([]float32, x.Size()), make([]float32, x.Size())
		for i := range m {
			m[i] = float32(math.Cos(float64(i + l)))
		}
		product := g.Reshape(g.MatMul(g.Reshape(x, []int{64, 6}), weights, false, false), x.Shape)
		roots = append(roots, Root{Value: g.Binary(Add, g.Unary(Tanh, 0, product), x), Store: y})
		memory, in, out = append(memory, m), append(in, m), append(out, y)
	}
	u, err := Compile[float32](Source{
		Graph: g, Memory: memory, Threads: threads, ParallelFrom: 1,
		Programs: []Program{{Name: "p", Loop: true, Stages: []Stage{roots}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return u, in, out, w
}

// A phase goes over a network layer by layer, and the values of one layer take the
// memory of the one before.
func TestLayerByLayer(t *testing.T) {
	u, _, _, _ := chains(t, 5, 1)
	phases := u.programs[0].stages[0].phases
	if len(phases) != 1 || phases[0].rows != 16 {
		t.Fatalf("got %d phases, the first of %d rows, want one of 16", len(phases), phases[0].rows)
	}
	for k, in := range phases[0].instrs {
		_, product := in.(*matmul[float32])
		if want := k%2 == 0; product != want || phases[0].scale[k] != map[bool]int{true: 4, false: 1}[want] {
			t.Errorf("instruction %d: got %T of %d rows a sample, want products of 4 and loops of 1 in turn", k, in, phases[0].scale[k])
		}
	}
	if got, want := len(u.arena), 16*4*6; got != want {
		t.Errorf("arena, got %d elements, want %d of one product", got, want)
	}
}

// Rows that are divided over threads at another grain than the products' give the same
// bits, and the results are right.
func TestRowsOfSamples(t *testing.T) {
	var first [][]float32
	for _, threads := range []int{1, 2, 4} {
		u, in, out, w := chains(t, 3, threads)
		if err := u.Refresh(true); err != nil {
			t.Fatal(err)
		}
		if err := u.RunProgram(0); err != nil {
			t.Fatal(err)
		}
		for l, x := range in {
			for i := range x {
				s := 0.0
				for k := range 6 {
					s += float64(x[i/6*6+k]) * float64(w[k*6+i%6])
				}
				if want := math.Tanh(s) + float64(x[i]); math.Abs(float64(out[l][i])-want) > 1e-5 {
					t.Fatalf("%d threads, layer %d, element %d: got %v, want %v", threads, l, i, out[l][i], want)
				}
			}
			if first != nil && !slices.Equal(out[l], first[l]) {
				t.Errorf("%d threads, layer %d: other bits than with one", threads, l)
			}
		}
		if first == nil {
			first = out
		}
	}
}

// A loop waits for all of a value that others compute in pieces if it reads the whole
// value in every row, or if the pieces are not rows, even if there are as many.
func TestWaitsForPieces(t *testing.T) {
	g := NewGraph()
	x := g.Input("x", []int{16, 16}, Free)
	sums := g.Reshape(g.SumRows(x), []int{1, 16})
	channels := g.Normalize([3]int{16, 16, 1}, 1e-5, x)
	for name, y := range map[string]*Value{
		"sums":     g.Binary(Sub, x, g.Broadcast(sums, x.Shape)),
		"channels": g.Unary(Tanh, 0, channels),
	} {
		u, err := Compile[float32](Source{
			Graph: g, Memory: []any{make([]float32, 256)},
			Programs: []Program{{Name: "p", Stages: []Stage{{{Value: y, Store: make([]float32, 256)}}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(u.programs[0].stages[0].phases); n != 2 {
			t.Errorf("%s: phases, got %d, want 2", name, n)
		}
	}
}
