package models_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

func TestAssociativeMemoryIsSound(t *testing.T) {
	for _, m := range []models.AssociativeMemory{
		{Size: 5, Hidden: []int{2, 4}, Activation: layers.Tanh{}},
		{Size: 3, Hidden: []int{1}, Activation: layers.GELU{}, Prior: energy.L2{Weight: 0.1}},
	} {
		sound(t, m, graph.Roles{Clamped: []string{"x"}})
		sound(t, m, graph.Roles{})
	}
}

// Ten random patterns of signs come back from their first halves.
func TestAssociativeMemoryRecalls(t *testing.T) {
	const patterns, size = 10, 60
	net, err := models.AssociativeMemory{Size: size, Hidden: []int{32, 64}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 1})
	check(t, err)
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, patterns*size)
	for i := range x {
		x[i] = float32(1 - 2*rng.IntN(2))
	}
	settings := relax.Settings{Steps: 50, Control: relax.Constant{Size: 0.1}}
	rule := &train.Prospective{Relax: settings, Start: graph.Start{Std: 0.05}}
	learn(t, net, rule, &train.Batch{Size: patterns, Values: map[string][]float32{"x": x}}, 500, 0.003)

	s, err := net.Session(patterns, graph.Roles{})
	check(t, err)
	check(t, s.Initialize(graph.Start{Std: 0.05}, rng))
	v, err := s.Activity("x")
	check(t, err)
	d, err := relax.NewDriver(s, relax.Settings{Steps: 1, Control: relax.Constant{Size: 0.1}})
	check(t, err)
	for range 1000 {
		for i, p := range x {
			if i%size < size/2 {
				v.Set(i, float64(p)) // the half that is known
			}
		}
		_, err := d.Continue(context.Background(), 1)
		check(t, err)
	}
	wrong := 0
	for i, p := range x {
		if v.At(i)*float64(p) <= 0 {
			wrong++
		}
	}
	if wrong > patterns*size/100 {
		t.Errorf("got %d wrong signs of %d, want at most 1 %%", wrong, patterns*size)
	}
}

func TestAssociativeMemoryErrors(t *testing.T) {
	fails(t, models.AssociativeMemory{Hidden: []int{2}}, "AssociativeMemory: Size, got 0, want at least 1")
	fails(t, models.AssociativeMemory{Size: 3}, "AssociativeMemory: Hidden, got [], want at least the size of the cause")
	fails(t, models.AssociativeMemory{Size: 3, Hidden: []int{2, -2}}, "got [2 -2], want every width at least 1")
}
