package graph_test

import (
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// tangled is a network that is not a chain: two inputs, a skip connection, a
// cycle between h1 and h2, shared weights, two predictions of one node, a prior.
func tangled() graph.Declaration {
	return graph.Declaration{
		Nodes: []graph.Node{
			{Name: "a", Shape: graph.Shape{3}},
			{Name: "b", Shape: graph.Shape{2, 2}},
			{Name: "h1", Shape: graph.Shape{4}, Prior: energy.L1{Weight: 0.3}},
			{Name: "h2", Shape: graph.Shape{4}},
			{Name: "y", Shape: graph.Shape{2}},
		},
		Predictions: []graph.Prediction{
			{Of: "h1", From: []string{"a", "b"}, Layer: layers.Sum{
				layers.Dense{Out: 4}, layers.Sequential{layers.Flatten{}, layers.Dense{Out: 4, NoBias: true}},
			}},
			{Of: "h2", From: []string{"h1"}, Layer: layers.Sequential{layers.Tanh{}, layers.Dense{Out: 4}}},
			{
				Name: "feedback", Of: "h1", From: []string{"h2"}, Share: "h2",
				Layer: layers.Sequential{layers.Tanh{}, layers.Dense{Out: 4}}, Energy: energy.Gaussian{Precision: 0.5},
			},
			{Of: "y", From: []string{"h2", "a"}, Layer: layers.Sum{ // the skip connection
				layers.Sequential{layers.Sigmoid{}, layers.Dense{Out: 2}}, layers.Dense{Out: 2, NoBias: true},
			}},
		},
	}
}

func TestGradientsOfTangledNetwork(t *testing.T) {
	gradcheck.Run(t, tangled(), graph.Roles{Clamped: []string{"a", "b", "y"}}, gradcheck.Options{})
	gradcheck.Run(t, tangled(), graph.Roles{Clamped: []string{"y"}}, gradcheck.Options{})
	gradcheck.Run(t, tangled(), graph.Roles{Clamped: []string{"a", "b"}, Outputs: []string{"y"}}, gradcheck.Options{})
}
