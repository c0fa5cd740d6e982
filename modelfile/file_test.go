package modelfile_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/modelfile"
	"github.com/seed-be841da4/prospect/models"
)

// What a file declares is what the same declaration in Go is.
func TestRead(t *testing.T) {
	f, err := modelfile.Read("testdata/digits.toml", kinds.Standard())
	if err != nil {
		t.Fatal(err)
	}
	values := make(layers.Values, 18)
	for i := range values {
		values[i] = float64(i + 1)
	}
	want := graph.Declaration{
		Nodes: []graph.Node{
			{Name: "x", Shape: graph.Shape{4, 4}},
			{Name: "h", Shape: graph.Shape{6}, Prior: energy.L1{Weight: 1e-3}},
			{Name: "y", Shape: graph.Shape{3}},
		},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: layers.Sequential{
				layers.Flatten{}, layers.Dense{Out: 6, Weight: layers.XavierNormal{}, Bias: layers.Constant{Value: 0.5}},
			}},
			{
				Name: "readout", Of: "y", From: []string{"h"},
				Layer:  layers.Sequential{layers.Tanh{}, layers.Dense{Out: 3, NoBias: true}},
				Energy: energy.Gaussian{PerUnit: []float64{1, 2.5, 16}},
			},
			{Of: "y", From: []string{"h", "h"}, Layer: layers.Sum{
				layers.Dense{Out: 3, Weight: values},
				layers.Sequential{layers.LeakyReLU{Slope: 0.2}, layers.Dense{Out: 3}},
			}},
		},
	}
	if diff := cmp.Diff(want, f.Declaration); diff != "" {
		t.Errorf("declaration (-want +got):\n%s", diff)
	}
	if f.Input != "x" || f.Target != "y" {
		t.Errorf("input %q and target %q, want x and y", f.Input, f.Target)
	}
	net, err := f.New(graph.Settings{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	p, err := net.Param("y/0/weight")
	if err != nil {
		t.Fatal(err)
	}
	if v := p.Values().Float32(); v[17] != 18 {
		t.Errorf("last weight, got %v, want 18", v[17])
	}
}

// A file of another order and with its own names of input and target.
func TestGenerative(t *testing.T) {
	f, err := modelfile.Parse("g.toml", []byte(`
		input = "label"
		target = "image"
		prediction = [{of = "image", from = "label", layer = [{kind = "dense", out = 4}, {kind = "reshape", shape = [1, 2, 2]}]}]
		node = [{name = "image", shape = [1, 2, 2]}, {name = "label", shape = 2}]
	`), kinds.Standard())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.New(graph.Settings{}); err != nil {
		t.Fatal(err)
	}
	if !f.InputShape().Equal(graph.Shape{2}) || !f.TargetShape().Equal(graph.Shape{1, 2, 2}) {
		t.Errorf("shapes, got %v and %v, want [2] and [1 2 2]", f.InputShape(), f.TargetShape())
	}
}

// Doubled is a layer of the user's own.
type Doubled struct {
	layers.Tanh
	Strength float32          `json:"strength"`
	Pair     [2]uint8         `json:"pair"`
	Inner    *struct{ N int } `json:"inner"`
}

// withOwn returns a registry with layers of a user's own.
func withOwn() *kinds.Registry {
	r := kinds.Standard()
	r.Layers.Add(
		kinds.Kind[graph.Layer]{Name: "doubled", Value: Doubled{Strength: 2}},
		kinds.Kind[graph.Layer]{Name: "pointer", Value: &layers.Dense{Out: 3}},
	)
	return r
}

// A program may name layers of its own, with defaults.
func TestOwnKinds(t *testing.T) {
	kinds := withOwn()
	f, err := modelfile.Parse("own.toml", []byte(`
		node = [{name = "x", shape = 3}, {name = "h", shape = 3}, {name = "y", shape = 3}]
		prediction = [
			{of = "h", from = "x", layer = {kind = "doubled", pair = 7, inner = {n = 4}}},
			{of = "y", from = "h", layer = {kind = "pointer", no_bias = true}},
		]
	`), kinds)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.New(graph.Settings{}); err != nil {
		t.Fatal(err)
	}
	want := Doubled{Strength: 2, Pair: [2]uint8{7, 7}, Inner: &struct{ N int }{4}}
	if diff := cmp.Diff(graph.Layer(want), f.Declaration.Predictions[0].Layer); diff != "" {
		t.Errorf("layer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(graph.Layer(&layers.Dense{Out: 3, NoBias: true}), f.Declaration.Predictions[1].Layer); diff != "" {
		t.Errorf("layer (-want +got):\n%s", diff)
	}
	if k, err := kinds.Layers.Find("pointer"); err != nil || k.Value.(*layers.Dense).NoBias {
		t.Error("reading a file changed the prototype of a kind")
	}
}

func TestMissingFile(t *testing.T) {
	_, err := modelfile.Read("testdata/missing.toml", kinds.Standard())
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that the file does not exist", err)
	}
}

// A model of package models, with a second reading of its hidden node.
func TestModel(t *testing.T) {
	f, err := modelfile.Parse("m.toml", []byte(`
		model = {kind = "mlp", widths = [6, 5, 3], placement = "after", output = "cross-entropy"}
		[[node]]
		name = "again"
		shape = 6
		[[prediction]]
		of = "again"
		from = "h1"
		layer = {kind = "dense", out = 6}
	`), kinds.Standard())
	if err != nil {
		t.Fatal(err)
	}
	want, err := models.MLP{Widths: []int{6, 5, 3}, Placement: models.After, Output: energy.CrossEntropy{}}.Declaration()
	if err != nil {
		t.Fatal(err)
	}
	want.Nodes = append(want.Nodes, graph.Node{Name: "again", Shape: graph.Shape{6}})
	want.Predictions = append(want.Predictions, graph.Prediction{Of: "again", From: []string{"h1"}, Layer: layers.Dense{Out: 6}})
	if diff := cmp.Diff(want, f.Declaration); diff != "" {
		t.Errorf("declaration (-want +got):\n%s", diff)
	}
	if _, err := f.New(graph.Settings{}); err != nil {
		t.Fatal(err)
	}
}
