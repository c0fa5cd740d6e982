package graph_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// asks is an initialiser that notes what it was asked for.
type asks struct{ spec *graph.ParamSpec }

func (a asks) Fill(dst []float64, p graph.ParamSpec, _ *rand.Rand) error {
	*a.spec = p
	return nil
}

// shaped predicts a sum that is 0, through a parameter of a shape with given fans.
type shaped struct {
	shape       graph.Shape
	fanIn, fans int
	init        graph.Initializer
}

func (l shaped) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	shape := slices.Clone(l.shape)
	w, err := b.Param(graph.ParamSpec{Name: "w", Shape: shape, FanIn: l.fanIn, FanOut: l.fans, Init: l.init})
	if err != nil {
		return nil, err
	}
	shape[0] = 99 // it is the layer's own
	sum, err := gorgonia.Sum(w)
	if err != nil {
		return nil, err
	}
	return gorgonia.Mul(in[0], sum)
}

// Fans that a layer leaves out are the first and the last axis, and the shape that it
// passes is copied.
func TestFansAndShapeOfAParameter(t *testing.T) {
	for _, tt := range []struct{ in, out, wantIn, wantOut int }{{0, 0, 2, 5}, {7, 0, 7, 5}, {0, 8, 2, 8}} {
		var got graph.ParamSpec
		net := newNetwork(t, graph.Declaration{
			Nodes:       []graph.Node{node("x", 4), node("y", 4)},
			Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: shaped{graph.Shape{2, 3, 5}, tt.in, tt.out, asks{&got}}}},
		}, graph.Settings{})
		if got.FanIn != tt.wantIn || got.FanOut != tt.wantOut || !got.Shape.Equal(graph.Shape{2, 3, 5}) {
			t.Errorf("fans %d and %d: got %d, %d and the shape %v, want %d, %d and [2 3 5]", tt.in, tt.out, got.FanIn, got.FanOut, got.Shape, tt.wantIn, tt.wantOut)
		}
		newSession(t, net, 3, graph.Roles{Clamped: []string{"x", "y"}}) // asks again, for the same shape
	}
}

// A session goes on with the parameters of the other seed, packed anew.
func TestSessionsSeeReinitializedParameters(t *testing.T) {
	d := graph.Declaration{
		Nodes:       []graph.Node{node("x", 64), node("h", 64), node("y", 32)},
		Predictions: []graph.Prediction{dense("h", 64, "x"), dense("y", 32, "h")},
	}
	energy := func(s *graph.Session) float64 {
		t.Helper()
		e, err := s.Evaluate(make([]float64, 2))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	start := func(seed uint64) (*graph.Network, *graph.Session) {
		t.Helper()
		net := newNetwork(t, d, graph.Settings{Seed: seed})
		s := newSession(t, net, 16, graph.Roles{Clamped: []string{"x", "y"}})
		for i, name := range []string{"x", "y"} {
			data := make([]float64, 16*[]int{64, 32}[i])
			for j := range data {
				data[j] = float64(j%7) - 3
			}
			clamp(t, s, name, data)
		}
		h, err := s.View("h")
		if err != nil {
			t.Fatal(err)
		}
		h.Fill(0.5)
		return net, s
	}
	net, s := start(1)
	first := energy(s)
	if err := net.Reinitialize(2); err != nil {
		t.Fatal(err)
	}
	_, other := start(2)
	if got, want := energy(s), energy(other); got != want || got == first {
		t.Errorf("energy, got %v, want %v as of a network of that seed; before %v", got, want, first)
	}
}

// buffered has a buffer that starts at random values.
type buffered struct{}

func (buffered) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	v, err := b.Buffer(graph.BufferSpec{Name: "offset", Shape: graph.Shape{3}, Init: layers.Normal{Std: 1}})
	if err != nil {
		return nil, err
	}
	return gorgonia.BroadcastAdd(in[0], v, nil, []byte{0})
}

