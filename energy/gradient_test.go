package energy_test

import (
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// pair is the smallest network: y is predicted from x through a dense layer.
func pair(in, out graph.Shape, layer graph.Layer, e graph.Energy, prior graph.Prior) graph.Declaration {
	return graph.Declaration{
		Nodes:       []graph.Node{{Name: "x", Shape: in}, {Name: "y", Shape: out, Prior: prior}},
		Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: layer, Energy: e}},
	}
}

func TestGradients(t *testing.T) {
	tests := []struct {
		name   string
		energy graph.Energy
		width  int
		clamp  bool // the predicted node cannot be free
		unit   bool // its units do not make up a distribution
	}{
		{"default", nil, 3, false, false},
		{"gaussian", energy.Gaussian{}, 3, false, false},
		{"gaussian width 1", energy.Gaussian{}, 1, false, false},
		{"precision", energy.Gaussian{Precision: 2.5}, 3, false, false},
		{"precision per unit", energy.Gaussian{PerUnit: []float64{0.5, 0, 4}}, 3, false, false},
		{"precision per unit, width 1", energy.Gaussian{PerUnit: []float64{3}}, 1, false, false},
		{"learned precision", energy.Gaussian{Learned: energy.LearnedScalar}, 3, false, false},
		{"learned precision width 1", energy.Gaussian{Learned: energy.LearnedScalar}, 1, false, false},
		{"learned precision per unit", energy.Gaussian{Learned: energy.LearnedUnits}, 3, false, false},
		{"learned precision per unit, width 1", energy.Gaussian{Learned: energy.LearnedUnits}, 1, false, false},
		{"floor", energy.Gaussian{Learned: energy.LearnedScalar, Floor: 0.3}, 3, false, false},
		{"floor width 1", energy.Gaussian{Learned: energy.LearnedScalar, Floor: 0.3}, 1, false, false},
		{"floor per unit", energy.Gaussian{Learned: energy.LearnedUnits, Floor: 2}, 3, false, false},
		{"floor per unit, width 1", energy.Gaussian{Learned: energy.LearnedUnits, Floor: 2}, 1, false, false},
		{"cross-entropy", energy.CrossEntropy{}, 4, true, false},
		{"cross-entropy width 1", energy.CrossEntropy{}, 1, true, false},
		{"kullback-leibler", energy.KullbackLeibler{}, 4, true, false},
		{"bernoulli", energy.Bernoulli{}, 4, true, true},
		{"bernoulli width 1", energy.Bernoulli{}, 1, true, true},
		{"laplace", energy.Laplace{}, 3, false, false},
		{"laplace 0.5", energy.Laplace{Delta: 0.5}, 1, false, false},
		{"hopfield", energy.Hopfield{}, 3, false, false},
		{"hopfield width 1", energy.Hopfield{Activation: layers.Tanh{}}, 1, false, false},
		{"huber", energy.Huber{}, 5, false, false},
		{"huber 0.2", energy.Huber{Delta: 0.2}, 1, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := pair(graph.Shape{2}, graph.Shape{tt.width}, layers.Dense{Out: tt.width}, tt.energy, nil)
			r := graph.Roles{}
			if tt.clamp {
				r.Clamped = []string{"y"}
			}
			gradcheck.Run(t, d, r, gradcheck.Options{Positive: tt.clamp && !tt.unit, Unit: tt.unit})
		})
	}
}

func TestImageGradients(t *testing.T) {
	shape := graph.Shape{2, 1, 3}
	layer := layers.Sequential{layers.Dense{Out: 6}, layers.Reshape{Shape: shape}}
	for _, e := range []graph.Energy{
		energy.Gaussian{PerUnit: []float64{1, 2, 3, 4, 5, 6}},
		energy.Gaussian{Learned: energy.LearnedUnits},
		energy.Gaussian{Learned: energy.LearnedScalar},
		energy.Gaussian{Learned: energy.LearnedUnits, Floor: 0.5},
		energy.Gaussian{Learned: energy.LearnedScalar, Floor: 0.5},
		energy.Huber{},
	} {
		gradcheck.Run(t, pair(graph.Shape{2}, shape, layer, e, nil), graph.Roles{}, gradcheck.Options{})
	}
	gradcheck.Run(t, pair(graph.Shape{2}, shape, layer, energy.CrossEntropy{}, nil),
		graph.Roles{Clamped: []string{"y"}}, gradcheck.Options{Positive: true})
}

func TestPriorGradients(t *testing.T) {
	for _, p := range []graph.Prior{energy.L2{Weight: 0.7}, energy.L1{Weight: 0.7}, energy.L1{Weight: 2, Delta: 0.3}} {
		for _, width := range []int{1, 3} {
			d := pair(graph.Shape{2}, graph.Shape{width}, layers.Dense{Out: width}, nil, p)
			gradcheck.Run(t, d, graph.Roles{}, gradcheck.Options{})
		}
	}
}

func TestPrecisionFromData(t *testing.T) {
	d := pair(graph.Shape{2}, graph.Shape{3}, layers.Dense{Out: 3}, energy.Gaussian{From: "mask"}, nil)
	d.Nodes = append(d.Nodes, graph.Node{Name: "mask", Shape: graph.Shape{3}, Data: true})
	gradcheck.Run(t, d, graph.Roles{Clamped: []string{"mask"}}, gradcheck.Options{Unit: true})
}
