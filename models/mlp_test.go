package models_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
)

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		m    models.MLP
		want string
	}{
		{models.MLP{}, "Widths, got [], want at least an input and an output, for example"},
		{models.MLP{Widths: []int{3}}, "Widths, got [3], want at least"},
		{models.MLP{Widths: []int{3, 0, 2}}, "Widths, got [3 0 2], want every width at least 1"},
	} {
		if _, err := tt.m.New(graph.Settings{}); err == nil || !strings.Contains(err.Error(), "models: MLP: "+tt.want) {
			t.Errorf("got %v, want an error with %q", err, tt.want)
		}
	}
}

func TestDeclaration(t *testing.T) {
	m := models.MLP{Widths: []int{4, 3, 5, 2}, Activation: layers.Tanh{}, Hidden: energy.Huber{}, Output: energy.CrossEntropy{}}
	d, err := m.Declaration()
	if err != nil {
		t.Fatal(err)
	}
	var nodes []string
	for i, n := range d.Nodes {
		nodes = append(nodes, n.Name)
		if !n.Shape.Equal(graph.Shape{m.Widths[i]}) {
			t.Errorf("node %s: shape, got %v, want [%d]", n.Name, n.Shape, m.Widths[i])
		}
	}
	if want := []string{"x", "h1", "h2", "y"}; !slices.Equal(nodes, want) {
		t.Errorf("nodes: got %q, want %q", nodes, want)
	}
	for i, p := range d.Predictions {
		if p.Of != nodes[i+1] || !slices.Equal(p.From, nodes[i:i+1]) {
			t.Errorf("prediction %d: got %s from %q, want the chain", i, p.Of, p.From)
		}
		if want := []graph.Energy{energy.Huber{}, energy.Huber{}, energy.CrossEntropy{}}[i]; p.Energy != want {
			t.Errorf("prediction %d: energy, got %T, want %T", i, p.Energy, want)
		}
	}
}

// copyParams gives b the weights of a, which has the same ones in the same order.
func copyParams(a, b *graph.Network) {
	for i, p := range a.Params() {
		from := p.Values().Float64()
		to := b.Params()[i].Values().Float64()
		copy(to, from)
	}
	b.ParamsChanged()
}

// As a feedforward net both placements compute f(...f(x·W1 + b1)...)·WL + bL,
// without f on input and output.
func TestPlacementsAreOneFeedforwardNet(t *testing.T) {
	x := []float64{1, -2, 0.5, 0, 0.1, 3}
	var nets []*graph.Network
	var outputs [][]float64
	for _, p := range []models.Placement{models.Before, models.After} {
		net, err := models.MLP{Widths: []int{3, 4, 5, 2}, Activation: layers.Tanh{}, Placement: p}.New(graph.Settings{Precision: graph.Float64, Seed: uint64(p)})
		if err != nil {
			t.Fatal(err)
		}
		if nets = append(nets, net); len(nets) == 2 {
			copyParams(nets[0], net)
		}
		s, err := net.Session(2, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.ClampFloat64("x", x); err != nil {
			t.Fatal(err)
		}
		if err := s.Initialize(graph.Start{}, nil); err != nil {
			t.Fatal(err)
		}
		y, err := s.Activity("y")
		if err != nil {
			t.Fatal(err)
		}
		outputs = append(outputs, y.Float64())
		h, err := s.Activity("h1")
		if err != nil {
			t.Fatal(err)
		}
		// Before, the node holds what tanh is applied to; after, what it returned.
		if beyond := h.MaxAbs() > 1; beyond != (p == models.Before) {
			t.Errorf("%v: largest hidden activity %g", p, h.MaxAbs())
		}
	}
	for i := range outputs[0] {
		if math.Abs(outputs[0][i]-outputs[1][i]) > 1e-14 {
			t.Errorf("output %d: got %.17g before and %.17g after, want the same", i, outputs[0][i], outputs[1][i])
		}
	}
	want := reference(nets[0], x)
	for i := range want {
		if math.Abs(outputs[0][i]-want[i]) > 1e-14 {
			t.Errorf("output %d: got %.17g, want %.17g", i, outputs[0][i], want[i])
		}
	}
}

// reference is the feedforward net in loops.
func reference(net *graph.Network, x []float64) []float64 {
	params := net.Params()
	for l := 0; l < len(params); l += 2 {
		w := params[l].Values().Float64()
		b := params[l+1].Values().Float64()
		in, out := len(w)/len(b), len(b)
		y := make([]float64, len(x)/in*out)
		for i := range y {
			y[i] = b[i%out]
			for k := range in {
				y[i] += x[i/out*in+k] * w[k*out+i%out]
			}
			if l+2 < len(params) {
				y[i] = math.Tanh(y[i])
			}
		}
		x = y
	}
	return x
}

func TestGradients(t *testing.T) {
	for _, m := range []models.MLP{
		{Widths: []int{3, 4, 2}, Activation: layers.Tanh{}},
		{Widths: []int{3, 4, 2}, Activation: layers.GELU{}, Placement: models.After},
		{Widths: []int{1, 1, 1, 1}, Activation: layers.Sigmoid{}, NoBias: true},
		{Widths: []int{2, 3}, Activation: layers.Tanh{}},
	} {
		d, err := m.Declaration()
		if err != nil {
			t.Fatal(err)
		}
		gradcheck.Run(t, d, graph.Roles{Clamped: []string{"x", "y"}}, gradcheck.Options{})
	}
}

// The initialiser is that of the weights; biases start at 0 with it, and are
// left out on request.
func TestInitialParameters(t *testing.T) {
	net, err := models.MLP{Widths: []int{2, 3, 1}, Init: layers.Constant{Value: 2}}.New(graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range net.Params() {
		v := p.Values().Float64()
		if want := 2 - 2*float64(i%2); slices.Min(v) != want || slices.Max(v) != want {
			t.Errorf("%s: got %v, want all %g", p.Name, v, want)
		}
	}
	net, err = models.MLP{Widths: []int{2, 3, 1}, NoBias: true}.New(graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if len(net.Params()) != 2 {
		t.Errorf("without biases: got %d parameters, want 2", len(net.Params()))
	}
}

// A model prints its settings into a manifest.
func TestJSON(t *testing.T) {
	text, err := json.Marshal(models.MLP{Widths: []int{2, 1}, Activation: layers.LeakyReLU{Slope: 0.1}, Placement: models.After})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"widths":[2,1],"activation":{"slope":0.1},"placement":"after"}`; string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
	var p models.Placement
	if err := p.UnmarshalText([]byte("after")); err != nil || p != models.After {
		t.Errorf("got %v, %v, want after", p, err)
	}
	if err := p.UnmarshalText([]byte("beside")); err == nil || !strings.Contains(err.Error(), `got "beside", want before or after`) {
		t.Errorf("got %v, want an error", err)
	}
}
