package train_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// BenchmarkEnsemble compares updates of many networks as one with updates of one
// network: ns/network of "members" against "alone".
func BenchmarkEnsemble(b *testing.B) {
	for _, widths := range [][]int{{1, 1, 2}, {2, 2, 2}, {32, 32, 32}} {
		for _, activation := range []string{"linear", "tanh"} {
			m := models.MLP{Widths: widths, NoBias: true, Activation: layers.Identity{}}
			if activation == "tanh" {
				m.Activation = layers.Tanh{}
			}
			for _, kind := range []string{"pc", "bp"} {
				rule := func() train.Rule {
					if kind == "bp" {
						return &train.Backprop{}
					}
					return train.Paper(128, 0.1, 0.5)
				}
				name := fmt.Sprintf("%d-%d-%d/%s/%s", widths[0], widths[1], widths[2], activation, kind)
				net := func() *graph.Network {
					net, err := m.New(graph.Settings{Engine: graph.Compiled{Threads: 1}})
					if err != nil {
						b.Fatal(err)
					}
					return net
				}
				b.Run(name+"/alone", func(b *testing.B) { benchmarkAlone(b, net(), rule(), widths) })
				for _, n := range []int{1024, 4096} {
					b.Run(fmt.Sprintf("%s/members=%d", name, n), func(b *testing.B) { benchmarkEnsemble(b, net(), rule(), widths, n) })
				}
			}
		}
	}
}

func pattern(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(i%7)/7 - 0.4
	}
	return out
}

func benchmarkAlone(b *testing.B, net *graph.Network, rule train.Rule, widths []int) {
	batch := &train.Batch{Size: 1, Values: map[string][]float32{"x": pattern(widths[0]), "y": pattern(widths[2])}}
	sgd := &train.SGD{}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := train.Learn(context.Background(), net, rule, sgd, 1e-4, batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/network")
}

func benchmarkEnsemble(b *testing.B, net *graph.Network, rule train.Rule, widths []int, members int) {
	e, err := graph.NewEnsemble(net, members)
	if err != nil {
		b.Fatal(err)
	}
	learner, err := train.NewEnsemble(e, rule, &train.SGD{}, 1, "x", "y")
	if err != nil {
		b.Fatal(err)
	}
	x, y := pattern(widths[0]), pattern(widths[2])
	for m := range members {
		if err := learner.SetRates(m, 1e-4); err != nil {
			b.Fatal(err)
		}
	}
	ctx := context.Background()
	if err := learner.Learn(ctx); err != nil { // compiles
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		for m := range members {
			if err := learner.Clamp(m, "x", x); err != nil {
				b.Fatal(err)
			}
			if err := learner.Clamp(m, "y", y); err != nil {
				b.Fatal(err)
			}
		}
		if err := learner.Learn(ctx); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*members), "ns/network")
}
