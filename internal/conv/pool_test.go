package conv

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// drawPooling draws windows of which none lies in the padding.
func drawPooling(t *rapid.T) Shape {
	s := drawShape(t)
	s.Channels, s.Out = s.Groups, s.Groups
	for k := range 2 {
		s.Pad[k] = min(s.Pad[k], (s.Kernel[k]-1)/2*s.Dilation[k])
	}
	span := func(k int) int { return (s.Kernel[k]-1)*s.Dilation[k] + 1 }
	s.Height, s.Width = max(s.Height, span(0)), max(s.Width, span(1))
	s.OutHeight = (s.Height+2*s.Pad[0]-span(0))/s.Stride[0] + 1
	s.OutWidth = (s.Width+2*s.Pad[1]-span(1))/s.Stride[1] + 1
	return s
}

// eachWindow calls f with every output and the inputs of its window, row by row.
func eachWindow(s Shape, f func(y int, window []int)) {
	var window []int
	last := -1
	for n := range s.Batch * s.Groups {
		for i := range s.OutHeight {
			for j := range s.OutWidth {
				window = window[:0]
				for u := range s.Kernel[0] {
					for v := range s.Kernel[1] {
						h, w := i*s.Stride[0]+u*s.Dilation[0]-s.Pad[0], j*s.Stride[1]+v*s.Dilation[1]-s.Pad[1]
						if h >= 0 && w >= 0 && h < s.Height && w < s.Width {
							window = append(window, (n*s.Height+h)*s.Width+w)
						}
					}
				}
				last++
				f(last, window)
			}
		}
	}
}

func checkPooling[T kernel.Float](t *rapid.T, tol float64) {
	s := drawPooling(t)
	seed := rapid.Uint64Range(0, 1<<30).Draw(t, "seed")
	x, g := numbers[T](s.Batch*s.x().size(), seed), numbers[T](s.Batch*s.y().size(), seed+1)
	if rapid.Bool().Draw(t, "ties") {
		for i, v := range x {
			x[i] = T(math.Round(float64(v)))
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "not numbers") == 0 {
		for range 3 {
			x[rapid.IntRange(0, len(x)-1).Draw(t, "at")] = T(math.NaN())
		}
	}
	y, dx := make([]T, len(g)), newSums(len(x))
	eachWindow(s, func(at int, window []int) {
		best := window[0]
		for _, i := range window {
			if x[best] == x[best] && !(x[i] <= x[best]) {
				best = i
			}
		}
		y[at] = x[best]
		dx.add(best, float64(g[at]))
	})
	scratch, pool := usedScratch[T](), NewPool[T](s)
	maxima, grad := make([]T, len(g)), slices.Repeat([]T{T(math.NaN())}, len(x))
	inParts(t, s.Batch, func(lo, hi int) { pool.Run(maxima, x, lo, hi, scratch) })
	for i, v := range y {
		if got := maxima[i]; got != v && (got == got || v == v) {
			t.Fatalf("%+v: maximum %d: got %v, want %v", s, i, got, v)
		}
	}
	inParts(t, s.Batch, func(lo, hi int) { pool.Gradient(grad, x, y, g, lo, hi, scratch) })
	check(t, "gradient of maxima", grad, dx, tol)
}

func checkMeans[T kernel.Float](t *rapid.T, tol float64) {
	s := drawPooling(t)
	seed, countPad := rapid.Uint64Range(0, 1<<30).Draw(t, "seed"), rapid.Bool().Draw(t, "count padding")
	x, g := numbers[T](s.Batch*s.x().size(), seed), numbers[T](s.Batch*s.y().size(), seed+1)
	y, dx := newSums(len(g)), newSums(len(x))
	eachWindow(s, func(at int, window []int) {
		n := float64(len(window))
		if countPad {
			n = float64(s.taps())
		}
		for _, i := range window {
			y.add(at, float64(x[i])/n)
			dx.add(i, float64(g[at])/n)
		}
	})
	scratch := usedScratch[T]()
	means, adjoint := NewMeans[T](s, countPad, false), NewMeans[T](s, countPad, true)
	got, grad := make([]T, len(g)), make([]T, len(x))
	inParts(t, s.Batch, func(lo, hi int) { means.Run(got, x, lo, hi, scratch) })
	check(t, "means", got, y, tol)
	inParts(t, s.Batch, func(lo, hi int) { adjoint.Run(grad, g, lo, hi, scratch) })
	check(t, "gradient of means", grad, dx, tol)
	again := make([]T, len(grad))
	adjoint.Run(again, g, 0, s.Batch, scratch)
	if !slices.Equal(again, grad) {
		t.Fatalf("%+v: depends on the samples computed together", s)
	}
}

// inParts calls f for parts of n samples.
func inParts(t *rapid.T, n int, f func(lo, hi int)) {
	for at := 0; at < n; {
		next := rapid.IntRange(at+1, n).Draw(t, "samples")
		f(at, next)
		at = next
	}
}

func TestPool(t *testing.T) {
	t.Run("f32", func(t *testing.T) { rapid.Check(t, func(t *rapid.T) { checkPooling[float32](t, 2e-6) }) })
	t.Run("f64", func(t *testing.T) { rapid.Check(t, func(t *rapid.T) { checkPooling[float64](t, 1e-14) }) })
}

func TestMeans(t *testing.T) {
	t.Run("f32", func(t *testing.T) { rapid.Check(t, func(t *rapid.T) { checkMeans[float32](t, 2e-6) }) })
	t.Run("f64", func(t *testing.T) { rapid.Check(t, func(t *rapid.T) { checkMeans[float64](t, 1e-14) }) })
}
