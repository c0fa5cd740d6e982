package baselines_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// Fixed predictions give backprop: exactly after one step a hidden layer with
// γ = 1, in the limit of many steps otherwise.
func TestFixedPredictionIsBackprop(t *testing.T) {
	net := biasedTanh(t, graph.Float64)
	b := randomBatch(net, 3, rand.New(rand.NewPCG(1, 2)))
	bp := gradients(t, net, &train.Backprop{}, b)
	for _, rule := range []*baselines.FixedPrediction{{Steps: 4, Size: 1}, {Steps: 200, Size: .3}} {
		if d := furthest(gradients(t, net, rule, b), bp); d > 1e-12 {
			t.Errorf("%d steps of %g: gradients differ from backprop's by %g", rule.Steps, rule.Size, d)
		}
	}
	if d := furthest(gradients(t, net, &baselines.FixedPrediction{Steps: 3, Size: 1}, b), bp); d < 1e-3 {
		t.Errorf("3 steps through 4 hidden layers: the gradients are backprop's already, within %g", d)
	}
	single := biasedTanh(t, graph.Float32)
	if d := furthest(gradients(t, single, &baselines.FixedPrediction{Steps: 4, Size: 1}, b), gradients(t, single, &train.Backprop{}, b)); d > 1e-5 {
		t.Errorf("float32: gradients differ from backprop's by %g", d)
	}
}

// With orthogonal weights the pseudo-inverse is the transpose, and target
// propagation is backprop.
func TestTargetPropagationOrthogonal(t *testing.T) {
	net := mlp(t, models.MLP{Widths: []int{5, 5, 5, 5}, Init: layers.Orthogonal{}}, 2)
	b := randomBatch(net, 3, rand.New(rand.NewPCG(1, 2)))
	if d := furthest(gradients(t, net, &baselines.TargetPropagation{}, b), gradients(t, net, &train.Backprop{}, b)); d > 1e-12 {
		t.Errorf("gradients differ from backprop's by %g", d)
	}
}

// Closed form: through square invertible matrices the output moves straight to
// its target, to first order, by Σ_l ‖x_{l−1}‖² times the error.
func TestTargetPropagationGoesStraight(t *testing.T) {
	const rate = 1e-6
	net := mlp(t, models.MLP{Widths: []int{4, 4, 4, 4}, Init: layers.XavierNormal{}}, 2)
	x := []float32{1, -.5, 2, .25}
	b := &train.Batch{Size: 1, Values: map[string][]float32{"x": x, "y": {1, 2, 3, 4}}}
	predict := output(t, net, x)
	before := predict()
	s := clampedSession(t, net, b)
	squares := 0.0
	for _, v := range x {
		squares += float64(v * v)
	}
	for _, a := range s.Activities() {
		squares += a.X.Dot(a.X)
	}
	if _, err := train.Learn(context.Background(), net, &baselines.TargetPropagation{}, &train.SGD{}, rate, b); err != nil {
		t.Fatal(err)
	}
	for i, after := range predict() {
		want := rate * squares * (float64(b.Values["y"][i]) - before[i])
		if got := after - before[i]; math.Abs(got-want) > 1e-3*math.Abs(want) {
			t.Errorf("output %d moved by %g, want %g", i, got, want)
		}
	}
}

