package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"unsafe"
)

func TestLaneArgs(t *testing.T) {
	var v laneArgs
	got := []uintptr{
		unsafe.Offsetof(v.c), unsafe.Offsetof(v.a), unsafe.Offsetof(v.b), unsafe.Offsetof(v.bias), unsafe.Offsetof(v.aCol),
		unsafe.Offsetof(v.bRow), unsafe.Offsetof(v.bCol), unsafe.Offsetof(v.k), unsafe.Offsetof(v.n), unsafe.Offsetof(v.lanes), unsafe.Offsetof(v.room),
	}
	for i, off := range got {
		if off != uintptr(8*i) {
			t.Errorf("field %d is at %d, want %d", i, off, 8*i)
		}
	}
}

// laneCounts are numbers of lanes with one vector, with several, and with many.
var laneCounts = []int{16, 48, 256}

func TestLanes(t *testing.T) {
	t.Run("float32", testLanes[float32])
	t.Run("float64", testLanes[float64])
}

func testLanes[T Float](t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, lanes := range laneCounts {
			for _, s := range [][3]int{{1, 1, 1}, {1, 2, 2}, {1, 1, 3}, {3, 5, 7}, {2, 9, 15}, {4, 16, 6}, {1, 17, 4}, {2, 31, 9}, {1, 33, 5}, {1, 70, 70}, {2, 3, 0}} {
				testLaneProduct[T](t, lanes, s[0], s[1], s[2])
			}
			for _, cols := range []int{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100} {
				testLaneReductions[T](t, lanes, cols)
				testLaneSteps[T](t, lanes, cols)
			}
		}
	})
}

// one returns the numbers of a lane.
func one[T any](all []T, lanes, lane int) []T {
	var out []T
	for i := lane; i < len(all); i += lanes {
		out = append(out, all[i])
	}
	return out
}

func random[T Float](n, seed int) []T {
	s := make([]T, n)
	fill(s, seeded(n, seed))
	return s
}

func TestLaneConversions(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, n := range []int{16, 48} {
			wide, single := guard[float64](n, 0), guard[float32](n, 0)
			for i := range single.data {
				single.data[i] = float32(i) / 3
			}
			Widen(wide.data, single.data)
			wide.check(t, "widen")
			for i, x := range wide.data {
				if x != float64(single.data[i]) {
					t.Fatalf("widen: got %v, want %v", x, single.data[i])
				}
				wide.data[i] = float64(i) / 7
			}
			Narrow(single.data, wide.data)
			single.check(t, "narrow")
			for i, x := range single.data {
				if x != float32(wide.data[i]) {
					t.Fatalf("narrow: got %v, want %v", x, wide.data[i])
				}
			}
		}
	})
}

// The sizes follow the paper's control, and the steps count the finite energies.
func TestDiscount(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		size, previous := []float64{1, 1, 1, 1}, []float64{2, 2, 2, 2}
		sound, steps := make([]float64, 4), make([]float64, 4)
		factor, amplify := []float64{0.5, 0.25, 0.5, 0.5}, []float64{3, 3, 3, 5}
		Discount(size, []float64{1, 2, 3, math.Inf(1)}, previous, sound, steps, factor, amplify)
		Discount(size, []float64{0, 3, 2, 0}, previous, sound, steps, factor, amplify)
		if want := []float64{9, 0.0625, 1.5, 2.5}; !slices.Equal(size, want) {
			t.Errorf("sizes: got %v, want %v", size, want)
		}
		if want := []float64{2, 2, 2, 0}; !slices.Equal(steps, want) || sound[0] != 0 || !math.IsNaN(sound[3]) {
			t.Errorf("steps: got %v and %v, want %v, the last not sound", steps, sound, want)
		}
	})
}

