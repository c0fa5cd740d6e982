package train_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// BenchmarkIncremental measures one batch of the convolutional net of the paper's
// Fig. 4i: 16 steps of activities and weights.
func BenchmarkIncremental(b *testing.B) {
	net, err := models.ConvNet{Input: graph.Shape{3, 32, 32}, Classes: 10}.New(graph.Settings{Engine: graph.Compiled{Threads: 1}})
	if err != nil {
		b.Fatal(err)
	}
	rule, adam := train.Incremental(16, .5, .5), &train.Adam{WeightDecay: .01, DecayAll: true}
	batch := randomBatch(net, 200, rand.New(rand.NewPCG(1, 1)))
	for b.Loop() {
		if _, err := train.Learn(context.Background(), net, rule, adam, 1e-5, batch); err != nil {
			b.Fatal(err)
		}
	}
}
