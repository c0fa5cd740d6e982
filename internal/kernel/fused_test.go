package kernel

import (
	"fmt"
	"math"
	"testing"
)

var tileFunctions = []struct {
	name string
	op   Op
}{
	{"identity", Identity},
	{"tanh", Tanh},
	{"sigmoid", Sigmoid},
	{"relu", ReLU},
	{"leaky relu", LeakyReLU},
	{"hard tanh", HardTanh},
	{"gelu", GELU},
	{"silu", SiLU},
	{"softplus", Softplus},
}

// guardedTile is a tile between canaries, every buffer at its own offset.
type guardedTile[T Float] struct {
	Tile[T]
	all []guarded[T]
}

func newTile[T Float](f Op, rows, cols int) *guardedTile[T] {
	t := &guardedTile[T]{Tile: Tile[T]{F: f, Slope: 0.1, Rate: 0.05, Rows: rows, Cols: cols}}
	r := seeded(rows, cols)
	for i, s := range []*[]T{&t.X, &t.Y, &t.D, &t.E, &t.G, &t.Mu} {
		g := guard[T](rows*cols, i)
		fill(g.data, r)
		t.all = append(t.all, g)
		*s = g.data
	}
	for i, x := range t.X {
		t.Y[i], t.D[i] = valueSlope(f, x, t.Slope)
	}
	return t
}

func (t *guardedTile[T]) check(tt *testing.T, what string) {
	tt.Helper()
	for _, g := range t.all {
		g.check(tt, what)
	}
}

// clone copies the numbers of a tile.
func (t *guardedTile[T]) clone() *Tile[T] {
	c := t.Tile
	for _, s := range []*[]T{&c.X, &c.Y, &c.D, &c.E, &c.G, &c.Mu} {
		*s = append([]T(nil), *s...)
	}
	return &c
}

// near checks got against want with a tolerance in units of max(1, |want|).
func near[T Float](t *testing.T, what string, got, want []T, tol float64) {
	t.Helper()
	for i := range want {
		if d := math.Abs(float64(got[i] - want[i])); !(d <= tol*max(1, math.Abs(float64(want[i])))) {
			t.Fatalf("%s: element %d of %d: got %v, want %v", what, i, len(want), got[i], want[i])
		}
	}
}

func TestTile(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, f := range tileFunctions {
			for _, cols := range []int{0, 1, 3, 7, 8, 10, 15, 16, 17, 31, 32, 33, 65, 100} {
				for _, rows := range []int{0, 1, 2, 5} {
					testTile[float32](t, f.name, f.op, rows, cols, 1e-6)
					testTile[float64](t, f.name, f.op, rows, cols, 1e-14)
				}
			}
		}
	})
}

func testTile[T Float](t *testing.T, name string, f Op, rows, cols int, tol float64) {
	t.Helper()
	what := fmt.Sprintf("%s %d×%d", name, rows, cols)
	a := newTile[T](f, rows, cols)
	slope := make([]T, rows*cols)
	for i := range slope {
		slope[i] = a.slope(i)
	}
	sums, want := guard[float64](rows, 1), a.clone()
	dst := guard[T](rows*cols, 2)
	a.Gradient(dst.data, sums.data)
	for i := range slope {
		want.D[i] = want.E[i] - slope[i]*want.G[i]
	}
	near(t, what+" gradient", dst.data, want.D, tol)
	checkSums(t, what+" gradient", sums.data, dst.data, cols)
	a.Gradient(dst.data, nil)
	near(t, what+" gradient", dst.data, want.D, tol)

	want = a.clone()
	for i := range slope {
		want.X[i] -= want.Rate * (want.E[i] - slope[i]*want.G[i])
		y, d := valueSlope(f, want.X[i], want.Slope)
		if f != Identity {
			want.Y[i] = y
		}
		if !FromValue(f) {
			want.D[i] = d
		}
	}
	a.Step()
	compareTiles(t, what+" step", &a.Tile, want, tol)

	b := newTile[T](f, rows, cols)
	b.StepError(sums.data)
	copy(a.E, b.E)
	near(t, what+" step and error", b.X, a.X, 0)
	near(t, what+" step and error", b.Y, a.Y, 0)
	for i, x := range b.X {
		want.E[i] = x - b.Mu[i]
	}
	compareTiles(t, what+" step and error", &b.Tile, want, tol)
	checkSums(t, what+" step and error", sums.data, b.E, cols)
	clear(b.E)
	b.Error(sums.data)
	compareTiles(t, what+" error", &b.Tile, want, tol)
	checkSums(t, what+" error", sums.data, b.E, cols)
	b.StepError(nil)
	a.check(t, what)
	b.check(t, what)
	sums.check(t, what)
	dst.check(t, what)
}

func compareTiles[T Float](t *testing.T, what string, got, want *Tile[T], tol float64) {
	t.Helper()
	near(t, what+": x", got.X, want.X, tol)
	near(t, what+": y", got.Y, want.Y, tol)
	near(t, what+": d", got.D, want.D, tol)
	near(t, what+": e", got.E, want.E, tol)
}

func checkSums[T Float](t *testing.T, what string, sums []float64, v []T, cols int) {
	t.Helper()
	for r, got := range sums {
		s := 0.0
		for _, x := range v[r*cols : (r+1)*cols] {
			s += float64(x) * float64(x)
		}
		if !(math.Abs(got-s) <= 1e-6*s) {
			t.Fatalf("%s: sum of row %d: got %v, want %v", what, r, got, s)
		}
	}
}

// The vector paths give the same bits, and a row's sum does not depend on the rows around it.
func TestTileBits(t *testing.T) {
	best := bestPath()
	if best != AVX512 {
		t.Skip("this machine has one vector path at most")
	}
	defer func() { active = best }()
	const rows, cols = 3, 45
	for _, f := range tileFunctions {
		var tiles [3]*guardedTile[float32]
		var sums [3][rows]float64
		for k := range tiles {
			active = AVX512
			if k == 0 {
				active = AVX2
			}
			tiles[k] = newTile[float32](f.op, rows, cols)
			if k < 2 {
				tiles[k].StepError(sums[k][:])
				continue
			}
			for r := range rows {
				one := tiles[k].Tile
				one.Rows = 1
				for _, s := range []*[]float32{&one.X, &one.Y, &one.D, &one.E, &one.G, &one.Mu} {
					*s = (*s)[r*cols : (r+1)*cols]
				}
				one.StepError(sums[k][r : r+1])
			}
		}
		for k := range 2 {
			compareTiles(t, f.name, &tiles[k].Tile, &tiles[2].Tile, 0)
			if sums[k] != sums[2] {
				t.Errorf("%s: sums %v and %v", f.name, sums[k], sums[2])
			}
		}
	}
}

func BenchmarkStepError(b *testing.B) {
	for _, f := range tileFunctions {
		for _, n := range []int{32, 256} {
			b.Run(fmt.Sprintf("%s/n=%d", f.name, n), func(b *testing.B) {
				t, sums := newTile[float32](f.op, 4, n), make([]float64, 4)
				b.ReportAllocs()
				for b.Loop() {
					t.StepError(sums)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(4*n), "ns/element")
			})
		}
	}
}
