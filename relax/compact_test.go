package relax_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-be841da4/prospect/relax"
)

// bowls is a bowl whose samples can be left out. It counts the samples evaluated.
type bowls struct {
	*bowl
	kept, evaluated int
	swaps           int
	linked          bool // not separable
}

func newBowls(curvature ...float64) *bowls {
	x := make([]float64, len(curvature))
	for n := range x {
		x[n] = 1
	}
	return &bowls{bowl: newBowl(relax.Float64(x), curvature...), kept: len(x)}
}

func (b *bowls) Separable() bool { return !b.linked }

func (b *bowls) Swap(i, j int) {
	b.swaps++
	a := b.activities[0]
	a.X.SwapBlocks(i, j, 1)
	a.Grad.SwapBlocks(i, j, 1)
	b.curvature[i], b.curvature[j] = b.curvature[j], b.curvature[i]
}

func (b *bowls) Keep(n int) { b.kept = n }

func (b *bowls) Evaluate(energies []float64) (float64, error) {
	b.evaluated += b.kept
	energies[0] = 0
	x, g := b.activities[0].X.Float64(), b.activities[0].Grad.Float64()
	for n, c := range b.curvature[:b.kept] {
		g[n] = c * x[n]
		energies[0] += 0.5 * g[n] * x[n]
	}
	for n := b.kept; n < len(g); n++ {
		g[n] = math.NaN()
	}
	return energies[0], nil
}

// A sample ends where it ends alone, after as many steps, and is evaluated no more often;
// all are back in their places for the final state, even where it need not be measured.
func TestCompaction(t *testing.T) {
	curvature := []float64{0.02, 1, 0.3, 1.2, 0.1}
	for name, s := range map[string]relax.Settings{
		"norm":      {Control: relax.Constant{Size: 0.5}, Stop: relax.GradientNorm{Tolerance: 1e-3}},
		"gap":       {Control: relax.Constant{Size: 0.5}, Stop: relax.EnergyGap{Tolerance: 1e-5, Convexity: 0.1}},
		"skips":     {Control: relax.Constant{Size: 0.5}, Stop: relax.GradientNorm{Tolerance: 1e-3}, SkipFinal: true},
		"factor 1":  {Control: relax.Discount{Size: 0.5, Factor: 1}, Stop: relax.GradientNorm{Tolerance: 1e-3, MinSteps: 3}},
		"limit":     {Control: relax.Constant{Size: 0.5}, Stop: relax.GradientNorm{Tolerance: 1e-3}, Steps: 40},
		"intervals": {Control: relax.Constant{Size: 0.5}, Stop: relax.GradientNorm{Tolerance: 1e-3, Every: 4}},
	} {
		if s.Steps == 0 {
			s.Steps = 1000
		}
		together := newBowls(curvature...)
		r := mustRun(t, together, s)
		var x []float64
		sum, final, energy := 0, 0, 0.0
		for _, c := range curvature {
			alone := newBowls(c)
			one := mustRun(t, alone, s)
			x = append(x, state(alone)...)
			sum += one.Steps
			if one.Status == relax.Converged {
				final++ // the evaluation at which the test held
			}
			energy += one.Energy
		}
		if diff := cmp.Diff(x, state(together)); diff != "" {
			t.Errorf("%s: (-alone +together)\n%s", name, diff)
		}
		if r.MeanSteps != float64(sum)/5 {
			t.Errorf("%s: mean steps, got %v, want %v", name, r.MeanSteps, float64(sum)/5)
		}
		if want := sum + final + 5; together.evaluated > want {
			t.Errorf("%s: got %d samples evaluated, want at most %d", name, together.evaluated, want)
		}
		if r.MeasuredAt != r.Steps || math.Abs(r.Energy-energy) > 1e-12 {
			t.Errorf("%s: got energy %v after %d steps of %d, want %v", name, r.Energy, r.MeasuredAt, r.Steps, energy)
		}
		if diff := cmp.Diff(curvature, together.curvature); diff != "" || together.kept != 5 {
			t.Errorf("%s: %d samples in force, samples out of place:\n%s", name, together.kept, diff)
		}
	}
}