// Buffers are drawn anew under another seed, like parameters.
func TestReinitializeDrawsBuffers(t *testing.T) {
	d := graph.Declaration{
		Nodes:       []graph.Node{node("x", 3), node("y", 3)},
		Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: buffered{}}},
	}
	values := func(net *graph.Network) []float64 {
		t.Helper()
		b, err := net.Buffer("y/offset")
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(b.Value.Float64s())
	}
	net, other := newNetwork(t, d, graph.Settings{Precision: graph.Float64, Seed: 1}), newNetwork(t, d, graph.Settings{Precision: graph.Float64, Seed: 2})
	before := values(net)
	if err := net.Reinitialize(2); err != nil {
		t.Fatal(err)
	}
	if got := values(net); !slices.Equal(got, values(other)) || slices.Equal(got, before) {
		t.Errorf("got %v, want %v as of a network of that seed; before %v", got, values(other), before)
	}
}

// A node that predicts nothing which is held is never reached.
func TestReachOfADeadEnd(t *testing.T) {
	net := newNetwork(t, graph.Declaration{
		Nodes:       []graph.Node{node("x", 2), node("h", 2), node("y", 2), node("dead", 2)},
		Predictions: []graph.Prediction{dense("h", 2, "x"), dense("y", 2, "h"), dense("dead", 2, "x")},
	}, graph.Settings{})
	r, err := net.Reach(graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	nodes, params := r.Never()
	if !slices.Equal(nodes, []string{"dead"}) || len(params) != 2 || r.Steps() != 1 {
		t.Errorf("never reached: got %v and %v, others after %d steps, want dead with its two parameters, and 1", nodes, params, r.Steps())
	}
}

// rows is an energy whose data are distributions.
type rows struct{}

func (rows) Build(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	return graph.SquaredError(b, x, mu)
}

func (rows) Domain() graph.Domain { return graph.Domain{Distribution: true} }

// Rows of a distribution may miss 1 by a thousandth, not by more, and rows of zeros
// want Blank.
func TestRowsOfADistribution(t *testing.T) {
	d := graph.Declaration{
		Nodes:       []graph.Node{node("x", 2), node("y", 2)},
		Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: layers.Dense{Out: 2}, Energy: rows{}}},
	}
	s := newSession(t, newNetwork(t, d, f64), 1, graph.Roles{Clamped: []string{"x", "y"}})
	for _, tt := range []struct {
		y  []float64
		ok bool
	}{{[]float64{.5, .5}, true}, {[]float64{.5009, .5}, true}, {[]float64{.4991, .5}, true}, {[]float64{.502, .5}, false}, {[]float64{.498, .5}, false}, {[]float64{0, 0}, false}} {
		if err := s.ClampFloat64("y", tt.y); tt.ok != (err == nil) {
			t.Errorf("%v: got error %v, want one: %v", tt.y, err, !tt.ok)
		}
	}
}

// The prior of an output is no more a part of the energy than its prediction.
func TestPriorOfAnOutput(t *testing.T) {
	d := graph.Declaration{
		Nodes:       []graph.Node{node("x", 2), {Name: "h", Shape: graph.Shape{2}, Prior: norm{}}, {Name: "y", Shape: graph.Shape{2}, Prior: norm{}}},
		Predictions: []graph.Prediction{dense("h", 2, "x"), dense("y", 2, "h")},
	}
	net := newNetwork(t, d, f64)
	s := newSession(t, net, 1, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
	if got, want := s.Terms(), []string{"h", "prior(h)"}; !slices.Equal(got, want) {
		t.Errorf("terms, got %q, want %q", got, want)
	}
}

// norm is Σx².
type norm struct{}

func (norm) Build(_ *graph.Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	sq, err := gorgonia.Square(x)
	if err != nil {
		return nil, err
	}
	return gorgonia.Sum(sq)
}
