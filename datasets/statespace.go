package datasets

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
)

// Trajectory is a sequence of a state that is not seen and of noisy observations of it.
type Trajectory struct {
	// States are the true states, one row for each time step.
	States [][]float64
	// Controls are the known inputs of the steps; nil if there are none.
	Controls [][]float32
	// Observations are what is seen of the states.
	Observations [][]float32
}

// Tracking is an object on a line that is pushed and seen through a linear map, a linear
// state-space model,
//
//	x_t = A·x_{t−1} + B·u_t + w_t   A = [1 Δ Δ²/2; 0 1 Δ; 0 0 1]   B = [0; 0; 1]
//	y_t = C·x_t + v_t               u_t = exp(−t/100)
//
// with x_t = position, velocity, acceleration, x_{−1} = 0, and t counted from 0.
//
// Source: Millidge, Tang, Osanlouy, Harper and Bogacz 2024, "Predictive coding networks
// for temporal prediction", with Δ = 0.001, unit noise and a C drawn from N(0, 1).
type Tracking struct {
	// Steps is the length of a trajectory. Zero is an error.
	Steps int
	// Interval is Δ, the time between two steps. Zero is an error.
	Interval float64
	// ProcessStd and ObservationStd are the standard deviations of w and v. Zero means
	// no noise.
	ProcessStd, ObservationStd float64
	// Observation is C, with three columns. Required.
	Observation [][]float64
}

// Transition returns A.
func (s Tracking) Transition() [][]float64 {
	d := s.Interval
	return [][]float64{{1, d, d * d / 2}, {0, 1, d}, {0, 0, 1}}
}

// Draw draws a trajectory. The seed decides w and v.
func (s Tracking) Draw(seed uint64) (*Trajectory, error) {
	if s.Steps < 1 {
		return nil, errors.Errorf("datasets: tracking: Steps, got %d, want at least 1", s.Steps)
	}
	if !(s.Interval > 0) || math.IsInf(s.Interval, 0) {
		return nil, errors.Errorf("datasets: tracking: Interval, got %v, want a positive time; published is 0.001", s.Interval)
	}
	if err := checkStd("tracking", s.ProcessStd, s.ObservationStd); err != nil {
		return nil, err
	}
	if len(s.Observation) == 0 {
		return nil, errors.New("datasets: tracking: Observation, got no rows, want a matrix of three columns")
	}
	for i, row := range s.Observation {
		if len(row) != 3 {
			return nil, errors.Errorf("datasets: tracking: Observation, got %d columns in row %d, want 3: position, velocity, acceleration", len(row), i)
		}
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	out, x := &Trajectory{}, make([]float64, 3)
	for t := range s.Steps {
		u := math.Exp(-float64(t) / 100)
		next := times(s.Transition(), x)
		next[2] += u
		for i := range next {
			next[i] += s.ProcessStd * rng.NormFloat64()
		}
		x = next
		out.States = append(out.States, x)
		out.Controls = append(out.Controls, []float32{float32(u)})
		out.Observations = append(out.Observations, observed(times(s.Observation, x), s.ObservationStd, rng))
	}
	return out, nil
}

// Pendulum is a pendulum of which angle and angular velocity are seen with noise,
//
//	dθ/dt = ω   dω/dt = −Damping·ω − Gravity/Length·sin θ
//
// integrated by the Runge-Kutta method of fourth order. The state is (θ, ω), in rad and
// rad/s, and the first one is the initial one.
//
// Source: Millidge et al. 2024, with gravity 9.81, length 3, no damping, steps of 0.1
// from (1.8, 2.2) and noise of 0.1.
type Pendulum struct {
	// Steps is the length of a trajectory. Zero is an error.
	Steps int
	// Interval is the time between two steps, in s. Zero is an error.
	Interval float64
	// Substeps is the number of steps of integration in an interval. Zero means 10.
	Substeps int
	// Length is in m, Gravity in m/s². Zero is an error.
	Length, Gravity float64
	// Damping is in 1/s. Zero means none.
	Damping float64
	// Angle and Velocity are the initial state.
	Angle, Velocity float64
	// ObservationStd is the standard deviation of the noise. Zero means none.
	ObservationStd float64
}

// Draw draws a trajectory. The seed decides the noise.
func (s Pendulum) Draw(seed uint64) (*Trajectory, error) {
	switch {
	case s.Steps < 1:
		return nil, errors.Errorf("datasets: pendulum: Steps, got %d, want at least 1", s.Steps)
	case !(s.Interval > 0) || math.IsInf(s.Interval, 0):
		return nil, errors.Errorf("datasets: pendulum: Interval, got %v, want a positive time; published is 0.1", s.Interval)
	case s.Substeps < 0:
		return nil, errors.Errorf("datasets: pendulum: Substeps, got %d, want at least 1, or 0 for 10", s.Substeps)
	case !(s.Length > 0) || !(s.Gravity > 0):
		return nil, errors.Errorf("datasets: pendulum: Length and Gravity, got %v and %v, want positive numbers, for example 3 and 9.81", s.Length, s.Gravity)
	}
	if err := checkStd("pendulum", s.ObservationStd); err != nil {
		return nil, err
	}
	n := s.Substeps
	if n == 0 {
		n = 10
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	out, x := &Trajectory{}, [2]float64{s.Angle, s.Velocity}
	for t := range s.Steps {
		for range n {
			if t > 0 {
				x = s.integrate(x, s.Interval/float64(n))
			}
		}
		state := []float64{x[0], x[1]}
		out.States = append(out.States, state)
		out.Observations = append(out.Observations, observed(state, s.ObservationStd, rng))
	}
	return out, nil
}

// integrate takes a step h of the Runge-Kutta method.
func (s Pendulum) integrate(x [2]float64, h float64) [2]float64 {
	f := func(x [2]float64) [2]float64 {
		return [2]float64{x[1], -s.Damping*x[1] - s.Gravity/s.Length*math.Sin(x[0])}
	}
	at := func(k [2]float64, h float64) [2]float64 { return [2]float64{x[0] + h*k[0], x[1] + h*k[1]} }
	k1 := f(x)
	k2 := f(at(k1, h/2))
	k3 := f(at(k2, h/2))
	k4 := f(at(k3, h))
	for i := range x {
		x[i] += h / 6 * (k1[i] + 2*k2[i] + 2*k3[i] + k4[i])
	}
	return x
}

// times returns the product of a matrix and a vector.
func times(m [][]float64, x []float64) []float64 {
	out := make([]float64, len(m))
	for i, row := range m {
		for j, v := range row {
			out[i] += v * x[j]
		}
	}
	return out
}

// observed adds noise.
func observed(x []float64, std float64, rng *rand.Rand) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v + std*rng.NormFloat64())
	}
	return out
}

func checkStd(of string, all ...float64) error {
	for _, std := range all {
		if !(std >= 0) || math.IsInf(std, 0) {
			return errors.Errorf("datasets: %s: standard deviation of noise, got %v, want a finite number of at least 0", of, std)
		}
	}
	return nil
}
