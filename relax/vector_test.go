package relax_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/relax"
)

// both runs f for both precisions, on vectors of small integers, which are exact
// in either.
func both(t *testing.T, f func(t *testing.T, vector func(x ...float64) relax.Vector)) {
	t.Run("float64", func(t *testing.T) {
		f(t, func(x ...float64) relax.Vector { return relax.Float64(append([]float64{}, x...)) })
	})
	t.Run("float32", func(t *testing.T) {
		f(t, func(x ...float64) relax.Vector {
			y := make([]float32, len(x))
			for i := range x {
				y[i] = float32(x[i])
			}
			return relax.Float32(y)
		})
	})
}

func elements(v relax.Vector) []float64 {
	out := make([]float64, v.Len())
	for i := range out {
		out[i] = v.At(i)
	}
	return out
}

func TestVectorArithmetic(t *testing.T) {
	both(t, func(t *testing.T, vector func(x ...float64) relax.Vector) {
		check := func(what string, v relax.Vector, want ...float64) {
			t.Helper()
			if diff := cmp.Diff(want, elements(v)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		v := vector(1, 2, 3, 4, 5, -6)
		v.AddScaled(-2, vector(1, 1, 1, 1, 1, 1))
		check("AddScaled", v, -1, 0, 1, 2, 3, -8)
		if got := v.Dot(vector(1, 2, 3, 4, 5, 6)); got != -1+3+8+15-48 {
			t.Errorf("Dot: got %g", got)
		}
		if got := v.MaxAbs(); got != 8 {
			t.Errorf("MaxAbs: got %g", got)
		}
		part := v.Slice(1, 3)
		part.Set(0, 7)
		part.Scale(3)
		check("Slice is a view", v, -1, 21, 3, 2, 3, -8)
		like := v.MakeLike()
		check("MakeLike", like, 0, 0, 0, 0, 0, 0)
		like.CopyFrom(v)
		like.Fill(4)
		check("CopyFrom copies", v, -1, 21, 3, 2, 3, -8)
		check("Fill", like, 4, 4, 4, 4, 4, 4)
		if (v.Float32() == nil) == (v.Float64() == nil) {
			t.Error("want exactly one of the slices")
		}
	})
}

func TestVectorFirstNonFinite(t *testing.T) {
	both(t, func(t *testing.T, vector func(x ...float64) relax.Vector) {
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			for at := range 9 {
				v := vector(1, 2, 3, 4, 5, 6, 7, 8, 9)
				if got := v.FirstNonFinite(); got != -1 {
					t.Fatalf("all finite: got %d", got)
				}
				v.Set(at, bad)
				v.Set(8, bad)
				if got := v.FirstNonFinite(); got != at {
					t.Errorf("%g at %d: got %d", bad, at, got)
				}
			}
		}
		if got := vector(1, math.NaN(), 2).MaxAbs(); !math.IsNaN(got) {
			t.Errorf("MaxAbs with a NaN: got %g", got)
		}
		if v := vector(); v.FirstNonFinite() != -1 || v.MaxAbs() != 0 || v.Dot(v) != 0 {
			t.Error("an empty vector is finite and zero")
		}
	})
}

func TestVectorMismatchPanics(t *testing.T) {
	two, three := relax.Float64(make([]float64, 2)), relax.Float64(make([]float64, 3))
	single := relax.Float32(make([]float32, 2))
	for name, f := range map[string]func(){
		"AddScaled": func() { two.AddScaled(1, three) },
		"CopyFrom":  func() { two.CopyFrom(single) },
		"Dot":       func() { single.Dot(two) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: want a panic", name)
				}
			}()
			f()
		}()
	}
}

func TestFloat32ReductionsAccumulateInFloat64(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOf(rapid.Float32Range(-1e6, 1e6)).Draw(t, "x")
		want := 0.0
		for _, v := range x {
			want += float64(v) * float64(v)
		}
		if got := relax.Float32(x).Dot(relax.Float32(x)); math.Abs(got-want) > 1e-12*want {
			t.Fatalf("got %.17g, want %.17g", got, want)
		}
	})
}

func TestGradientNorms(t *testing.T) {
	g := relax.Float32([]float32{3, 0, 0, 1})
	h := relax.Float32([]float32{4, 0})
	acts := []relax.Activity{{Samples: 2, X: g, Grad: g}, {Samples: 2, X: h, Grad: h}}
	if diff := cmp.Diff([]float64{5, 1}, relax.GradientNorms(nil, acts)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	dst := make([]float64, 0, 2)
	if got := relax.GradientNorms(dst, acts); &got[0] != &dst[:1][0] {
		t.Error("want the norms in the given memory")
	}
	if got := relax.GradientNorms(nil, nil); len(got) != 0 {
		t.Errorf("no activities: got %v", got)
	}
}
