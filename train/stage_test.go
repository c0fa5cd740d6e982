package train_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// stagedNet is a network of eight hidden nodes with a batch.
func stagedNet(t *testing.T, e graph.Engine) (*graph.Network, *train.Batch) {
	t.Helper()
	net, err := models.MLP{Widths: []int{5, 4, 4, 4, 4, 4, 4, 4, 4, 3}, Activation: layers.Tanh{}}.New(graph.Settings{Precision: graph.Float64, Seed: 2, Engine: e})
	if err != nil {
		t.Fatal(err)
	}
	return net, randomBatch(net, 3, rand.New(rand.NewPCG(1, 1)))
}

// gradientsOf returns the gradients of a rule, one after another.
func gradientsOf(t *testing.T, rule train.Rule, net *graph.Network, b *train.Batch) (out []float64, stats train.Stats) {
	t.Helper()
	stats, err := rule.Gradients(t.Context(), net, b)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range net.Params() {
		out = append(out, p.Grads().Float64()...)
	}
	return out, stats
}

var (
	onErrors     = relax.Settings{Steps: 60, Solver: &relax.LBFGS{Memory: 10}, Control: relax.Armijo{Initial: 1}}
	onActivities = relax.Settings{Steps: 100000, Control: relax.Constant{Size: 0.2}, Stop: relax.GradientNorm{Tolerance: 1e-10}}
)

// Errors first and activities after, or the other way round, end at the equilibrium of
// either alone, and the few steps in errors leave few to the activities.
func TestStagesShareTheEquilibrium(t *testing.T) {
	short := onErrors
	short.Steps = 4
	for _, e := range []graph.Engine{graph.Compiled{}, graph.Tape{}} {
		net, b := stagedNet(t, e)
		want, alone := gradientsOf(t, &train.Prospective{Relax: onActivities}, net, b)
		errorsAlone, _ := gradientsOf(t, &train.Prospective{Relax: onErrors, Coordinates: train.Errors}, net, b)
		for name, rule := range map[string]*train.Prospective{
			"errors, activities": {Relax: short, Coordinates: train.Errors, Stages: []train.Stage{{Relax: onActivities}}},
			"activities, errors": {
				Relax:  relax.Settings{Steps: 7, Control: relax.Constant{Size: 0.1}},
				Stages: []train.Stage{{Relax: onErrors, Coordinates: train.Errors}},
			},
			"errors, activities, errors": {Relax: short, Coordinates: train.Errors, Stages: []train.Stage{
				{Relax: relax.Settings{Steps: 5, Control: relax.Constant{Size: 0.1}}}, {Relax: onErrors, Coordinates: train.Errors},
			}},
		} {
			for range 2 { // the second batch starts anew
				got, stats := gradientsOf(t, rule, net, b)
				for i, w := range want {
					if math.Abs(got[i]-w) > 1e-7 || math.Abs(errorsAlone[i]-w) > 1e-7 {
						t.Fatalf("%s: gradient %d: got %.9g, want %.9g; in errors alone %.9g", name, i, got[i], w, errorsAlone[i])
					}
				}
				if len(stats.Phases) != len(rule.Stages)+1 || stats.Phases[0].Name != rule.Coordinates.String() || stats.Phases[1].Name != rule.Stages[0].Coordinates.String() {
					t.Errorf("%s: got phases %+v", name, stats.Phases)
				}
				steps, evaluations := 0, 0
				for _, p := range stats.Phases {
					steps, evaluations = steps+p.Relaxation.Steps, evaluations+p.Relaxation.Evaluations
				}
				if r := stats.Relaxation; r.Steps != steps || r.Evaluations != evaluations || r.EnergyStart != stats.Phases[0].Relaxation.EnergyStart {
					t.Errorf("%s: got %+v of %+v", name, r, stats.Phases)
				}
				if name == "errors, activities" {
					if r := stats.Relaxation; r.Status != relax.Converged || !stats.Criterion || r.Steps > alone.Relaxation.Steps*9/10 {
						t.Errorf("%s: got %+v, %+v from the predictions", name, r, alone.Relaxation)
					}
				}
			}
		}
	}
}

