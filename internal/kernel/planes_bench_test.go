package kernel

import (
	"fmt"
	"testing"
)

// BenchmarkPlanes measures the plane kernels on what fits into the first caches.
func BenchmarkPlanes(b *testing.B) {
	for _, shift := range []int{0, 1} {
		for _, lines := range []int{1, 16} {
			const m, n, width = 8, 12, 512
			at := make([]int, n)
			for i := range at {
				at[i] = i*(width+16) + shift
			}
			rows := NewOffsets(at)
			x, y, c := Aligned[float32](n*(width+16)+64), Aligned[float32](m*(width+16)), make([]float32, m*n)
			d := Dots{Samples: 1, Lines: lines, Width: width / lines, ASample: width, BLine: width / lines, BSample: width}
			b.Run(fmt.Sprintf("dots/shift=%d/lines=%d", shift, lines), func(b *testing.B) {
				for b.Loop() {
					PlaneDots(c, n, m, y, width+16, x, &rows, d)
				}
				b.ReportMetric(2*float64(m*n*width*b.N)/b.Elapsed().Seconds()/1e9/PeakFMA[float32](1), "of-peak")
			})
		}
		for _, m := range []int{1, 3, 8, 14} {
			const k, n = 64, 64
			at, cols := make([]int, k), make([]int, n/Lanes[float32]())
			for i := range at {
				at[i] = i*(n+16) + shift
			}
			for i := range cols {
				cols[i] = i * Lanes[float32]()
			}
			rows, all := NewOffsets(at), NewOffsets(cols)
			a, x, c := make([]float32, m*(k+16)), Aligned[float32](k*(n+16)+64), make([]float32, m*(n+16))
			b.Run(fmt.Sprintf("product/shift=%d/m=%d", shift, m), func(b *testing.B) {
				for b.Loop() {
					GemmPlanes(c, n+16, m, a, k+16, x, &rows, &all, nil)
				}
				b.ReportMetric(2*float64(m*n*k*b.N)/b.Elapsed().Seconds()/1e9/PeakFMA[float32](1), "of-peak")
			})
		}
	}
}
