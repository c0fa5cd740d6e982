package models_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
)

// settled is what a network made of sequences.
type settled struct {
	energies   []float64              // of each sample, over all terms
	activities map[string][][]float64 // by node and sample
	gradients  map[string][]float64
}

// settle relaxes a network from data and learns.
func settle(t *testing.T, net *graph.Network, batch int, data map[string][]float64, inErrors bool) settled {
	t.Helper()
	clamped := []string{"x", "y"}
	if data["mask"] != nil {
		clamped = append(clamped, "mask")
	}
	s, err := net.Session(batch, graph.Roles{Clamped: clamped})
	check(t, err)
	for _, name := range clamped {
		check(t, s.ClampFloat64(name, data[name]))
	}
	check(t, s.Initialize(graph.Start{}, nil))
	var problem relax.Problem = s
	if inErrors {
		coordinates, err := s.ErrorCoordinates()
		check(t, err)
		problem = coordinates
		check(t, coordinates.Load())
	}
	_, err = relax.Run(t.Context(), problem, relax.Settings{Steps: 7, Control: relax.Constant{Size: 0.1}})
	check(t, err)
	if c, ok := problem.(*graph.ErrorCoordinates); ok {
		check(t, c.Store())
	}
	_, err = s.Learn(make([]float64, len(s.Terms())))
	check(t, err)
	out := settled{activities: map[string][][]float64{}, gradients: map[string][]float64{}}
	each := make([]float64, batch*len(s.Terms()))
	check(t, s.SampleEnergies(each))
	for row := range slices.Chunk(each, len(s.Terms())) {
		sum := 0.0
		for _, e := range row {
			sum += e
		}
		out.energies = append(out.energies, sum)
	}
	for _, a := range s.Activities() {
		all := a.X.AppendTo(nil)
		for row := range slices.Chunk(all, len(all)/batch) {
			out.activities[a.Name] = append(out.activities[a.Name], row)
		}
	}
	for _, p := range net.Params() {
		out.gradients[p.Name] = p.Grads().AppendTo(nil)
	}
	return out
}

// equalTo12 compares to 1e-12 of the largest number.
func equalTo12(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d numbers, want %d", what, len(got), len(want))
	}
	size := 1.0
	for _, v := range want {
		size = max(size, math.Abs(v))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= 1e-12*size) {
			t.Fatalf("%s: number %d, got %.17g, want %.17g", what, i, got[i], want[i])
		}
	}
}

