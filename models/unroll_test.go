package models_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
)

var (
	unrollA  = []float64{0.9, 0.3, -0.2, 0.8} // of row vectors: x ← x·A
	unrollC  = []float64{1, -0.4}
	unrollPX = []float64{2, 0.5}
)

const unrollPY = 4.0

// timeStep is a linear-Gaussian model of a time step.
func timeStep() graph.Declaration {
	return graph.Declaration{
		Nodes: []graph.Node{{Name: "previous", Shape: graph.Shape{2}}, {Name: "x", Shape: graph.Shape{2}}, {Name: "y", Shape: graph.Shape{1}}},
		Predictions: []graph.Prediction{
			{Of: "x", From: []string{"previous"}, Layer: layers.Dense{Out: 2, NoBias: true, Weight: layers.Values(unrollA)}, Energy: energy.Gaussian{PerUnit: unrollPX}},
			{Of: "y", From: []string{"x"}, Layer: layers.Dense{Out: 1, NoBias: true, Weight: layers.Values(unrollC)}, Energy: energy.Gaussian{Precision: unrollPY}},
		},
	}
}

// smoother is the Kalman filter and the backward pass of Rauch, Tung and Striebel, from a
// known state before the window; a NaN is a missing observation.
func smoother(start []float64, ys []float64) (filtered, smoothed []*mat.VecDense) {
	a, c := mat.DenseCopyOf(mat.NewDense(2, 2, unrollA).T()), mat.NewDense(1, 2, unrollC)
	q := mat.NewDense(2, 2, []float64{1 / unrollPX[0], 0, 0, 1 / unrollPX[1]})
	x, p := mat.NewVecDense(2, start), mat.NewDense(2, 2, nil)
	var ps, priors []*mat.Dense
	var means []*mat.VecDense
	for _, y := range ys {
		mean, prior := new(mat.VecDense), new(mat.Dense)
		mean.MulVec(a, x)
		prior.Product(a, p, a.T())
		prior.Add(prior, q)
		x, p = mat.VecDenseCopyOf(mean), mat.DenseCopyOf(prior)
		if !math.IsNaN(y) {
			var gain, lost mat.Dense
			var s, seen mat.Dense
			s.Product(c, prior, c.T())
			gain.Mul(prior, c.T())
			gain.Scale(1/(s.At(0, 0)+1/unrollPY), &gain)
			seen.Mul(c, mean)
			x.AddScaledVec(mean, y-seen.At(0, 0), gain.ColView(0))
			lost.Product(&gain, c, prior)
			p.Sub(prior, &lost)
		}
		means, priors, filtered, ps = append(means, mean), append(priors, prior), append(filtered, x), append(ps, p)
	}
	smoothed = slices.Clone(filtered)
	for t := len(ys) - 2; t >= 0; t-- {
		var inverse, gain mat.Dense
		if err := inverse.Inverse(priors[t+1]); err != nil {
			panic(err)
		}
		gain.Product(ps[t], a.T(), &inverse)
		var d, step, s mat.VecDense
		d.SubVec(smoothed[t+1], means[t+1])
		step.MulVec(&gain, &d)
		s.AddVec(filtered[t], &step)
		smoothed[t] = &s
	}
	return filtered, smoothed
}

