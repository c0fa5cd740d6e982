package ops

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// The gradient of a maximum goes to the first of several, row by row, and NaN is
// the largest.
func TestMaxPoolTies(t *testing.T) {
	types(t, func(t *testing.T, dt tensor.Dtype, _ float64) {
		for _, tt := range []struct {
			name       string
			x, y, want []float64
		}{
			{"all equal", []float64{2, 2, 2, 2}, []float64{2}, []float64{5, 0, 0, 0}},
			{"the last two", []float64{1, 0, 2, 2}, []float64{2}, []float64{0, 0, 5, 0}},
			{"zeros of both signs", []float64{math.Copysign(0, -1), 0, 0, 0}, []float64{0}, []float64{5, 0, 0, 0}},
			{"infinite", []float64{-inf, -inf, -inf, -inf}, []float64{-inf}, []float64{5, 0, 0, 0}},
			{"NaN", []float64{1, nan, 3, nan}, []float64{nan}, []float64{0, 5, 0, 0}},
		} {
			g := gorgonia.NewGraph()
			x := gorgonia.NewTensor(g, dt, 4, gorgonia.WithShape(1, 1, 2, 2), gorgonia.WithName("x"))
			y, err := ApplyMaxPool2D(window(2, 2, 2, 2, 0, 0, 1, 1), x)
			if err != nil {
				t.Fatal(err)
			}
			in := dense(dt, tt.x, 1, 1, 2, 2)
			out, err := y.Op().Do(in)
			if err != nil {
				t.Fatal(err)
			}
			if got := elements(t, out)[0]; got != tt.y[0] && !(got != got && tt.y[0] != tt.y[0]) {
				t.Errorf("%s: got %g, want %g", tt.name, got, tt.y[0])
			}
			dx, err := ApplyMaxPool2DGrad(window(2, 2, 2, 2, 0, 0, 1, 1), x, y, y)
			if err != nil {
				t.Fatal(err)
			}
			grad, err := dx.Op().Do(in, out, dense(dt, []float64{5}, 1, 1, 1, 1))
			if err != nil {
				t.Fatal(err)
			}
			agree(t, tt.name, elements(t, grad), tt.want, 0)
		}
	})
}