// Stages are runs by hand, one after another, with the same bits; a change of their
// fields counts at the next batch, and before-last is of the last.
func TestStagesByHand(t *testing.T) {
	net, b := stagedNet(t, nil)
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	byHand := func(first, last int) []float64 {
		s, err := net.Session(3, graph.Roles{Clamped: []string{"x", "y"}, Training: true})
		fail(err)
		fail(s.Clamp("x", b.Values["x"]))
		fail(s.Clamp("y", b.Values["y"]))
		fail(s.Initialize(graph.Start{}, nil))
		e, err := s.ErrorCoordinates()
		fail(err)
		e.Reset()
		_, err = relax.Run(t.Context(), e, relax.Settings{Steps: first, Control: relax.Constant{Size: 0.05}})
		fail(err)
		fail(e.Store())
		if last > 0 {
			_, err = relax.Run(t.Context(), s, relax.Settings{Steps: last, Control: relax.Constant{Size: 0.1}, Solver: &relax.Momentum{Beta: 0.5}})
			fail(err)
		}
		_, err = s.Learn(make([]float64, len(s.Terms())))
		fail(err)
		var out []float64
		for _, p := range net.Params() {
			out = append(out, p.Grads().Float64()...)
		}
		return out
	}
	rule := &train.Prospective{
		Relax: relax.Settings{Steps: 3, Control: relax.Constant{Size: 0.05}}, Coordinates: train.Errors,
		Stages: []train.Stage{{Relax: relax.Settings{Steps: 5, Control: relax.Constant{Size: 0.1}, Solver: &relax.Momentum{Beta: 0.5}}}},
	}
	check := func(what string, first, last int) {
		t.Helper()
		if got, _ := gradientsOf(t, rule, net, b); !slices.Equal(got, byHand(first, last)) {
			t.Errorf("%s: gradients are not those by hand", what)
		}
	}
	check("3 and 5", 3, 5)
	rule.Stages[0].Relax.Steps = 2
	check("3 and 2", 3, 2)
	rule.State = train.BeforeLast
	check("3 and 2, before the last", 3, 1)
	rule.Stages[0].Relax.Steps = 1
	check("3 and 1, before the last", 3, 0)
	rule.Stages = nil
	check("3, before the last", 2, 0)
	if _, stats := gradientsOf(t, rule, net, b); stats.Phases != nil {
		t.Errorf("without stages: got phases %+v", stats.Phases)
	}
}

// A certified stop ends any stage, though all share their coordinates.
func TestStagesCertified(t *testing.T) {
	net, b := stagedNet(t, nil)
	want, _ := gradientsOf(t, &train.Prospective{Relax: onActivities}, net, b)
	gap := onErrors
	gap.Stop = relax.RelativeGap{Tolerance: 1e-13}
	rough := onErrors
	rough.Stop = relax.RelativeGap{Tolerance: 0.5}
	got, stats := gradientsOf(t, &train.Prospective{
		Relax: rough, Coordinates: train.Errors,
		Stages: []train.Stage{{Relax: relax.Settings{Steps: 2, Control: relax.Constant{Size: 0.1}}}, {Relax: gap, Coordinates: train.Errors}},
	}, net, b)
	for i, w := range want {
		if math.Abs(got[i]-w) > 1e-5 {
			t.Fatalf("gradient %d: got %.9g, want %.9g", i, got[i], w)
		}
	}
	if stats.Phases[0].Relaxation.Status != relax.Converged || stats.Relaxation.Status != relax.Converged {
		t.Errorf("got %+v", stats.Phases)
	}
}

// What stages cannot be, and how far the signal travels with them.
func TestStagesChecked(t *testing.T) {
	net, b := stagedNet(t, nil)
	one := relax.Settings{Steps: 3, Control: relax.Constant{Size: 0.1}}
	for want, rule := range map[string]*train.Prospective{
		"Stages[1]: relax: settings: Steps": {Relax: one, Stages: []train.Stage{{Relax: one}, {}}},
		"WarmStart, got true with Stages":   {Relax: one, Stages: []train.Stage{{Relax: one}}, WarmStart: true},
		"Stages[0]: relax: settings: Precision: Terms, got \"z\"": {Relax: one, Stages: []train.Stage{{Relax: relax.Settings{
			Steps: 1, Control: one.Control, Precision: relax.Spiking{Peak: 2, Terms: []string{"z"}},
		}}}},
	} {
		if _, err := rule.Gradients(t.Context(), net, b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	for _, c := range []struct {
		rule train.Prospective
		want int
	}{
		{train.Prospective{Relax: one, Stages: []train.Stage{{Relax: one}}}, 6},
		{train.Prospective{Relax: one, Stages: []train.Stage{{Relax: one}}, State: train.BeforeLast}, 5},
		{train.Prospective{Relax: one, Stages: []train.Stage{{Relax: one, Coordinates: train.Errors}}}, -1},
		{train.Prospective{Relax: one, Coordinates: train.Errors, Stages: []train.Stage{{Relax: one}}}, -1},
	} {
		if got := c.rule.Travels(); got != c.want {
			t.Errorf("%+v travels %d, want %d", c.rule.Stages, got, c.want)
		}
	}
	recorded := &train.Prospective{Relax: one, Stages: []train.Stage{{Relax: relax.Settings{Steps: 1, Control: one.Control, Recorder: &relax.Trace{}}}}}
	if err := recorded.Divisible(); err == nil || !strings.Contains(err.Error(), "Stages[0]") {
		t.Errorf("divisible: got %v", err)
	}
}

// A seeded solver of a stage draws anew for every batch.
func TestStagesDraw(t *testing.T) {
	net, b := stagedNet(t, nil)
	noisy := relax.Settings{Steps: 3, Control: relax.Constant{Size: 0.1}, Solver: &relax.Langevin{Temperature: 0.1, Seed: 1}}
	rule := &train.Prospective{Relax: relax.Settings{Steps: 2, Control: noisy.Control}, Stages: []train.Stage{{Relax: noisy}}}
	first, _ := gradientsOf(t, rule, net, b)
	second, _ := gradientsOf(t, rule, net, b)
	rule.SetUpdates(0)
	again, _ := gradientsOf(t, rule, net, b)
	if slices.Equal(first, second) || !slices.Equal(first, again) {
		t.Error("the draws do not follow the update")
	}
}
