// Tangled declares a network that is not a chain, checks its gradients by finite
// differences, and trains it: two inputs, a skip connection and a cycle.
//
//	a ──┬───────────────┐
//	    ▼               ▼
//	    h1 ──► h2 ────► y
//	    ▲ ▲    │
//	b ──┘ └────┘
package main

import (
	"context"
	"fmt"
	"log"
	"math"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

const samples = 16

func main() {
	ctx := context.Background()
	net, err := graph.New(declaration(), graph.Settings{Precision: graph.Float64})
	check(err)
	data := task()

	clamped := session(net, data, "a", "b", "y")
	fmt.Printf("gradients: largest relative difference to finite differences %.0e\n", worstGradient(clamped))

	// Each update relaxes until the gradient of every sample is small.
	settings := relax.Settings{
		Steps: 5000, Control: relax.Armijo{Initial: 0.5}, Stop: relax.GradientNorm{Tolerance: 1e-4},
	}
	rule, optimizer := &train.Prospective{Relax: settings}, &train.Adam{}
	for update := range 301 {
		stats, err := rule.Gradients(ctx, net, data)
		check(err)
		if update%100 == 0 {
			r := stats.Relaxation
			fmt.Printf("update %3d: %v after %d steps, energy %.4f, gradient norm %.0e\n", update, r.Status, r.Steps, r.Energy, r.GradNorm)
		}
		check(optimizer.Step(net.Params(), 0.03))
	}

	// With y free the network relaxes to its answer: on a cycle a feedforward pass
	// alone is not yet the minimum of the energy.
	free := session(net, data, "a", "b")
	result, err := relax.Run(ctx, free, settings)
	check(err)
	fmt.Printf("answer: %v after %d steps, %d of %d right\n", result.Status, result.Steps, right(free, data), 2*samples)
}

// declaration is the network: plain data, in any order.
func declaration() graph.Declaration {
	dense := func(out int) graph.Layer { return layers.Sequential{layers.Tanh{}, layers.Dense{Out: out}} }
	return graph.Declaration{
		Nodes: []graph.Node{
			{Name: "a", Shape: graph.Shape{2}},
			{Name: "b", Shape: graph.Shape{2}},
			{Name: "h1", Shape: graph.Shape{12}},
			{Name: "h2", Shape: graph.Shape{8}},
			{Name: "y", Shape: graph.Shape{2}},
		},
		Predictions: []graph.Prediction{
			{Of: "h1", From: []string{"a", "b"}, Layer: layers.Sum{layers.Dense{Out: 12}, layers.Dense{Out: 12}}},
			{Of: "h2", From: []string{"h1"}, Layer: dense(8)},
			{Of: "h1", From: []string{"h2"}, Layer: dense(12), Name: "feedback", Energy: energy.Gaussian{Precision: 0.1}},
			{Of: "y", From: []string{"h2", "a"}, Layer: layers.Sum{dense(2), layers.Dense{Out: 2}}},
		},
	}
}

// task is every pair of two bits a and b, ±1, with y = (a₀ xor b₀, a₁ and b₁).
func task() *train.Batch {
	var a, b, y []float32
	for i := range samples {
		bit := func(k int) float32 { return float32(i>>k&1)*2 - 1 }
		a = append(a, bit(0), bit(1))
		b = append(b, bit(2), bit(3))
		y = append(y, -bit(0)*bit(2), min(bit(1), bit(3)))
	}
	return &train.Batch{Size: samples, Values: map[string][]float32{"a": a, "b": b, "y": y}}
}

// session clamps some nodes to data; the others start at their predictions.
func session(net *graph.Network, data *train.Batch, clamped ...string) *graph.Session {
	s, err := net.Session(samples, graph.Roles{Clamped: clamped})
	check(err)
	for _, name := range clamped {
		check(s.Clamp(name, data.Values[name]))
	}
	check(s.Initialize(graph.Start{}, nil))
	return s
}

// worstGradient compares ∂E/∂x of every free activity with central differences.
func worstGradient(s *graph.Session) float64 {
	const h = 1e-6
	energies := make([]float64, len(s.Terms()))
	energy := func() float64 {
		e, err := s.Evaluate(energies)
		check(err)
		return e
	}
	worst := 0.0
	for _, a := range s.Activities() {
		energy()
		grad := a.Grad.MakeLike()
		grad.CopyFrom(a.Grad)
		for i := range a.X.Len() {
			x := a.X.At(i)
			a.X.Set(i, x+h)
			up := energy()
			a.X.Set(i, x-h)
			down := energy()
			a.X.Set(i, x)
			worst = math.Max(worst, math.Abs((up-down)/(2*h)-grad.At(i))/grad.MaxAbs())
		}
	}
	return worst
}

// right counts the outputs on the right side of 0.
func right(s *graph.Session, data *train.Batch) int {
	y, err := s.Activity("y")
	check(err)
	n := 0
	for i, want := range data.Values["y"] {
		if y.At(i)*float64(want) > 0 {
			n++
		}
	}
	return n
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
