// Sequence trains two networks that are not feedforward chains of dense layers: a
// transformer that repeats a sequence of symbols after a stop, and a clique, in
// which every node predicts every other, that learns the exclusive or.
package main

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/query"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

func main() {
	copying()
	xor()
}

// n symbols are repeated, each of which is one of symbols.
const n, symbols = 3, 4

// copying trains a transformer on random sequences and tests it on others.
func copying() {
	net, err := models.Transformer{Symbols: symbols + 1, Length: 2 * n, Width: 16, Heads: 1, Depth: 1}.New(graph.Settings{Seed: 1})
	check(err)
	// In error coordinates: attention and normalisation make the energy steep in
	// the activities.
	rule := &train.Prospective{
		Average: true, Coordinates: train.Errors,
		Relax: relax.Settings{Steps: 4, Control: relax.Discount{Size: 0.05, Factor: 0.5}},
	}
	optimizer, rng := &train.Adam{}, rand.New(rand.NewPCG(1, 2))
	for update := range 500 {
		stats, err := rule.Gradients(context.Background(), net, sequences(32, rng))
		check(err)
		check(optimizer.Step(net.Params(), 0.01))
		if update%100 == 99 {
			fmt.Printf("update %d: energy of a symbol %.4f\n", update+1, stats.Energy/32/n)
		}
	}
	test := sequences(100, rng)
	y, err := net.Forward(100, test.Values, "y")
	check(err)
	right := 0
	for i, asked := range test.Values["y"] { // probabilities: more than a half is the largest
		if asked == 1 && y.At(i) > 0.5 {
			right++
		}
	}
	fmt.Printf("transformer: %d of %d symbols copied\n", right, 100*n)
}

// sequences are abc|ab with the answers abc at the last n positions.
func sequences(samples int, rng *rand.Rand) *train.Batch {
	x, y := make([]float32, samples*2*n), make([]float32, samples*2*n*(symbols+1))
	for s := range samples {
		at := s * 2 * n
		x[at+n] = symbols // the stop
		for i := range n {
			c := rng.IntN(symbols)
			x[at+i] = float32(c)
			if i < n-1 {
				x[at+n+1+i] = float32(c)
			}
			y[(at+n+i)*(symbols+1)+c] = 1
		}
	}
	return &train.Batch{Size: samples, Values: map[string][]float32{"x": x, "y": y}}
}

// xor trains a clique and asks it with the output free.
func xor() {
	net, err := models.Recurrent{
		Widths: []int{2, 12, 1}, Topology: models.Clique, Tied: true,
		Activation: layers.Tanh{}, Init: layers.XavierNormal{Gain: 5. / 3},
	}.New(graph.Settings{Seed: 1})
	check(err)
	settings := relax.Settings{
		Steps: 3000, Solver: &relax.Momentum{Nesterov: true, Restart: true}, Control: relax.Constant{Size: 0.05},
		Stop: relax.GradientNorm{Tolerance: 1e-4},
	}
	x, y := []float32{-1, -1, -1, 1, 1, -1, 1, 1}, []float32{-1, 1, 1, -1}
	data := &train.Batch{Size: 4, Values: map[string][]float32{"x": x, "y": y}}
	rule, optimizer := &train.Prospective{Relax: settings}, &train.Adam{}
	for range 300 {
		_, err := rule.Gradients(context.Background(), net, data)
		check(err)
		check(optimizer.Step(net.Params(), 0.02))
	}
	asker, err := query.New(net, query.Settings{Relax: settings})
	check(err)
	answer, err := asker.Ask(context.Background(), query.Question{Samples: 4, Clamp: map[string][]float32{"x": x}})
	check(err)
	got, err := answer.Node("y")
	check(err)
	right := 0
	for i := range y {
		if got[i]*float64(y[i]) > 0 {
			right++
		}
	}
	fmt.Printf("clique: %d of 4 right: %.2f, want %v\n", right, got, y)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
