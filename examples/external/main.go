// External is a module of its own that adds to Prospect a layer with an operation
// that Gorgonia does not have, an energy, and a solver of relaxation, and trains
// them with the public packages alone. It fits a curve to points of which every
// eighth is far off, with the squared error and with an energy that does not
// mind.
package main

import (
	"context"
	"fmt"
	"log"
	"math"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

const points = 64

// curve is what there is to find.
func curve(x float64) float64 { return math.Sin(2*x) * math.Exp(-x*x/4) }

// observations are points of the curve; every eighth is 3 too high.
func observations() *train.Batch {
	b := &train.Batch{Size: points, Values: map[string][]float32{}}
	for i := range points {
		x := 4*(float64(i)+0.5)/points - 2
		y := curve(x)
		if i%8 == 3 {
			y += 3
		}
		b.Values["x"] = append(b.Values["x"], float32(x))
		b.Values["y"] = append(b.Values["y"], float32(y))
	}
	return b
}

// declare declares x → radial basis functions → y.
func declare(e graph.Energy) graph.Declaration {
	return graph.Declaration{
		Nodes: []graph.Node{
			{Name: "x", Shape: graph.Shape{1}}, {Name: "basis", Shape: graph.Shape{16}}, {Name: "y", Shape: graph.Shape{1}},
		},
		Predictions: []graph.Prediction{
			{Of: "basis", From: []string{"x"}, Layer: Radial{Units: 16, Width: 0.5}},
			{Of: "y", From: []string{"basis"}, Layer: layers.Dense{Out: 1}, Energy: e},
		},
	}
}

// fit trains a network and returns the root mean square of its distance from the
// curve.
func fit(net *graph.Network, updates int) (float64, error) {
	rule := &train.Prospective{
		Relax:   relax.Settings{Steps: 12, Solver: &Barzilai{}, Control: relax.Constant{Size: 0.1}},
		Average: true,
	}
	optimizer, data := &train.Adam{}, observations()
	for range updates {
		if _, err := rule.Gradients(context.Background(), net, data); err != nil {
			return 0, err
		}
		if err := optimizer.Step(net.Params(), 0.02); err != nil {
			return 0, err
		}
	}
	rows, err := net.Predict(data.Values, "y")
	if err != nil {
		return 0, err
	}
	sum := 0.0
	for i, x := range data.Values["x"] {
		sum += math.Pow(rows[i][0]-curve(float64(x)), 2)
	}
	return math.Sqrt(sum / points), nil
}

func main() {
	for _, e := range []graph.Energy{nil, Student{Freedom: 0.01}} {
		net, err := graph.New(declare(e), graph.Settings{Seed: 1})
		if err != nil {
			log.Fatal(err)
		}
		distance, err := fit(net, 1500)
		if err != nil {
			log.Fatal(err)
		}
		name := "squared error"
		if e != nil {
			name = "Student's t"
		}
		fmt.Printf("%-14s distance from the curve %.3f\n", name, distance)
	}
}
