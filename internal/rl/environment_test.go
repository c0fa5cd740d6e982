package rl_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/internal/rl"
)

// near fails the test unless two states agree.
func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance) {
			t.Fatalf("%s: number %d: got %.15g, want %.15g; all: %v, want %v", what, i, got[i], want[i], got, want)
		}
	}
}

// solve2 solves a symmetric system of two linear equations.
func solve2(a, b, c, p, q float64) (x, y float64) {
	det := a*c - b*b
	return (p*c - q*b) / det, (q*a - p*b) / det
}

// The cart and its pole from Lagrange's equations of a point on a cart with a thin
// pole, whose moment of inertia about its end is 4/3·m·l²:
//
//	(M+m)ẍ + m·l·cosθ·θ̈ = F + m·l·sinθ·θ̇²
//	m·l·cosθ·ẍ + 4/3·m·l²·θ̈ = m·g·l·sinθ
func TestCartPoleFromLagrange(t *testing.T) {
	const cart, m, l, g, dt = 1.0, 0.1, 0.5, 9.8, 0.02
	rng := rand.New(rand.NewPCG(1, 1))
	env := &rl.CartPole{}
	got := make([]float64, 4)
	for range 50 {
		env.Reset(rng, got)
		for _, v := range got {
			if math.Abs(v) > 0.05 {
				t.Fatalf("start %v, want within ±0.05", got)
			}
		}
		want := append([]float64(nil), got...)
		for step := 1; ; step++ {
			action := rng.IntN(2)
			reward, done := env.Step(action, got)
			force := float64(20*action - 10)
			sin, cos := math.Sincos(want[2])
			ax, at := solve2(cart+m, m*l*cos, 4.0/3*m*l*l, force+m*l*sin*want[3]*want[3], m*g*l*sin)
			want = []float64{want[0] + dt*want[1], want[1] + dt*ax, want[2] + dt*want[3], want[3] + dt*at}
			near(t, "cart-pole", got, want, 1e-11)
			over := math.Abs(want[0]) > 2.4 || math.Abs(want[2]) > math.Pi/15 || step == 500
			if reward != 1 || done != over {
				t.Fatalf("step %d at %v: reward %v, done %v, want 1 and %v", step, want, reward, done, over)
			}
			if done {
				break
			}
		}
	}
}

// A controller that feeds back angle and position balances to the limit.
func TestCartPoleLimit(t *testing.T) {
	env := &rl.CartPole{}
	s := make([]float64, 4)
	env.Reset(rand.New(rand.NewPCG(2, 2)), s)
	for step := 1; step <= 500; step++ {
		action := 0
		if s[2]+s[3]+.1*s[0]+.2*s[1] > 0 {
			action = 1
		}
		if _, done := env.Step(action, s); done != (step == 500) {
			t.Fatalf("step %d: done %v; the limit is 500", step, done)
		}
	}
}

// The mountain car against its hill, whose height is sin(3p)/3: gravity is minus
// its slope, taken here as a difference.
func TestMountainCarOnItsHill(t *testing.T) {
	height := func(p float64) float64 { return math.Sin(3*p) / 3 }
	rng := rand.New(rand.NewPCG(3, 3))
	env := &rl.MountainCar{}
	got := make([]float64, 2)
	walls := 0
	for range 40 {
		env.Reset(rng, got)
		if got[0] < -.6 || got[0] > -.4 || got[1] != 0 {
			t.Fatalf("start %v, want a position within -0.6 and -0.4, at rest", got)
		}
		p, v := got[0], got[1]
		lazy := rng.IntN(2) == 0
		for step := 1; ; step++ {
			action := rng.IntN(3)
			if !lazy { // with the motion: the way out
				action = 1 + int(math.Copysign(1, v))
			}
			reward, done := env.Step(action, got)
			v += .001*float64(action-1) - .0025*(height(p+1e-5)-height(p-1e-5))/2e-5
			v = math.Min(.07, math.Max(-.07, v))
			p = math.Min(.6, p+v)
			if p <= -1.2 {
				p, v = -1.2, 0
				walls++
			}
			near(t, "mountain car", got, []float64{p, v}, 1e-9)
			p, v = got[0], got[1]
			if reward != -1 || done != (p >= .5 || step == 200) {
				t.Fatalf("step %d at %v: reward %v, done %v", step, got, reward, done)
			}
			if done {
				if !lazy && step > 150 {
					t.Fatalf("swinging with the motion took %d steps, want it to get out in about 100", step)
				}
				break
			}
		}
	}
	if walls == 0 {
		t.Error("no episode met the left wall; the test needs one")
	}
}

