package graph_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// Predict is the feedforward pass of a session, for outputs and for hidden nodes, at
// any batch size, also after parameters have changed.
func TestPredictIsTheFeedforwardPass(t *testing.T) {
	for _, settings := range []graph.Settings{{Precision: graph.Float32}, {Precision: graph.Float64}, {Engine: graph.Tape{}}} {
		net := newNetwork(t, chain(), settings)
		x, err := net.Node("x")
		if err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(rt *rapid.T) {
			batch := rapid.IntRange(1, 20).Draw(rt, "batch") // more than are kept
			node := rapid.SampledFrom([]string{"h", "y"}).Draw(rt, "node")
			size := batch * x.Shape.Size()
			data := rapid.SliceOfN(rapid.Float32Range(-3, 3), size, size).Draw(rt, "x")
			p := net.Params()[0]
			p.Values().Set(0, rapid.Float64Range(-1, 1).Draw(rt, "weight"))
			p.Changed()
			got, err := net.Predict(map[string][]float32{"x": data}, node)
			if err != nil {
				rt.Fatal(err)
			}
			s := newSession(t, net, batch, graph.Roles{Clamped: []string{"x"}})
			if err := s.Clamp("x", data); err != nil {
				rt.Fatal(err)
			}
			if err := s.Feedforward(); err != nil {
				rt.Fatal(err)
			}
			want, err := s.Activity(node)
			if err != nil {
				rt.Fatal(err)
			}
			if len(got) != batch || !slices.Equal(slices.Concat(got...), want.AppendTo(nil)) {
				rt.Fatalf("node %q at batch %d: got %v, want %v", node, batch, got, want.AppendTo(nil))
			}
		})
	}
}

// Data of the node that is predicted makes no difference, and rows stay what they were
// when the network predicts again.
func TestPredictIgnoresTheTarget(t *testing.T) {
	net := newNetwork(t, chain(), graph.Settings{})
	x := []float32{1, 2, 3}
	a, err := net.Predict(map[string][]float32{"x": x}, "y")
	if err != nil {
		t.Fatal(err)
	}
	kept := slices.Clone(a[0])
	b, err := net.Predict(map[string][]float32{"x": x, "y": nil}, "y")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a[0], b[0]) {
		t.Errorf("with a target: got %v, want %v", b, a)
	}
	if _, err := net.Predict(map[string][]float32{"x": {3, 2, 9}}, "y"); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a[0], kept) {
		t.Errorf("rows changed from %v to %v", kept, a[0])
	}
}

// A node that reads data and a node without a value has none either.
func TestPredictRefuses(t *testing.T) {
	net := newNetwork(t, chain(), graph.Settings{})
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		data map[string][]float32
		node string
		want string
	}{
		"size":        {map[string][]float32{"x": {1, 2}}, "y", `node "x": data, got 2 numbers, want a multiple of 3`},
		"empty":       {map[string][]float32{"x": {}}, "y", `got 0 numbers`},
		"no data":     {nil, "y", "got no data"},
		"samples":     {map[string][]float32{"h": make([]float32, 64), "x": {1, 2, 3}}, "y", `samples, want`},
		"unknown":     {map[string][]float32{"u": {1}}, "y", `node "u": not declared; the nodes are`},
		"target":      {map[string][]float32{"x": {1, 2, 3}}, "u", `node "u": not declared; the nodes are`},
		"NaN":         {map[string][]float32{"x": {1, nan, 3}}, "y", "sample 0, unit 1, got NaN"},
		"unpredicted": {map[string][]float32{"y": {1, 2}}, "h", `node "h": has no value in a feedforward pass from y, because node "x"`},
	} {
		if rows, err := net.Predict(c.data, c.node); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, error %v, want one with %q", name, rows, err, c.want)
		}
	}
	if _, err := net.Predict(map[string][]float32{"x": {1, 2, 3}}, "y"); err != nil {
		t.Errorf("after the errors: %v", err)
	}
}

// Forward returns a view that the next call writes anew, and reads a node without a
// value as 0.
func TestForward(t *testing.T) {
	net := newNetwork(t, chain(), graph.Settings{Precision: graph.Float64})
	forward := func(batch int, data map[string][]float32, node string) relax.Vector {
		v, err := net.Forward(batch, data, node)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	a := forward(1, map[string][]float32{"x": {1, 2, 3}}, "y")
	first := a.AppendTo(nil)
	forward(2, map[string][]float32{"x": {9, 2, 3, 1, 1, 1}}, "y")
	forward(1, map[string][]float32{"x": {1, 2, 4}}, "y")
	if second := a.AppendTo(nil); slices.Equal(first, second) {
		t.Errorf("the view still holds %v", first)
	}
	zero := forward(1, map[string][]float32{"x": {0, 0, 0}}, "h").AppendTo(nil)
	if guess := forward(1, map[string][]float32{"y": {1, 2}}, "h").AppendTo(nil); !slices.Equal(guess, zero) {
		t.Errorf("from x = 0: got %v, want %v", guess, zero)
	}
}
