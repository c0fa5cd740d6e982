package graph_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// held is an energy and a prior of which a test says the domain.
type held struct{ domain graph.Domain }

func (h held) Domain() graph.Domain { return h.domain }

type heldEnergy struct{ held }

func (heldEnergy) Build(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	return graph.SquaredError(b, x, mu)
}

type heldPrior struct{ held }

func (heldPrior) Build(b *graph.Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	return graph.HalfSquare(b, x)
}

// judged declares x(2) → y(2, 3), compared by an energy.
func judged(e graph.Energy, prior graph.Prior) graph.Declaration {
	return graph.Declaration{
		Nodes: []graph.Node{node("x", 2), {Name: "y", Shape: graph.Shape{2, 3}, Prior: prior}},
		Predictions: []graph.Prediction{{
			Of: "y", From: []string{"x"}, Energy: e,
			Layer: layers.Sequential{layers.Dense{Out: 6}, layers.Reshape{Shape: graph.Shape{2, 3}}},
		}},
	}
}

var (
	above0 = graph.Domain{Min: math.SmallestNonzeroFloat64, Max: math.Inf(1)}
	atMost = graph.Domain{Min: math.Inf(-1), Max: 2, Remedy: "take less"}
)

// Two samples of two rows of three, of which one element, or one row, is wrong.
var domainCases = []struct {
	name   string
	energy graph.Energy
	data   []float64
	want   []string // nil where the data are right
}{
	{"bernoulli", energy.Bernoulli{}, []float64{0, 1, 0.5, 1, 1, 1, 0, 0, 0, 0.25, 0.5, 1}, nil},
	{
		"bernoulli below",
		energy.Bernoulli{},
		[]float64{0, 1, 0.5, 1, 1, 1, 0, 0, 0, 0.25, -0.125, 1},
		[]string{"sample 1, unit 4, got -0.125, want a number from 0 to 1", `energy.Bernoulli of prediction "y" of node "y"`, "scale pixels to 0 to 1"},
	},
	{"bernoulli above", energy.Bernoulli{}, []float64{0, 1, 1.5, 1, 1, 1, 0, 0, 0, 0.25, 0, 1}, []string{"sample 0, unit 2, got 1.5, want a number from 0 to 1"}},
	{"cross-entropy", energy.CrossEntropy{}, []float64{0, 1, 0, 0.25, 0.25, 0.5, 0.1, 0.7, 0.2, 0, 0, 0}, nil},
	{"cross-entropy -1/+1", energy.CrossEntropy{}, []float64{-1, 1, -1, 0, 0, 1, 0, 0, 1, 0, 0, 1}, []string{"sample 0, unit 0, got -1, want a number from 0 to 1", "energy.CrossEntropy"}},
	{
		"cross-entropy of two classes",
		energy.CrossEntropy{},
		[]float64{0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 0, 1},
		[]string{"sample 1, units 0 to 2, got numbers that add up to 2, want 1, or all 0", "divide other rows by their sum"},
	},
	{"kullback-leibler", energy.KullbackLeibler{}, []float64{0, 1, 0, 0.25, 0.25, 0.5, 0.1, 0.7, 0.2, 0, 0, 0}, nil},
	{
		"kullback-leibler, a row short",
		energy.KullbackLeibler{},
		[]float64{0, 1, 0, 0.25, 0.25, 0.25, 0, 0, 1, 0, 0, 1},
		[]string{"sample 0, units 3 to 5, got numbers that add up to 0.75", "energy.KullbackLeibler"},
	},
	{"kullback-leibler above", energy.KullbackLeibler{}, []float64{0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 2}, []string{"sample 1, unit 5, got 2, want a number from 0 to 1"}},
	{"gaussian", energy.Gaussian{}, []float64{-5, 1, 0, 7, 0, 1, 0, 0, 1, 0, 0, 2}, nil},
	{"laplace", energy.Laplace{}, []float64{-5, 1, 0, 7, 0, 1, 0, 0, 1, 0, 0, 2}, nil},
	{"huber", energy.Huber{}, []float64{-5, 1, 0, 7, 0, 1, 0, 0, 1, 0, 0, 2}, nil},
	{"above 0", heldEnergy{held{above0}}, []float64{1e-30, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, nil},
	{
		"above 0, zero",
		heldEnergy{held{above0}},
		[]float64{1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1},
		[]string{"sample 1, unit 0, got 0, want a number above 0", "graph_test.heldEnergy", "use an energy that means them"},
	},
	{"at most", heldEnergy{held{atMost}}, []float64{1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 2.5, 1}, []string{"unit 4, got 2.5, want a number of at most 2", "; take less"}},
	{"whole", heldEnergy{held{graph.Domain{Max: 3, Whole: true}}}, []float64{1, 0, 3, 1, 1, 1, 0, 1, 1, 1.5, 2, 1}, []string{"unit 3, got 1.5, want a whole number from 0 to 3"}},
	{"only 0", heldEnergy{held{graph.Domain{Whole: true}}}, []float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, []string{"unit 3, got 1, want a whole number from 0 to 0"}},
	{"rows without zeros", heldEnergy{held{graph.Domain{Distribution: true}}}, []float64{0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0}, []string{"units 3 to 5, got numbers that add up to 0, want 1: a distribution"}},
}

// Data that an energy cannot mean are refused wherever they are clamped.
func TestDomains(t *testing.T) {
	for _, tt := range domainCases {
		for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
			t.Run(tt.name+"/"+p.String(), func(t *testing.T) {
				net := newNetwork(t, judged(tt.energy, nil), graph.Settings{Precision: p})
				roles := graph.Roles{Clamped: []string{"x", "y"}}
				s := newSession(t, net, 2, roles)
				bp, err := net.BackpropSession(2, roles)
				if err != nil {
					t.Fatal(err)
				}
				single := make([]float32, len(tt.data))
				for i, v := range tt.data {
					single[i] = float32(v)
				}
				for _, err := range []error{
					s.Clamp("y", single), s.ClampFloat64("y", tt.data), bp.Clamp("y", single), bp.ClampFloat64("y", tt.data),
				} {
					if tt.want != nil {
						mentions(t, err, append(tt.want, `node "y"`)...)
					} else if err != nil {
						t.Error(err)
					}
				}
				if got := activity(t, s, "y"); tt.want != nil && got[1] != 0 {
					t.Errorf("after the error the node holds %v, want what it held", got)
				}
			})
		}
	}
}

