package graph_test

import (
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// forked is x → h → y beside x → z, with a node that nothing predicts.
func forked(t *testing.T) *graph.Network {
	t.Helper()
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{
			{Name: "x", Shape: graph.Shape{3}},
			{Name: "h", Shape: graph.Shape{4}},
			{Name: "y", Shape: graph.Shape{2}},
			{Name: "z", Shape: graph.Shape{5}},
			{Name: "c", Shape: graph.Shape{1}},
		},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: layers.Dense{Out: 4}},
			{Of: "y", From: []string{"h"}, Layer: layers.Sequential{layers.Tanh{}, layers.Dense{Out: 2}}},
			{Of: "z", From: []string{"x", "c"}, Layer: layers.Sum{layers.Dense{Out: 5}, layers.Dense{Out: 5}}},
		},
	}, graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// A session for a feedforward pass computes a node and what it depends on as a session
// of the whole network does, and knows that it has not computed the others.
func TestForwardSession(t *testing.T) {
	net := forked(t)
	x := []float32{1, 2, 3, -1, 0, 1}
	whole, err := net.Session(2, graph.Roles{Clamped: []string{"x"}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.ForwardSession(2, []string{"x"}, "y")
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []*graph.Session{whole, s} {
		if err := of.Clamp("x", x); err != nil {
			t.Fatal(err)
		}
		if err := of.Initialize(graph.Start{}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, node := range []string{"h", "y"} {
		want, err := whole.Activity(node)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Activity(node)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want.Len() {
			if got.At(i) != want.At(i) || want.At(i) == 0 {
				t.Errorf("%s: unit %d, got %v, want %v", node, i, got.At(i), want.At(i))
			}
		}
	}
	if _, err := s.Activity("z"); err == nil || !strings.Contains(err.Error(), "not computed in this session") {
		t.Errorf("z: got %v, want an error that it is not computed", err)
	}
	if len(s.Terms()) != 0 || len(s.Activities()) != 0 {
		t.Errorf("got terms %q and %d free nodes, want none", s.Terms(), len(s.Activities()))
	}
	if _, err := s.Evaluate(nil); err == nil {
		t.Error("Evaluate: got no error, want one: no term is in force")
	}
}

func TestForwardSessionRefuses(t *testing.T) {
	net := forked(t)
	for want, c := range map[string]struct{ clamped, nodes []string }{
		"got none":              {[]string{"x"}, nil},
		"nothing predicts it":   {[]string{"x"}, []string{"c"}},
		"both given and asked":  {[]string{"x", "y"}, []string{"y"}},
		`"missing": not declar`: {[]string{"x"}, []string{"missing"}},
		`"other": not declared`: {[]string{"other"}, []string{"y"}},
	} {
		if _, err := net.ForwardSession(1, c.clamped, c.nodes...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}
