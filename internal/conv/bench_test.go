package conv

import (
	"fmt"
	"testing"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// square is a convolution of square images with a square kernel.
func square(batch, channels, size, out, kernel, stride, pad int) Shape {
	result := (size+2*pad-kernel)/stride + 1
	return Shape{
		Batch: batch, Channels: channels, Height: size, Width: size,
		Out: out, OutHeight: result, OutWidth: result, Groups: 1,
		Kernel: [2]int{kernel, kernel}, Stride: [2]int{stride, stride}, Pad: [2]int{pad, pad}, Dilation: [2]int{1, 1},
	}
}

var benchShapes = []struct {
	name string
	Shape
}{
	{"vgg5-1", square(64, 3, 32, 128, 3, 1, 1)},
	{"vgg5-2", square(64, 128, 16, 256, 3, 1, 1)},
	{"vgg5-3", square(64, 256, 8, 512, 3, 1, 1)},
	{"vgg5-4", square(64, 512, 4, 512, 3, 1, 1)},
	{"3x3-64", square(16, 64, 32, 64, 3, 1, 1)},
	{"3x3-64-odd", square(16, 64, 14, 64, 3, 1, 1)},
	{"3x3-stride2", square(16, 64, 32, 128, 3, 2, 1)},
	{"5x5-stride2", square(16, 64, 16, 128, 5, 2, 2)},
	{"1x1", square(16, 256, 16, 64, 1, 1, 0)},
	{"1x1-stride2", square(16, 64, 32, 128, 1, 2, 0)},
}

// GFLOP/s count direct convolution; Winograd's filtering needs fewer operations.
func BenchmarkConv(b *testing.B) {
	for _, c := range benchShapes {
		s := c.Shape
		x, w := numbers[float32](s.Batch*s.x().size(), 1), numbers[float32](s.Out*s.Channels/s.Groups*s.taps(), 2)
		g := numbers[float32](s.Batch*s.y().size(), 3)
		var scratch Scratch[float32]
		run := func(name string, tile int, f func()) {
			b.Run(fmt.Sprintf("%s/%s/tile=%d", c.name, name, tile), func(b *testing.B) {
				f()
				peak := kernel.PeakFMA[float32](1)
				b.ReportAllocs()
				for b.Loop() {
					f()
				}
				rate := s.FLOPs() * float64(b.N) / b.Elapsed().Seconds() / 1e9
				b.ReportMetric(rate, "GFLOP/s")
				b.ReportMetric(rate/max(peak, kernel.PeakFMA[float32](1)), "of-peak")
			})
		}
		for _, tile := range tilesToTry(s) {
			forward, adjoint, gradient := newMap[float32](s, false, tile), newMap[float32](s, true, tile), newGradient[float32](s, 1, tile)
			forward.Pack(w, 0, s.Channels, &scratch)
			adjoint.Pack(w, 0, s.Out, &scratch)
			y, dx, dw := make([]float32, len(g)), make([]float32, len(x)), make([]float32, len(w))
			run("forward", tile, func() { forward.Run(y, x, nil, 0, s.Batch, &scratch) })
			run("input", tile, func() { adjoint.Run(dx, g, nil, 0, s.Batch, &scratch) })
			run("weight", tile, func() { gradient.Run(dw, x, g, 0, s.Out, &scratch) })
			run("pack", tile, func() { forward.Pack(w, 0, s.Channels, &scratch) })
			run("pack-adjoint", tile, func() { adjoint.Pack(w, 0, s.Out, &scratch) })
		}
	}
}