// A value that rounding to the network's precision moves out of the domain is outside.
func TestDomainAfterRounding(t *testing.T) {
	data := []float64{1, 1, 1, 1e-60, 1, 1}
	for p, want := range map[graph.Precision]bool{graph.Float32: false, graph.Float64: true} {
		s := newSession(t, newNetwork(t, judged(heldEnergy{held{above0}}, nil), graph.Settings{Precision: p}), 1, graph.Roles{Clamped: []string{"x", "y"}})
		if err := s.ClampFloat64("y", data); (err == nil) != want {
			t.Errorf("%v: 1e-60 above 0: got %v", p, err)
		}
	}
}

// Rows that a softmax computed in single precision are distributions.
func TestDomainOfSinglePrecisionRows(t *testing.T) {
	const classes = 32768
	d := graph.Declaration{
		Nodes: []graph.Node{node("x", 1), node("y", classes)},
		Predictions: []graph.Prediction{{
			Of: "y", From: []string{"x"}, Layer: layers.Dense{Out: classes, NoBias: true}, Energy: energy.KullbackLeibler{},
		}},
	}
	s := newSession(t, newNetwork(t, d, graph.Settings{}), 1, graph.Roles{Clamped: []string{"x", "y"}})
	rng := rand.New(rand.NewPCG(1, 1))
	for _, scale := range []float64{0, 1, 8} {
		row, sum := make([]float32, classes), float32(0)
		for i := range row {
			row[i] = float32(math.Exp(scale * rng.NormFloat64()))
			sum += row[i]
		}
		for i := range row {
			row[i] /= sum
		}
		if err := s.Clamp("y", row); err != nil {
			t.Errorf("logits of deviation %v: %v", scale, err)
		}
	}
}

