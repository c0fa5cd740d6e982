package models_test

import (
	"context"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

var recurrent = []models.Recurrent{
	{Widths: []int{3, 4, 2, 2}, Activation: layers.Tanh{}},
	{Widths: []int{3, 4, 2}, Activation: layers.Tanh{}, Tied: true, FeedbackPrecision: 0.5, Lateral: true},
	{Widths: []int{3, 4, 2}, Activation: layers.Sigmoid{}, NoFeedback: true, Lateral: true},
	{Widths: []int{3, 4, 2}, Activation: layers.Tanh{}, Topology: models.Clique},
	{Widths: []int{2, 3, 1, 2}, Activation: layers.Tanh{}, Topology: models.Clique, Tied: true, Lateral: true},
	{Widths: []int{1, 1}, Topology: models.Clique},
}

func TestRecurrentIsSound(t *testing.T) {
	for _, m := range recurrent {
		sound(t, m, graph.Roles{Clamped: []string{"x", "y"}})
		sound(t, m, graph.Roles{Clamped: []string{"x"}})
	}
}

// A clique and a layered network with feedback, tied or not, learn the exclusive
// or: the right answer has the lower energy.
func TestRecurrentLearnsXOR(t *testing.T) {
	settings := relax.Settings{
		Steps: 3000, Solver: &relax.Momentum{Nesterov: true, Restart: true}, Control: relax.Constant{Size: 0.05},
		Stop: relax.GradientNorm{Tolerance: 1e-4},
	}
	for _, m := range []models.Recurrent{
		{Topology: models.Clique},
		{Topology: models.Clique, Tied: true},
		{FeedbackPrecision: 0.03},
		{FeedbackPrecision: 0.03, Tied: true},
		{FeedbackPrecision: 0.03, Lateral: true},
	} {
		m.Widths, m.Activation = []int{2, 16, 1}, layers.Tanh{}
		if m.Topology == models.Clique {
			m.Init = layers.XavierNormal{Gain: 5. / 3}
		}
		net, err := m.New(graph.Settings{Seed: 1})
		check(t, err)
		data := xor()
		learn(t, net, &train.Prospective{Relax: settings}, data, 300, 0.02)
		yes, no := energyOf(t, net, settings, data.Values["x"], 1), energyOf(t, net, settings, data.Values["x"], -1)
		for i, want := range data.Values["y"] {
			if (yes[i] < no[i]) != (want > 0) {
				t.Errorf("%v, tied %v, lateral %v: pattern %d: got energy %g of yes and %g of no, want %g",
					m.Topology, m.Tied, m.Lateral, i, yes[i], no[i], want)
			}
		}
		if m.Topology == models.Clique && !m.Tied {
			continue // free, the output may be caught between the patterns
		}
		if got := answer(t, net, data, "y", settings, "x"); right(got, data.Values["y"]) != 4 {
			t.Errorf("%v, tied %v, lateral %v: got %v, want the signs of %v", m.Topology, m.Tied, m.Lateral, got, data.Values["y"])
		}
	}
}

// energyOf returns the energy of each pattern x with the output clamped to y.
func energyOf(t *testing.T, net *graph.Network, s relax.Settings, x []float32, y float32) []float64 {
	t.Helper()
	var out []float64
	for i := range len(x) / 2 {
		session, err := net.Session(1, graph.Roles{Clamped: []string{"x", "y"}})
		check(t, err)
		check(t, session.Clamp("x", x[2*i:2*i+2]))
		check(t, session.Clamp("y", []float32{y}))
		check(t, session.Initialize(graph.Start{}, nil))
		result, err := relax.Run(context.Background(), session, s)
		check(t, err)
		out = append(out, result.Energy)
	}
	return out
}

func TestRecurrentErrors(t *testing.T) {
	fails(t, models.Recurrent{Widths: []int{3}}, "Recurrent: Widths, got [3], want at least an input and an output")
	fails(t, models.Recurrent{Widths: []int{3, -1}}, "Recurrent: Widths, got [3 -1], want every width at least 1")
	var top models.Topology
	for _, want := range []models.Topology{models.Layered, models.Clique} {
		text, err := want.MarshalText()
		check(t, err)
		if check(t, top.UnmarshalText(text)); top != want {
			t.Errorf("got %v, want %v", top, want)
		}
	}
	if err := top.UnmarshalText([]byte("ring")); err == nil {
		t.Error("got no error for an unknown topology")
	}
}

// Each unit of a clique has one prediction; each connection of a layered network
// is a separate term.
func TestRecurrentTerms(t *testing.T) {
	for _, tt := range []struct {
		m    models.Recurrent
		want string
	}{
		{models.Recurrent{Widths: []int{2, 3, 3, 1}, Lateral: true}, "h1 h2 y x<h1 h1<h2 h1<h1 h2<y h2<h2"},
		{models.Recurrent{Widths: []int{2, 3, 1}, NoFeedback: true}, "h1 y"},
		{models.Recurrent{Widths: []int{2, 3, 1}, Topology: models.Clique}, "x h1 y"},
	} {
		net, err := tt.m.New(graph.Settings{})
		check(t, err)
		var names []string
		for _, p := range net.Declaration().Predictions {
			names = append(names, p.Name)
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("terms: got %s, want %s", got, tt.want)
		}
	}
}
