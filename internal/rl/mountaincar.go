package rl

import (
	"math"
	"math/rand/v2"
)

// MountainCar is MountainCar-v0: drive a car with a weak engine out of a valley, by
// accelerating to the left (action 0), not at all (1) or to the right (2). The
// observation is the state: position and velocity. Every step is worth −1. An
// episode ends at the position 0.5, and after 200 steps.
//
// Source: Moore 1990; Gym.
type MountainCar struct {
	// State is (position, velocity).
	State [2]float64
	steps int
}

const (
	mountainCarEngine    = 0.001
	mountainCarGravity   = 0.0025
	mountainCarMaxSpeed  = 0.07
	mountainCarLeft      = -1.2
	mountainCarRight     = 0.6
	mountainCarGoal      = 0.5
	mountainCarStepLimit = 200
)

// Space returns 2 and 3.
func (*MountainCar) Space() (observation, actions int) { return 2, 3 }

// Reset starts at rest at a position from U(−0.6, −0.4).
func (m *MountainCar) Reset(rng *rand.Rand, observation []float64) {
	m.State = [2]float64{uniform(rng, -0.6, -0.4), 0}
	m.steps = 0
	copy(observation, m.State[:])
}

// Step accelerates, then moves with the new velocity.
func (m *MountainCar) Step(action int, observation []float64) (reward float64, done bool) {
	position, velocity := m.State[0], m.State[1]
	velocity += float64(action-1)*mountainCarEngine - mountainCarGravity*math.Cos(3*position)
	velocity = max(-mountainCarMaxSpeed, min(mountainCarMaxSpeed, velocity))
	position = max(mountainCarLeft, min(mountainCarRight, position+velocity))
	if position == mountainCarLeft && velocity < 0 {
		velocity = 0
	}
	m.State = [2]float64{position, velocity}
	m.steps++
	copy(observation, m.State[:])
	return -1, position >= mountainCarGoal || m.steps >= mountainCarStepLimit
}
