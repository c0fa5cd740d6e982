package analysis_test

import (
	"context"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/analysis"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// TestMeasurementsLeaveBuffers: a measurement learns a step and takes it back, with
// the running statistics of a batch normalisation.
func TestMeasurementsLeaveBuffers(t *testing.T) {
	d := graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{3}}, {Name: "h", Shape: graph.Shape{4}}, {Name: "y", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: layers.Sequential{layers.Dense{Out: 4}, layers.BatchNorm{}}},
			{Of: "y", From: []string{"h"}, Layer: layers.Sequential{layers.Tanh{}, layers.Dense{Out: 2}}},
		},
	}
	net, err := graph.New(d, graph.Settings{Seed: 1, Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	state := func() (all []float64) {
		for _, b := range net.Buffers() {
			all = append(all, b.Value.Float64s()...)
		}
		return append(all, parameters(net)...)
	}
	ctx, b, other := context.Background(), batch(t, net, 4, 1), batch(t, net, 3, 2)
	settings := relax.Settings{Steps: 10, Control: relax.Constant{Size: 0.1}}
	s := step(&train.Prospective{Relax: settings}, 0.1)
	for name, measure := range map[string]func() error{
		"TargetAlignment":  func() error { _, err := analysis.TargetAlignment(ctx, net, s, b, "y"); return err },
		"Interference":     func() error { _, err := analysis.Interference(ctx, net, s, b, other, "y"); return err },
		"ProspectiveIndex": func() error { _, err := analysis.ProspectiveIndex(ctx, net, settings, s, b, "y"); return err },
		"TraceEnergies":    func() error { _, err := analysis.TraceEnergies(ctx, net, settings, b); return err },
		"Saved": func() error {
			saved := analysis.Save(net)
			defer saved.Restore()
			return s.Take(ctx, net, b)
		},
	} {
		before := state()
		if err := measure(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(state(), before) {
			t.Errorf("%s changed parameters or buffers", name)
		}
	}
	before := state()
	if err := s.Take(ctx, net, b); err != nil || slices.Equal(state(), before) {
		t.Errorf("a step that is not taken back changed nothing, %v", err)
	}
}
