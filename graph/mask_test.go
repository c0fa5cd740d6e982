package graph_test

import (
	"math"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// maskedPair predicts a node of three positions from another, position by position.
func maskedPair(e graph.Energy, prior graph.Prior, mask graph.Shape) graph.Declaration {
	return graph.Declaration{
		Nodes: []graph.Node{
			{Name: "x", Shape: graph.Shape{3, 2}}, {Name: "y", Shape: graph.Shape{3, 2}, Mask: "mask", Prior: prior},
			{Name: "mask", Shape: mask, Data: true},
		},
		Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: layers.Dense{Out: 2}, Energy: e}},
	}
}

// Every energy and prior is right by finite differences where positions, or single units,
// are masked.
func TestMaskedGradients(t *testing.T) {
	for _, e := range []graph.Energy{nil, energy.Gaussian{}, energy.Gaussian{PerUnit: []float64{1, 2, 3, 4, 5, 6}}, energy.Laplace{}, energy.Huber{Delta: 0.3}} {
		for _, mask := range []graph.Shape{{3}, {3, 2}} {
			o := gradcheck.Options{Symbols: map[string]int{"mask": 2}}
			gradcheck.Run(t, maskedPair(e, nil, mask), graph.Roles{Clamped: []string{"mask"}}, o)
			gradcheck.Run(t, maskedPair(e, energy.L1{Weight: 0.3, Delta: 0.5}, mask), graph.Roles{Clamped: []string{"mask"}}, o)
		}
	}
	for _, e := range []graph.Energy{energy.CrossEntropy{}, energy.KullbackLeibler{}, energy.Bernoulli{}} {
		gradcheck.Run(t, maskedPair(e, nil, graph.Shape{3}), graph.Roles{Clamped: []string{"y", "mask"}}, gradcheck.Options{Positive: true, Symbols: map[string]int{"mask": 2}})
	}
}

// What is masked has no energy and no gradient, whatever it holds, and the rest has what
// it would have on its own.
func TestMaskedEnergy(t *testing.T) {
	for _, e := range []graph.Energy{nil, energy.Gaussian{Precision: 2}, energy.Laplace{}, energy.Huber{}, energy.CrossEntropy{}, energy.KullbackLeibler{}, energy.Bernoulli{}} {
		for _, prior := range []graph.Prior{nil, energy.L1{Weight: 0.5}, energy.L2{Weight: 0.5}} {
			_, linear := e.(graph.ClampedOnly)
			if linear && prior != nil {
				continue
			}
			roles := graph.Roles{Clamped: []string{"x", "mask"}}
			if linear {
				roles = graph.Roles{Clamped: []string{"y", "mask"}}
			}
			run := func(d graph.Declaration, x, y, mask []float64) (float64, []float64) {
				t.Helper()
				net, err := graph.New(d, graph.Settings{Precision: graph.Float64, Seed: 2})
				if err != nil {
					t.Fatal(err)
				}
				r := roles
				if mask == nil {
					r.Clamped = roles.Clamped[:1]
				}
				s, err := net.Session(1, r)
				if err != nil {
					t.Fatal(err)
				}
				data := map[string][]float64{"x": x, "y": y, "mask": mask}
				for _, name := range r.Clamped {
					if err := s.ClampFloat64(name, data[name]); err != nil {
						t.Fatal(err)
					}
				}
				if err := s.Initialize(graph.Start{}, nil); err != nil {
					t.Fatal(err)
				}
				free := s.Activities()[0]
				for i := range free.X.Len() {
					free.X.Set(i, data[free.Name][i])
				}
				sum, err := s.Evaluate(make([]float64, len(s.Terms())))
				if err != nil {
					t.Fatal(err)
				}
				return sum, free.Grad.AppendTo(nil)
			}
			x, y := []float64{0.3, -1, 7e100, -3, 0.5, 0.25}, []float64{0.25, 0.75, 1, 0, 0.5, 0.5}
			got, grad := run(maskedPair(e, prior, graph.Shape{3}), x, y, []float64{1, 0, 1})
			alone := maskedPair(e, prior, nil)
			alone.Nodes = []graph.Node{{Name: "x", Shape: graph.Shape{2, 2}}, {Name: "y", Shape: graph.Shape{2, 2}, Prior: prior}}
			want, wantGrad := run(alone, []float64{0.3, -1, 0.5, 0.25}, []float64{0.25, 0.75, 0.5, 0.5}, nil)
			if math.Abs(got-want) > 1e-14 {
				t.Errorf("%T, prior %T: energy, got %v, want %v", e, prior, got, want)
			}
			if grad[2] != 0 || grad[3] != 0 {
				t.Errorf("%T, prior %T: gradient of padding, got %v, want 0", e, prior, grad[2:4])
			}
			for i, g := range []float64{grad[0], grad[1], grad[4], grad[5]} {
				if math.Abs(g-wantGrad[i]) > 1e-14 {
					t.Errorf("%T, prior %T: gradient %d, got %v, want %v", e, prior, i, g, wantGrad[i])
				}
			}
		}
	}
}

