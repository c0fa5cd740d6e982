package query_test

import (
	"context"
	"runtime"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/query"
	"github.com/seed-be841da4/prospect/relax"
)

// However many batch sizes are asked for, memory is that of the last ones, and
// answers are what they were.
func TestManyBatchSizes(t *testing.T) {
	d, err := models.MLP{Widths: []int{100, 40, 10}}.Declaration()
	if err != nil {
		t.Fatal(err)
	}
	net, err := graph.New(d, graph.Settings{Engine: graph.Compiled{Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := query.New(net, query.Settings{Batch: 1000, SkipEnergies: true, Relax: relax.Settings{Steps: 2, Control: relax.Constant{Size: 0.1}}})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(samples int) []float64 {
		x := make([]float32, samples*100)
		for i := range x {
			x[i] = float32(i%7) / 7
		}
		answer, err := a.Ask(context.Background(), query.Question{Samples: samples, Clamp: map[string][]float32{"x": x}})
		if err != nil {
			t.Fatal(err)
		}
		y, err := answer.Node("y")
		if err != nil {
			t.Fatal(err)
		}
		return y
	}
	run := func(from, to int) uint64 {
		for samples := from; samples < to; samples++ {
			ask(samples)
		}
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	first := ask(30)
	empty := run(30, 31)
	some := run(30, 50) - empty
	if many := run(50, 130) - empty; many > 3*some {
		t.Errorf("heap after 100 batch sizes: got %d bytes, want at most 3 times the %d after 20", many, some)
	}
	if !slices.Equal(ask(30), first) {
		t.Error("a batch size that was dropped and comes again gives another answer")
	}
}
