package layers_test

import (
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

func TestScale(t *testing.T) {
	got := predict(t, layers.Scale{Factor: -0.5}, graph.Shape{3}, graph.Shape{3}, 1, []float64{1, -2, 0})
	equal(t, "scale", got, []float64{-0.5, 1, 0})
	got = predict(t, layers.Scale{Factor: 1}, graph.Shape{1, 2}, graph.Shape{1, 2}, 1, []float64{1, -2})
	equal(t, "scale by 1", got, []float64{1, -2})
}

func TestDenseTransposed(t *testing.T) {
	w, b := layers.Values{1, 2, 3, 4, 5, 6}, layers.Values{10, 20}
	got := predict(t, layers.Dense{Out: 2, Transposed: true, Weight: w, Bias: b}, graph.Shape{3}, graph.Shape{2}, 2, []float64{1, 0, -1, 2, 1, 0})
	equal(t, "x·Wᵀ + b", got, []float64{8, 18, 14, 33})
}

// tied is a network of two nodes that predict one another with one matrix, and
// of which each predicts itself with another.
func tied(x, y int) graph.Declaration {
	shared := func(name string, d layers.Dense) graph.Layer {
		return layers.Sequential{layers.Tanh{}, layers.Shared{Name: name, Layer: d}}
	}
	return graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{x}}, {Name: "y", Shape: graph.Shape{y}}},
		Predictions: []graph.Prediction{
			{Of: "y", From: []string{"x", "y"}, Layer: layers.Sum{shared("w", layers.Dense{Out: y}), shared("v", layers.Dense{Out: y})}},
			{Of: "x", From: []string{"y"}, Layer: shared("w", layers.Dense{Out: x, Transposed: true})},
			{Of: "y", From: []string{"y"}, Layer: shared("v", layers.Dense{Out: y, Transposed: true, NoBias: true}), Name: "again"},
		},
	}
}

func TestSharedGradients(t *testing.T) {
	gradcheck.Run(t, tied(3, 4), graph.Roles{}, gradcheck.Options{})
	gradcheck.Run(t, tied(1, 2), graph.Roles{Clamped: []string{"x"}}, gradcheck.Options{})
	gradcheck.Run(t, tied(1, 1), graph.Roles{Clamped: []string{"y"}}, gradcheck.Options{})
	gradcheck.Run(t, graph.Declaration{
		Nodes:       []graph.Node{{Name: "in", Shape: graph.Shape{2, 3}}, {Name: "out", Shape: graph.Shape{2, 3}}},
		Predictions: []graph.Prediction{{Of: "out", From: []string{"in"}, Layer: layers.Scale{Factor: 0.3}}},
	}, graph.Roles{}, gradcheck.Options{})
}

func TestSharedParametersAreOne(t *testing.T) {
	net, err := graph.New(tied(3, 4), graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range net.Params() {
		names = append(names, p.Name)
	}
	if got, want := strings.Join(names, " "), "w/weight w/bias v/weight v/bias w/bias_transposed"; got != want {
		t.Errorf("parameters: got %s, want %s", got, want)
	}
}

func TestSharedErrors(t *testing.T) {
	build := func(y graph.Layer) error {
		_, err := graph.New(graph.Declaration{
			Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{3}}, {Name: "y", Shape: graph.Shape{2}}, {Name: "z", Shape: graph.Shape{2}}},
			Predictions: []graph.Prediction{
				{Of: "z", From: []string{"y"}, Layer: layers.Shared{Name: "w", Layer: layers.Dense{Out: 2}}},
				{Of: "y", From: []string{"x"}, Layer: y},
			},
		}, graph.Settings{})
		return err
	}
	for _, tt := range []struct {
		layer graph.Layer
		want  string
	}{
		{layers.Shared{Layer: layers.Dense{Out: 2}}, "shared: Name is empty"},
		{layers.Shared{Name: "w"}, `shared "w": Layer is nil`},
		{layers.Shared{Name: "w", Layer: layers.Dense{Out: 2}}, `parameter "w/weight": shape, got [3 2], want [2 2]`},
		{layers.Scale{}, "scale: Factor, got 0, want a finite number other than 0"},
	} {
		if err := build(tt.layer); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want an error with %q", err, tt.want)
		}
	}
}
