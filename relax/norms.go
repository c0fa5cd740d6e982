package relax

import "math"

// GradientNorms returns, for every sample, the 2-norm of its gradient over all
// activities:
//
//	norm(n) = √( Σ_l ‖∂E/∂x_l(n)‖² )
//
// The norms have as many elements as the activities have samples. They are
// written into dst if it has the capacity, otherwise into a new slice. Squares
// are accumulated in float64 in a fixed order.
func GradientNorms(dst []float64, activities []Activity) []float64 {
	if len(activities) == 0 {
		return dst[:0]
	}
	samples := activities[0].Samples
	if cap(dst) < samples {
		dst = make([]float64, samples)
	}
	dst = dst[:samples]
	squaredNorms(dst, activities)
	for n, sq := range dst {
		dst[n] = math.Sqrt(sq)
	}
	return dst
}

// squaredNorms overwrites dst with the squared gradient norm of every sample.
func squaredNorms(dst []float64, activities []Activity) {
	clear(dst)
	for _, a := range activities {
		if g := a.Grad.Float32(); g != nil {
			addRowSquares(dst, g, a.Width())
		} else {
			addRowSquares(dst, a.Grad.Float64(), a.Width())
		}
	}
}

func addRowSquares[T float](dst []float64, g []T, width int) {
	for n := range dst {
		row := g[n*width : (n+1)*width]
		dst[n] += dot(row, row)
	}
}
