package graph_test

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// f64 are the settings of most tests here.
var f64 = graph.Settings{Precision: graph.Float64, Seed: 3}

// layerFunc is a layer made of a function.
type layerFunc func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error)

func (f layerFunc) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return f(b, in...)
}

// energyFunc is an energy made of a function.
type energyFunc func(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error)

func (f energyFunc) Build(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	return f(b, x, mu)
}

// node declares a node of one axis.
func node(name string, width int) graph.Node {
	return graph.Node{Name: name, Shape: graph.Shape{width}}
}

// dense declares that a node is predicted through a dense layer of tanh.
func dense(of string, width int, from string) graph.Prediction {
	return graph.Prediction{Of: of, From: []string{from}, Layer: layers.Sequential{layers.Tanh{}, layers.Dense{Out: width}}}
}

// chain declares x(3) → h(4) → y(2).
func chain() graph.Declaration {
	return graph.Declaration{
		Nodes:       []graph.Node{node("x", 3), node("h", 4), node("y", 2)},
		Predictions: []graph.Prediction{dense("h", 4, "x"), dense("y", 2, "h")},
	}
}

func newNetwork(t testing.TB, d graph.Declaration, s graph.Settings) *graph.Network {
	t.Helper()
	net, err := graph.New(d, s)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func newSession(t testing.TB, net *graph.Network, batch int, r graph.Roles) *graph.Session {
	t.Helper()
	s, err := net.Session(batch, r)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func initialize(t testing.TB, s *graph.Session) {
	t.Helper()
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		t.Fatal(err)
	}
}

func clamp(t testing.TB, s *graph.Session, node string, data []float64) {
	t.Helper()
	if err := s.ClampFloat64(node, data); err != nil {
		t.Fatal(err)
	}
}

// activity returns a copy of a node's activity.
func activity(t testing.TB, s *graph.Session, node string) []float64 {
	t.Helper()
	v, err := s.View(node)
	if err != nil {
		t.Fatal(err)
	}
	return values(v)
}

func values(v relax.Vector) []float64 {
	out := make([]float64, v.Len())
	for i := range out {
		out[i] = v.At(i)
	}
	return out
}

// gradients returns copies of all parameter gradients, one after another.
func gradients(net *graph.Network) []float64 {
	var out []float64
	for _, p := range net.Params() {
		if g := p.Grads().Float64(); g != nil {
			out = append(out, g...)
			continue
		}
		g := p.Grads().Float32()
		out = append(out, values(relax.Float32(g))...)
	}
	return out
}

// learn returns the total energy and copies of all parameter gradients.
func learn(t testing.TB, s *graph.Session) (float64, []float64) {
	t.Helper()
	e, err := s.Learn(make([]float64, len(s.Terms())))
	if err != nil {
		t.Fatal(err)
	}
	return e, gradients(s.Network())
}

// euler takes some steps of gradient descent and returns the energy after them.
func euler(t testing.TB, s *graph.Session, steps int, size float64) float64 {
	t.Helper()
	r, err := relax.Run(context.Background(), s, relax.Settings{Steps: steps, Control: relax.Constant{Size: size}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Energy
}

func randn(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}

// failer is what tests of both kinds can do: *testing.T and *rapid.T.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// near fails unless all elements agree to a tolerance relative to the largest.
func near(t failer, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d numbers, want %d", what, len(got), len(want))
	}
	size := 1.0
	for _, v := range want {
		size = max(size, math.Abs(v))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance*size) {
			t.Errorf("%s: number %d: got %.17g, want %.17g", what, i, got[i], want[i])
			return
		}
	}
}

// mentions fails unless err is there, belongs to this package and contains every
// part.
func mentions(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one with %q", parts)
	}
	if !strings.HasPrefix(err.Error(), "graph: ") {
		t.Errorf("error %q does not begin with the package's name", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not mention %q", err, part)
		}
	}
}
