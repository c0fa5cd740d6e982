package train_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// smallNets are the networks of the paper's smaller experiments.
var smallNets = []struct {
	model    models.MLP
	batch, t int
}{
	{models.MLP{Widths: []int{1, 1, 2}, NoBias: true}, 1, 128},
	{models.MLP{Widths: []int{2, 2, 2}, NoBias: true}, 1, 256},
	{models.MLP{Widths: []int{64, 64, 64, 64, 64}, NoBias: true}, 1, 128},
	{models.MLP{Widths: []int{32, 32, 32, 32}, NoBias: true, Activation: layers.Sigmoid{}}, 1, 200},
	{models.MLP{Widths: []int{784, 32, 32, 10}, NoBias: true, Activation: layers.Sigmoid{}}, 1, 64},
	{models.MLP{Widths: []int{784, 32, 32, 10}, NoBias: true, Activation: layers.Sigmoid{}}, 60, 64},
}

// BenchmarkSmallNew measures what one network costs before its first update is
// done: declaring it, and compiling its programs.
func BenchmarkSmallNew(b *testing.B) {
	for _, s := range smallNets {
		b.Run(fmt.Sprintf("%v/batch=%d", s.model.Widths, s.batch), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				net, err := s.model.New(graph.Settings{Engine: graph.Compiled{Threads: 1}})
				if err != nil {
					b.Fatal(err)
				}
				rule := train.Paper(s.t, 0.1, 0.5)
				if _, err := rule.Gradients(context.Background(), net, randomBatch(net, s.batch, rand.New(rand.NewPCG(1, 1)))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSmallReinitialize measures what the same costs if a network of another
// seed is there already.
func BenchmarkSmallReinitialize(b *testing.B) {
	for _, s := range smallNets {
		b.Run(fmt.Sprintf("%v/batch=%d", s.model.Widths, s.batch), func(b *testing.B) {
			net, err := s.model.New(graph.Settings{Engine: graph.Compiled{Threads: 1}})
			if err != nil {
				b.Fatal(err)
			}
			rule := train.Paper(s.t, 0.1, 0.5)
			b.ReportAllocs()
			for seed := uint64(1); b.Loop(); seed++ {
				if err := net.Reinitialize(seed); err != nil {
					b.Fatal(err)
				}
				if _, err := rule.Gradients(context.Background(), net, randomBatch(net, s.batch, rand.New(rand.NewPCG(1, 1)))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSmallUpdate measures one update of the smaller networks.
func BenchmarkSmallUpdate(b *testing.B) {
	for _, s := range smallNets {
		for name, rule := range map[string]train.Rule{"pc": train.Paper(s.t, 0.1, 0.5), "bp": &train.Backprop{}} {
			b.Run(fmt.Sprintf("%v/batch=%d/%s", s.model.Widths, s.batch, name), func(b *testing.B) {
				net, err := s.model.New(graph.Settings{Engine: graph.Compiled{Threads: 1}})
				if err != nil {
					b.Fatal(err)
				}
				batch := randomBatch(net, s.batch, rand.New(rand.NewPCG(1, 1)))
				opt := &train.SGD{}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := rule.Gradients(context.Background(), net, batch); err != nil {
						b.Fatal(err)
					}
					if err := opt.Step(net.Params(), 1e-6); err != nil {
						b.Fatal(err)
					}
					net.ParamsChanged()
				}
			})
		}
	}
}