// A prior has a domain, and it holds for units that are known one by one.
func TestDomainOfUnits(t *testing.T) {
	rows := heldPrior{held{graph.Domain{Distribution: true}}}
	for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
		s := newSession(t, newNetwork(t, judged(nil, rows), graph.Settings{Precision: p}), 2, graph.Roles{})
		known := []bool{true, false, true, true, true, true}
		for _, tt := range []struct {
			data []float32
			want []string
		}{
			{[]float32{0.5, 9, 0.25, 0, 0.5, 0.5, 0, -9, 0, 0, 0, 1}, nil},
			{[]float32{0.5, 9, 0.25, 0, 0.5, 0.5, 0, 9, -1, 0, 0, 1}, []string{"sample 1, unit 2, got -1, want a number from 0 to 1", "graph_test.heldPrior of prior of node"}},
			{[]float32{0.5, 9, 0.75, 0, 0.5, 0.5, 0, 9, 0, 0, 0, 1}, []string{"sample 0, units 0 to 2, got numbers that add up to 1.25, want at most 1"}},
			{[]float32{0.5, 9, 0.25, 0, 0.5, 0.5, 0, 9, 0, 0, 0, 0.5}, []string{"sample 1, units 3 to 5, got numbers that add up to 0.5, want 1"}},
		} {
			err := s.ClampUnits("y", tt.data, known)
			if tt.want != nil {
				mentions(t, err, tt.want...)
			} else if err != nil {
				t.Error(err)
			}
		}
	}
}

// A precision that arrives as data is not negative, also where the prediction is
// amortised and sees the activities from outside.
func TestDomainOfPrecision(t *testing.T) {
	for _, amortised := range []bool{false, true} {
		d := chain()
		d.Nodes = append(d.Nodes, graph.Node{Name: "pi", Shape: graph.Shape{4}, Data: true})
		d.Predictions[0].Energy = energy.Gaussian{From: "pi"}
		if amortised {
			d.Predictions[0].Amortised = true
			d.Predictions = append(d.Predictions, dense("h", 4, "x"))
		}
		s := newSession(t, newNetwork(t, d, graph.Settings{}), 1, graph.Roles{Clamped: []string{"x", "y", "pi"}})
		if err := s.Clamp("pi", []float32{1, 0, 2, 3}); err != nil {
			t.Error(err)
		}
		mentions(t, s.Clamp("pi", []float32{1, 0, 2, -3}), `node "pi"`, "sample 0, unit 3, got -3, want a number of at least 0", "a precision is positive, or 0 where a unit takes no part")
	}
}

// Symbols are integers, also where only an amortised prediction looks them up.
func TestDomainOfSymbols(t *testing.T) {
	for _, amortised := range []bool{false, true} {
		s := newSession(t, newNetwork(t, graph.Declaration{
			Nodes: []graph.Node{node("x", 2), {Name: "h", Shape: graph.Shape{2, 3}}, node("y", 2)},
			Predictions: []graph.Prediction{
				{Of: "h", From: []string{"x"}, Layer: layers.Embedding{Symbols: 4, Width: 3}, Amortised: amortised},
				{Of: "y", From: []string{"h"}, Layer: layers.Sequential{layers.Flatten{}, layers.Dense{Out: 2}}},
			},
		}, graph.Settings{}), 1, graph.Roles{Clamped: []string{"x", "y"}})
		if err := s.Clamp("x", []float32{0, 3}); err != nil {
			t.Error(err)
		}
		mentions(t, s.Clamp("x", []float32{0, 4}), `node "x": data of sample 0, unit 1, got 4, want a whole number from 0 to 3`)
	}
}

// An empty domain is an error of New.
func TestEmptyDomain(t *testing.T) {
	for _, d := range []graph.Domain{{Min: 2, Max: 1}, {Min: math.NaN()}} {
		_, err := graph.New(judged(heldEnergy{held{d}}, nil), graph.Settings{})
		mentions(t, err, "holds no number")
		wrong := layerFunc(func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) { return in[0], b.Expect(in[0], d) })
		_, err = graph.New(graph.Declaration{
			Nodes:       []graph.Node{node("x", 2), node("y", 2)},
			Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: wrong}},
		}, graph.Settings{})
		if err == nil || !strings.Contains(err.Error(), "holds no number") {
			t.Errorf("Expect: got %v", err)
		}
	}
}

// Clamping, with and without a domain.
func BenchmarkClamp(b *testing.B) {
	for _, e := range []graph.Energy{nil, energy.Bernoulli{}, energy.CrossEntropy{}} {
		name := "none"
		if e != nil {
			name = fmt.Sprintf("%T", e)
		}
		b.Run(name, func(b *testing.B) {
			d := graph.Declaration{
				Nodes:       []graph.Node{node("x", 1), node("y", 784)},
				Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: layers.Dense{Out: 784}, Energy: e}},
			}
			s := newSession(b, newNetwork(b, d, graph.Settings{}), 64, graph.Roles{Clamped: []string{"x", "y"}})
			data := make([]float32, 64*784)
			for i := range 64 {
				data[i*784+i] = 1
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Clamp("y", data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
