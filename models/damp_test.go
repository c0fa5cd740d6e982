package models_test

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
)

// spreadOf returns the mean squares of the nodes of a network at its feedforward values,
// relative to the first.
func spreadOf(t *testing.T, d graph.Declaration) (out []float64) {
	t.Helper()
	net, err := graph.New(d, graph.Settings{Seed: 3, Precision: graph.Float64})
	check(t, err)
	s, err := net.Session(16, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
	check(t, err)
	x := make([]float64, 16*d.Nodes[0].Shape.Size())
	for i := range x {
		x[i] = math.Sin(float64(i * i))
	}
	check(t, s.ClampFloat64("x", x))
	check(t, s.Initialize(graph.Start{}, nil))
	for _, n := range d.Nodes[1:] {
		v, err := s.Activity(n.Name)
		check(t, err)
		out = append(out, v.Dot(v)/float64(v.Len()))
	}
	for i := len(out) - 1; i >= 0; i-- {
		out[i] /= out[0]
	}
	return out
}

// deepGraph has depth nodes, each predicted by a layer of a kind of merge.
func deepGraph(kind string, depth int) graph.Declaration {
	const width = 192
	dense := func() graph.Layer { return layers.Dense{Out: width, NoBias: true, Weight: layers.KaimingNormal{}} }
	rectified := func() graph.Layer {
		return layers.Sequential{layers.ReLU{}, layers.Dense{Out: width, NoBias: true, Weight: layers.KaimingNormal{Gain: math.Sqrt2}}}
	}
	d := graph.Declaration{
		Nodes:       []graph.Node{{Name: "x", Shape: graph.Shape{width}}, {Name: "h0", Shape: graph.Shape{width}}},
		Predictions: []graph.Prediction{{Of: "h0", From: []string{"x"}, Layer: dense()}},
	}
	for i := 1; i <= depth; i++ {
		name, below := fmt.Sprint("h", i), fmt.Sprint("h", i-1)
		further := fmt.Sprint("h", max(0, i-2))
		if i == depth {
			name = "y"
		}
		p := graph.Prediction{Of: name, From: []string{below}}
		switch kind {
		case "skip":
			p.Layer = layers.Residual{Body: rectified()}
		case "skip and two branches":
			p.From = []string{below, below, further}
			p.Layer = layers.Sum{layers.Identity{}, rectified(), dense()}
		case "three branches":
			p.From = []string{below, further, "x"}
			p.Layer = layers.Sum{rectified(), dense(), dense()}
		case "projected skip":
			p.Layer = layers.Residual{Body: rectified(), Skip: dense()}
		case "two blocks in a layer":
			p.Layer = layers.Sequential{layers.Residual{Body: rectified()}, layers.Residual{Body: dense()}}
		}
		d.Nodes = append(d.Nodes, graph.Node{Name: name, Shape: graph.Shape{width}})
		d.Predictions = append(d.Predictions, p)
	}
	return d
}

// Mean squares stay of one size at any depth; without damping they grow with it.
func TestDampKeepsActivitiesOfOneSize(t *testing.T) {
	for _, kind := range []string{"skip", "skip and two branches", "three branches", "projected skip", "two blocks in a layer"} {
		for _, depth := range []int{8, 64} {
			d := deepGraph(kind, depth)
			got := spreadOf(t, models.Damp(d))
			for i, v := range got {
				if !(v > 0.2 && v < 5) { // (1 + 1/L)^L is at most e; a finite width adds a drift
					t.Errorf("%s, depth %d: mean square of node %d is %v times the first", kind, depth, i, v)
					break
				}
			}
			if plain := spreadOf(t, d); plain[len(plain)-1] < 30 {
				t.Errorf("%s, depth %d: %v without damping: the test shows nothing", kind, depth, plain[len(plain)-1])
			}
		}
	}
}

// Images too: a residual network of many blocks, whose stages begin with projections.
func TestDampConvolutions(t *testing.T) {
	m := models.ResNet{Input: graph.Shape{1, 8, 8}, Classes: 8, Width: 8, Blocks: []int{8, 8}, Init: layers.KaimingNormal{Gain: math.Sqrt2}}
	d, err := m.Declaration()
	check(t, err)
	damped, plain := spreadOf(t, models.Damp(d)), spreadOf(t, d)
	n := len(plain) - 2 // the last block
	if ratio := plain[n] / damped[n]; !(ratio > 100) || !(damped[n] > 0.05 && damped[n] < 20) {
		t.Errorf("the last block has %v times the first, %v without damping", damped[n], plain[n])
	}
}

// The factors, by the way through the network; the declaration itself stays as it was.
func TestDampFactors(t *testing.T) {
	body := layers.Dense{Out: 4}
	scaled := func(l graph.Layer, k float64) layers.Sequential {
		return layers.Sequential{l, layers.Scale{Factor: 1 / math.Sqrt(k)}}
	}
	node := func(names string) (out []graph.Node) {
		for name := range strings.SplitSeq(names, " ") {
			out = append(out, graph.Node{Name: name, Shape: graph.Shape{4}})
		}
		return out
	}
	from := func(of string, l graph.Layer, names ...string) graph.Prediction {
		return graph.Prediction{Of: of, From: names, Layer: l}
	}
	skip := layers.Residual{Body: body}
	for name, c := range map[string]struct{ d, want graph.Declaration }{
		"two in a row, one beside": {
			graph.Declaration{Nodes: node("x a b c"), Predictions: []graph.Prediction{from("a", skip, "x"), from("b", skip, "a"), from("c", skip, "x")}},
			graph.Declaration{Nodes: node("x a b c"), Predictions: []graph.Prediction{
				from("a", layers.Residual{Body: scaled(body, 2)}, "x"), from("b", layers.Residual{Body: scaled(body, 2)}, "a"), from("c", layers.Residual{Body: scaled(body, 2)}, "x"),
			}},
		},
		"declared from behind": {
			graph.Declaration{Nodes: node("x a b"), Predictions: []graph.Prediction{from("b", skip, "a"), from("a", skip, "x")}},
			graph.Declaration{Nodes: node("x a b"), Predictions: []graph.Prediction{
				from("b", layers.Residual{Body: scaled(body, 2)}, "a"), from("a", layers.Residual{Body: scaled(body, 2)}, "x"),
			}},
		},
		"a cycle": {
			graph.Declaration{Nodes: node("x a b"), Predictions: []graph.Prediction{from("a", skip, "b"), from("b", skip, "a"), from("x", skip, "a")}},
			graph.Declaration{Nodes: node("x a b"), Predictions: []graph.Prediction{
				from("a", layers.Residual{Body: scaled(body, 3)}, "b"), from("b", layers.Residual{Body: scaled(body, 3)}, "a"), from("x", layers.Residual{Body: scaled(body, 3)}, "a"),
			}},
		},
		"a cycle without a skip": {
			graph.Declaration{Nodes: node("x a b c"), Predictions: []graph.Prediction{from("a", body, "b"), from("b", body, "a"), from("c", skip, "x"), from("x", skip, "a")}},
			graph.Declaration{Nodes: node("x a b c"), Predictions: []graph.Prediction{
				from("a", body, "b"), from("b", body, "a"), from("c", layers.Residual{Body: scaled(body, 2)}, "x"), from("x", layers.Residual{Body: scaled(body, 2)}, "a"),
			}},
		},
		"a cycle without a skip beside two": {
			graph.Declaration{Nodes: node("x a b c d"), Predictions: []graph.Prediction{from("a", body, "b"), from("b", body, "a"), from("c", skip, "x"), from("d", skip, "x")}},
			graph.Declaration{Nodes: node("x a b c d"), Predictions: []graph.Prediction{from("a", body, "b"), from("b", body, "a"), from("c", skip, "x"), from("d", skip, "x")}},
		},
		"add, and nothing to damp": {
			graph.Declaration{Nodes: node("x a b c"), Predictions: []graph.Prediction{
				from("a", body, "x"), from("b", layers.Add{}, "x", "a", "c"), from("c", layers.Sequential{layers.Add{}, layers.Tanh{}}, "x", "a"),
			}},
			graph.Declaration{Nodes: node("x a b c"), Predictions: []graph.Prediction{
				from("a", body, "x"), from("b", scaled(layers.Add{}, 3), "x", "a", "c"), from("c", layers.Sequential{scaled(layers.Add{}, 2), layers.Tanh{}}, "x", "a"),
			}},
		},
		"two skips are two branches": {
			graph.Declaration{Nodes: node("x a"), Predictions: []graph.Prediction{from("a", layers.Sum{layers.Identity{}, layers.Identity{}, layers.Sequential{layers.Tanh{}, body}}, "x", "x", "x")}},
			graph.Declaration{Nodes: node("x a"), Predictions: []graph.Prediction{
				from("a", layers.Sum{
					scaled(layers.Identity{}, 3), scaled(layers.Identity{}, 3),
					layers.Sequential{layers.Tanh{}, body, layers.Scale{Factor: 1 / math.Sqrt(3)}},
				}, "x", "x", "x"),
			}},
		},
	} {
		before := fmt.Sprintf("%+v", c.d)
		if diff := cmp.Diff(c.want, models.Damp(c.d), cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if after := fmt.Sprintf("%+v", c.d); after != before {
			t.Errorf("%s: the declaration changed: %s, was %s", name, after, before)
		}
	}
}
