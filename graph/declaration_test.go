package graph_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// Every mistake in a declaration is an error that names the culprit and says
// what to do.
func TestDeclarationErrors(t *testing.T) {
	tests := []struct {
		name   string
		change func(d *graph.Declaration)
		want   []string
	}{
		{"empty name", func(d *graph.Declaration) { d.Nodes[1].Name = "" }, []string{"[4]", "name is empty", "unique name"}},
		{"no axes", func(d *graph.Declaration) { d.Nodes[1].Shape = nil }, []string{`"h"`, "shape is empty", "graph.Shape{1}"}},
		{"axis of zero", func(d *graph.Declaration) { d.Nodes[1].Shape = graph.Shape{4, 0} }, []string{`"h"`, "[4 0]", "at least 1"}},
		{"negative axes", func(d *graph.Declaration) { d.Nodes[1].Shape = graph.Shape{-2, -2} }, []string{`"h"`, "[-2 -2]", "at least 1"}},
		{"axes beyond memory", func(d *graph.Declaration) { d.Nodes[1].Shape = graph.Shape{1 << 40, 1 << 40} }, []string{`"h"`, "1099511627776", "at most 268435456 units"}},
		{"parameter beyond memory", func(d *graph.Declaration) {
			d.Nodes[0].Shape, d.Nodes[1].Shape = graph.Shape{1 << 20}, graph.Shape{1 << 20}
			d.Predictions[0].Layer = layers.Dense{Out: 1 << 20}
		}, []string{`prediction "h" of node "h"`, `"h/weight"`, "at most 268435456 numbers"}},
		{"data with a prior", func(d *graph.Declaration) {
			d.Nodes[0].Data, d.Nodes[0].Prior = true, energy.L2{Weight: 1}
		}, []string{`"x"`, "data node", "prior"}},
		{"duplicate node", func(d *graph.Declaration) { d.Nodes[1].Name = "x" }, []string{`"x"`, "declared twice", "name of its own"}},
		{"no prediction", func(d *graph.Declaration) { d.Predictions = nil }, []string{"no prediction", "at least one Prediction"}},
		{"duplicate prediction", func(d *graph.Declaration) { d.Predictions[1].Name = "h" }, []string{`prediction "h"`, "taken", "another Name"}},
		{"prediction named like a prior", func(d *graph.Declaration) {
			d.Nodes[1].Prior = energy.L2{Weight: 1}
			d.Predictions[1].Name = "prior(h)"
		}, []string{`"prior(h)"`, "taken", "another Name"}},
		{"predicts nothing known", func(d *graph.Declaration) { d.Predictions[1].Of = "z" }, []string{`prediction "z"`, "not declared"}},
		{"predicts data", func(d *graph.Declaration) { d.Nodes[1].Data = true }, []string{`prediction "h"`, "data node"}},
		{"from nothing", func(d *graph.Declaration) { d.Predictions[1].From = nil }, []string{`prediction "y"`, "From is empty", "names of the nodes"}},
		{"from nothing known", func(d *graph.Declaration) { d.Predictions[1].From = []string{"g"} }, []string{`prediction "y"`, `"g"`, "not declared"}},
		{"no layer", func(d *graph.Declaration) { d.Predictions[1].Layer = nil }, []string{`prediction "y"`, "nil", "layers.Dense{Out: 2}"}},
		{"shares with nobody", func(d *graph.Declaration) { d.Predictions[1].Share = "g" }, []string{`prediction "y"`, `"g"`, "not declared"}},
		{"shares with itself", func(d *graph.Declaration) { d.Predictions[1].Share = "y" }, []string{`prediction "y"`, "none of its own", "owns them"}},
		{"shares with a sharer", func(d *graph.Declaration) {
			p := dense("y", 2, "h")
			p.Name, p.Share = "third", "y"
			d.Predictions[1].Share = "h"
			d.Predictions = append(d.Predictions, p)
		}, []string{`prediction "third"`, `"y"`, "none of its own"}},
		{"unused node", func(d *graph.Declaration) { d.Nodes = append(d.Nodes, node("lonely", 1)) }, []string{`"lonely"`, "no prediction", "remove it or predict it"}},
		{"wrong width", func(d *graph.Declaration) { d.Nodes[2].Shape = graph.Shape{7} }, []string{`prediction "y" of node "y"`, "got [2]", "want [7]", "change the layer's output or the node's Shape"}},
		{"wrong axes", func(d *graph.Declaration) { d.Nodes[2].Shape = graph.Shape{1, 2} }, []string{`prediction "y" of node "y"`, "got [2]", "want [1 2]"}},
		{"image into dense", func(d *graph.Declaration) { d.Nodes[0].Shape = graph.Shape{1, 3} }, []string{`prediction "h" of node "h"`, "[1 4]", "layers.Flatten{}"}},
		{"shared weights that do not fit", func(d *graph.Declaration) { d.Predictions[1].Share = "h" }, []string{`prediction "y" of node "y"`, `"h/1/weight"`, "got [4 2]", "want [3 4]"}},
		{"two predictions with one parameter name", func(d *graph.Declaration) {
			d.Predictions[0].Name = "y/1"
			d.Predictions[0].Layer = layers.Dense{Out: 4}
		}, []string{`prediction "y" of node "y"`, `"y/1/weight"`, "rename one"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := chain()
			tt.change(&d)
			_, err := graph.New(d, f64)
			mentions(t, err, tt.want...)
		})
	}
}

