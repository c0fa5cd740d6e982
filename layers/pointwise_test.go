package layers_test

import (
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/layers"
)

// The slope is the derivative of the value, away from kinks, and every activation
// that has a name is pointwise.
func TestPointwise(t *testing.T) {
	for _, name := range layers.ActivationNames() {
		l, _, err := layers.ActivationByName(name)
		if err != nil {
			t.Fatal(err)
		}
		f, ok := l.(layers.Pointwise)
		if !ok {
			t.Errorf("%s is not Pointwise", name)
			continue
		}
		const h = 1e-6
		for _, x := range []float64{-3, -.7, -.1, .1, .4, 2.5} {
			high, _ := f.At(x + h)
			low, _ := f.At(x - h)
			if _, slope := f.At(x); math.Abs(slope-(high-low)/(2*h)) > 1e-8 {
				t.Errorf("%s: slope at %g: got %v, want %v", name, x, slope, (high-low)/(2*h))
			}
		}
	}
}
