// Package rl has three classic control problems and an agent that learns them: a deep
// Q-network without a target network, with any learning rule.
//
// Source: Song et al. 2024, Fig. 4k; the dynamics are from OpenAI Gym's classic
// control.
package rl

import (
	"math/rand/v2"
	"strings"

	"github.com/pkg/errors"
)

// Environment is a problem in episodes.
type Environment interface {
	// Space returns the size of an observation and the number of actions.
	Space() (observation, actions int)
	// Reset starts an episode at random and writes the observation.
	Reset(rng *rand.Rand, observation []float64)
	// Step takes an action, 0 … actions−1, writes the next observation, and returns the
	// reward and whether the episode is over, at its end or at the step limit.
	Step(action int, observation []float64) (reward float64, done bool)
}

// environments is the table of names.
var environments = []struct {
	name string
	make func() Environment
}{
	{"CartPole-v1", func() Environment { return new(CartPole) }},
	{"MountainCar-v0", func() Environment { return new(MountainCar) }},
	{"Acrobot-v1", func() Environment { return new(Acrobot) }},
}

// Names returns the names of the environments.
func Names() []string {
	var names []string
	for _, e := range environments {
		names = append(names, e.name)
	}
	return names
}

// New returns an environment by its name in Gym, such as "CartPole-v1".
func New(name string) (Environment, error) {
	for _, e := range environments {
		if e.name == name {
			return e.make(), nil
		}
	}
	return nil, errors.Errorf("rl: environment, got %q, want one of %s", name, strings.Join(Names(), ", "))
}

// uniform draws from U(low, high).
func uniform(rng *rand.Rand, low, high float64) float64 { return low + (high-low)*rng.Float64() }
