package graph_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// checkSamples exchanges and leaves out samples of a session. Those in force have the
// gradients, bit for bit, that they had in their own places, the others do not move, and
// nothing remains once all are back. It returns false if the samples act on one another.
func checkSamples(t require, s *graph.Session, rng *rand.Rand) bool {
	energies := make([]float64, len(s.Terms()))
	evaluate := func() (float64, [][]float64) {
		total, err := s.Evaluate(energies)
		t.ok(err)
		rows := make([][]float64, s.Batch())
		for _, a := range s.Activities() {
			for n := range rows {
				x, g := a.Sample(n)
				rows[n] = append(x.AppendTo(rows[n]), g.AppendTo(nil)...)
			}
		}
		return total, rows
	}
	if !s.Separable() {
		return false
	}
	total, want := evaluate()
	order := make([]int, s.Batch())
	for n := range order {
		order[n] = n
	}
	var swaps [][2]int
	swap := func(i, j int) {
		s.Swap(i, j)
		order[i], order[j] = order[j], order[i]
	}
	for range s.Batch() {
		swaps = append(swaps, [2]int{rng.IntN(s.Batch()), rng.IntN(s.Batch())})
		swap(swaps[len(swaps)-1][0], swaps[len(swaps)-1][1])
	}
	kept := 1 + rng.IntN(s.Batch())
	s.Keep(kept)
	_, got := evaluate()
	for row, n := range order[:kept] {
		if !alike(got[row], want[n]) {
			t.fatalf("%d of %d samples: sample %d in row %d: got %v, want %v", kept, s.Batch(), n, row, got[row], want[n])
		}
	}
	var before []relax.Vector
	for _, a := range s.Activities() {
		v := a.X.MakeLike()
		v.CopyFrom(a.X)
		before = append(before, v)
	}
	_, err := s.Descend(0.01, energies)
	t.ok(err)
	for i, a := range s.Activities() {
		w := a.Width()
		before[i].Slice(0, kept*w).AddScaled(-0.01, a.Grad.Slice(0, kept*w))
		t.closeTo("descent of some samples: "+a.Name, a.X, before[i], 0, 1)
	}
	for row, n := range order[:kept] { // exactly where they were
		at := 0
		for _, a := range s.Activities() {
			x, g := a.Sample(row)
			for k := range x.Len() {
				x.Set(k, want[n][at+k])
			}
			at += x.Len() + g.Len()
		}
	}
	s.Keep(s.Batch())
	for _, x := range slices.Backward(swaps) {
		swap(x[0], x[1])
	}
	after, again := evaluate()
	if after != total && after == after {
		t.fatalf("energy after all samples are back: got %v, want %v", after, total)
	}
	for n := range want {
		if !alike(again[n], want[n]) {
			t.fatalf("sample %d, back in its place: got %v, want %v", n, again[n], want[n])
		}
	}
	return true
}

// Random networks and layers, on the compiled engine, whose samples are separable unless
// an operation joins them.
func TestSamplesAreSeparable(t *testing.T) {
	separable, all := 0, 0
	run := func(rt *rapid.T, d graph.Declaration, r graph.Roles, p graph.Precision) {
		net, err := graph.New(d, graph.Settings{
			Precision: p, Seed: 5,
			Engine: graph.Compiled{Threads: rapid.IntRange(1, 3).Draw(rt, "threads"), ParallelFrom: 1},
		})
		if err != nil {
			rt.Fatal(err)
		}
		s, err := net.Session(rapid.SampledFrom([]int{2, 3, 8, 17}).Draw(rt, "batch"), r)
		if err != nil {
			rt.Fatal(err)
		}
		seed := rapid.Uint64().Draw(rt, "seed")
		rng := rand.New(rand.NewPCG(seed, 1))
		for _, n := range net.Declaration().Nodes {
			v, err := s.View(n.Name)
			if err != nil {
				rt.Fatal(err)
			}
			for i := range v.Len() {
				v.Set(i, rng.Float64())
			}
		}
		all++
		if checkSamples(require{rt.Fatalf}, s, rng) {
			separable++
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		d, r := randomNetwork(rt)
		run(rt, d, r, rapid.SampledFrom([]graph.Precision{graph.Float32, graph.Float64}).Draw(rt, "precision"))
	})
	rapid.Check(t, func(rt *rapid.T) {
		width := func() int { return rapid.IntRange(1, 6).Draw(rt, "width") }
		b, c := width(), width()
		run(rt, graph.Declaration{
			Nodes: []graph.Node{node("a", width()), node("b", b), node("c", c)},
			Predictions: []graph.Prediction{
				{Of: "b", From: []string{"a"}, Layer: drawBody(rt, b)},
				{Of: "c", From: []string{"a", "b"}, Layer: layers.Sequential{layers.Concat{}, drawBody(rt, c)}},
			},
		}, graph.Roles{Clamped: []string{"a", "c"}, Training: rapid.Bool().Draw(rt, "training")}, graph.Float32)
	})
	t.Logf("%d of %d networks are separable", separable, all)
	if separable*10 < all*9 {
		t.Errorf("got %d of %d networks with separable samples, want nearly all", separable, all)
	}
}

// A layer that subtracts the mean over the batch joins the samples: they stop together,
// where they stopped before, and the explanation says so.
func TestSamplesThatActOnOneAnother(t *testing.T) {
	centred := layerFunc(func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
		mean, err := gorgonia.Mean(in[0], 0)
		if err != nil {
			return nil, err
		}
		row, err := gorgonia.Reshape(mean, []int{1, in[0].Shape()[1]})
		if err != nil {
			return nil, err
		}
		return gorgonia.BroadcastSub(in[0], row, nil, []byte{0})
	})
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{node("x", 3), node("h", 4), node("y", 2)},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: layers.Dense{Out: 4}},
			{Of: "y", From: []string{"h"}, Layer: layers.Sequential{centred, layers.Tanh{}, layers.Dense{Out: 2}}},
		},
	}, graph.Settings{Seed: 1})
	require{t.Fatalf}.ok(err)
	rng := rand.New(rand.NewPCG(3, 4))
	data := map[string][]float64{"x": nil, "y": nil}
	for range 5 {
		data["x"] = append(data["x"], rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64())
		data["y"] = append(data["y"], rng.NormFloat64(), rng.NormFloat64())
	}
	_, r, s := relaxBatch(t, net, data, []int{0, 1, 2, 3, 4}, relax.Settings{
		Steps: 1000, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 0.01},
	}, 0)
	if s.Separable() || r.Status != relax.Converged || r.MeanSteps != float64(r.Steps) {
		t.Errorf("separable %v, got %+v, want all samples to stop together", s.Separable(), r)
	}
	text, err := s.Explain()
	require{t.Fatalf}.ok(err)
	if !strings.Contains(text, "samples    act on one another in \"relax\" through ") {
		t.Errorf("explanation, got:\n%s", text)
	}
}
