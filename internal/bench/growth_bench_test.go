package bench

import (
	"context"
	"fmt"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// BenchmarkUpdateDepth times updates of 784-128xL-10 with T = 20 at batch 64, by
// processor time: that of one more layer of 128 should not depend on L.
func BenchmarkUpdateDepth(b *testing.B) {
	for _, rule := range []string{"pc", "bp"} {
		for _, depth := range []int{1, 2, 4, 8, 16, 32, 64} {
			b.Run(fmt.Sprintf("%s/L=%d", rule, depth), func(b *testing.B) {
				benchmarkUpdate(b, deep(depth), rule)
			})
		}
	}
}

// deep is 784-128xL-10.
func deep(depth int) Case {
	widths := []int{784}
	for range depth {
		widths = append(widths, 128)
	}
	return mlp("", append(widths, 10), layers.Tanh{}, 64, 20, "adam", 1e-3, "")
}

// BenchmarkUpdate times updates of the cases.
func BenchmarkUpdate(b *testing.B) {
	for _, c := range Cases() {
		b.Run(c.Name, func(b *testing.B) { benchmarkUpdate(b, c, "pc") })
	}
}

func benchmarkUpdate(b *testing.B, c Case, rule string) {
	u, err := newUpdater(c, rule, Settings{Engine: graph.Compiled{Threads: 1}})
	if err != nil {
		b.Fatal(err)
	}
	u.batches = noise(c)
	ctx := context.Background()
	if err := u.update(ctx, 2); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	start, n := cpuTime(), 0
	for ; b.Loop(); n++ {
		if err := u.update(ctx, 1); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpuTime()-start).Microseconds())/float64(n), "cpu-µs/op")
}
