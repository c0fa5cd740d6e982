package train_test

import (
	"context"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// sized is a batch of random data and labels.
func sized(size, in, out int) *train.Batch {
	r := rand.New(rand.NewPCG(uint64(size), 5))
	b := &train.Batch{Size: size, Values: map[string][]float32{"x": make([]float32, size*in), "y": make([]float32, size*out)}}
	for i := range b.Values["x"] {
		b.Values["x"][i] = r.Float32()
	}
	for i := range size {
		b.Values["y"][i*out+i%out] = 1
		b.Labels = append(b.Labels, i%out)
	}
	return b
}

// sizes is a source of one batch of every size.
type sizes []*train.Batch

func (s sizes) Batches(int, int) iter.Seq2[*train.Batch, error] {
	return func(yield func(*train.Batch, error) bool) {
		for _, b := range s {
			if !yield(b, nil) {
				return
			}
		}
	}
}

// Steps is the number of batches.
func (s sizes) Steps() int { return len(s) }

// users are what is run on batches, each of a network of its own.
func users(tb testing.TB) map[string]func(b *train.Batch) []float32 {
	tb.Helper()
	out := map[string]func(b *train.Batch) []float32{}
	settings := relax.Settings{Steps: 2, Control: relax.Constant{Size: 0.1}}
	for name, rule := range map[string]train.Rule{
		"prospective": &train.Prospective{Relax: settings},
		"errors":      &train.Prospective{Relax: settings, Coordinates: train.Errors},
		"backprop":    &train.Backprop{},
		"zil":         &train.ZIL{},
	} {
		net := memoryNet(tb)
		out[name] = func(b *train.Batch) []float32 {
			if _, err := rule.Gradients(context.Background(), net, b); err != nil {
				tb.Fatal(err)
			}
			var all []float32
			for _, p := range net.Params() {
				grad := p.Grads().Float32()
				all = append(all, grad...)
			}
			return all
		}
	}
	net := memoryNet(tb)
	evaluator, err := train.NewEvaluator(net, "y")
	if err != nil {
		tb.Fatal(err)
	}
	out["evaluator"] = func(b *train.Batch) []float32 {
		e, err := evaluator.Evaluate(context.Background(), sizes{b})
		if err != nil {
			tb.Fatal(err)
		}
		return []float32{float32(e.Error), float32(e.SquaredError)}
	}
	return out
}

func memoryNet(tb testing.TB) *graph.Network {
	tb.Helper()
	d, err := models.MLP{Widths: []int{100, 40, 10}}.Declaration()
	if err != nil {
		tb.Fatal(err)
	}
	net, err := graph.New(d, graph.Settings{Engine: graph.Compiled{Threads: 1}})
	if err != nil {
		tb.Fatal(err)
	}
	return net
}

// However many batch sizes there are, memory is that of the last ones; and a size
// that was dropped and comes again gives the same bits.
func TestManyBatchSizes(t *testing.T) {
	for name, use := range users(t) {
		t.Run(name, func(t *testing.T) {
			run := func(from, to int) uint64 {
				for size := from; size < to; size++ {
					use(sized(size, 100, 10))
				}
				runtime.GC()
				runtime.GC()
				var m runtime.MemStats
				runtime.GC()
				runtime.GC()
				runtime.ReadMemStats(&m)
				return m.HeapAlloc
			}
			empty := run(30, 31)
			some := run(30, 50) - empty
			if many := run(50, 130) - empty; many > 3*some {
				t.Errorf("heap after 100 batch sizes: got %d bytes, want at most 3 times the %d after 20", many, some)
			}
			again := use(sized(30, 100, 10))
			fresh := users(t)[name](sized(30, 100, 10))
			if !slices.Equal(again, fresh) {
				t.Error("a batch size that was dropped and comes again gives other bits")
			}
		})
	}
}
