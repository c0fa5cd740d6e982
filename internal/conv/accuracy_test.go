package conv

import (
	"fmt"
	"math"
	"testing"
)

// With many channels the results of single precision stay within 1e-5 of the largest
// element, also with Winograd's filtering on tiles of 4×4.
func TestAccuracy(t *testing.T) {
	for _, s := range []Shape{
		square(1, 64, 8, 32, 3, 1, 1),
		square(1, 512, 4, 32, 3, 1, 1),
		square(2, 1024, 4, 16, 3, 1, 1),
		square(64, 16, 16, 16, 3, 1, 1), // many pixels in a weight's sum
	} {
		for _, positive := range []bool{false, true} {
			x, w := numbers[float32](s.Batch*s.x().size(), 1), numbers[float32](s.Out*s.Channels*9, 2)
			g := numbers[float32](s.Batch*s.y().size(), 3)
			if positive { // as after a rectifier
				for i, v := range x {
					x[i] = max(v, 0)
				}
			}
			y, dx, dw := newSums(len(g)), newSums(len(x)), newSums(len(w))
			eachProduct(s, func(ix, iw, iy int) {
				y.value[iy] += float64(x[ix]) * float64(w[iw])
				dx.value[ix] += float64(g[iy]) * float64(w[iw])
				dw.value[iw] += float64(g[iy]) * float64(x[ix])
			})
			var scratch Scratch[float32]
			for _, how := range algorithms(s) {
				check := func(name string, got []float32, want []float64) {
					largest, worst := 0.0, 0.0
					for i, v := range want {
						largest = max(largest, math.Abs(v))
						worst = max(worst, math.Abs(v-float64(got[i])))
					}
					what := fmt.Sprintf("%d→%d of %d×%d, batch %d, %v, positive %v: %s", s.Channels, s.Out, s.Height, s.Width, s.Batch, how, positive, name)
					t.Logf("%s: %.2g", what, worst/largest)
					if !(worst <= 1e-5*largest) {
						t.Errorf("%s: error of %.2g of the largest, want at most 1e-5", what, worst/largest)
					}
				}
				forward, adjoint := newMap[float32](s, false, how), newMap[float32](s, true, how)
				forward.Pack(w, 0, s.Channels, &scratch)
				adjoint.Pack(w, 0, s.Out, &scratch)
				gotY, gotX, gotW := make([]float32, len(g)), make([]float32, len(x)), make([]float32, len(w))
				forward.Run(gotY, x, nil, 0, s.Batch, &scratch)
				check("forward", gotY, y.value)
				adjoint.Run(gotX, g, nil, 0, s.Batch, &scratch)
				check("input", gotX, dx.value)
				newGradient[float32](s, 1, how).Run(gotW, x, g, 0, s.Out, &scratch)
				check("weight", gotW, dw.value)
			}
		}
	}
}
