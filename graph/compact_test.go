package graph_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// loose is a network with convolutions, attention, normalisation within samples and
// shared weights, none of which joins samples.
func loose() graph.Declaration {
	return graph.Declaration{
		Nodes: []graph.Node{
			{Name: "x", Shape: graph.Shape{2, 6, 6}},
			{Name: "h", Shape: graph.Shape{3, 6, 6}},
			{Name: "t", Shape: graph.Shape{4, 6}},
			{Name: "y", Shape: graph.Shape{3}},
		},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: layers.Sequential{layers.Conv2D{Out: 3, Kernel: layers.Pair{3}, Pad: layers.Pair{1}}, layers.Tanh{}}},
			{Of: "t", From: []string{"h"}, Layer: layers.Sequential{layers.Flatten{}, layers.Dense{Out: 24}, layers.Reshape{Shape: graph.Shape{4, 6}}, layers.MultiHeadAttention{Heads: 2}}},
			{Of: "y", From: []string{"t"}, Layer: layers.Sequential{layers.LayerNorm{}, layers.Flatten{}, layers.Tanh{}, layers.Dense{Out: 3}}},
		},
	}
}

// relaxBatch relaxes some samples of data as a batch and returns the activities by
// sample.
func relaxBatch(t *testing.T, net *graph.Network, data map[string][]float64, samples []int, s relax.Settings, continued int) ([][]float64, relax.Result, *graph.Session) {
	t.Helper()
	ok := require{t.Fatalf}.ok
	var names []string
	for n := range data {
		names = append(names, n)
	}
	session, err := net.Session(len(samples), graph.Roles{Clamped: names})
	ok(err)
	for name, all := range data {
		size := net.Declaration().Nodes[slices.IndexFunc(net.Declaration().Nodes, func(n graph.Node) bool { return n.Name == name })].Shape.Size()
		var rows []float64
		for _, n := range samples {
			rows = append(rows, all[n*size:(n+1)*size]...)
		}
		ok(session.ClampFloat64(name, rows))
	}
	ok(session.Initialize(graph.Start{}, nil))
	d, err := relax.NewDriver(session, s)
	ok(err)
	var r relax.Result
	if continued == 0 {
		r, err = d.Run(t.Context())
		ok(err)
	}
	for done := 0; done < s.Steps && continued > 0; done += continued {
		r, err = d.Continue(t.Context(), min(continued, s.Steps-done))
		ok(err)
	}
	out := make([][]float64, len(samples))
	for _, a := range session.Activities() {
		for k := range samples {
			x, _ := a.Sample(k)
			out[k] = x.AppendTo(out[k])
		}
	}
	return out, r, session
}

// A sample of a batch ends at the activities, bit for bit, at which it ends alone, here
// beside a copy of itself (a batch of one may be fused otherwise): with every solver that
// moves elements by themselves, engine, number of threads, precision and interval of
// tests, with a recorder and when the run is continued.
func TestConvergedSamplesLeave(t *testing.T) {
	const batch = 7
	for _, c := range []struct {
		name      string
		decl      graph.Declaration
		clamped   []string
		size, tol float64
		gap       float64 // relative; 0: not tested
	}{
		{"tangled", tangled(), []string{"a", "b", "y"}, 0.02, 1, 0},
		{"loose", loose(), []string{"x", "y"}, 0.05, 0.3, 0.5},
	} {
		for _, engine := range []graph.Engine{graph.Compiled{Threads: 1}, graph.Compiled{Threads: 3, ParallelFrom: 1}, graph.Tape{}} {
			for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
				if engine == (graph.Tape{}) && (p == graph.Float64 || c.name != "tangled") {
					continue // slow
				}
				t.Run(fmt.Sprint(c.name, "/", engine, "/", p), func(t *testing.T) {
					net, err := graph.New(c.decl, graph.Settings{Engine: engine, Precision: p, Seed: 3})
					require{t.Fatalf}.ok(err)
					rng := rand.New(rand.NewPCG(1, 2))
					data := map[string][]float64{}
					for _, n := range net.Declaration().Nodes {
						if slices.Contains(c.clamped, n.Name) {
							for k := range batch {
								for range n.Shape.Size() {
									data[n.Name] = append(data[n.Name], rng.NormFloat64()*float64(1+k%3))
								}
							}
						}
					}
					for name, solver := range map[string]func() relax.Solver{
						"euler":    func() relax.Solver { return relax.Euler{} },
						"momentum": func() relax.Solver { return &relax.Momentum{Beta: 0.5} },
						"nesterov": func() relax.Solver { return &relax.Momentum{Nesterov: true, Restart: true} },
						"adam":     func() relax.Solver { return &relax.Adam{} },
					} {
						for _, every := range []int{1, 3, 4} {
							s := relax.Settings{Steps: 60, Control: relax.Constant{Size: c.size}, Stop: relax.GradientNorm{Tolerance: c.tol, MinSteps: 2, Every: every}}
							if every == 4 {
								if c.gap == 0 {
									continue
								}
								s.Stop = relax.RelativeGap{Tolerance: c.gap, MinSteps: 1, Every: every}
							}
							s.Solver = solver()
							all, r, session := relaxBatch(t, net, data, []int{0, 1, 2, 3, 4, 5, 6}, s, 0)
							if !session.Separable() {
								t.Fatal("the samples are not separable")
							}
							if r.MeanSteps >= float64(r.Steps) {
								t.Errorf("%s: no sample left early: %+v", name, r)
							}
							mean := 0.0
							for n := range batch {
								s.Solver = solver()
								alone, one, _ := relaxBatch(t, net, data, []int{n, n}, s, 0)
								if !slices.Equal(alone[0], all[n]) {
									t.Errorf("%s, every %d: sample %d differs from the sample alone", name, every, n)
								}
								mean += float64(one.Steps) / batch
							}
							if diff := mean - r.MeanSteps; diff > 1e-9 || diff < -1e-9 {
								t.Errorf("%s: mean steps, got %v, want %v", name, r.MeanSteps, mean)
							}
							s.Solver, s.Recorder = solver(), &relax.Trace{WithGradNorms: true}
							watched, w, _ := relaxBatch(t, net, data, []int{0, 1, 2, 3, 4, 5, 6}, s, 0)
							s.Solver, s.Recorder = solver(), nil
							again, g, _ := relaxBatch(t, net, data, []int{0, 1, 2, 3, 4, 5, 6}, s, 20)
							for n := range batch {
								if !slices.Equal(watched[n], all[n]) || !slices.Equal(again[n], all[n]) {
									t.Errorf("%s, every %d: sample %d differs with a recorder or when continued", name, every, n)
								}
							}
							if w.MeanSteps != r.MeanSteps || w.Energy != r.Energy || g.Energy != r.Energy {
								t.Errorf("%s: with a recorder %+v, continued %+v, want %+v", name, w, g, r)
							}
						}
					}
				})
			}
		}
	}
}
