package rl

import (
	"math"
	"math/rand/v2"
)

// CartPole is CartPole-v1: keep a pole upright by pushing its cart to the left
// (action 0) or to the right (1) with 10 N. The observation is the state: position
// and velocity of the cart, angle and angular velocity of the pole. Every step is
// worth 1. An episode ends once the cart is beyond ±2.4 m or the pole beyond ±12°,
// and after 500 steps.
//
// Source: Barto, Sutton and Anderson 1983; Gym.
type CartPole struct {
	// State is (x, ẋ, θ, θ̇).
	State [4]float64
	steps int
}

// The constants of the cart and its pole, in SI units.
const (
	cartPoleGravity   = 9.8
	cartMass          = 1.0
	poleMass          = 0.1
	poleHalfLength    = 0.5
	cartPoleForce     = 10.0
	cartPoleTime      = 0.02
	cartPoleMaxX      = 2.4
	cartPoleMaxAngle  = 12 * math.Pi / 180
	cartPoleStepLimit = 500
)

// Space returns 4 and 2.
func (*CartPole) Space() (observation, actions int) { return 4, 2 }

// Reset draws every element of the state from U(−0.05, 0.05).
func (c *CartPole) Reset(rng *rand.Rand, observation []float64) {
	for i := range c.State {
		c.State[i] = uniform(rng, -0.05, 0.05)
	}
	c.steps = 0
	copy(observation, c.State[:])
}

// Step takes an explicit Euler step of 20 ms: positions with the old velocities.
func (c *CartPole) Step(action int, observation []float64) (reward float64, done bool) {
	force := -cartPoleForce
	if action == 1 {
		force = cartPoleForce
	}
	x, v, theta, omega := c.State[0], c.State[1], c.State[2], c.State[3]
	sin, cos := math.Sincos(theta)
	const total = cartMass + poleMass
	pushed := (force + poleMass*poleHalfLength*omega*omega*sin) / total
	angular := (cartPoleGravity*sin - cos*pushed) / (poleHalfLength * (4.0/3 - poleMass*cos*cos/total))
	linear := pushed - poleMass*poleHalfLength*angular*cos/total
	c.State = [4]float64{
		x + cartPoleTime*v, v + cartPoleTime*linear,
		theta + cartPoleTime*omega, omega + cartPoleTime*angular,
	}
	c.steps++
	copy(observation, c.State[:])
	return 1, math.Abs(c.State[0]) > cartPoleMaxX || math.Abs(c.State[2]) > cartPoleMaxAngle || c.steps >= cartPoleStepLimit
}
