package graph_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// twoNodes declares a(3) → b(3) through a layer.
func twoNodes(l graph.Layer) graph.Declaration {
	return graph.Declaration{
		Nodes:       []graph.Node{node("a", 3), node("b", 3)},
		Predictions: []graph.Prediction{{Of: "b", From: []string{"a"}, Layer: l}},
	}
}

// scaled is a layer a ⊙ w with a parameter as asked for.
func scaled(spec func(b *graph.Builder) graph.ParamSpec) graph.Layer {
	return layerFunc(func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
		w, err := b.Param(spec(b))
		if err != nil {
			return nil, err
		}
		return gorgonia.BroadcastHadamardProd(in[0], w, nil, []byte{0})
	})
}

type fillFunc func(dst []float64)

func (f fillFunc) Fill(dst []float64, _ graph.ParamSpec, _ *rand.Rand) error {
	f(dst)
	return nil
}

// A layer that misbehaves is an error of New that names the prediction.
func TestLayerErrors(t *testing.T) {
	spec := func(s graph.ParamSpec) graph.Layer {
		return scaled(func(*graph.Builder) graph.ParamSpec { return s })
	}
	tests := []struct {
		name  string
		layer graph.Layer
		want  []string
	}{
		{"error", layerFunc(func(*graph.Builder, ...*gorgonia.Node) (*gorgonia.Node, error) {
			return nil, errors.New("no luck")
		}), []string{"no luck"}},
		{"panic", layerFunc(func(*graph.Builder, ...*gorgonia.Node) (*gorgonia.Node, error) { panic("oops") }), []string{"panicked: oops"}},
		{"panic of Gorgonia", layerFunc(func(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
			return gorgonia.Must(gorgonia.Reshape(in[0], tensor.Shape{99})), nil
		}), []string{"panicked"}},
		{"nil", layerFunc(func(*graph.Builder, ...*gorgonia.Node) (*gorgonia.Node, error) { return nil, nil }), []string{"returned no node"}},
		{"scalar", layerFunc(func(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
			return gorgonia.Sum(in[0])
		}), []string{"shape of the prediction", "want [3]"}},
		{"parameter without a name", spec(graph.ParamSpec{Shape: graph.Shape{3}}), []string{"without a name", "ParamSpec.Name"}},
		{"parameter without axes", spec(graph.ParamSpec{Name: "w"}), []string{`"b/w"`, "shape is empty", "at least one axis"}},
		{"parameter of no size", spec(graph.ParamSpec{Name: "w", Shape: graph.Shape{3, 0}}), []string{`"b/w"`, "[3 0]", "at least 1"}},
		{"initialiser draws NaN", spec(graph.ParamSpec{Name: "w", Shape: graph.Shape{3}, Init: fillFunc(func(dst []float64) { dst[1] = math.NaN() })}), []string{`"b/w"`, "NaN", "finite"}},
		{"initialiser fails", spec(graph.ParamSpec{Name: "w", Shape: graph.Shape{3}, Init: layers.Values{1, 2}}), []string{`"b/w"`, "got 2", "want 3"}},
		{"initialiser panics", spec(graph.ParamSpec{Name: "w", Shape: graph.Shape{3}, Init: fillFunc(func([]float64) { panic("oops") })}), []string{"panicked: oops"}},
		{"unused parameter", layerFunc(func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
			_, err := b.Param(graph.ParamSpec{Name: "w", Shape: graph.Shape{3}})
			return in[0], err
		}), []string{`"b/w"`, "without using it"}},
		{"constant of the wrong size", layerFunc(func(b *graph.Builder, _ ...*gorgonia.Node) (*gorgonia.Node, error) {
			return b.ConstantTensor("c", graph.Shape{3}, []float64{1})
		}), []string{`constant "c"`, "got 1", "want 3"}},
		{"reads an unknown node", layerFunc(func(b *graph.Builder, _ ...*gorgonia.Node) (*gorgonia.Node, error) {
			return b.Activity("z")
		}), []string{`"z"`, "not declared", `"a", "b"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := graph.New(twoNodes(tt.layer), f64)
			want := tt.want
			if tt.name != "unused parameter" {
				want = append(want, `prediction "b" of node "b"`)
			}
			mentions(t, err, want...)
		})
	}
}

// Initial values that float32 cannot hold are an error there and none in float64.
func TestInitialValueBeyondFloat32(t *testing.T) {
	d := twoNodes(layers.Dense{Out: 3, Weight: layers.Constant{Value: 1e300}})
	_, err := graph.New(d, graph.Settings{})
	mentions(t, err, `"b/weight"`, "1e+300", "f32")
	newNetwork(t, d, f64)
}

func TestEnergyErrors(t *testing.T) {
	for name, e := range map[string]energyFunc{
		"want a scalar": func(_ *graph.Builder, x, _ *gorgonia.Node) (*gorgonia.Node, error) { return x, nil },
		"panicked":      func(*graph.Builder, *gorgonia.Node, *gorgonia.Node) (*gorgonia.Node, error) { panic(1) },
		"no node":       func(*graph.Builder, *gorgonia.Node, *gorgonia.Node) (*gorgonia.Node, error) { return nil, nil },
	} {
		d := twoNodes(layers.Dense{Out: 3})
		d.Predictions[0].Energy = e
		_, err := graph.New(d, f64)
		mentions(t, err, `prediction "b" of node "b"`, name)
	}
}

// A layer must ask for the same parameters at every batch size.
func TestParametersThatDependOnTheBatch(t *testing.T) {
	tests := []struct {
		name string
		spec func(b *graph.Builder) graph.ParamSpec
		want []string
	}{
		{"shape", func(b *graph.Builder) graph.ParamSpec {
			if b.Batch() == 2 {
				return graph.ParamSpec{Name: "w", Shape: graph.Shape{3}}
			}
			return graph.ParamSpec{Name: "w", Shape: graph.Shape{b.Batch()}}
		}, []string{`"b/w"`, "got [5]", "want [3]"}},
		{"another", func(b *graph.Builder) graph.ParamSpec {
			if b.Batch() == 2 {
				return graph.ParamSpec{Name: "w", Shape: graph.Shape{3}}
			}
			return graph.ParamSpec{Name: "v", Shape: graph.Shape{3}}
		}, []string{`"b/v"`, "after the network was declared"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			net := newNetwork(t, twoNodes(scaled(tt.spec)), f64)
			_, err := net.Session(5, graph.Roles{Clamped: []string{"a"}})
			mentions(t, err, append(tt.want, "same", `prediction "b"`)...)
		})
	}
	t.Run("none", func(t *testing.T) {
		layer := layerFunc(func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
			if b.Batch() != 2 {
				return in[0], nil
			}
			return layers.Dense{Out: 3}.Build(b, in...)
		})
		_, err := newNetwork(t, twoNodes(layer), f64).Session(5, graph.Roles{Clamped: []string{"a"}})
		mentions(t, err, `"b/weight"`, "no layer asks for it at batch size 5", "same parameters")
	})
}

// Each parameter draws from a random source of its name: the rest of
// the network looks like, and in which order, does not matter.
func TestInitialParametersDependOnTheNameAlone(t *testing.T) {
	d := chain()
	before := map[string][]float64{}
	for _, p := range newNetwork(t, d, f64).Params() {
		v := p.Values().Float64()
		before[p.Name] = slices.Clone(v)
	}
	d.Nodes = append([]graph.Node{node("g", 5)}, d.Nodes...)
	d.Predictions = append([]graph.Prediction{dense("g", 5, "x")}, d.Predictions...)
	slices.Reverse(d.Predictions)
	net := newNetwork(t, d, f64)
	if got, want := len(net.Params()), len(before)+2; got != want {
		t.Fatalf("got %d parameters, want %d", got, want)
	}
	for _, p := range net.Params() {
		v := p.Values().Float64()
		if want, ok := before[p.Name]; ok && !slices.Equal(v, want) {
			t.Errorf("%s changed because a layer was added", p.Name)
		}
	}
	other := f64
	other.Seed++
	for _, p := range newNetwork(t, chain(), other).Params() {
		if v := p.Values().Float64(); slices.Equal(v, before[p.Name]) {
			t.Errorf("%s is the same under another seed", p.Name)
		}
	}
}

// Asking twice for one parameter in one prediction gives the same node; a
// constant is told apart by prediction even where parameters are shared.
func TestBuilderGivesTheSameNodeAgain(t *testing.T) {
	var same bool
	layer := layerFunc(func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
		spec := graph.ParamSpec{Name: "w", Shape: graph.Shape{3}, Init: layers.Constant{Value: 2}}
		w1, err := b.Param(spec)
		if err != nil {
			return nil, err
		}
		w2, err := b.Param(spec)
		if err != nil {
			return nil, err
		}
		c1, err := b.ConstantTensor("c", graph.Shape{3}, []float64{1, 2, 3})
		if err != nil {
			return nil, err
		}
		c2, err := b.ConstantTensor("c", graph.Shape{3}, []float64{1, 2, 3})
		if err != nil {
			return nil, err
		}
		same = w1 == w2 && c1 == c2
		wc, err := gorgonia.HadamardProd(w1, c1)
		if err != nil {
			return nil, err
		}
		return gorgonia.BroadcastAdd(in[0], wc, nil, []byte{0})
	})
	net := newNetwork(t, twoNodes(layer), f64)
	if !same {
		t.Error("the second node differs from the first")
	}
	s := newSession(t, net, 2, graph.Roles{Clamped: []string{"a"}})
	clamp(t, s, "a", []float64{0, 0, 0, 1, 1, 1})
	initialize(t, s)
	near(t, "a + 2·(1,2,3)", activity(t, s, "b"), []float64{2, 4, 6, 3, 5, 7}, 0)
}
