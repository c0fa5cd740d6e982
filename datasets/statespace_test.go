package datasets_test

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
)

// Without noise the object moves as the formula says.
func TestTrackingFormula(t *testing.T) {
	s := datasets.Tracking{Steps: 2, Interval: 0.5, Observation: [][]float64{{1, 2, 3}}}
	got, err := s.Draw(1)
	if err != nil {
		t.Fatal(err)
	}
	e := math.Exp(-0.01)
	if want := [][]float64{{0, 0, 1}, {0.125, 0.5, 1 + e}}; !reflect.DeepEqual(got.States, want) {
		t.Errorf("states, got %v, want %v", got.States, want)
	}
	if o, want := got.Observations[1][0], float32(0.125+1+3*(1+e)); math.Abs(float64(o-want)) > 1e-6 {
		t.Errorf("observation, got %v, want %v", o, want)
	}
	if got.Controls[1][0] != float32(e) {
		t.Errorf("control, got %v, want %v", got.Controls[1], e)
	}
}

// Noise has the standard deviations, and the seed decides it.
func TestTrackingNoise(t *testing.T) {
	s := datasets.Tracking{Steps: 20000, Interval: 1e-9, ProcessStd: 0.5, ObservationStd: 2, Observation: [][]float64{{1, 0, 0}}}
	a, err := s.Draw(1)
	if err != nil {
		t.Fatal(err)
	}
	var w, v float64
	for i := 1; i < s.Steps; i++ {
		d, e := a.States[i][0]-a.States[i-1][0], float64(a.Observations[i][0])-a.States[i][0]
		w, v = w+d*d, v+e*e
	}
	if w, v = math.Sqrt(w/20000), math.Sqrt(v/20000); math.Abs(w-0.5) > 0.02 || math.Abs(v-2) > 0.05 {
		t.Errorf("standard deviations, got %v and %v, want 0.5 and 2", w, v)
	}
	same, _ := s.Draw(1)
	other, _ := s.Draw(2)
	if !reflect.DeepEqual(a, same) || reflect.DeepEqual(a.States, other.States) {
		t.Error("the seed does not decide the trajectory")
	}
}

// The energy of an undamped pendulum stays, that of a damped one falls, and halving the
// step of integration changes the end by a sixteenth of what it did before.
func TestPendulum(t *testing.T) {
	s := datasets.Pendulum{Steps: 500, Interval: 0.1, Length: 3, Gravity: 9.81, Angle: 1.8, Velocity: 2.2}
	energy := func(x []float64) float64 { return x[1]*x[1]/2 - s.Gravity/s.Length*math.Cos(x[0]) }
	last := func(s datasets.Pendulum) []float64 {
		t.Helper()
		got, err := s.Draw(1)
		if err != nil {
			t.Fatal(err)
		}
		if x := got.States[0]; x[0] != s.Angle || x[1] != s.Velocity {
			t.Errorf("first state, got %v, want the initial one", x)
		}
		return got.States[s.Steps-1]
	}
	begin := energy([]float64{s.Angle, s.Velocity})
	if end := energy(last(s)); math.Abs(end-begin) > 1e-6 {
		t.Errorf("energy, got %v, want %v", end, begin)
	}
	damped := s
	damped.Damping = 0.1
	if end := energy(last(damped)); end > begin-1 {
		t.Errorf("energy with damping, got %v, want below %v", end, begin)
	}
	s.Steps = 11
	var ends []float64
	for _, n := range []int{1, 2, 4} {
		s.Substeps = n
		ends = append(ends, last(s)[0])
	}
	if ratio := (ends[0] - ends[1]) / (ends[1] - ends[2]); ratio < 12 || ratio > 20 {
		t.Errorf("error of half the step, got 1/%v, want about 1/16", ratio)
	}
	s.Substeps = 10
	ten := last(s)
	if s.Substeps = 0; !reflect.DeepEqual(last(s), ten) {
		t.Error("Substeps: zero does not mean 10")
	}
}

func TestStateSpaceErrors(t *testing.T) {
	c := [][]float64{{1, 0, 0}}
	for i, s := range []datasets.Tracking{
		{Interval: 1, Observation: c},
		{Steps: 1, Observation: c},
		{Steps: 1, Interval: 1},
		{Steps: 1, Interval: 1, Observation: [][]float64{{1}}},
		{Steps: 1, Interval: 1, Observation: c, ProcessStd: -1},
	} {
		if _, err := s.Draw(0); err == nil {
			t.Errorf("tracking %d: got no error", i)
		}
	}
	for i, s := range []datasets.Pendulum{
		{Interval: 1, Length: 1, Gravity: 1},
		{Steps: 1, Length: 1, Gravity: 1},
		{Steps: 1, Interval: 1, Gravity: 1},
		{Steps: 1, Interval: 1, Length: 1, Gravity: 1, Substeps: -1},
		{Steps: 1, Interval: 1, Length: 1, Gravity: 1, ObservationStd: math.NaN()},
	} {
		if _, err := s.Draw(0); err == nil {
			t.Errorf("pendulum %d: got no error", i)
		}
	}
}

func ExampleTracking() {
	s := datasets.Tracking{Steps: 2, Interval: 0.5, Observation: [][]float64{{1, 0, 0}}}
	seen, err := s.Draw(1)
	if err != nil {
		panic(err)
	}
	fmt.Println(seen.Observations)
	// Output: [[0] [0.125]]
}
