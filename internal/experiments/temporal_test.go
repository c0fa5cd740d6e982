package experiments

import (
	"context"
	_ "embed"
	"encoding/json"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

//go:embed testdata/tracking.json
var trackingJSON []byte

// Trajectories are those that PyTorch draws.
func TestTrackingDraws(t *testing.T) {
	var fixtures []struct {
		Observation  uint64      `json:"observation_seed"`
		Noise        uint64      `json:"noise_seed"`
		C            [][]float64 `json:"c"`
		States       [][]float64 `json:"states"`
		Observations [][]float64 `json:"observations"`
	}
	if err := json.Unmarshal(trackingJSON, &fixtures); err != nil {
		t.Fatal(err)
	}
	for _, f := range fixtures {
		m, path, err := Tracking{Length: len(f.States), ObservationSeed: f.Observation}.draw(f.Noise)
		if err != nil {
			t.Fatal(err)
		}
		near := func(what string, got, want float64) {
			if math.Abs(got-want) > 1e-5*(1+math.Abs(want)) {
				t.Errorf("%s: got %v, want %v", what, got, want)
			}
		}
		for i, row := range f.C {
			for j, want := range row {
				near("C", m.c.At(i, j), want)
			}
		}
		for k := range f.States {
			for i := range 3 {
				near("state", path.States[k][i], f.States[k][i])
				near("observation", float64(path.Observations[k][i]), f.Observations[k][i])
			}
		}
	}
	if len(fixtures) != 2 || len(fixtures[0].States) != 20 {
		t.Errorf("got %d fixtures, want 2 of 20 steps", len(fixtures))
	}
}

// byHand is temporal predictive coding with the published loops, but for the order of the
// last step of relaxation and learning, which is that of [TemporalPC].
func byHand(s TemporalPC, m linearModel, states [][]float64, controls, observations [][]float32) TrackingErrors {
	var out TrackingErrors
	a, c, z := mat.DenseCopyOf(m.a), mat.DenseCopyOf(m.c), mat.NewVecDense(3, nil)
	mul := func(w mat.Matrix, x mat.Vector) *mat.VecDense {
		var y mat.VecDense
		y.MulVec(w, x)
		return &y
	}
	minus := func(x, y mat.Vector) *mat.VecDense {
		var d mat.VecDense
		d.SubVec(x, y)
		return &d
	}
	pass := func(rate float64) {
		z.Zero()
		out = TrackingErrors{}
		for t := range states {
			before, y := mat.VecDenseCopyOf(z), vector(observations[t])
			moved := mul(a, before)
			moved.SetVec(2, moved.AtVec(2)+float64(controls[t][0]))
			predicted := mul(c, moved)
			for range s.Steps {
				var g mat.VecDense
				g.SubVec(minus(z, moved), mul(c.T(), minus(y, mul(c, z))))
				z.AddScaledVec(z, -s.Size, &g)
			}
			ez, ex := minus(z, moved), minus(y, mul(c, z))
			a.RankOne(a, rate, ez, before)
			c.RankOne(c, rate, ex, z)
			out.add(states[t], z, y, predicted, len(states))
		}
	}
	for range s.Passes {
		pass(s.Rate)
	}
	pass(0)
	return out
}

// A network of this module does what the loops do, with the true matrices and learning.
func TestTemporalPC(t *testing.T) {
	inference := PublishedTrackingInference(4, 0.2)
	learning := PublishedTrackingLearning()
	learning.Rate, learning.Passes = 1e-3, 3 // so that it matters
	for name, s := range map[string]TemporalPC{"inference": inference, "learning": learning} {
		s.Length = 60
		m, path, err := s.draw(3)
		if err != nil {
			t.Fatal(err)
		}
		if s.Random {
			m = linearModel{torchMatrix(s.TransitionSeed), torchMatrix(s.EmissionSeed)}
		}
		want := byHand(s, m, path.States, path.Controls, path.Observations)
		got, err := s.Run(context.Background(), 3)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.State-want.State) > 1e-6*want.State || math.Abs(got.Observation-want.Observation) > 1e-6*want.Observation {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
		still := s
		still.Rate, still.Steps = 0, s.Steps+1
		if other, err := still.Run(context.Background(), 3); err != nil || other == got {
			t.Errorf("%s: other settings, got the same result or %v", name, err)
		}
	}
}

// Many steps lead to the exact equilibrium, and the Kalman filter is better than that.
func TestTrackingEquilibrium(t *testing.T) {
	s := PublishedTrackingInference(400, 0.2)
	s.Length = 300
	relaxed, err := s.Run(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	exact, err := s.Equilibrium(1)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(relaxed.State-exact.State) > 1e-4*exact.State || math.Abs(relaxed.Observation-exact.Observation) > 1e-4*exact.Observation {
		t.Errorf("got %+v, want %+v", relaxed, exact)
	}
	k, err := s.Kalman(1)
	if err != nil {
		t.Fatal(err)
	}
	if !(k.State < exact.State) || !(k.Observation < exact.Observation) {
		t.Errorf("the filter, got %+v, want less than %+v", k, exact)
	}
}

func TestTrackingErrors(t *testing.T) {
	if _, err := (TemporalPC{Steps: 1, Size: .1}).Run(context.Background(), 1); err == nil {
		t.Error("no length: got no error")
	}
	far := PublishedTrackingInference(20, 5)
	far.Length = 200
	if _, err := far.Run(context.Background(), 1); err == nil {
		t.Error("steps that are too large: got no error")
	}
}

// Two pendulums are those of testdata/pendulum.py, through several decays of the rate.
func TestPendulum(t *testing.T) {
	for linear, want := range map[bool]PendulumResult{
		false: {0.0789577082264403, 0.08058302234046838, [4]float64{0.5714162961641853, -0.0001138565488133144, -0.4272333036591062, -0.3058477843131564}},
		true:  {0.27215161215690953, 0.20541450483600943, [4]float64{-0.011014475174763071, 1.0723264779737167, -0.7599131082420003, -0.07460281822771864}},
	} {
		s := PublishedPendulum(linear)
		s.Length = 1000
		got, err := s.Run(context.Background(), 2)
		if err != nil {
			t.Fatal(err)
		}
		near := func(got, want float64) {
			if math.Abs(got-want) > 1e-9 {
				t.Errorf("linear %t: got %v, want %v", linear, got, want)
			}
		}
		near(got.Error, want.Error)
		near(got.Late, want.Late)
		for i, x := range want.Transition {
			near(got.Transition[i], x)
		}
	}
	s := PublishedPendulum(false)
	s.Length = 0
	if _, err := s.Run(context.Background(), 1); err == nil {
		t.Error("no length: got no error")
	}
	s = PublishedPendulum(true)
	s.TransitionRate = 1e300
	if _, err := s.Run(context.Background(), 1); err == nil {
		t.Error("huge rate: got no error")
	}
}
