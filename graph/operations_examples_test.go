package graph_test

import (
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// engines are both of them.
func engines() []graph.Engine { return []graph.Engine{graph.Tape{}, graph.Compiled{}} }

// predicted is what a layer predicts from x, on an engine.
func predicted(t *testing.T, e graph.Engine, layer graph.Layer, in, out graph.Shape, x []float64) []float64 {
	t.Helper()
	net := newNetwork(t, graph.Declaration{
		Nodes:       []graph.Node{{Name: "x", Shape: in}, {Name: "y", Shape: out}},
		Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: layer}},
	}, graph.Settings{Precision: graph.Float64, Engine: e})
	s := newSession(t, net, len(x)/in.Size(), graph.Roles{Clamped: []string{"x"}})
	clamp(t, s, "x", x)
	if err := s.Feedforward(); err != nil {
		t.Fatal(err)
	}
	return activity(t, s, "y")
}

// Sums along inner axes: 12 15 18 30 33 36 and 45 99 in Gorgonia; along an inner axis
// of size 1 its tape machine ended the process.
func TestSumsAlongInnerAxes(t *testing.T) {
	var x []float64
	for i := range 18 {
		x = append(x, float64(i+1))
	}
	for _, e := range engines() {
		sum := func(axes ...int) graph.Layer {
			return unary(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sum(x, axes...) })
		}
		near(t, e.Name(), predicted(t, e, sum(2), graph.Shape{2, 3, 3}, graph.Shape{2, 3}, x), []float64{12, 15, 18, 39, 42, 45}, 0)
		near(t, e.Name(), predicted(t, e, sum(2, 3), graph.Shape{2, 3, 3}, graph.Shape{2}, x), []float64{45, 126}, 0)
		near(t, e.Name(), predicted(t, e, sum(2), graph.Shape{2, 1, 3}, graph.Shape{2, 3}, x[:6]), x[:6], 0)
	}
}

// The gradient of ½(1/√x − 0)² at 4 is 1/√x · (−½x^−1.5) = −0.03125; Gorgonia's was −2.
func TestInverseSqrtGradient(t *testing.T) {
	for _, e := range engines() {
		net := newNetwork(t, graph.Declaration{
			Nodes:       []graph.Node{node("x", 1), node("y", 1)},
			Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: unary(gorgonia.InverseSqrt)}},
		}, graph.Settings{Precision: graph.Float64, Engine: e})
		s := newSession(t, net, 1, graph.Roles{Clamped: []string{"y"}})
		clamp(t, s, "y", []float64{0})
		s.Activities()[0].X.Set(0, 4)
		if _, err := s.Evaluate(make([]float64, 1)); err != nil {
			t.Fatal(err)
		}
		near(t, e.Name(), values(s.Activities()[0].Grad), []float64{-0.03125}, 1e-15)
	}
}

// A leaf of the layer's own would be drawn from the clock, and neither trained nor
// saved.
func TestLeavesOfTheLayersOwn(t *testing.T) {
	tutorial := layerFunc(func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
		w := gorgonia.NewMatrix(b.Graph(), tensor.Float32, gorgonia.WithShape(3, 4), gorgonia.WithName("w"), gorgonia.WithInit(gorgonia.GlorotN(1)))
		return gorgonia.Mul(in[0], w)
	})
	d := graph.Declaration{
		Nodes:       []graph.Node{node("x", 3), node("h", 4)},
		Predictions: []graph.Prediction{{Of: "h", Name: "h1", From: []string{"x"}, Layer: tutorial}},
	}
	_, err := graph.New(d, graph.Settings{})
	mentions(t, err, `prediction "h1" of node "h": leaf "w" of shape (3, 4) was not asked for from the Builder; use b.Param`, "b.ConstantTensor")
	hidden := unary(func(x *gorgonia.Node) (*gorgonia.Node, error) {
		y, _, _, _, err := gorgonia.BatchNorm(x, nil, nil, 0.1, 1e-5)
		return y, err
	})
	d.Nodes[1], d.Predictions[0].Layer = node("h", 3), hidden
	_, err = graph.New(d, graph.Settings{})
	mentions(t, err, "was not asked for from the Builder", "use layers.BatchNorm")

	// a hidden leaf in what a buffer follows is refused too
	follows := layerFunc(func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
		w := gorgonia.NewVector(b.Graph(), tensor.Float32, gorgonia.WithShape(3), gorgonia.WithName("w"))
		_, err := b.Buffer(graph.BufferSpec{Name: "mean", Shape: graph.Shape{3}, Batch: w})
		return in[0], err
	})
	d.Predictions[0].Layer = follows
	_, err = graph.New(d, graph.Settings{})
	mentions(t, err, `buffer "mean"`, `leaf "w"`)
}

// panicking is an operation of the user's that panics when it runs.
type panicking struct{ same }

func (panicking) String() string                               { return "test.panicking" }
func (panicking) Do(...gorgonia.Value) (gorgonia.Value, error) { panic("out of range") }
func (panicking) DiffWRT(int) []bool                           { return []bool{true} }
func (panicking) SymDiff(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	g, err := gorgonia.ApplyOp(panicking{}, grad)
	return gorgonia.Nodes{g}, err
}

// No operation ends the process: a panic, forward or in a derivative, is an error.
func TestPanicsOfOperationsAreErrors(t *testing.T) {
	layer := layers.Sequential{layers.Dense{Out: 3}, unary(func(x *gorgonia.Node) (*gorgonia.Node, error) {
		return gorgonia.ApplyOp(panicking{}, x)
	})}
	for _, e := range engines() {
		net := newNetwork(t, graph.Declaration{
			Nodes:       []graph.Node{node("x", 3), node("y", 3)},
			Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: layer}},
		}, graph.Settings{Engine: e})
		s := newSession(t, net, 2, graph.Roles{})
		_, err := s.Evaluate(make([]float64, 1))
		if err == nil || !strings.Contains(err.Error(), "test.panicking panicked: out of range") {
			t.Errorf("%s: got %v, want an error that names the operation", e.Name(), err)
		}
	}
}

// A raw Reshape does not share its memory: on the tape machine the sum that follows
// would write into the tanh, whose gradient reads it.
func TestRawReshapeDoesNotShare(t *testing.T) {
	reshape := layerFunc(func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
		return gorgonia.Reshape(in[0], tensor.Shape{b.Batch(), 3, 2})
	})
	d := graph.Declaration{
		Nodes: []graph.Node{node("x", 4), {Name: "y", Shape: graph.Shape{3, 2}}},
		Predictions: []graph.Prediction{{Of: "y", From: []string{"x", "x"}, Layer: layers.Sum{
			layers.Sequential{layers.Dense{Out: 6}, layers.Tanh{}, reshape},
			layers.Sequential{layers.Dense{Out: 6}, reshape},
		}}},
	}
	newPair(require{t.Fatalf}, d, graph.Roles{Clamped: []string{"y"}}, graph.Float64, 5, 3, 1).check(require{t.Fatalf}, graph.Float64)
}