// testLaneProduct compares every lane with the product of one network, with every
// orientation of the factors, with and without a bias.
func testLaneProduct[T Float](t *testing.T, lanes, m, n, k int) {
	t.Helper()
	a, b, bias := random[T](m*k*lanes, 1), random[T](k*n*lanes, 2), random[T](n*lanes, 3)
	for form := range 8 {
		p := LaneProduct[T]{Lanes: lanes, N: n, K: k, A: Rows(a, k), B: Rows(b, n)}
		c := guard[T](m*n*lanes, 0)
		p.C = c.data
		if form&1 != 0 {
			p.A = Transposed(a, m)
		}
		if form&2 != 0 {
			p.B = Transposed(b, k)
		}
		if form&4 != 0 {
			p.Bias = bias
		}
		p.Rows(0, m)
		what := fmt.Sprintf("%d×%d×%d, %d lanes, form %d", m, n, k, lanes, form)
		c.check(t, what)
		for lane := range lanes {
			w := make([]T, m*n)
			left := View[T]{one(a, lanes, lane), p.A.Row, p.A.Col}
			right, packed := one(b, lanes, lane), &Packed[T]{}
			if form&2 != 0 {
				packed.PackTransposed(right, k, n, k)
			} else {
				packed.Pack(right, k, n, n)
			}
			var start Start[T]
			if form&4 != 0 {
				start.Bias = one(bias, lanes, lane)
			}
			GemmPacked(w, n, m, left, packed, start, nil)
			if got := one(p.C, lanes, lane); !slices.Equal(got, w) {
				t.Fatalf("%s: lane %d: got %v, want %v", what, lane, got, w)
			}
		}
	}
}

func testLaneReductions[T Float](t *testing.T, lanes, cols int) {
	t.Helper()
	const rows = 3
	a, b := random[T](rows*cols*lanes, 1), random[T](rows*cols*lanes, 2)
	for name, f := range map[string]struct {
		all func(sums []float64)
		one func(sums []float64, a, b []T)
	}{
		"sums": {func(s []float64) { LaneSums(s, a, cols, lanes) }, func(s []float64, a, _ []T) { RowSums(s, a, rows, cols) }},
		"dots": {func(s []float64) { LaneDots(s, a, b, cols, lanes) }, func(s []float64, a, b []T) { RowDots(s, a, b, rows, cols) }},
		"errors": {func(s []float64) { LaneErrors(s, make([]T, len(a)), a, b, cols, lanes) }, func(s []float64, a, b []T) {
			e := make([]T, len(a))
			for i := range e {
				e[i] = a[i] - b[i]
			}
			RowSquares(s, e, rows, cols)
		}},
	} {
		sums := guard[float64](rows*lanes, 0)
		f.all(sums.data)
		sums.check(t, name)
		for lane := range lanes {
			w := make([]float64, rows)
			f.one(w, one(a, lanes, lane), one(b, lanes, lane))
			if got := one(sums.data, lanes, lane); !slices.Equal(got, w) {
				t.Fatalf("%s of %d, %d lanes: lane %d: got %v, want %v", name, cols, lanes, lane, got, w)
			}
		}
	}
}

func testLaneSteps[T Float](t *testing.T, lanes, n int) {
	t.Helper()
	x, g, steps, decay := random[T](n*lanes, 1), random[T](n*lanes, 2), random[T](lanes, 3), random[T](lanes, 4)
	clear(decay[:lanes/2])
	moved, learned, added := slices.Clone(x), slices.Clone(x), slices.Clone(x)
	LaneDescend(moved, g, steps)
	adds := LaneAdd(added, g, steps)
	LaneSGD(learned, g, steps, decay)
	for lane := range lanes {
		before, gradient, rate := one(x, lanes, lane), one(g, lanes, lane), steps[lane]
		want := slices.Clone(before)
		if !Vector1(Descend, want, gradient, rate) {
			for i := range want {
				want[i] -= T(rate * gradient[i])
			}
		}
		if got := one(moved, lanes, lane); !slices.Equal(got, want) {
			t.Fatalf("descend, %d elements, %d lanes: lane %d: got %v, want %v", n, lanes, lane, got, want)
		}
		if rates := slices.Repeat([]T{rate}, n); adds && Vector3(MulAdd, want, gradient, rates, before) {
			if got := one(added, lanes, lane); !slices.Equal(got, want) {
				t.Fatalf("add, %d elements, %d lanes: lane %d: got %v, want %v", n, lanes, lane, got, want)
			}
		}
		copy(want, before)
		if !SGD(want, gradient, rate, decay[lane]) {
			for i := range want {
				d := gradient[i] + T(decay[lane]*want[i])
				want[i] -= T(rate * d)
			}
		}
		if got := one(learned, lanes, lane); !slices.Equal(got, want) {
			t.Fatalf("SGD, %d elements, %d lanes: lane %d: got %v, want %v", n, lanes, lane, got, want)
		}
	}
}
