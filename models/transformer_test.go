package models_test

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

func rng(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

func TestTransformerIsSound(t *testing.T) {
	for _, m := range []models.Transformer{
		{Symbols: 3, Length: 4, Width: 4, Heads: 2, Depth: 1, Hidden: 3},
		{Symbols: 2, Length: 3, Width: 2, Heads: 1, Depth: 1, Hidden: 2, Nodes: models.PerLayer, NotCausal: true},
		{Symbols: 1, Length: 1, Width: 1, Heads: 1, Depth: 1, Hidden: 1},
	} {
		soundWith(t, m, graph.Roles{Clamped: []string{"x", "y"}}, gradcheck.Options{Positive: true, Symbols: map[string]int{"x": m.Symbols}})
	}
}

// copies is the task of repeating a sequence: after n symbols and a stop, the
// same symbols again. Only the second half is asked for.
func copies(samples, n, symbols int, rng *rand.Rand) *train.Batch {
	length := 2 * n
	b := &train.Batch{Size: samples, Values: map[string][]float32{
		"x": make([]float32, samples*length), "y": make([]float32, samples*length*(symbols+1)),
	}}
	for s := range samples {
		x := b.Values["x"][s*length : (s+1)*length]
		x[n] = float32(symbols) // the stop
		for i := range n {
			c := rng.IntN(symbols)
			x[i] = float32(c)
			if i+1 < n {
				x[n+1+i] = float32(c)
			}
			b.Values["y"][(s*length+n+i)*(symbols+1)+c] = 1
		}
	}
	return b
}

// A transformer learns by either rule to copy sequences it has not seen, which
// takes attention: every answer lies as many positions back as there are symbols.
func TestTransformerCopies(t *testing.T) {
	const n, symbols = 2, 3
	for _, rule := range []train.Rule{
		&train.Prospective{Average: true, Coordinates: train.Errors, Relax: relax.Settings{Steps: 4, Control: relax.Discount{Size: 0.05, Factor: 0.5}}},
		&train.Backprop{Average: true},
	} {
		net, err := models.Transformer{Symbols: symbols + 1, Length: 2 * n, Width: 16, Heads: 1, Depth: 1, Hidden: 16}.New(graph.Settings{Seed: 1})
		check(t, err)
		optimizer, r := &train.Adam{}, rng(7)
		for range 250 {
			_, err := rule.Gradients(t.Context(), net, copies(16, n, symbols, r))
			check(t, err)
			check(t, optimizer.Step(net.Params(), 0.01))
			net.ParamsChanged()
		}
		test := copies(50, n, symbols, rng(8))
		y := feedforward(t, net, test, "y", "x")
		wrong := 0
		for i, target := range test.Values["y"] {
			row := i / (symbols + 1) * (symbols + 1)
			for k := range symbols + 1 {
				if target == 1 && row+k != i && y[row+k] >= y[i] {
					wrong++
				}
			}
		}
		if wrong > 5 {
			t.Errorf("%T: got %d wrong symbols of %d, want at most 5", rule, wrong, 50*n)
		}
	}
}

func TestTransformerErrors(t *testing.T) {
	fails(t, models.Transformer{Length: 3}, "Transformer: Symbols, got 0, want at least 1")
	fails(t, models.Transformer{Symbols: 3}, "Transformer: Length, got 0")
	fails(t, models.Transformer{Symbols: 3, Length: 2, Width: 6}, "Transformer: Heads, got 4 for a Width of 6, want a divisor")
	fails(t, models.Transformer{Symbols: 3, Length: 2, Depth: -1}, "Transformer: Depth, got -1")
}
