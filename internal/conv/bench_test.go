package conv

import (
	"fmt"
	"runtime"
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
	{"3x3-16", square(8, 16, 32, 16, 3, 1, 1)},
	{"3x3-32", square(8, 32, 16, 32, 3, 1, 1)},
	{"3x3-64", square(16, 64, 32, 64, 3, 1, 1)},
	{"3x3-64-odd", square(16, 64, 14, 64, 3, 1, 1)},
	{"3x3-first-16", square(8, 3, 32, 16, 3, 1, 1)},
	{"3x3-first-64", square(16, 3, 32, 64, 3, 1, 1)},
	{"3x3-first-128", square(16, 3, 32, 128, 3, 1, 1)},
	{"7x7-first-stride2", square(4, 3, 64, 64, 7, 2, 3)},
	{"5x5-first-odd", square(64, 1, 28, 32, 5, 1, 2)},
	{"5x5-32", square(16, 32, 14, 64, 5, 1, 2)},
	{"5x5-stride2", square(16, 64, 16, 128, 5, 2, 2)},
	{"3x3-stride2-16", square(8, 16, 32, 32, 3, 2, 1)},
	{"3x3-stride2-64", square(16, 64, 32, 128, 3, 2, 1)},
	{"3x3-stride2-128", square(16, 128, 16, 256, 3, 2, 1)},
	{"3x3-stride2-small", square(16, 128, 8, 256, 3, 2, 1)},
	{"1x1-16", square(8, 16, 32, 32, 1, 1, 0)},
	{"1x1-64", square(16, 64, 32, 128, 1, 1, 0)},
	{"1x1-64-odd", square(16, 64, 14, 128, 1, 1, 0)},
	{"1x1-256", square(16, 256, 8, 512, 1, 1, 0)},
	{"1x1-256-down", square(16, 256, 16, 64, 1, 1, 0)},
	{"1x1-stride2-16", square(8, 16, 32, 32, 1, 2, 0)},
	{"1x1-stride2-64", square(16, 64, 32, 128, 1, 2, 0)},
	{"1x1-stride2-128", square(16, 128, 8, 256, 1, 2, 0)},
	{"depthwise", grouped(square(16, 32, 32, 32, 3, 1, 1), 32)},
	{"groups", grouped(square(16, 64, 16, 64, 3, 1, 1), 4)},
}

func grouped(s Shape, groups int) Shape {
	s.Groups = groups
	return s
}

// BenchmarkConv measures every algorithm that applies to a shape. GFLOP/s count direct
// convolution; Winograd's filtering needs fewer operations. Rates are by the processor
// time of the thread, which others on the machine disturb less, where the system tells.
func BenchmarkConv(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	peak := kernel.PeakFMA[float32](1)
	for _, c := range benchShapes {
		s := c.Shape
		x, w := numbers[float32](s.Batch*s.x().size(), 1), numbers[float32](s.Out*s.Channels/s.Groups*s.taps(), 2)
		g := numbers[float32](s.Batch*s.y().size(), 3)
		var scratch Scratch[float32]
		run := func(name string, how Algorithm, f func()) {
			b.Run(fmt.Sprintf("%s/%s/%d", c.name, name, how), func(b *testing.B) {
				f()
				b.ReportAllocs()
				start := threadTime()
				for b.Loop() {
					f()
				}
				rate := s.FLOPs() * float64(b.N) / (threadTime() - start).Seconds() / 1e9
				peak = max(peak, kernel.PeakFMA[float32](1))
				b.ReportMetric(rate, "GFLOP/s")
				b.ReportMetric(rate/peak, "of-peak")
			})
		}
		y, dx, dw := make([]float32, len(g)), make([]float32, len(x)), make([]float32, len(w))
		for _, how := range algorithms(s) {
			forward, adjoint, gradient := newMap[float32](s, false, how), newMap[float32](s, true, how), newGradient[float32](s, 1, how)
			forward.Pack(w, 0, s.Channels, &scratch)
			adjoint.Pack(w, 0, s.Out, &scratch)
			run("forward", how, func() { forward.Run(y, x, nil, 0, s.Batch, &scratch) })
			run("input", how, func() { adjoint.Run(dx, g, nil, 0, s.Batch, &scratch) })
			run("weight", how, func() { gradient.Run(dw, x, g, 0, s.Out, &scratch) })
			run("pack", how, func() { forward.Pack(w, 0, s.Channels, &scratch) })
			run("pack-adjoint", how, func() { adjoint.Pack(w, 0, s.Out, &scratch) })
		}
	}
}