// A recorder sees the energy of all samples at every step, those included that stay
// where they are.
func TestRecorderSeesConvergedSamples(t *testing.T) {
	curvature := []float64{0.02, 1, 0.3}
	s := relax.Settings{Steps: 1000, Control: relax.Constant{Size: 0.5}, Stop: relax.GradientNorm{Tolerance: 1e-3, Every: 2}}
	record := func(c ...float64) []float64 {
		trace := &relax.Trace{}
		s.Recorder = trace
		mustRun(t, newBowls(c...), s)
		return trace.Totals()
	}
	got := record(curvature...)
	want := make([]float64, len(got))
	for _, c := range curvature {
		alone := record(c)
		for i := range want {
			want[i] += alone[min(i, len(alone)-1)]
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("(-sum of the samples alone +together)\n%s", diff)
	}
}

// tighter is a stop that embeds another and demands more.
type tighter struct{ relax.GradientNorm }

func (tighter) Converged(s relax.State) bool { return s.Energy < 1e-9 }

// drag is a solver that embeds another and steps otherwise.
type drag struct{ *relax.Momentum }

func (d drag) Step(p relax.Problem, size float64) error { return d.Momentum.Step(p, size/2) }

// Where what a sample does depends on the others, or may, no sample is left out.
func TestCompactionNeedsIndependence(t *testing.T) {
	constant, norm := relax.Constant{Size: 0.3}, relax.GradientNorm{Tolerance: 1e-3}
	for name, s := range map[string]relax.Settings{
		"discount":        {Control: relax.Discount{Size: 0.3, Factor: 0.9}, Stop: norm},
		"amplify":         {Control: relax.Discount{Size: 0.3, Factor: 1, Amplify: 1.01}, Stop: norm},
		"armijo":          {Control: relax.Armijo{Initial: 0.3}, Stop: norm},
		"langevin":        {Control: constant, Stop: norm, Solver: &relax.Langevin{Temperature: 1e-9}},
		"heun":            {Control: constant, Stop: norm, Solver: &relax.Heun{}},
		"embedded solver": {Control: constant, Stop: norm, Solver: drag{&relax.Momentum{}}},
		"embedded stop":   {Control: constant, Stop: tighter{norm}},
		"no stop":         {Control: constant},
	} {
		b := newBowls(0.02, 1, 0.3)
		s.Steps = 400
		r := mustRun(t, b, s)
		if b.swaps != 0 || r.MeanSteps != float64(r.Steps) {
			t.Errorf("%s: got %d samples left out, %+v", name, b.swaps, r)
		}
		if want := map[string]relax.Status{"no stop": relax.StepLimit}[name]; want != 0 && r.Status != want {
			t.Errorf("%s: got %v", name, r.Status)
		}
	}
	b := newBowls(0.02, 1, 0.3)
	b.linked = true
	if mustRun(t, b, relax.Settings{Steps: 1000, Control: constant, Stop: norm}); b.swaps != 0 {
		t.Errorf("linked samples: got %d left out", b.swaps)
	}
	half, whole := newBowls(1, 1), newBowls(1, 1)
	mustRun(t, half, relax.Settings{Steps: 1, Control: relax.Constant{Size: 0.5}, Solver: drag{&relax.Momentum{}}})
	mustRun(t, whole, relax.Settings{Steps: 1, Control: relax.Constant{Size: 0.25}, Solver: &relax.Momentum{}})
	if diff := cmp.Diff(state(whole), state(half)); diff != "" {
		t.Errorf("a solver that embeds another: (-want +got)\n%s", diff)
	}
}

// A run that goes on after a change lets those samples go on that the change moved.
func TestCompactionTestsAgain(t *testing.T) {
	b := newBowls(1, 0.02, 1)
	d, err := relax.NewDriver(b, relax.Settings{Steps: 20, Control: relax.Constant{Size: 0.5}, Stop: relax.GradientNorm{Tolerance: 1e-3}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	before := state(b)
	b.curvature[2] = 1.5 // its gradient is now above the tolerance
	if g := b.curvature[2] * before[2]; g < 1e-3 {
		t.Fatalf("gradient %v of the changed sample is within the tolerance", g)
	}
	if _, err := d.Continue(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	want := []float64{before[0], before[1] - 0.5*(0.02*before[1]), before[2] - 0.5*(1.5*before[2])}
	if diff := cmp.Diff(want, state(b)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// After an error the samples are in their places, and it names the right one.
func TestCompactionAndErrors(t *testing.T) {
	b := newBowls(1, 0.3, -40)
	r, err := relax.Run(context.Background(), b, relax.Settings{Steps: 5000, Control: relax.Constant{Size: 0.5}, Stop: relax.GradientNorm{Tolerance: 1e-3}})
	var e *relax.NonFiniteError
	if !errors.As(err, &e) || r.Status != relax.Diverged {
		t.Fatalf("got %+v, %v, want it to diverge", r, err)
	}
	if e.Kind != relax.KindEnergy && e.Sample != 2 {
		t.Errorf("got sample %d, want 2", e.Sample)
	}
	if diff := cmp.Diff([]float64{1, 0.3, -40}, b.curvature); diff != "" || b.kept != 3 {
		t.Errorf("%d in force, samples out of place:\n%s", b.kept, diff)
	}
}
