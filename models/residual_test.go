package models_test

import (
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

func TestMLPResidualIsSound(t *testing.T) {
	for _, m := range []models.MLPResidual{
		{Inputs: 3, Width: 4, Depth: 3, Outputs: 2, Activation: layers.Tanh{}},
		{Inputs: 1, Width: 1, Depth: 2, Outputs: 1, Activation: layers.GELU{}, NoSkip: true},
		{Inputs: 3, Width: 4, Depth: 1, Outputs: 2},
		{Inputs: 2, Width: 3, Depth: 2, Outputs: 2, Activation: layers.Sigmoid{}, Parametrization: models.Standard},
	} {
		sound(t, m, graph.Roles{Clamped: []string{"x", "y"}})
		sound(t, m, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
	}
}

// The factors of table 1: every hidden activity stays of order 1 and the output
// of order 1/√N, at any width and depth.
func TestMuPCKeepsActivitiesOfOneSize(t *testing.T) {
	for _, size := range []struct{ width, depth int }{{64, 4}, {64, 64}, {256, 16}} {
		m := models.MLPResidual{Inputs: 100, Width: size.width, Depth: size.depth, Outputs: 50, Activation: layers.Tanh{}}
		net, err := m.New(graph.Settings{Seed: 2})
		check(t, err)
		s, err := net.Session(8, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
		check(t, err)
		x := make([]float32, 800)
		for i := range x {
			x[i] = float32(1 - 2*(i%7&1))
		}
		check(t, s.Clamp("x", x))
		check(t, s.Initialize(graph.Start{}, nil))
		for name, want := range map[string][2]float64{
			"h1": {0.9, 1.1}, net.Declaration().Nodes[size.depth].Name: {0.9, 1.5},
			"y": {0.4 / math.Sqrt(float64(size.width)), 1 / math.Sqrt(float64(size.width))},
		} {
			v, err := s.Activity(name)
			check(t, err)
			if rms := math.Sqrt(v.Dot(v) / float64(v.Len())); rms < want[0] || rms > want[1] {
				t.Errorf("width %d, depth %d: root mean square of %s: got %.3g, want %.3g to %.3g", size.width, size.depth, name, rms, want[0], want[1])
			}
		}
	}
}

// A net of 16 layers learns digits with the rate of one of 3.
func TestMuPCTransfersTheRate(t *testing.T) {
	data, err := datasets.Load("glyphs", datasets.LoadSettings{Train: 6000, Test: 500})
	check(t, err)
	for _, depth := range []int{3, 16} {
		m := models.MLPResidual{Inputs: 784, Width: 32, Depth: depth, Outputs: 10, Activation: layers.ReLU{}}
		net, err := m.New(graph.Settings{Seed: 1})
		check(t, err)
		trainer := train.Trainer{
			Network: net, Optimizer: &train.Adam{}, Rate: 0.03, Epochs: 1,
			Rule: &train.Prospective{Relax: relax.Settings{
				Steps: depth, Solver: &relax.Momentum{Nesterov: true}, Control: relax.Constant{Size: 0.25}, SkipFinal: true,
			}},
		}
		check(t, trainer.Fit(t.Context(), &train.Labelled{Data: data.Train, Settings: datasets.BatchSettings{Size: 16, Shuffle: true}}))
		test, err := trainer.Evaluate(t.Context(), &train.Labelled{Data: data.Test, Settings: datasets.BatchSettings{Size: 100}}, "y")
		check(t, err)
		if test.Accuracy() < 0.75 {
			t.Errorf("%d layers: accuracy, got %.3f, want at least 0.75", depth, test.Accuracy())
		}
	}
}

func TestMLPResidualErrors(t *testing.T) {
	good := models.MLPResidual{Inputs: 1, Width: 1, Depth: 1, Outputs: 1}
	for _, tt := range []struct {
		change func(m *models.MLPResidual)
		want   string
	}{
		{func(m *models.MLPResidual) { m.Inputs = 0 }, "Inputs, got 0, want at least 1"},
		{func(m *models.MLPResidual) { m.Width = -1 }, "Width, got -1"},
		{func(m *models.MLPResidual) { m.Depth = 0 }, "Depth, got 0"},
		{func(m *models.MLPResidual) { m.Outputs = 0 }, "Outputs, got 0"},
	} {
		m := good
		tt.change(&m)
		fails(t, m, "MLPResidual: "+tt.want)
	}
	var p models.Parametrization
	if err := p.UnmarshalText([]byte("standard")); err != nil || p != models.Standard {
		t.Errorf("got %v, %v", p, err)
	}
	if err := p.UnmarshalText([]byte("ntk")); err == nil {
		t.Error("got no error for an unknown parametrisation")
	}
}
