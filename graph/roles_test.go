package graph_test

import (
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

func TestRolesErrors(t *testing.T) {
	masked := chain()
	masked.Nodes = append(masked.Nodes, graph.Node{Name: "mask", Shape: graph.Shape{2}, Data: true})
	masked.Predictions[1].Energy = energy.Gaussian{From: "mask"}
	classifier := chain()
	classifier.Predictions[1].Energy = energy.CrossEntropy{}
	tests := []struct {
		name string
		d    graph.Declaration
		r    graph.Roles
		want []string
	}{
		{"unknown clamped", chain(), graph.Roles{Clamped: []string{"z"}}, []string{"clamped", `"z"`, `"x", "h", "y"`}},
		{"unknown output", chain(), graph.Roles{Outputs: []string{"z"}}, []string{"outputs", `"z"`, `"x", "h", "y"`}},
		{"twice", chain(), graph.Roles{Clamped: []string{"x", "x"}}, []string{`"x"`, "named twice", "one role"}},
		{"two roles", chain(), graph.Roles{Clamped: []string{"y"}, Outputs: []string{"y"}}, []string{`"y"`, "named twice"}},
		{"data that is free", masked, graph.Roles{Clamped: []string{"x"}}, []string{`"mask"`, "add it to Roles.Clamped"}},
		{"data that is an output", masked, graph.Roles{Outputs: []string{"mask"}}, []string{`"mask"`}},
		{"output inside the energy", chain(), graph.Roles{Clamped: []string{"x", "y"}, Outputs: []string{"h"}}, []string{`"h"`, `"y"`, "leave \"h\" out"}},
		{"output that nothing predicts", chain(), graph.Roles{Outputs: []string{"x", "h", "y"}}, []string{`"x"`, "nothing predicts it", "clamp it"}},
		{"free where the energy is linear", classifier, graph.Roles{Clamped: []string{"x"}}, []string{`"y"`, "CrossEntropy", "clamp it or name it in Roles.Outputs"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			net := newNetwork(t, tt.d, f64)
			_, err := net.Session(1, tt.r)
			mentions(t, err, append(tt.want, "roles")...)
			_, err = net.BackpropSession(1, tt.r)
			mentions(t, err, tt.want...)
		})
	}
}

func TestBatchSizeErrors(t *testing.T) {
	net := newNetwork(t, chain(), f64)
	for _, batch := range []int{0, -3} {
		_, err := net.Session(batch, graph.Roles{Clamped: []string{"x"}})
		mentions(t, err, "batch size", "at least 1")
		_, err = net.BackpropSession(batch, graph.Roles{Clamped: []string{"x", "y"}})
		mentions(t, err, "batch size", "at least 1")
	}
}

// Outputs are computed by a feedforward pass and have no say in the energy.
func TestOutputIsNotPartOfTheEnergy(t *testing.T) {
	net := newNetwork(t, chain(), f64)
	s := newSession(t, net, 2, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
	clamp(t, s, "x", []float64{1, -1, 0.5, 2, 0, -0.3})
	initialize(t, s)
	y, err := s.Activity("y")
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range values(y) {
		if v == 0 {
			t.Errorf("y[%d] is 0: the feedforward pass did not compute it", i)
		}
	}
	h, err := s.Activity("h")
	if err != nil {
		t.Fatal(err)
	}
	h.Set(0, h.At(0)+1)
	for _, value := range []float64{0, 100} { // y may hold anything
		y.Fill(value)
		e, grads := learn(t, s)
		near(t, "energy", []float64{e}, []float64{0.5}, 1e-12)
		near(t, "gradients of y's weights and bias", grads[3*4+4:], make([]float64, 4*2+2), 0)
	}
	if len(s.Activities()) != 1 {
		t.Errorf("got %d free activities, want h alone", len(s.Activities()))
	}
	mentions(t, s.SetCoefficient("y", 2), `"y"`, "not in force", `["h"]`)
}

// With nothing in force there is nothing to relax, and the error says so.
func TestNoTermInForce(t *testing.T) {
	net := newNetwork(t, chain(), f64)
	s := newSession(t, net, 1, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"h", "y"}})
	clamp(t, s, "x", []float64{1, 2, 3})
	initialize(t, s)
	_, err := s.Evaluate(nil)
	mentions(t, err, "no energy term is in force", "Roles.Outputs")
}

// One network object runs image to label and label to image; the second is the
// minimum over the free image, here that of a linear map.
func TestBothDirections(t *testing.T) {
	net := newNetwork(t, graph.Declaration{
		Nodes: []graph.Node{node("image", 2), node("label", 2)},
		Predictions: []graph.Prediction{{
			Of: "label", From: []string{"image"},
			Layer: layers.Dense{Out: 2, NoBias: true, Weight: layers.Values{2, 1, 0, 4}},
		}},
	}, f64)
	forward := newSession(t, net, 2, graph.Roles{Clamped: []string{"image"}, Outputs: []string{"label"}})
	clamp(t, forward, "image", []float64{1, 0, 0.5, -1})
	initialize(t, forward)
	labels := activity(t, forward, "label")
	near(t, "label of image", labels, []float64{2, 1, 1, -3.5}, 1e-15)

	backward := newSession(t, net, 2, graph.Roles{Clamped: []string{"label"}})
	clamp(t, backward, "label", labels)
	initialize(t, backward)
	near(t, "start without a prediction", activity(t, backward, "image"), make([]float64, 4), 0)
	if e := euler(t, backward, 500, 0.1); e > 1e-20 {
		t.Errorf("energy of the recovered image: got %g, want about 0", e)
	}
	near(t, "image of label", activity(t, backward, "image"), []float64{1, 0, 0.5, -1}, 1e-9)
}
