package relax_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/relax"
)

// ConvertFrom rounds to the precision of what it writes, and AppendTo widens.
func TestVectorConverts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOf(rapid.Float64Range(-1e30, 1e30)).Draw(t, "x")
		rounded := make([]float64, len(x))
		for i, v := range x {
			rounded[i] = float64(float32(v))
		}
		single, double := relax.Float32(make([]float32, len(x))), relax.Float64(make([]float64, len(x)))
		single.ConvertFrom(relax.Float64(x))
		double.ConvertFrom(relax.Float64(x))
		if got := single.AppendTo([]float64{7}); !slices.Equal(got, append([]float64{7}, rounded...)) {
			t.Fatalf("to float32: got %v, want %v", got, rounded)
		}
		if got := double.AppendTo(nil); !slices.Equal(got, x) {
			t.Fatalf("to float64: got %v, want %v", got, x)
		}
		double.ConvertFrom(single)
		again := single.MakeLike()
		again.ConvertFrom(single)
		if !slices.Equal(double.Float64(), rounded) || !slices.Equal(again.Float32(), single.Float32()) {
			t.Fatalf("from float32: got %v and %v, want %v", double.Float64(), again.Float32(), rounded)
		}
	})
}

func TestConvertFromPanicsAtAnotherLength(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("got no panic")
		}
	}()
	relax.Float32(make([]float32, 2)).ConvertFrom(relax.Float64(make([]float64, 3)))
}
