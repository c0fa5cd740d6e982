package graph_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// The picture has every node, and an edge from every input of every prediction.
func TestDOT(t *testing.T) {
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{
			{Name: "a \"1\"", Shape: graph.Shape{2}},
			{Name: "b", Shape: graph.Shape{1, 2, 2}},
			{Name: "h", Shape: graph.Shape{3}, Prior: energy.L1{Weight: 0.1}},
			{Name: "y", Shape: graph.Shape{1}},
		},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"a \"1\"", "b"}, Layer: layers.Sum{layers.Dense{Out: 3}, layers.Sequential{layers.Flatten{}, layers.Dense{Out: 3}}}},
			{Of: "y", From: []string{"h"}, Layer: layers.Sequential{layers.Tanh{}, layers.Dense{Out: 1}}, Energy: energy.Bernoulli{}, Amortised: true},
		},
	}, graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := net.DOT(&b); err != nil {
		t.Fatal(err)
	}
	const want = `digraph network {
	rankdir=LR;
	node [fontname="sans-serif"];
	edge [fontname="sans-serif", fontsize=10];
	"a \"1\"" [label="a \"1\"\n[2]", shape=box];
	"b" [label="b\n[1 2 2]", shape=box];
	"h" [label="h\n[3]\nL1", shape=ellipse];
	"y" [label="y\n[1]", shape=ellipse];
	"a \"1\"" -> "h" [label="Dense, Flatten, Dense"];
	"b" -> "h" [label="Dense, Flatten, Dense"];
	"h" -> "y" [label="Tanh, Dense\nBernoulli", style=dashed];
}
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	if path, err := exec.LookPath("dot"); err == nil {
		cmd := exec.Command(path, "-Tsvg")
		cmd.Stdin, cmd.Stderr = strings.NewReader(b.String()), os.Stderr
		if err := cmd.Run(); err != nil {
			t.Errorf("Graphviz: %v", err)
		}
	}
	if err := net.DOT(full{}); err == nil || !strings.Contains(err.Error(), "graph: DOT: no room") {
		t.Errorf("got %v", err)
	}
}

// full is a file without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }
