package analysis_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/analysis"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// onesBatch is input 1 and target (0, 1).
func onesBatch() *train.Batch {
	return &train.Batch{Size: 1, Values: map[string][]float32{"x": {1}, "y": {0, 1}}}
}

// Closed form: a 1-1-2 net of ones on input 1 with target (0, 1) starts with the
// loss ½ and hidden energy 0. Its hidden activity relaxes as 2/3 + e/3 with e =
// (1 − 3γ)^t, whose energies are ½((2/3+e/3)² + (1/3−e/3)²) and ½(1/3−e/3)².
func TestEnergiesClosedForm(t *testing.T) {
	const gamma = .1
	net := newNet(t, models.MLP{Widths: []int{1, 1, 2}, NoBias: true, Init: layers.Constant{Value: 1}})
	e, err := analysis.TraceEnergies(context.Background(), net, relax.Settings{Steps: 10, Control: relax.Constant{Size: gamma}}, onesBatch())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(e.Terms, []string{"h1", "y"}) || !slices.Equal(e.Clamped, []bool{false, true}) || len(e.Values) != 11 {
		t.Fatalf("got terms %v, clamped %v and %d states, want h1, y, and 11 states", e.Terms, e.Clamped, len(e.Values))
	}
	for step := range 11 {
		x := 2./3 + math.Pow(1-3*gamma, float64(step))/3
		loss, hidden := (x*x+(1-x)*(1-x))/2, (x-1)*(x-1)/2
		for _, tt := range []struct {
			name      string
			got, want float64
		}{
			{"loss", e.Loss()[step], loss},
			{"hidden", e.Hidden()[step], hidden},
			{"total", e.Total()[step], loss + hidden},
			{"y", e.Term("y")[step], loss},
			{"h1", e.Term("h1")[step], hidden},
		} {
			if math.Abs(tt.got-tt.want) > 1e-12 {
				t.Errorf("step %d, %s: got %v, want %v", step, tt.name, tt.got, tt.want)
			}
		}
	}
	if h := e.Health(); !h.Healthy() || h.Rises != 0 {
		t.Errorf("got %+v, want a healthy course without a rise", h)
	}
	if e.Term("z") != nil {
		t.Error("want nothing for a term that does not exist")
	}
}

// A step size beyond the stable one is noticed: the total energy rises.
func TestUnhealthy(t *testing.T) {
	net := newNet(t, models.MLP{Widths: []int{1, 1, 2}, NoBias: true, Init: layers.Constant{Value: 1}})
	e, err := analysis.TraceEnergies(context.Background(), net, relax.Settings{Steps: 10, Control: relax.Constant{Size: .7}}, onesBatch())
	if err != nil {
		t.Fatal(err)
	}
	if h := e.Health(); h.Healthy() || h.TotalFalls || h.Rises != 10 {
		t.Errorf("got %+v, want ten rises of the total energy", h)
	}
	if (analysis.Energies{}).Health().Healthy() {
		t.Error("no course at all is not healthy")
	}
}

// The first step of Fig. 3a: the correct output falls from 1 to 0.8 under backprop
// and to 0.9748 under prospective configuration.
func TestDisturbanceOfFirstStep(t *testing.T) {
	for _, tt := range []struct {
		rule train.Rule
		want float64
	}{{&train.Backprop{}, .2}, {train.Paper(128, .1, .5), 1 - .9748}} {
		net := newNet(t, models.MLP{Widths: []int{1, 1, 2}, NoBias: true, Init: layers.Constant{Value: 1}})
		b := onesBatch()
		f, err := analysis.NewForward(net, b, "y")
		if err != nil {
			t.Fatal(err)
		}
		before, err := f.Predict(b, "y")
		if err != nil {
			t.Fatal(err)
		}
		if err := step(tt.rule, .2).Take(context.Background(), net, b); err != nil {
			t.Fatal(err)
		}
		after, err := f.Predict(b, "y")
		if err != nil {
			t.Fatal(err)
		}
		if got := analysis.Disturbance(1, before, after, []float64{0, 1})[0]; math.Abs(got-tt.want) > 5e-5 {
			t.Errorf("%T: disturbance %.5f, want %.4f", tt.rule, got, tt.want)
		}
	}
	if got := analysis.Disturbance(2, []float64{0, 0, 1, 1}, []float64{1, -1, 1, 1}, []float64{1, 1, 1, 1}); !slices.Equal(got, []float64{1, 0}) {
		t.Errorf("got %v, want [1 0]", got)
	}
}

// Closed form: one linear layer learns x₁ with orthogonal input x₂ untouched; the
// same batch is transfer of −1; an opposite target interferes.
func TestInterference(t *testing.T) {
	net := newNet(t, models.MLP{Widths: []int{2, 1}, NoBias: true, Init: layers.Constant{}})
	b := func(x1, x2, y float32) *train.Batch {
		return &train.Batch{Size: 1, Values: map[string][]float32{"x": {x1, x2}, "y": {y}}}
	}
	// From 0 with rate 0.5 the output at (1, 0) becomes 0.5: the loss falls from 1/2
	// to 1/8. At target −1 it rises from 1/2 to 9/8.
	for _, tt := range []struct {
		other *train.Batch
		want  float64
	}{{b(0, 1, 1), 0}, {b(1, 0, 1), -1}, {b(1, 0, -1), (9./8 - 1./2) / (1./2 - 1./8)}} {
		got, err := analysis.Interference(context.Background(), net, step(&train.Backprop{}, .5), b(1, 0, 1), tt.other, "y")
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("other %v: got %v, want %v", tt.other.Values, got, tt.want)
		}
	}
}

// Saved parameters come back, in both precisions.
func TestSave(t *testing.T) {
	for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
		net, err := models.MLP{Widths: []int{3, 2}}.New(graph.Settings{Precision: p})
		if err != nil {
			t.Fatal(err)
		}
		b := batch(t, net, 2, 1)
		f, err := analysis.NewForward(net, b, "y")
		if err != nil {
			t.Fatal(err)
		}
		before, err := f.Predict(b, "y")
		if err != nil {
			t.Fatal(err)
		}
		saved := analysis.Save(net)
		if err := step(&train.Backprop{}, .1).Take(context.Background(), net, b); err != nil {
			t.Fatal(err)
		}
		changed, err := f.Predict(b, "y")
		if err != nil {
			t.Fatal(err)
		}
		saved.Restore()
		after, err := f.Predict(b, "y")
		if err != nil {
			t.Fatal(err)
		}
		if slices.Equal(before, changed) || !slices.Equal(before, after) {
			t.Errorf("%v: outputs %v, learned %v, restored %v", p, before, changed, after)
		}
	}
}
