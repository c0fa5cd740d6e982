package bench

import (
	"context"
	"fmt"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// BenchmarkUpdateDepth times updates of 784-128xL-10 with T = 16 at batch 64: the time of
// a layer should not depend on L.
func BenchmarkUpdateDepth(b *testing.B) {
	for _, depth := range []int{2, 4, 8, 16, 32, 64} {
		b.Run(fmt.Sprintf("L=%d", depth), func(b *testing.B) {
			widths := []int{784}
			for range depth {
				widths = append(widths, 128)
			}
			benchmarkUpdate(b, mlp("", append(widths, 10), layers.Tanh{}, 64, 16, "adam", 1e-3, ""), depth)
		})
	}
}

// BenchmarkUpdate times updates of the cases.
func BenchmarkUpdate(b *testing.B) {
	for _, c := range Cases() {
		b.Run(c.Name, func(b *testing.B) { benchmarkUpdate(b, c, 0) })
	}
}

func benchmarkUpdate(b *testing.B, c Case, depth int) {
	u, err := newUpdater(c, "pc", Settings{Engine: graph.Compiled{Threads: 1}})
	if err != nil {
		b.Fatal(err)
	}
	u.batches = noise(c)
	ctx := context.Background()
	if err := u.update(ctx, 2); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := u.update(ctx, 1); err != nil {
			b.Fatal(err)
		}
	}
	if depth > 0 {
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*depth), "µs/layer")
	}
}
