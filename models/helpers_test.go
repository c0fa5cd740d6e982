package models_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// model is what every model of the package is.
type model interface {
	Declaration() (graph.Declaration, error)
	New(graph.Settings) (*graph.Network, error)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%+v", err)
	}
}

// sound checks the gradients of a model by finite differences and the compiled
// engine against the tape machine.
func sound(t *testing.T, m model, r graph.Roles) {
	t.Helper()
	soundWith(t, m, r, gradcheck.Options{})
}

func soundWith(t *testing.T, m model, r graph.Roles, o gradcheck.Options) {
	t.Helper()
	d, err := m.Declaration()
	check(t, err)
	gradcheck.Run(t, d, r, o)
	agree(t, m, r, o.Symbols)
}

// agree compares the engines: energies, gradients and feedforward pass, in both
// precisions. Nodes in symbols hold integers below the given bound.
func agree(t *testing.T, m model, r graph.Roles, symbols map[string]int) {
	t.Helper()
	for precision, tolerance := range map[graph.Precision]float64{graph.Float32: 1e-5, graph.Float64: 1e-11} {
		for _, batch := range []int{1, 5} {
			var want []relax.Vector
			for i, engine := range []graph.Engine{graph.Tape{}, graph.Compiled{Threads: 2, ParallelFrom: 1}} {
				net, err := m.New(graph.Settings{Precision: precision, Seed: 3, Engine: engine})
				check(t, err)
				got := observe(t, net, batch, r, symbols)
				if i == 0 {
					want = got
					continue
				}
				for k := range got {
					near(t, fmt.Sprintf("%T at batch %d: result %d", m, batch, k), got[k], want[k], tolerance)
				}
			}
		}
	}
}

// observe returns everything that an engine computes of a network at random
// activities.
func observe(t *testing.T, net *graph.Network, batch int, r graph.Roles, symbols map[string]int) []relax.Vector {
	t.Helper()
	s, err := net.Session(batch, r)
	check(t, err)
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range net.Declaration().Nodes {
		data := make([]float64, batch*n.Shape.Size())
		for i := range data {
			data[i] = rng.NormFloat64()
			if below := symbols[n.Name]; below > 0 {
				data[i] = float64(rng.IntN(below))
			}
		}
		if s.ClampFloat64(n.Name, data) == nil {
			continue
		}
		v, err := s.View(n.Name)
		check(t, err)
		for i, x := range data {
			v.Set(i, x)
		}
	}
	energies := make([]float64, len(s.Terms()))
	_, err = s.Evaluate(energies)
	check(t, err)
	var out []relax.Vector
	keep := func(v relax.Vector) {
		c := v.MakeLike()
		c.CopyFrom(v)
		out = append(out, c)
	}
	keep(relax.Float64(energies))
	for _, a := range s.Activities() {
		keep(a.Grad)
	}
	_, err = s.Learn(energies)
	check(t, err)
	for _, p := range net.Params() {
		if g := p.Grads().Float32(); g != nil {
			keep(relax.Float32(g))
			continue
		}
		g := p.Grads().Float64()
		keep(relax.Float64(g))
	}
	check(t, s.Feedforward())
	for _, n := range net.Declaration().Nodes {
		v, err := s.View(n.Name)
		check(t, err)
		keep(v)
	}
	return out
}

func near(t *testing.T, what string, got, want relax.Vector, tolerance float64) {
	t.Helper()
	size := math.Max(1, want.MaxAbs())
	for i := range want.Len() {
		if d := math.Abs(got.At(i) - want.At(i)); !(d <= tolerance*size) {
			t.Fatalf("%s: number %d: got %.9g, want %.9g", what, i, got.At(i), want.At(i))
		}
	}
}

// fails checks that a model is rejected with a message that holds every part.
func fails(t *testing.T, m model, parts ...string) {
	t.Helper()
	_, err := m.New(graph.Settings{})
	if err == nil {
		t.Errorf("%+v: got no error, want one with %q", m, parts)
		return
	}
	for _, part := range append(parts, "models: ") {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%+v: error %q does not contain %q", m, err, part)
		}
	}
}

// learn trains a network on one batch and returns the energy of the last update.
func learn(t *testing.T, net *graph.Network, rule train.Rule, b *train.Batch, updates int, rate float64) float64 {
	t.Helper()
	var last float64
	optimizer := &train.Adam{}
	for range updates {
		stats, err := rule.Gradients(context.Background(), net, b)
		check(t, err)
		check(t, optimizer.Step(net.Params(), rate))
		net.ParamsChanged()
		last = stats.Energy
	}
	return last
}

// answer clamps some nodes of a batch, relaxes the others, and returns a node.
func answer(t *testing.T, net *graph.Network, b *train.Batch, read string, s relax.Settings, clamped ...string) []float64 {
	t.Helper()
	session, err := net.Session(b.Size, graph.Roles{Clamped: clamped})
	check(t, err)
	for _, name := range clamped {
		check(t, session.Clamp(name, b.Values[name]))
	}
	check(t, session.Initialize(graph.Start{}, nil))
	_, err = relax.Run(context.Background(), session, s)
	check(t, err)
	v, err := session.Activity(read)
	check(t, err)
	out := make([]float64, v.Len())
	for i := range out {
		out[i] = v.At(i)
	}
	return out
}

// xor is the exclusive or of two signs.
func xor() *train.Batch {
	return &train.Batch{Size: 4, Values: map[string][]float32{
		"x": {-1, -1, -1, 1, 1, -1, 1, 1},
		"y": {-1, 1, 1, -1},
	}}
}

// right counts the elements on the side of 0 that want says.
func right(got []float64, want []float32) int {
	n := 0
	for i, w := range want {
		if got[i]*float64(w) > 0 {
			n++
		}
	}
	return n
}