// lagrange returns the accelerations of the two links from the kinetic and the
// potential energy of two rods with a motor between them:
//
//	M(θ)·θ̈ = −C(θ, θ̇) − ∂V/∂θ + (0, torque)
func lagrange(s []float64, torque float64) []float64 {
	const g = 9.8
	th1, th2, w1, w2 := s[0], s[1], s[2], s[3]
	coupling := .5 * math.Cos(th2) // m·l·lc·cosθ₂
	m22 := 1 + .25
	m12 := m22 + coupling
	m11 := 1 + .25 + 1 + m22 + 2*coupling
	swing := .5 * math.Sin(th2)
	c1 := -swing * (2*w1*w2 + w2*w2)
	c2 := swing * w1 * w1
	v1 := g*.5*math.Sin(th1) + g*(math.Sin(th1)+.5*math.Sin(th1+th2))
	v2 := g * .5 * math.Sin(th1+th2)
	a1, a2 := solve2(m11, m12, m22, -c1-v1, torque-c2-v2)
	return []float64{w1, w2, a1, a2}
}

// midpoint integrates lagrange with small steps of the midpoint rule.
func midpoint(s []float64, torque, dt float64, steps int) []float64 {
	s = append([]float64(nil), s...)
	h := dt / float64(steps)
	for range steps {
		k, half := lagrange(s, torque), make([]float64, 4)
		for i := range s {
			half[i] = s[i] + h/2*k[i]
		}
		k = lagrange(half, torque)
		for i := range s {
			s[i] += h * k[i]
		}
	}
	return s
}

// The acrobot against a fine integration of Lagrange's equations, along a
// trajectory that pumps the links up.
func TestAcrobotFromLagrange(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	env := &rl.Acrobot{}
	o := make([]float64, 6)
	for range 20 {
		env.Reset(rng, o)
		for step := 1; ; step++ {
			before := env.State
			action := 1 + int(math.Copysign(1, before[2]))
			if rng.IntN(5) == 0 {
				action = rng.IntN(3)
			}
			reward, done := env.Step(action, o)
			got := env.State
			if step%4 == 0 && math.Abs(before[2]) < 2 && math.Abs(before[3]) < 2 { // where one step of 0.2 s is accurate
				want := midpoint(before[:], float64(action-1), .2, 400)
				for i := range 2 {
					want[i] = math.Remainder(want[i], 2*math.Pi)
				}
				near(t, "acrobot", got[:], want, 3e-3)
			}
			near(t, "observation", o, []float64{math.Cos(got[0]), math.Sin(got[0]), math.Cos(got[1]), math.Sin(got[1]), got[2], got[3]}, 1e-15)
			goal := -math.Cos(got[0])-math.Cos(got[0]+got[1]) > 1
			want := -1.0
			if goal {
				want = 0
			}
			if reward != want || done != (goal || step == 500) {
				t.Fatalf("step %d at %v: reward %v, done %v", step, got, reward, done)
			}
			if done {
				break
			}
		}
	}
}

// One step is the classical Runge–Kutta step of Lagrange's equations, to rounding.
func TestAcrobotStepIsRungeKutta(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for range 100 {
		env := &rl.Acrobot{}
		env.Reset(rng, make([]float64, 6))
		for i := range env.State {
			env.State[i] = 2 * rng.NormFloat64()
		}
		torque := rng.IntN(3)
		s := env.State[:]
		stage := func(h float64, k []float64) []float64 {
			at := make([]float64, 4)
			for i := range at {
				at[i] = s[i] + h*k[i]
			}
			return lagrange(at, float64(torque-1))
		}
		k1 := stage(0, make([]float64, 4))
		k2 := stage(.1, k1)
		k3 := stage(.1, k2)
		k4 := stage(.2, k3)
		want := make([]float64, 4)
		for i := range want {
			want[i] = s[i] + .2*(k1[i]+2*k2[i]+2*k3[i]+k4[i])/6
		}
		for i, most := range []float64{0, 0, 4 * math.Pi, 9 * math.Pi} {
			if most == 0 {
				want[i] = math.Remainder(want[i], 2*math.Pi)
				continue
			}
			want[i] = math.Max(-most, math.Min(most, want[i]))
		}
		env.Step(torque, make([]float64, 6))
		near(t, "acrobot", env.State[:], want, 1e-9)
	}
}

func TestNames(t *testing.T) {
	for _, name := range rl.Names() {
		env, err := rl.New(name)
		if err != nil {
			t.Fatal(err)
		}
		size, actions := env.Space()
		o := make([]float64, size)
		rng := rand.New(rand.NewPCG(1, 1))
		env.Reset(rng, o)
		for range 20 {
			env.Step(rng.IntN(actions), o)
		}
	}
	if _, err := rl.New("Pong-v0"); err == nil {
		t.Error("want an error for an unknown environment")
	}
}
