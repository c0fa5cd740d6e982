package experiments

import (
	"context"
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/internal/torchrand"
)

// Pendulum is temporal predictive coding of a pendulum with a single iteration for each
// time step, as published: with the estimate x of the step before,
//
//	x' = x + Δ·A·f(x)        ŷ = C·f(x)         ε = y − ŷ
//	x" = x' + Δ·Cᵀ·(f'(x')·ε)
//	A  ← A + Δ·k₂·(Cᵀ·f'(x")·ε)·f(x)ᵀ   C ← C + Δ·k₁·ε·f(x")ᵀ
//
// with products of vectors by element, A = 0 and C = I at first, and x" the next estimate.
// It is written out here because ŷ is predicted from the step before, not from x' as in
// [train.Rollout].
//
// Source: as [Tracking], Fig. 6 and the public programs. Differs: the pendulum there is
// integrated to a relative tolerance of 1e-3 alone.
type Pendulum struct {
	// Linear means f(x) = x, otherwise f = tanh.
	Linear bool `json:"linear,omitempty"`
	// Length is the number of time steps, Interval is Δ in s.
	Length   int     `json:"length"`
	Interval float64 `json:"interval"`
	// EmissionRate and TransitionRate are k₁ and k₂.
	EmissionRate   float64 `json:"emission_rate"`
	TransitionRate float64 `json:"transition_rate"`
	// EmissionDecay divides k₁ by 1.015 at that step, and every EmissionDecay − 1 steps
	// after it; TransitionDecay divides k₂ by 1.015 at that step alone, both as the
	// published counters do. Zero means never.
	EmissionDecay   int `json:"emission_decay,omitempty"`
	TransitionDecay int `json:"transition_decay,omitempty"`
	// Noise is the standard deviation of the noise on both numbers.
	Noise float64 `json:"noise"`
}

// PublishedPendulum returns the published settings, of 100 seeds.
func PublishedPendulum(linear bool) Pendulum {
	s := Pendulum{Linear: linear, Length: 25004, Interval: 0.1, EmissionRate: 8.5, TransitionRate: 0.9, EmissionDecay: 300, Noise: 0.1}
	if linear {
		s.EmissionRate, s.TransitionRate, s.EmissionDecay, s.TransitionDecay = 0.01, 0.09, 0, 500
	}
	return s
}

// draw returns angles and velocities with NumPy's noise: of all angles, then of all
// velocities.
func (s Pendulum) draw(seed uint64) ([2][]float64, error) {
	var y [2][]float64
	path, err := datasets.Pendulum{Steps: s.Length, Interval: s.Interval, Length: 3, Gravity: 9.81, Angle: 1.8, Velocity: 2.2}.Draw(0)
	if err != nil {
		return y, errors.WithMessage(err, "experiments: pendulum")
	}
	rng := torchrand.NewRandomState(uint32(seed))
	for i := range y {
		for _, x := range path.States {
			y[i] = append(y[i], x[i]+s.Noise*rng.Normal())
		}
	}
	return y, nil
}

// rateDecay is what rates are divided by.
const rateDecay = 1.015

// PendulumResult is what was found.
type PendulumResult struct {
	// Error is ½·‖ε‖² averaged over all steps, and Late that of the last tenth.
	Error float64 `json:"error"`
	Late  float64 `json:"late"`
	// Transition is A in the end, by rows.
	Transition [4]float64 `json:"transition"`
}

// Run follows a pendulum with the noise of a seed.
func (s Pendulum) Run(ctx context.Context, seed uint64) (PendulumResult, error) {
	var out PendulumResult
	y, err := s.draw(seed)
	if err != nil {
		return out, err
	}
	f := func(x float64) (value, slope float64) {
		if s.Linear {
			return x, 1
		}
		v := math.Tanh(x)
		return v, 1 - v*v
	}
	var x [2]float64
	a, c, k1, k2 := [4]float64{}, [4]float64{1, 0, 0, 1}, s.EmissionRate, s.TransitionRate
	both := func(x [2]float64) (value, slope [2]float64) {
		value[0], slope[0] = f(x[0])
		value[1], slope[1] = f(x[1])
		return value, slope
	}
	late := s.Length - s.Length/10
	for t := range s.Length {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		before, _ := both(x)
		var eps [2]float64
		for i := range x {
			eps[i] = y[i][t] - (c[2*i]*before[0] + c[2*i+1]*before[1])
			x[i] += s.Interval * (a[2*i]*before[0] + a[2*i+1]*before[1])
		}
		_, slope := both(x)
		for i := range x {
			x[i] += s.Interval * (c[i]*slope[0]*eps[0] + c[2+i]*slope[1]*eps[1])
		}
		now, slope := both(x)
		for i := range x {
			e := (c[i]*slope[0] + c[2+i]*slope[1]) * eps[i]
			for j := range x {
				a[2*i+j] += s.Interval * k2 * e * before[j]
			}
		}
		for i := range x {
			for j := range x {
				c[2*i+j] += s.Interval * k1 * eps[i] * now[j]
			}
		}
		if t+1 == s.TransitionDecay {
			k2 /= rateDecay
		}
		if s.EmissionDecay > 1 && t+1 >= s.EmissionDecay && (t+1-s.EmissionDecay)%(s.EmissionDecay-1) == 0 {
			k1 /= rateDecay
		}
		square := (eps[0]*eps[0] + eps[1]*eps[1]) / 2
		out.Error += square / float64(s.Length)
		if t >= late {
			out.Late += square / float64(s.Length-late)
		}
	}
	out.Transition = a
	if math.IsNaN(out.Error) || math.IsInf(out.Error, 0) {
		return out, errors.New("experiments: pendulum: the estimate is not finite; take smaller rates")
	}
	return out, nil
}