func TestMaskErrors(t *testing.T) {
	with := func(change func(d *graph.Declaration)) graph.Declaration {
		d := maskedPair(nil, nil, graph.Shape{3})
		change(&d)
		return d
	}
	for want, d := range map[string]graph.Declaration{
		`Mask, got "msak", which is not declared`: with(func(d *graph.Declaration) { d.Nodes[1].Mask = "msak" }),
		`Mask, got "x", want a data node`:         with(func(d *graph.Declaration) { d.Nodes[1].Mask = "x" }),
		"for a data node, which has no energy":    with(func(d *graph.Declaration) { d.Nodes[2].Mask = "mask" }),
		"shape, got [2], want [3 2]":              with(func(d *graph.Declaration) { d.Nodes[2].Shape = graph.Shape{2} }),
		"shape, got [3 2 1], want":                with(func(d *graph.Declaration) { d.Nodes[2].Shape = graph.Shape{3, 2, 1} }),
		"Learned, got \"scalar\" for a node with": with(func(d *graph.Declaration) { d.Predictions[0].Energy = energy.Gaussian{Learned: energy.LearnedScalar} }),
		`reads node "x" by its name, want a data`: with(func(d *graph.Declaration) {
			d.Predictions[0].Layer = layers.MultiHeadAttention{Mask: "x"}
		}),
		`attention: Mask "mask": shape, got [3 2], want [3]`: with(func(d *graph.Declaration) {
			d.Nodes[2].Shape = graph.Shape{3, 2}
			d.Predictions[0].Layer = layers.MultiHeadAttention{Mask: "mask"}
		}),
	} {
		if _, err := graph.New(d, graph.Settings{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	net, err := graph.New(maskedPair(nil, nil, graph.Shape{3}), graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Session(1, graph.Roles{Clamped: []string{"x", "mask"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Clamp("mask", []float32{1, 0.5, 0}); err == nil || !strings.Contains(err.Error(), "a mask is 1 where there are data") {
		t.Errorf("half a mask: got %v", err)
	}
}

// A feedforward pass wants the mask that a layer reads, and none for an energy.
func TestPredictWantsTheMask(t *testing.T) {
	d := maskedPair(nil, nil, graph.Shape{3})
	predict := func(d graph.Declaration) error {
		t.Helper()
		net, err := graph.New(d, graph.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = net.Predict(map[string][]float32{"x": {1, 2, 3, 4, 5, 6}}, "y")
		return err
	}
	if err := predict(d); err != nil {
		t.Errorf("of an energy: got %v", err)
	}
	d.Predictions[0].Layer = layers.MultiHeadAttention{Mask: "mask"}
	if err := predict(d); err == nil || !strings.Contains(err.Error(), `data node "mask" is needed and not clamped`) {
		t.Errorf("of a layer: got %v", err)
	}
}