// The rules that are written out say what network they want.
func TestChainRulesRefuse(t *testing.T) {
	rules := map[string]train.Rule{
		"target propagation": &baselines.TargetPropagation{},
		"fixed prediction":   &baselines.FixedPrediction{Steps: 1, Size: 1},
		"gaussian filter":    &baselines.GaussianFilter{},
		"generec":            &baselines.GeneRec{Settling: baselines.Settling{Steps: 1, Size: .1}},
		"hopfield":           &baselines.Hopfield{Settling: baselines.Settling{Steps: 1, Size: .1}},
		"almeida-pineda":     &baselines.AlmeidaPineda{Settling: baselines.Settling{Steps: 1, Size: .1}},
	}
	after, err := models.MLP{Widths: []int{2, 2, 2}, Activation: layers.Tanh{}, Placement: models.After}.New(graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	n := func(name string) graph.Node { return graph.Node{Name: name, Shape: graph.Shape{2}} }
	dense := layers.Dense{Out: 2}
	skip, err := graph.New(graph.Declaration{Nodes: []graph.Node{n("x"), n("h"), n("y")}, Predictions: []graph.Prediction{
		{Of: "h", From: []string{"x"}, Layer: dense},
		{Of: "y", From: []string{"h", "x"}, Layer: layers.Sum{dense, dense}},
	}}, graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for name, rule := range rules {
		for what, net := range map[string]*graph.Network{"value node after f": after, "skip connection": skip} {
			if _, err := rule.Gradients(context.Background(), net, randomBatch(net, 2, rand.New(rand.NewPCG(1, 2)))); err == nil {
				t.Errorf("%s, %s: want an error", name, what)
			}
		}
	}
	if _, err := rules["target propagation"].Gradients(context.Background(), deepTanh(t), randomBatch(deepTanh(t), 2, rand.New(rand.NewPCG(1, 2)))); err == nil {
		t.Error("target propagation through tanh: want an error")
	}
}

// A chain may be declared in any order.
func TestChainInAnyOrder(t *testing.T) {
	net := biasedTanh(t, graph.Float64)
	d := net.Declaration()
	d.Nodes, d.Predictions = slices.Clone(d.Nodes), slices.Clone(d.Predictions) // the network's own
	slices.Reverse(d.Nodes)
	slices.Reverse(d.Predictions)
	turned, err := graph.New(d, net.Settings())
	if err != nil {
		t.Fatal(err)
	}
	b := randomBatch(net, 3, rand.New(rand.NewPCG(1, 2)))
	rule := func() train.Rule { return &baselines.FixedPrediction{Steps: 9, Size: .5} }
	gradients(t, net, rule(), b)
	gradients(t, turned, rule(), b)
	for _, p := range net.Params() {
		q, err := turned.Param(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(paramGrad(p), paramGrad(q)) {
			t.Errorf("parameter %q: the gradients differ", p.Name)
		}
	}
}

// Energy in Stats is what each rule says: backprop's loss for Z-IL, ½‖target−μ‖²
// of the feedforward output for the rules by hand that start from it, and of the
// settled free output for those that settle.
func TestStatsEnergy(t *testing.T) {
	net, b := settlingNet(t)
	energy := func(rule train.Rule) float64 {
		t.Helper()
		stats, err := rule.Gradients(context.Background(), net, b)
		if err != nil {
			t.Fatal(err)
		}
		return stats.Energy
	}
	feedforward := newLoops(t, net, b, layers.Identity{}.At).loss(b.Values["y"])
	settled := func(drive func(n *loops) func(l, j int) float64) float64 {
		n := newLoops(t, net, b, layers.Tanh{}.At)
		n.settle(30, .05, 3, drive(n))
		return n.loss(b.Values["y"])
	}
	settling := baselines.Settling{Steps: 30, Size: .05, Output: layers.Tanh{}}
	for name, c := range map[string]struct {
		rule train.Rule
		want float64
	}{
		"backprop":         {&train.Backprop{}, feedforward},
		"Z-IL":             {&train.ZIL{}, feedforward},
		"fixed prediction": {&baselines.FixedPrediction{Steps: 2, Size: 0.3}, feedforward},
		"GeneRec":          {&baselines.GeneRec{Settling: settling}, settled(func(n *loops) func(l, j int) float64 { return n.energyDrive(1) })},
		"Hopfield":         {&baselines.Hopfield{Settling: settling}, settled(func(n *loops) func(l, j int) float64 { return n.energyDrive(0) })},
		"Almeida-Pineda": {&baselines.AlmeidaPineda{Settling: settling}, settled(func(n *loops) func(l, j int) float64 {
			return func(l, j int) float64 { return -n.x[l][j] + n.below(l, j) + n.above(l, j) }
		})},
	} {
		if got := energy(c.rule); math.Abs(got-c.want) > 1e-12*c.want || c.want == 0 {
			t.Errorf("%s: energy, got %v, want %v", name, got, c.want)
		}
	}
	net = mlp(t, models.MLP{Widths: []int{3, 3, 2}}, 1)
	want := energy(&train.Backprop{})
	if got := energy(&baselines.TargetPropagation{}); math.Abs(got-want) > 1e-12*want {
		t.Errorf("target propagation: energy, got %v, want %v", got, want)
	}
}

// Average divides the gradients by the batch size, and changes nothing else.
func TestAverage(t *testing.T) {
	const size = 3
	settling := func(average bool) baselines.Settling {
		return baselines.Settling{Steps: 20, Size: 0.1, Output: layers.Tanh{}, Average: average}
	}
	for name, c := range map[string]struct {
		rule   func(average bool) train.Rule
		linear bool
	}{
		"fixed prediction":   {rule: func(a bool) train.Rule { return &baselines.FixedPrediction{Steps: 3, Size: 0.5, Average: a} }},
		"target propagation": {rule: func(a bool) train.Rule { return &baselines.TargetPropagation{Average: a} }, linear: true},
		"GeneRec":            {rule: func(a bool) train.Rule { return &baselines.GeneRec{Settling: settling(a)} }},
		"GeneRec, nudged":    {rule: func(a bool) train.Rule { return &baselines.GeneRec{Settling: settling(a), Nudge: 0.1} }},
		"Hopfield":           {rule: func(a bool) train.Rule { return &baselines.Hopfield{Settling: settling(a)} }},
		"Almeida-Pineda":     {rule: func(a bool) train.Rule { return &baselines.AlmeidaPineda{Settling: settling(a)} }},
	} {
		net := biasedTanh(t, graph.Float64)
		if c.linear {
			net = mlp(t, models.MLP{Widths: []int{4, 4, 3}}, 1)
		}
		b := randomBatch(net, size, rand.New(rand.NewPCG(1, 2)))
		sum, mean := gradients(t, net, c.rule(false), b), gradients(t, net, c.rule(true), b)
		for i := range sum {
			for j, g := range sum[i] {
				if got, want := mean[i][j], g/size; math.Abs(got-want) > 1e-12*max(1e-2, math.Abs(want)) {
					t.Fatalf("%s: parameter %d, element %d: got %v, want %v", name, i, j, got, want)
				}
			}
		}
	}
}
