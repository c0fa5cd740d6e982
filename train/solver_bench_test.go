package train_test

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// BenchmarkSolvers times a relaxation step of every solver that a session fuses.
func BenchmarkSolvers(b *testing.B) {
	deep := []int{784}
	for range 32 {
		deep = append(deep, 128)
	}
	for _, c := range []struct {
		name string
		mlp  models.MLP
	}{
		{"b", benchCases[1].mlp},
		{"deep", models.MLP{Widths: append(deep, 10), Activation: layers.Tanh{}}},
	} {
		for _, s := range []struct {
			name   string
			solver relax.Solver
		}{
			{"euler", relax.Euler{}},
			{"momentum", &relax.Momentum{}},
			{"lookahead", &relax.Momentum{Nesterov: true}},
			{"nesterov", &relax.Momentum{Nesterov: true, Restart: true}},
			{"adam", &relax.Adam{}},
		} {
			b.Run(c.name+"/"+s.name, func(b *testing.B) {
				net, err := c.mlp.New(graph.Settings{Engine: graph.Compiled{Threads: 1}})
				if err != nil {
					b.Fatal(err)
				}
				const steps = 100
				rule := &train.Prospective{Relax: relax.Settings{Steps: steps, Solver: s.solver, Control: relax.Constant{Size: 0.01}, SkipFinal: true}}
				batch := randomBatch(net, 64, rand.New(rand.NewPCG(1, 1)))
				for b.Loop() {
					if _, err := rule.Gradients(b.Context(), net, batch); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/steps, "µs/step")
			})
		}
	}
}
