package rl

import (
	"math"
	"math/rand/v2"
)

// Acrobot is Acrobot-v1: swing two links, the second of which is driven at the
// joint by a torque of −1, 0 or 1 N·m (actions 0, 1, 2), above the height of one
// link over the pivot. The observation is (cos θ₁, sin θ₁, cos θ₂, sin θ₂, θ̇₁, θ̇₂).
// Every step is worth −1, the one that reaches the goal 0. An episode ends there,
// and after 500 steps.
//
// Source: Sutton 1996; the equations of motion are from Sutton and Barto's book, as in
// Gym.
type Acrobot struct {
	// State is (θ₁, θ₂, θ̇₁, θ̇₂): the angle of the first link from hanging down, and
	// of the second from the first.
	State [4]float64
	steps int
}

// The constants of the two equal links, in SI units.
const (
	linkLength       = 1.0
	linkMass         = 1.0
	linkCentre       = 0.5
	linkInertia      = 1.0
	acrobotGravity   = 9.8
	acrobotTime      = 0.2
	acrobotMaxFirst  = 4 * math.Pi
	acrobotMaxSecond = 9 * math.Pi
	acrobotStepLimit = 500
)

// Space returns 6 and 3.
func (*Acrobot) Space() (observation, actions int) { return 6, 3 }

// Reset draws every element of the state from U(−0.1, 0.1).
func (a *Acrobot) Reset(rng *rand.Rand, observation []float64) {
	for i := range a.State {
		a.State[i] = uniform(rng, -0.1, 0.1)
	}
	a.steps = 0
	a.observe(observation)
}

// Step takes one Runge–Kutta step of 0.2 s under the torque.
func (a *Acrobot) Step(action int, observation []float64) (reward float64, done bool) {
	s := rungeKutta(a.State, acrobotTime, float64(action-1))
	s[0], s[1] = wrap(s[0]), wrap(s[1])
	s[2] = max(-acrobotMaxFirst, min(acrobotMaxFirst, s[2]))
	s[3] = max(-acrobotMaxSecond, min(acrobotMaxSecond, s[3]))
	a.State = s
	a.steps++
	a.observe(observation)
	if -math.Cos(s[0])-math.Cos(s[0]+s[1]) > 1 {
		return 0, true
	}
	return -1, a.steps >= acrobotStepLimit
}

func (a *Acrobot) observe(observation []float64) {
	sin1, cos1 := math.Sincos(a.State[0])
	sin2, cos2 := math.Sincos(a.State[1])
	copy(observation, []float64{cos1, sin1, cos2, sin2, a.State[2], a.State[3]})
}

// wrap maps an angle into [−π, π].
func wrap(angle float64) float64 {
	for angle > math.Pi {
		angle -= 2 * math.Pi
	}
	for angle < -math.Pi {
		angle += 2 * math.Pi
	}
	return angle
}

// rungeKutta takes a step of the classical fourth-order method.
func rungeKutta(s [4]float64, dt, torque float64) [4]float64 {
	k1 := acrobotMotion(s, torque)
	k2 := acrobotMotion(along(s, dt/2, k1), torque)
	k3 := acrobotMotion(along(s, dt/2, k2), torque)
	k4 := acrobotMotion(along(s, dt, k3), torque)
	for i := range s {
		s[i] += dt / 6 * (k1[i] + 2*k2[i] + 2*k3[i] + k4[i])
	}
	return s
}

// along is s + dt·k.
func along(s [4]float64, dt float64, k [4]float64) [4]float64 {
	for i := range s {
		s[i] += dt * k[i]
	}
	return s
}

// acrobotMotion is the time derivative of the state.
func acrobotMotion(s [4]float64, torque float64) [4]float64 {
	const m, l, lc, inertia, g = linkMass, linkLength, linkCentre, linkInertia, acrobotGravity
	theta1, theta2, omega1, omega2 := s[0], s[1], s[2], s[3]
	sin2, cos2 := math.Sincos(theta2)
	d1 := m*lc*lc + m*(l*l+lc*lc+2*l*lc*cos2) + 2*inertia
	d2 := m*(lc*lc+l*lc*cos2) + inertia
	phi2 := m * lc * g * math.Cos(theta1+theta2-math.Pi/2)
	phi1 := -m*l*lc*omega2*omega2*sin2 - 2*m*l*lc*omega2*omega1*sin2 + (m*lc+m*l)*g*math.Cos(theta1-math.Pi/2) + phi2
	alpha2 := (torque + d2/d1*phi1 - m*l*lc*omega1*omega1*sin2 - phi2) / (m*lc*lc + inertia - d2*d2/d1)
	alpha1 := -(d2*alpha2 + phi1) / d1
	return [4]float64{omega1, omega2, alpha1, alpha2}
}
