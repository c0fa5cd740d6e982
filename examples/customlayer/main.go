// Customlayer trains a network with a layer of its own, made of Gorgonia
// operations that Prospect does not know: it fits y = 3·sin(2x + 1).
package main

import (
	"context"
	"fmt"
	"log"
	"math"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Wave predicts μ = sin(x ⊙ ω + φ): an oscillator for each unit.
//
//	x: (batch, n)   ω, φ: (n)   μ: (batch, n)
type Wave struct {
	// Frequency draws the initial ω. Nil means all zeros.
	Frequency graph.Initializer
}

// Build adds the layer. The network creates the parameters, draws them, and
// differentiates the prediction: this is all there is to write.
func (w Wave) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	shape := graph.Shape{in[0].Shape()[1]}
	frequency, err := b.Param(graph.ParamSpec{Name: "frequency", Shape: shape, Init: w.Frequency})
	if err != nil {
		return nil, err
	}
	phase, err := b.Param(graph.ParamSpec{Name: "phase", Shape: shape})
	if err != nil {
		return nil, err
	}
	rows := []byte{0} // the axis along which a parameter is repeated
	x, err := gorgonia.BroadcastHadamardProd(in[0], frequency, nil, rows)
	if err != nil {
		return nil, err
	}
	if x, err = gorgonia.BroadcastAdd(x, phase, nil, rows); err != nil {
		return nil, err
	}
	return gorgonia.Sin(x)
}

const samples = 64

func main() {
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{
			{Name: "x", Shape: graph.Shape{1}}, {Name: "wave", Shape: graph.Shape{1}}, {Name: "y", Shape: graph.Shape{1}},
		},
		Predictions: []graph.Prediction{
			{Of: "wave", From: []string{"x"}, Layer: Wave{Frequency: layers.Constant{Value: 1.5}}},
			{Of: "y", From: []string{"wave"}, Layer: layers.Dense{Out: 1, NoBias: true, Weight: layers.Constant{Value: 1}}},
		},
	}, graph.Settings{})
	check(err)

	data := &train.Batch{Size: samples, Values: map[string][]float32{}}
	for i := range samples {
		x := 4*float64(i)/samples - 2
		data.Values["x"] = append(data.Values["x"], float32(x))
		data.Values["y"] = append(data.Values["y"], float32(3*math.Sin(2*x+1)))
	}

	rule := &train.Prospective{Relax: relax.Settings{Steps: 20, Control: relax.Constant{Size: 0.1}}, Average: true}
	optimizer := &train.Adam{}
	for update := range 1001 {
		stats, err := rule.Gradients(context.Background(), net, data)
		check(err)
		if update%250 == 0 {
			fmt.Printf("update %4d: energy of a sample %.5f\n", update, stats.Energy/samples)
		}
		check(optimizer.Step(net.Params(), 0.02))
	}
	for _, p := range net.Params() {
		value := p.Values().Float32()
		fmt.Printf("%-14s %.2f\n", p.Name, value[0])
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
