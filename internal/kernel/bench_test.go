package kernel

import (
	"fmt"
	"testing"
)

func BenchmarkGemm(b *testing.B) {
	for _, s := range []struct{ m, k, n int }{
		{1, 32, 32},
		{1, 32, 10},
		{1, 10, 32},
		{1, 784, 32},
		{1, 256, 256},
		{64, 256, 256},
		{64, 784, 256},
		{64, 256, 10},
		{64, 10, 256},
		{128, 1024, 1024},
		{128, 784, 1024},
		{128, 1024, 10},
	} {
		b.Run(fmt.Sprintf("f32/m=%d/k=%d/n=%d", s.m, s.k, s.n), func(b *testing.B) { benchGemm[float32](b, s.m, s.k, s.n, false) })
	}
	b.Run("f64/m=64/k=256/n=256", func(b *testing.B) { benchGemm[float64](b, 64, 256, 256, false) })
	b.Run("f32/transA/m=256/k=64/n=256", func(b *testing.B) { benchGemm[float32](b, 256, 64, 256, true) })
	b.Run("f32/transA/m=784/k=64/n=256", func(b *testing.B) { benchGemm[float32](b, 784, 64, 256, true) })
	b.Run("f32/transA/m=1024/k=128/n=1024", func(b *testing.B) { benchGemm[float32](b, 1024, 128, 1024, true) })
}

func benchGemm[T Float](b *testing.B, m, k, n int, trans bool) {
	r := seeded(m, n)
	a, bb, c := Aligned[T](m*k), Aligned[T](k*n), Aligned[T](m*n)
	fill(a, r)
	fill(bb, r)
	var p Packed[T]
	p.Pack(bb, k, n, n)
	v := Rows(a, k)
	if trans {
		v = Transposed(a, m)
	}
	s := new(Scratch[T])
	GemmPacked(c, n, m, v, &p, Start[T]{}, s)
	peak := PeakFMA[T](1)
	b.ReportAllocs()
	for b.Loop() {
		GemmPacked(c, n, m, v, &p, Start[T]{}, s)
	}
	flops := 2 * float64(m) * float64(n) * float64(k) * float64(b.N) / b.Elapsed().Seconds() / 1e9
	b.ReportMetric(flops, "GFLOP/s")
	b.ReportMetric(max(peak, PeakFMA[T](1)), "peak")
	b.ReportMetric(flops/max(peak, PeakFMA[T](1)), "of-peak")
}

func BenchmarkVector(b *testing.B) {
	for _, n := range []int{32, 1024} {
		dst, x, y := make([]float32, n), make([]float32, n), make([]float32, n)
		fill(x, seeded(n, 1))
		fill(y, seeded(n, 2))
		for _, c := range append(kernelCases, moreCases...) {
			b.Run(fmt.Sprintf("%s/n=%d", c.name, n), func(b *testing.B) {
				for b.Loop() {
					switch c.args {
					case 1:
						Vector1(c.op, dst, x, float32(c.scalar))
					case 2:
						Vector2(c.op, dst, x, y)
					case 3:
						Vector3(c.op, dst, x, y, x)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/element")
			})
		}
	}
}