// A batch of sequences of several lengths, padded by anything, is each of them alone: the
// same activities, energies, and gradients, which add up.
func TestPaddingTakesNoPart(t *testing.T) {
	const symbols, length = 5, 6
	lengths := []int{4, 6, 1}
	for name, m := range map[string]models.Transformer{
		"causal":      {Width: 6, Heads: 2, Depth: 2, Hidden: 5},
		"both ways":   {Width: 6, Heads: 3, Depth: 1, Hidden: 5, NotCausal: true},
		"two halves":  {Width: 4, Heads: 1, Depth: 2, Hidden: 3, NotCausal: true, Nodes: models.PerLayer},
		"bernoulli":   {Width: 4, Heads: 2, Depth: 1, Hidden: 3, NotCausal: true, Output: energy.Bernoulli{}},
		"huber":       {Width: 4, Heads: 2, Depth: 1, Hidden: 3, NotCausal: true, HiddenEnergy: energy.Huber{Delta: 0.1}, Output: energy.KullbackLeibler{}},
		"learned not": {Width: 4, Heads: 2, Depth: 1, Hidden: 3, NotCausal: true, HiddenEnergy: energy.Gaussian{Precision: 2}},
	} {
		m.Symbols = symbols
		for _, engine := range []graph.Engine{graph.Compiled{Threads: 2, ParallelFrom: 1}, graph.Tape{}} {
			for _, inErrors := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %T, errors %v", name, engine, inErrors), func(t *testing.T) {
					r := rng(3)
					padded := m
					padded.Length, padded.Masked = length, true
					net, err := padded.New(graph.Settings{Precision: graph.Float64, Seed: 4, Engine: engine})
					check(t, err)
					for _, p := range net.Params() { // biases too
						for i, v := range p.Values().Float64() {
							p.Values().Set(i, v+0.3*r.NormFloat64())
						}
					}
					net.ParamsChanged()
					x, y, mask := make([]float64, len(lengths)*length), make([]float64, len(lengths)*length*symbols), make([]float64, len(lengths)*length)
					for s, n := range lengths {
						for i := range n {
							at := s*length + i
							x[at], mask[at] = float64(r.IntN(symbols)), 1
							y[at*symbols+r.IntN(symbols)] = 1
						}
					}
					var first settled
					for filling := range 3 {
						for at := range x {
							if mask[at] == 0 {
								x[at] = float64((at*filling + filling) % symbols)
								clear(y[at*symbols : (at+1)*symbols])
								if filling > 0 {
									y[at*symbols+filling] = 1
								}
							}
						}
						got := settle(t, net, len(lengths), map[string][]float64{"x": x, "y": y, "mask": mask}, inErrors)
						if filling == 0 {
							first = got
							continue
						}
						equalTo12(t, "energies of another padding", got.energies, first.energies)
						for p, g := range got.gradients {
							equalTo12(t, "gradient of another padding: "+p, g, first.gradients[p])
						}
					}
					sums := map[string][]float64{}
					for s, n := range lengths {
						alone := m
						alone.Length = n
						short, err := alone.New(graph.Settings{Precision: graph.Float64, Seed: 5, Engine: engine})
						check(t, err)
						for _, p := range short.Params() {
							from, err := net.Param(p.Name)
							check(t, err)
							v := p.Values().Float64()
							copy(v, from.Values().Float64()) // the first rows of the positions
						}
						short.ParamsChanged()
						at := s * length
						want := settle(t, short, 1, map[string][]float64{"x": x[at : at+n], "y": y[at*symbols : (at+n)*symbols]}, inErrors)
						equalTo12(t, fmt.Sprintf("energy of sample %d", s), first.energies[s:s+1], want.energies)
						for node, rows := range want.activities {
							equalTo12(t, fmt.Sprintf("node %s of sample %d", node, s), first.activities[node][s][:len(rows[0])], rows[0])
						}
						for p, g := range want.gradients {
							if sums[p] == nil {
								sums[p] = make([]float64, len(first.gradients[p]))
							}
							for i, v := range g {
								sums[p][i] += v
							}
						}
					}
					for p, g := range first.gradients {
						equalTo12(t, "gradient of "+p, g, sums[p])
					}
				})
			}
		}
	}
}

// Masked networks are right by finite differences too.
func TestMaskedTransformerIsSound(t *testing.T) {
	for _, m := range []models.Transformer{
		{Symbols: 3, Length: 4, Width: 4, Heads: 2, Depth: 1, Hidden: 3, Masked: true},
		{Symbols: 2, Length: 1, Width: 1, Heads: 1, Depth: 1, Hidden: 1, Masked: true, NotCausal: true, Nodes: models.PerLayer},
	} {
		soundWith(t, m, graph.Roles{Clamped: []string{"x", "y", "mask"}}, gradcheck.Options{Positive: true, Symbols: map[string]int{"x": m.Symbols, "mask": 2}})
	}
}

// A sequence is predicted as it is alone, and not without its mask.
func TestPredictMasked(t *testing.T) {
	m := models.Transformer{Symbols: 3, Length: 4, Width: 4, Heads: 2, Depth: 1, Hidden: 3, Masked: true, NotCausal: true}
	net, err := m.New(graph.Settings{Seed: 1})
	check(t, err)
	predict := func(x, mask []float32) []float64 {
		t.Helper()
		rows, err := net.Predict(map[string][]float32{"x": x, "mask": mask}, "y")
		check(t, err)
		return rows[0][:2*3]
	}
	a, b := predict([]float32{0, 1, 2, 2}, []float32{1, 1, 0, 0}), predict([]float32{0, 1, 0, 1}, []float32{1, 1, 0, 0})
	if !slices.Equal(a, b) {
		t.Errorf("another padding: got %v, want %v", b, a)
	}
	if c := predict([]float32{0, 1, 2, 2}, []float32{1, 1, 1, 1}); slices.Equal(a, c) {
		t.Errorf("the mask makes no difference: %v", c)
	}
	if _, err := net.Predict(map[string][]float32{"x": {0, 1, 2, 2}}, "y"); err == nil {
		t.Error("without a mask: got no error")
	} else {
		t.Log(err)
	}
	if _, err := net.Predict(map[string][]float32{"x": {0, 1, 2, 2}, "mask": {1, 0.5, 0, 0}}, "y"); err == nil {
		t.Error("half a mask: got no error")
	}
}
