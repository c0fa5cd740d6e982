package train_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// The number of threads changes no bit of the weights, those that optimizers share
// between threads included.
func TestThreadsLearnTheSame(t *testing.T) {
	for name, optimizer := range map[string]func() train.Optimizer{
		"adam":  func() train.Optimizer { return &train.Adam{WeightDecay: 0.01} },
		"adamw": func() train.Optimizer { return &train.AdamW{WeightDecay: 0.01} },
	} {
		var weights [][]float32
		for _, threads := range []int{1, 2, 3} {
			net, err := models.MLP{Widths: []int{301, 151, 7}, Activation: layers.Tanh{}}.New(graph.Settings{
				Seed: 2, Engine: graph.Compiled{Threads: threads, ParallelFrom: 1},
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := net.Params()[0].Workers(); got != threads {
				t.Fatalf("got %d workers, want %d", got, threads)
			}
			rule, o := &train.Prospective{Relax: relax.Settings{Steps: 3, Control: relax.Constant{Size: 0.1}}}, optimizer()
			rng := rand.New(rand.NewPCG(1, 1))
			for range 4 {
				if _, err := rule.Gradients(context.Background(), net, randomBatch(net, 20, rng)); err != nil {
					t.Fatal(err)
				}
				if err := o.Step(net.Params(), 0.01); err != nil {
					t.Fatal(err)
				}
				net.ParamsChanged()
			}
			var all []float32
			for _, p := range net.Params() {
				v := p.Values().Float32()
				all = append(all, v...)
			}
			weights = append(weights, all)
		}
		for k, w := range weights[1:] {
			for i := range w {
				if math.Float32bits(w[i]) != math.Float32bits(weights[0][i]) {
					t.Fatalf("%s, %d threads: weight %d is %v, want %v", name, k+2, i, w[i], weights[0][i])
				}
			}
		}
	}
}
