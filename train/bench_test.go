package train_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

type benchCase struct {
	name      string
	mlp       models.MLP
	batch     int
	steps     int
	optimizer func() train.Optimizer
}

var benchCases = []benchCase{
	{"a", models.MLP{Widths: []int{784, 32, 32, 10}, Activation: layers.Sigmoid{}}, 1, 128, func() train.Optimizer { return &train.SGD{} }},
	{"b", models.MLP{Widths: []int{784, 256, 256, 10}, Activation: layers.Tanh{}}, 64, 20, func() train.Optimizer { return &train.Adam{} }},
	{"c", models.MLP{Widths: []int{784, 1024, 1024, 1024, 10}, Activation: layers.Tanh{}}, 128, 32, func() train.Optimizer { return &train.Adam{} }},
}

// BenchmarkUpdate times one weight update: relaxation or backprop, and the
// optimizer.
func BenchmarkUpdate(b *testing.B) {
	for _, c := range benchCases {
		for _, rule := range []string{"pc", "bp"} {
			for _, threads := range []int{1, 2} {
				b.Run(c.name+"/"+rule+"/threads="+string(rune('0'+threads)), func(b *testing.B) { benchmarkUpdate(b, c, rule, threads) })
			}
		}
	}
}

func benchmarkUpdate(b *testing.B, c benchCase, name string, threads int) {
	net, err := c.mlp.New(graph.Settings{Engine: graph.Compiled{Threads: threads}})
	if err != nil {
		b.Fatal(err)
	}
	var rule train.Rule = &train.Backprop{}
	if name == "pc" {
		rule = &train.Prospective{Relax: relax.Settings{Steps: c.steps, Control: relax.Constant{Size: 0.1}, SkipFinal: true}}
	}
	batch := randomBatch(net, c.batch, rand.New(rand.NewPCG(1, 1)))
	optimizer := c.optimizer()
	update := func() {
		if _, err := rule.Gradients(context.Background(), net, batch); err != nil {
			b.Fatal(err)
		}
		if err := optimizer.Step(net.Params(), 1e-4); err != nil {
			b.Fatal(err)
		}
		net.ParamsChanged()
	}
	update()
	b.ReportAllocs()
	for b.Loop() {
		update()
	}
}
