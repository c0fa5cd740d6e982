package energy_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// An energy that is linear in the activity has no minimum there, so its node cannot
// be free; the others can.
func TestLinearEnergiesWantClampedNodes(t *testing.T) {
	for _, e := range []graph.Energy{energy.CrossEntropy{}, energy.KullbackLeibler{}, energy.Bernoulli{}, energy.Gaussian{}, energy.Laplace{}, energy.Huber{}} {
		net, err := graph.New(compared(2, e), graph.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = net.Session(1, graph.Roles{Clamped: []string{"x"}})
		switch e.(type) {
		case energy.Gaussian, energy.Laplace, energy.Huber:
			if err != nil {
				t.Errorf("%T: got error %v for a free node, want none", e, err)
			}
		default:
			if err == nil || !strings.Contains(err.Error(), `"y"`) {
				t.Errorf("%T: got %v for a free node, want an error that names it", e, err)
			}
		}
	}
}

// A feedforward pass of the divergence gives the softmax, too.
func TestMeanOfKullbackLeibler(t *testing.T) {
	net, err := graph.New(compared(2, energy.KullbackLeibler{}), graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Session(1, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ClampFloat64("x", []float64{0, math.Log(3)}); err != nil {
		t.Fatal(err)
	}
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		t.Fatal(err)
	}
	y, err := s.Activity("y")
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mean", y.Float64(), []float64{0.25, 0.75}, 1e-15)
}

// The softmax goes over the last axis: two positions of two classes are two rows.
func TestSoftmaxGoesOverTheLastAxis(t *testing.T) {
	for _, e := range []graph.Energy{energy.CrossEntropy{}, energy.KullbackLeibler{}} {
		d := pair(graph.Shape{2, 2}, graph.Shape{2, 2}, layers.Identity{}, e, nil)
		got, grad := evaluate(t, d, graph.Settings{Precision: graph.Float64}, []float64{0, math.Log(3), 5, 5}, []float64{1, 0, 0, 1}, nil)
		near(t, fmt.Sprintf("%T", e), []float64{got}, []float64{math.Log(4) + math.Ln2}, 1e-14)
		near(t, fmt.Sprintf("%T: gradient", e), grad, []float64{-0.75, 0.75, 0.5, -0.5}, 1e-14)
	}
}

// The divergence is 0 where the prediction is the target and above 0 elsewhere; the
// cross-entropy exceeds it by the entropy of the target.
func TestDivergenceAndEntropy(t *testing.T) {
	target := []float64{0.25, 0.75}
	entropy := -0.25*math.Log(0.25) - 0.75*math.Log(0.75)
	for _, logits := range [][]float64{{0, math.Log(3)}, {7, 7 + math.Log(3)}, {1, -1}} {
		s := graph.Settings{Precision: graph.Float64}
		kl, _ := evaluate(t, compared(2, energy.KullbackLeibler{}), s, logits, target, nil)
		ce, _ := evaluate(t, compared(2, energy.CrossEntropy{}), s, logits, target, nil)
		if right := logits[1]-logits[0] == math.Log(3) || logits[0] == 7; right != (math.Abs(kl) < 1e-14) || kl < -1e-14 {
			t.Errorf("logits %v: divergence %v", logits, kl)
		}
		near(t, "entropy", []float64{ce - kl}, []float64{entropy}, 1e-14)
	}
}

// A row of zeros takes no part in the categorical energies.
func TestBlankRows(t *testing.T) {
	for _, e := range []graph.Energy{energy.CrossEntropy{}, energy.KullbackLeibler{}} {
		got, grad := evaluate(t, compared(2, e), graph.Settings{Precision: graph.Float64}, []float64{3, -2, 0, math.Log(3)}, []float64{0, 0, 1, 0}, nil)
		near(t, fmt.Sprintf("%T", e), []float64{got}, []float64{math.Log(4)}, 1e-14)
		near(t, fmt.Sprintf("%T: gradient", e), grad, []float64{0, 0, -0.75, 0.75}, 1e-14)
	}
}

// Near 0 a Laplace energy is e²/2δ, far from it |e| − δ.
func TestLaplaceNearAndFar(t *testing.T) {
	s := graph.Settings{Precision: graph.Float64}
	for _, tt := range []struct{ e, want, tolerance float64 }{
		{1e-4, 1e-8 / 0.2, 1e-13}, {1e6, 1e6 - 0.1, 1e-8}, {-1e6, 1e6 - 0.1, 1e-8},
	} {
		got, _ := evaluate(t, compared(1, energy.Laplace{}), s, []float64{0}, []float64{tt.e}, nil)
		if math.Abs(got-tt.want) > tt.tolerance {
			t.Errorf("error %v: got %v, want %v", tt.e, got, tt.want)
		}
	}
}

// A learned log-precision starts at 0, one for the node or one for each unit, and is
// marked as a logarithm that does not decay.
func TestLogPrecisionStartsAtZero(t *testing.T) {
	for kind, want := range map[energy.Learned][]float64{energy.LearnedScalar: {0}, energy.LearnedUnits: {0, 0, 0}} {
		net, err := graph.New(compared(3, energy.Gaussian{Learned: kind}), graph.Settings{Precision: graph.Float64})
		if err != nil {
			t.Fatal(err)
		}
		p, err := net.Param("y/energy/logprecision")
		if err != nil {
			t.Fatal(err)
		}
		if v := p.Values().Float64(); !slices.Equal(v, want) || !p.Log || !p.NoDecay {
			t.Errorf("%s: got %v, Log %v, NoDecay %v, want %v and both", kind, v, p.Log, p.NoDecay, want)
		}
	}
}

// Domains of data, at their borders.
func TestDomainsAtTheirBorders(t *testing.T) {
	for _, tt := range []struct {
		energy graph.Energy
		y      []float64
		ok     bool
	}{
		{energy.Bernoulli{}, []float64{0, 1}, true},
		{energy.Bernoulli{}, []float64{-1e-9, 1}, false},
		{energy.Bernoulli{}, []float64{0, 1.0001}, false},
		{energy.CrossEntropy{}, []float64{0.3, 0.7}, true},
		{energy.CrossEntropy{}, []float64{0.3001, 0.7}, true},
		{energy.CrossEntropy{}, []float64{0.35, 0.7}, false},
		{energy.CrossEntropy{}, []float64{1.5, -0.5}, false},
		{energy.KullbackLeibler{}, []float64{1, 0}, true},
		{energy.KullbackLeibler{}, []float64{1, 1}, false},
		{energy.Gaussian{}, []float64{-1e30, 1e30}, true},
		{energy.Laplace{}, []float64{-1e30, 1e30}, true},
		{energy.Huber{}, []float64{-1e30, 1e30}, true},
	} {
		net, err := graph.New(compared(2, tt.energy), graph.Settings{Precision: graph.Float64})
		if err != nil {
			t.Fatal(err)
		}
		s, err := net.Session(1, graph.Roles{Clamped: []string{"x", "y"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.ClampFloat64("y", tt.y); tt.ok != (err == nil) {
			t.Errorf("%T of %v: got error %v, want one: %v", tt.energy, tt.y, err, !tt.ok)
		}
	}
}

// Precisions of units are in row-major order.
func TestPrecisionsOfUnitsAreRowMajor(t *testing.T) {
	d := pair(graph.Shape{2, 2}, graph.Shape{2, 2}, layers.Identity{}, energy.Gaussian{PerUnit: []float64{1, 2, 3, 4}}, nil)
	_, grad := evaluate(t, d, graph.Settings{Precision: graph.Float64}, []float64{1, 1, 1, 1}, []float64{0, 0, 0, 0}, nil)
	near(t, "gradient", grad, []float64{1, 2, 3, 4}, 1e-15)
}
