package engine

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/internal/ops"
)

// BenchmarkPooling measures poolings and their derivatives of 16×64 images, against
// copying as many bytes as they read and write.
func BenchmarkPooling(b *testing.B) {
	const batch, channels = 16, 64
	win := func(kernel, stride, pad int) ops.Window {
		return ops.Window{Kernel: [2]int{kernel, kernel}, Stride: [2]int{stride, stride}, Pad: [2]int{pad, pad}, Dilation: [2]int{1, 1}}
	}
	for _, c := range []struct {
		name string
		win  ops.Window
		size int
	}{
		{"2x2", win(2, 2, 0), 32},
		{"2x2-odd", win(2, 2, 0), 15},
		{"3x3-stride2", win(3, 2, 1), 32},
		{"3x3-stride2-small", win(3, 2, 1), 8},
		{"3x3-stride1", win(3, 1, 1), 16},
		{"3x3-stride3", win(3, 3, 0), 15},
		{"global", win(8, 8, 0), 8},
	} {
		out, err := c.win.Out([2]int{c.size, c.size})
		if err != nil {
			b.Fatal(err)
		}
		big, small := &Value{Shape: []int{batch, channels, c.size, c.size}}, &Value{Shape: []int{batch, channels, out[0], out[1]}}
		x, y := make([]float32, big.Size()), make([]float32, small.Size())
		dx, g := make([]float32, big.Size()), make([]float32, small.Size())
		r := rand.New(rand.NewPCG(1, 2))
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		with := func(shape []int, args ...*Value) *Value { return &Value{Shape: shape, Args: args} }
		for _, o := range []struct {
			name string
			run  instr[float32]
			n    int // elements read and written
		}{
			{"max", newPool(with(small.Shape, big), pooling{kind: maxPool, win: c.win}, y, [][]float32{x}), len(x) + len(y)},
			{"max′", newPool(with(big.Shape, big, small, small), pooling{kind: maxPoolGrad, win: c.win}, dx, [][]float32{x, y, g}), 2*len(x) + 2*len(y)},
			{"mean", newPool(with(small.Shape, big), pooling{kind: avgPool, win: c.win}, y, [][]float32{x}), len(x) + len(y)},
			{"mean′", newPool(with(big.Shape, small), pooling{kind: avgPoolGrad, win: c.win}, dx, [][]float32{g}), len(x) + len(y)},
		} {
			b.Run(fmt.Sprintf("%s/%s", c.name, o.name), func(b *testing.B) {
				w := &worker[float32]{}
				from, to := make([]float32, o.n/2), make([]float32, o.n/2)
				o.run.run(w, 0, batch)
				b.ReportAllocs()
				start := threadTime()
				for b.Loop() {
					o.run.run(w, 0, batch)
				}
				run := (threadTime() - start).Seconds()
				start = threadTime()
				for range b.N {
					copy(to, from)
				}
				copied := (threadTime() - start).Seconds()
				b.ReportMetric(4*float64(o.n*b.N)/run/1e9, "GB/s")
				b.ReportMetric(copied/run, "of-copy")
			})
		}
	}
}
