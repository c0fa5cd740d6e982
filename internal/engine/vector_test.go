package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// TestVectorsAgreeWithPortable compares every element-wise kernel with plain Go,
// at special values and at random ones, and in place. The slopes of piecewise
// linear functions may be any value at NaN, where the function is NaN itself.
func TestVectorsAgreeWithPortable(t *testing.T) {
	t.Run("float32", func(t *testing.T) { testVectors[float32](t, 1e-6) })
	t.Run("float64", func(t *testing.T) { testVectors[float64](t, 1e-14) })
}

func testVectors[T float](t *testing.T, tolerance float64) {
	fast, plain := vectors[T](), portable[T]()
	a, b := specialValues[T](7), specialValues[T](11)
	kernels := map[string]kernel.Function{}
	for k := range kernel.Functions() {
		kernels[k.Name] = k
	}
	check := func(what fmt.Stringer, parameter T, run func(v *vector[T], dst, a, b []T)) {
		t.Helper()
		want := make([]T, len(a))
		run(plain, want, a, b)
		for _, place := range []string{"apart", "in place"} {
			got := make([]T, len(a))
			in := got
			if place == "apart" {
				in = a
			} else {
				copy(in, a)
			}
			run(fast, got, in, b)
			for i, w := range want {
				g, w := float64(got[i]), float64(w)
				k := kernels[what.String()]
				floor := max(0x1p-119, tolerance*k.Floor) // exponentials of float32 below are 0
				if x := float64(a[i]); x != x && k.ULP == 0 && strings.HasSuffix(what.String(), "′") {
					continue
				}
				if g == w || g != g && w != w || !math.IsInf(w, 0) && math.Abs(g-w) <= tolerance*math.Abs(w)+floor {
					continue
				}
				t.Errorf("%v, parameter %v, %s: of %v and %v: got %v, want %v", what, parameter, place, a[i], b[i], g, w)
			}
		}
	}
	for f := range numFuncs {
		check(f, .25, func(v *vector[T], dst, a, _ []T) { v.un[f](dst, a, .25) })
	}
	for f := range numBinary {
		check(f, 0, func(v *vector[T], dst, a, b []T) { v.vv[f](dst, a, b) })
		for _, s := range []T{.75, 0, T(math.NaN())} {
			check(f, s, func(v *vector[T], dst, a, _ []T) { v.vs[f](dst, a, s) })
			check(f, s, func(v *vector[T], dst, a, _ []T) { v.sv[f](dst, s, a) })
		}
	}
}

// specialValues are values at which functions change, in a random order, and
// random ones.
func specialValues[T float](seed uint64) []T {
	rng := rand.New(rand.NewPCG(seed, 1))
	inf := math.Inf(1)
	special := []float64{0, math.Copysign(0, -1), 1, -1, .25, -.25, .75, inf, -inf, math.NaN(), 1e-30, -1e-30, 80, -80}
	var x []T
	for range 20 {
		for _, v := range special {
			x = append(x, T(v))
		}
	}
	for range 101 {
		x = append(x, T(3*rng.NormFloat64()))
	}
	rng.Shuffle(len(x), func(i, j int) { x[i], x[j] = x[j], x[i] })
	return x
}

// Every kernel of a named function serves a function of the engine.
func TestEveryKernelHasAFunction(t *testing.T) {
	names := map[string]bool{}
	for f := range numFuncs {
		names[f.String()] = true
	}
	for k := range kernel.Functions() {
		if !names[k.Name] {
			t.Errorf("kernel of %q: no function has that name", k.Name)
		}
	}
}
