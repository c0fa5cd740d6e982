package energy_test

import (
	"context"
	"fmt"
	"math"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// settle returns where a hidden unit settles between two predictions, 0 from below and
// the datum 4 above, with an energy for each.
func settle(below, above graph.Energy, prior graph.Prior) float64 {
	same := layers.Dense{Out: 1, NoBias: true, Weight: layers.Constant{Value: 1}}
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{
			{Name: "x", Shape: graph.Shape{1}}, {Name: "h", Shape: graph.Shape{1}, Prior: prior}, {Name: "y", Shape: graph.Shape{1}},
		},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: same, Energy: below},
			{Of: "y", From: []string{"h"}, Layer: same, Energy: above},
		},
	}, graph.Settings{Precision: graph.Float64})
	check(err)
	s, err := net.Session(1, graph.Roles{Clamped: []string{"x", "y"}})
	check(err)
	check(s.Clamp("x", []float32{0}))
	check(s.Clamp("y", []float32{4}))
	check(s.Initialize(graph.Start{}, nil))
	_, err = relax.Run(context.Background(), s, relax.Settings{
		Steps: 5000, Control: relax.Armijo{Initial: 1}, Stop: relax.GradientNorm{Tolerance: 1e-6},
	})
	check(err)
	h, err := s.Activity("h")
	check(err)
	return h.At(0)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// The precision of a Gaussian says how much an error counts.
func ExampleGaussian() {
	fmt.Printf("%.2f\n", settle(energy.Gaussian{}, energy.Gaussian{}, nil))
	fmt.Printf("%.2f\n", settle(energy.Gaussian{}, energy.Gaussian{Precision: 3}, nil))
	// Output:
	// 2.00
	// 3.00
}

// Huber's energy pulls no harder than δ, so that an outlier counts less.
func ExampleHuber() {
	fmt.Printf("%.2f\n", settle(energy.Gaussian{}, energy.Huber{Delta: 0.5}, nil))
	// Output: 0.50
}

// A prior is an energy of the activity itself: L2 pulls it to 0.
func ExampleL2() {
	fmt.Printf("%.2f\n", settle(energy.Gaussian{}, energy.Gaussian{}, energy.L2{Weight: 2}))
	// Output: 1.00
}

// The prediction of a cross-entropy are logits; a feedforward pass gives probabilities.
func ExampleCrossEntropy() {
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{2}}, {Name: "y", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{{
			Of: "y", From: []string{"x"}, Energy: energy.CrossEntropy{},
			Layer: layers.Dense{Out: 2, NoBias: true, Weight: layers.Values{1, 0, 0, 1}},
		}},
	}, graph.Settings{})
	check(err)
	y, err := net.Predict(map[string][]float32{"x": {0, float32(math.Log(3))}}, "y")
	check(err)
	fmt.Printf("%.2f\n", y[0])

	// Output: [0.25 0.75]
}
