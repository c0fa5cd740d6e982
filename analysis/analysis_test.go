package analysis_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/analysis"
	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

func newNet(t *testing.T, m models.MLP) *graph.Network {
	t.Helper()
	net, err := m.New(graph.Settings{Precision: graph.Float64, Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// batch draws data for the named nodes.
func batch(t *testing.T, net *graph.Network, size int, seed uint64) *train.Batch {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	b := &train.Batch{Size: size, Values: map[string][]float32{}}
	for _, name := range []string{"x", "y"} {
		n, err := net.Node(name)
		if err != nil {
			t.Fatal(err)
		}
		for range size * n.Shape.Size() {
			b.Values[name] = append(b.Values[name], float32(rng.NormFloat64()))
		}
	}
	return b
}

func step(rule train.Rule, rate float64) analysis.Step {
	return analysis.Step{Rule: rule, Optimizer: &train.SGD{}, Rate: rate}
}

func parameters(net *graph.Network) (out []float64) {
	for _, p := range net.Params() {
		w := p.Values().Float64()
		out = append(out, w...)
	}
	return out
}

func TestCosine(t *testing.T) {
	for _, tt := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{1, 0}, []float64{3, 0}, 1},
		{[]float64{1, 0}, []float64{0, 2}, 0},
		{[]float64{1, 1}, []float64{-2, -2}, -1},
		{[]float64{1, 0}, []float64{1, 1}, math.Sqrt2 / 2},
	} {
		if got := analysis.Cosine(tt.a, tt.b); math.Abs(got-tt.want) > 1e-15 {
			t.Errorf("cos(%v, %v): got %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
	if got := analysis.Cosine([]float64{0, 0}, []float64{1, 2}); !math.IsNaN(got) {
		t.Errorf("cosine with a zero vector: got %v, want NaN", got)
	}
	if got := analysis.Degrees(1 + 1e-15); got != 0 {
		t.Errorf("angle of a cosine past 1: got %v, want 0", got)
	}
	if got := analysis.Degrees(-.5); math.Abs(got-120) > 1e-12 {
		t.Errorf("angle of -1/2: got %v, want 120", got)
	}
}

// Every sample has a separate alignment.
func TestAlignmentBySample(t *testing.T) {
	before := []float64{0, 0, 1, 1}
	after := []float64{1, 0, 1, 2}
	target := []float64{2, 0, 1, 0}
	if got, want := analysis.Alignment(2, before, after, target), []float64{1, -1}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Closed form: with one weight matrix and one sample the output moves along the
// error, so the alignment is 1 for every rule, whatever the learning rate; so it
// is in a deep linear net of orthogonal weights for a small rate. The network is
// left as it was.
func TestTargetAlignmentIsOne(t *testing.T) {
	for name, rule := range map[string]func() train.Rule{
		"pc":          func() train.Rule { return train.Paper(128, 0.1, 0.5) },
		"bp":          func() train.Rule { return &train.Backprop{} },
		"incremental": func() train.Rule { return train.Incremental(8, 0.1, 0.5) },
	} {
		for _, tt := range []struct {
			m    models.MLP
			rate float64
		}{
			{models.MLP{Widths: []int{5, 3}, NoBias: true}, .01},
			{models.MLP{Widths: []int{6, 6, 6, 6}, NoBias: true, Init: layers.Orthogonal{}}, 1e-7},
		} {
			net := newNet(t, tt.m)
			before := parameters(net)
			got, err := analysis.TargetAlignment(context.Background(), net, step(rule(), tt.rate), batch(t, net, 1, 1), "y")
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || math.Abs(got[0]-1) > 1e-6 {
				t.Errorf("%s, %v: alignment %v, want 1", name, tt.m.Widths, got)
			}
			if !slices.Equal(before, parameters(net)) {
				t.Errorf("%s, %v: the parameters changed", name, tt.m.Widths)
			}
		}
	}
}

// A network that is no chain: two inputs, a skip connection and a cross-entropy.
func TestTargetAlignmentOfAnyNetwork(t *testing.T) {
	n := func(name string, width int) graph.Node { return graph.Node{Name: name, Shape: graph.Shape{width}} }
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{n("x", 4), n("z", 2), n("h", 5), n("y", 3)},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x", "z"}, Layer: layers.Sum{layers.Dense{Out: 5}, layers.Dense{Out: 5}}},
			{Of: "y", From: []string{"h", "z"}, Layer: layers.Sum{layers.Sequential{layers.Tanh{}, layers.Dense{Out: 3}}, layers.Dense{Out: 3}}, Energy: energy.CrossEntropy{}},
		},
	}, graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	b := batch(t, net, 3, 5)
	b.Values["y"] = []float32{1, 0, 0, 0, 1, 0, 0, 0, 1}
	b.Values["z"] = []float32{1, 2, 3, 4, 5, 6}
	got, err := analysis.TargetAlignment(context.Background(), net, step(train.Paper(64, .1, .5), .01), b, "y")
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range got {
		if !(c > -1 && c <= 1) {
			t.Errorf("sample %d: alignment %v, want a cosine", i, c)
		}
	}
	if _, err := analysis.TargetAlignment(context.Background(), net, step(train.Paper(64, .1, .5), .01), b, "h"); err == nil {
		t.Error("want an error for an output without a target")
	}
	if _, err := analysis.TargetAlignment(context.Background(), net, analysis.Step{}, b, "y"); err == nil {
		t.Error("want an error for a step without a rule")
	}
}

// Closed form: the first hidden layer's weights change along its error times the
// input, which is held, so its prospective index is 1 for one sample.
func TestProspectiveIndexOfFirstLayer(t *testing.T) {
	net := newNet(t, models.MLP{Widths: []int{4, 7, 5, 3}, NoBias: true, Activation: layers.Tanh{}})
	rule := train.Paper(100, .1, .5)
	index, err := analysis.ProspectiveIndex(context.Background(), net, relax.Settings{Steps: 99, Control: relax.Discount{Size: .1, Factor: .5}}, step(rule, .1), batch(t, net, 1, 2), "y")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, n := range index {
		names = append(names, n.Node)
	}
	if !slices.Equal(names, []string{"h1", "h2", "y"}) {
		t.Fatalf("got the nodes %v, want h1, h2 and y", names)
	}
	if phi := index[0].Cosines[0]; math.Abs(phi-1) > 1e-12 {
		t.Errorf("h1: φ = %.15f, want 1", phi)
	}
	if phi := index[1].Cosines[0]; !(phi > .5 && phi < 1) {
		t.Errorf("h2: φ = %.6f, want a number below 1", phi)
	}
}

// Closed form: one weight that is moved 1 → 3 → 2 has the path 3 and the net 1.
func TestPath(t *testing.T) {
	for _, precision := range []graph.Precision{graph.Float32, graph.Float64} {
		net, err := models.MLP{Widths: []int{1, 1}, NoBias: true, Init: layers.Constant{Value: 1}}.New(graph.Settings{Precision: precision})
		if err != nil {
			t.Fatal(err)
		}
		p := analysis.NewPath(net)
		for _, w := range []float64{3, 2} {
			if v := net.Params()[0].Values().Float64(); v != nil {
				v[0] = w
			} else {
				v := net.Params()[0].Values().Float32()
				v[0] = float32(w)
			}
			p.Add()
		}
		if got, way := p.Lengths()[0], p.Nets()[0]; got != 3 || way != 1 {
			t.Errorf("%v: path %v, net %v, want 3 and 1", precision, got, way)
		}
	}
}