func TestNamesOfTermsAndParameters(t *testing.T) {
	d := chain()
	d.Nodes[1].Prior = energy.L2{Weight: 1}
	second, third := dense("y", 2, "x"), dense("y", 2, "h")
	named := dense("y", 2, "x")
	named.Name = "skip"
	d.Predictions = append(d.Predictions, second, named, third)
	net := newNetwork(t, d, f64)
	s := newSession(t, net, 1, graph.Roles{Clamped: []string{"x", "y"}})
	if want := []string{"h", "y", "y#2", "skip", "y#3", "prior(h)"}; !slices.Equal(s.Terms(), want) {
		t.Errorf("terms: got %q, want %q", s.Terms(), want)
	}
	s = newSession(t, net, 1, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
	if want := []string{"h", "prior(h)"}; !slices.Equal(s.Terms(), want) {
		t.Errorf("terms without the output: got %q, want %q", s.Terms(), want)
	}
	var names []string
	for _, p := range net.Params() {
		names = append(names, p.Name)
	}
	want := []string{
		"h/1/weight", "h/1/bias", "y/1/weight", "y/1/bias", "y#2/1/weight", "y#2/1/bias",
		"skip/1/weight", "skip/1/bias", "y#3/1/weight", "y#3/1/bias",
	}
	if !slices.Equal(names, want) {
		t.Errorf("parameters: got %q, want %q", names, want)
	}
	if p, err := net.Param("skip/1/bias"); err != nil || p != net.Params()[7] || !p.NoDecay {
		t.Errorf("Param: got %v, %v, want the eighth parameter without decay", p, err)
	}
	_, err := net.Param("skip/bias")
	mentions(t, err, `"skip/bias"`, `"skip/1/bias"`)
	_, err = net.Node("g")
	mentions(t, err, `"g"`, `"x", "h", "y"`)
}

// The network keeps a copy: changing the declaration afterwards changes nothing.
func TestDeclarationIsCopied(t *testing.T) {
	d := chain()
	net := newNetwork(t, d, f64)
	d.Nodes[0].Shape[0], d.Nodes[1].Name = 9, "g"
	d.Predictions[1].From[0] = "x"
	s := newSession(t, net, 3, graph.Roles{Clamped: []string{"x", "y"}})
	clamp(t, s, "x", make([]float64, 9))
	if got := net.Declaration().Predictions[1].From[0]; got != "h" {
		t.Errorf("y is predicted from %q, want h", got)
	}
}

func TestPrecisionText(t *testing.T) {
	for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		back := 1 - p
		if err := json.Unmarshal(text, &back); err != nil || back != p {
			t.Errorf("%s: got %v, %v, want %v", text, back, err, p)
		}
	}
	var p graph.Precision
	mentions(t, p.UnmarshalText([]byte("f16")), "f16", "f32 or f64")
}