// The unrolled network at equilibrium is the Kalman smoother of the window, whose last
// step is the filter, also with a missing observation; there is one set of parameters.
func TestUnrollIsKalmanSmoother(t *testing.T) {
	ys := []float64{1, -0.5, 2, math.NaN(), 0.25, -1}
	d, err := models.Unroll(timeStep(), len(ys), map[string]string{"x": "previous"})
	check(t, err)
	net, err := graph.New(d, graph.Settings{Precision: graph.Float64})
	check(t, err)
	if n := len(net.Params()); n != 2 {
		t.Errorf("got %d parameters, want the 2 of a step", n)
	}
	clamped := []string{"previous@0"}
	for i, y := range ys {
		if !math.IsNaN(y) {
			clamped = append(clamped, fmt.Sprintf("y@%d", i))
		}
	}
	s, err := net.Session(1, graph.Roles{Clamped: clamped})
	check(t, err)
	check(t, s.ClampFloat64("previous@0", []float64{0.5, -1}))
	for i, y := range ys {
		if !math.IsNaN(y) {
			check(t, s.ClampFloat64(fmt.Sprintf("y@%d", i), []float64{y}))
		}
	}
	check(t, s.Initialize(graph.Start{}, nil))
	r, err := relax.Run(context.Background(), s, relax.Settings{Steps: 20000, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 1e-12}})
	check(t, err)
	if r.Status != relax.Converged {
		t.Errorf("got %v after %d steps", r.Status, r.Steps)
	}
	filtered, smoothed := smoother([]float64{0.5, -1}, ys)
	if mat.EqualApprox(filtered[0], smoothed[0], 1e-3) {
		t.Error("the window shows nothing: what comes later does not matter")
	}
	for i, want := range smoothed {
		x, err := s.Activity(fmt.Sprintf("x@%d", i))
		check(t, err)
		for j := range 2 {
			if got := x.At(j); math.Abs(got-want.AtVec(j)) > 1e-8 {
				t.Errorf("x@%d, unit %d: got %v, want %v", i, j, got, want.AtVec(j))
			}
		}
	}
}

// Names, masks and shared parameters of the copies.
func TestUnrollNames(t *testing.T) {
	d := timeStep()
	d.Nodes = append(d.Nodes, graph.Node{Name: "seen", Shape: graph.Shape{1}, Data: true})
	d.Nodes[2].Mask = "seen"
	d.Predictions = append(d.Predictions, graph.Prediction{Of: "y", From: []string{"x"}, Layer: d.Predictions[1].Layer, Share: "y"})
	got, err := models.Unroll(d, 2, map[string]string{"x": "previous"})
	check(t, err)
	var names []string
	for _, n := range got.Nodes {
		names = append(names, n.Name)
	}
	if want := []string{"previous@0", "x@0", "y@0", "seen@0", "x@1", "y@1", "seen@1"}; !slices.Equal(names, want) {
		t.Errorf("nodes, got %q, want %q", names, want)
	}
	if m := got.Nodes[5].Mask; m != "seen@1" {
		t.Errorf("mask, got %q", m)
	}
	p := got.Predictions[3]
	if p.Name != "x@1" || p.Of != "x@1" || p.From[0] != "x@0" || p.Share != "x@0" {
		t.Errorf("prediction, got %+v", p)
	}
	if p := got.Predictions[5]; p.Name != "y#2@1" || p.Share != "y@0" {
		t.Errorf("shared prediction, got %+v", p)
	}
	_, err = graph.New(got, graph.Settings{})
	check(t, err)
}

func TestUnrollErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		steps int
		carry map[string]string
	}{
		"no steps":         {0, nil},
		"not declared":     {2, map[string]string{"x": "z"}},
		"predicted":        {2, map[string]string{"previous": "x"}},
		"shapes":           {2, map[string]string{"y": "previous"}},
		"two to one input": {2, map[string]string{"x": "previous", "previous": "previous"}},
	} {
		if _, err := models.Unroll(timeStep(), tt.steps, tt.carry); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	d := timeStep()
	d.Nodes[0].Prior = energy.L1{Weight: 1}
	if _, err := models.Unroll(d, 2, map[string]string{"x": "previous"}); err == nil {
		t.Error("prior: got no error")
	}
	d = timeStep()
	d.Nodes[2].Shape = graph.Shape{2}
	if _, err := models.Unroll(d, 2, map[string]string{"x": "previous", "y": "previous"}); err == nil {
		t.Error("two nodes to an input: got no error")
	}
}

func ExampleUnroll() {
	identity := layers.Dense{Out: 1, NoBias: true, Weight: layers.Values{1}}
	d, err := models.Unroll(graph.Declaration{
		Nodes: []graph.Node{{Name: "previous", Shape: graph.Shape{1}}, {Name: "x", Shape: graph.Shape{1}}},
		Predictions: []graph.Prediction{
			{Of: "x", From: []string{"previous"}, Layer: identity},
		},
	}, 3, map[string]string{"x": "previous"})
	if err != nil {
		panic(err)
	}
	for _, p := range d.Predictions {
		fmt.Println(p.Of, "from", p.From[0])
	}
	// Output:
	// x@0 from previous@0
	// x@1 from x@0
	// x@2 from x@1
}
