// Rules compares learning rules on one random deep linear network: how straight
// does a learning step take the output to its target, and do the weights make
// permanent what the activities had settled into? The incremental rule takes 512
// weight steps where the others take one.
package main

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/seed-be841da4/prospect/analysis"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

const width, depth, rate = 64, 10, 1e-4

func main() {
	ctx := context.Background()
	widths := make([]int, depth+1)
	for i := range widths {
		widths[i] = width
	}
	net, err := models.MLP{Widths: widths, NoBias: true, Init: layers.XavierUniform{}}.New(graph.Settings{Precision: graph.Float64, Seed: 1})
	check(err)
	batch := &train.Batch{Size: 1, Values: map[string][]float32{"x": normal(1), "y": normal(2)}}
	relaxation := relax.Settings{Steps: 511, Control: relax.Discount{Size: 0.1, Factor: 0.5}}

	energies, err := analysis.TraceEnergies(ctx, net, relaxation, batch)
	check(err)
	loss, hidden := energies.Loss(), energies.Hidden()
	last := len(loss) - 1
	fmt.Printf("relaxation: loss %.2f to %.2f, hidden energy %.2f to %.2f, healthy: %v\n",
		loss[0], loss[last], hidden[0], hidden[last], energies.Health().Healthy())

	for _, r := range []struct {
		name string
		rule train.Rule
	}{
		{"prospective", train.Paper(512, 0.1, 0.5)},
		{"incremental", train.Incremental(512, 0.1, 0.5)},
		{"nudged", &train.Prospective{Relax: relax.Settings{Steps: 50000, Control: relax.Constant{Size: 0.1}}, Nudge: 1e-5}},
		{"backprop", &train.Backprop{}},
		{"z-il", &train.ZIL{}},
	} {
		step := analysis.Step{Rule: r.rule, Optimizer: &train.SGD{}, Rate: rate}
		alignment, err := analysis.TargetAlignment(ctx, net, step, batch, "y")
		check(err)
		index, err := analysis.ProspectiveIndex(ctx, net, relaxation, step, batch, "y")
		check(err)
		phi := 0.0
		for _, node := range index[:depth-1] { // the hidden ones
			phi += node.Cosines[0] / (depth - 1)
		}
		fmt.Printf("%-12s target alignment %.3f, prospective index %.3f\n", r.name, alignment[0], phi)
	}
}

// normal draws one sample.
func normal(seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 0))
	x := make([]float32, width)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
