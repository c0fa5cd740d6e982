package relax_test

import (
	"math"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/relax"
)

func TestDecayingFormula(t *testing.T) {
	for _, c := range []struct {
		d             relax.Decaying
		term          string
		step, arrival int
		want          float64
	}{
		{relax.Decaying{Start: 5, Decay: 0.5}, "a", 0, 3, 5},
		{relax.Decaying{Start: 5, Decay: 0.5}, "a", 1, 3, 3},
		{relax.Decaying{Start: 5, Decay: 0.5}, "a", 2, -1, 2},
		{relax.Decaying{Start: 5, Final: 3, Decay: 0.5}, "a", 1, 0, 4},
		{relax.Decaying{Start: 0, Final: 3, Decay: 0.5}, "a", 2, 0, 2.25},
		{relax.Decaying{Start: 5, Decay: 0.5, FromArrival: true}, "a", 2, 3, 1},
		{relax.Decaying{Start: 5, Decay: 0.5, FromArrival: true}, "a", 3, 3, 5},
		{relax.Decaying{Start: 5, Decay: 0.5, FromArrival: true}, "a", 5, 3, 2},
		{relax.Decaying{Start: 5, Decay: 0.5, FromArrival: true}, "a", 5, -1, 1},
		{relax.Decaying{Start: 5, Decay: 0.5, Terms: []string{"b"}}, "a", 0, 0, 1},
		{relax.Decaying{Start: 5, Decay: 0.5, Terms: []string{"b"}}, "b", 0, 0, 5},
	} {
		if got := c.d.Factor(c.term, c.step, c.arrival); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func TestSpikingFormula(t *testing.T) {
	for _, c := range []struct {
		s             relax.Spiking
		step, arrival int
		want          float64
	}{
		{relax.Spiking{Peak: 7}, 0, 0, 7},
		{relax.Spiking{Peak: 7}, 1, 0, 1},
		{relax.Spiking{Peak: 7}, 2, 2, 7},
		{relax.Spiking{Peak: 7}, 1, -1, 1},
		{relax.Spiking{Peak: 7, Terms: []string{"b"}}, 0, 0, 1},
		{relax.Spiking{Peak: 7, Terms: []string{"a"}}, 0, 0, 7},
	} {
		if got := c.s.Factor("a", c.step, c.arrival); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

// weighted is a bowl whose term can be multiplied.
type weighted struct {
	*bowl
	factor float64
	weighs int
}

func (w *weighted) Arrivals() ([]int, error) { return []int{1}, nil }

func (w *weighted) Weigh(factors []float64) error {
	w.factor = factors[0]
	w.weighs++
	return nil
}

func (w *weighted) Evaluate(energies []float64) (float64, error) {
	_, err := w.bowl.Evaluate(energies)
	energies[0] *= w.factor
	w.activities[0].Grad.Scale(w.factor)
	return energies[0], err
}

// factorOf is a schedule made of a function.
type factorOf func(step int) float64

func (f factorOf) Factor(_ string, step, _ int) float64 { return f(step) }

// The steps have their factors, also where a run goes on, and the end has none,
// whichever way it ends; the problem hears of changes alone.
func TestDriverWeighs(t *testing.T) {
	p := &weighted{bowl: newBowl(relax.Float64([]float64{1}), 1), factor: 1}
	s := relax.Settings{Steps: 4, Control: relax.Constant{Size: 0.1}, Precision: factorOf(func(t int) float64 { return []float64{1, 3, 3, 2, 5, 5}[t] })}
	d, err := relax.NewDriver(p, s)
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Run(t.Context())
	x := 0.9 * 0.7 * 0.7 * 0.8
	if got := p.activities[0].X.At(0); err != nil || math.Abs(got-x) > 1e-15 || p.factor != 1 || p.weighs != 3 || r.EnergyStart != 0.5 || math.Abs(r.Energy-x*x/2) > 1e-15 {
		t.Errorf("got %v, factor %v, %d changes, %+v, %v", got, p.factor, p.weighs, r, err)
	}
	if _, err = d.Continue(t.Context(), 2); err != nil || p.factor != 1 {
		t.Fatal(err, p.factor)
	}
	if got := p.activities[0].X.At(0); math.Abs(got-x/4) > 1e-15 {
		t.Errorf("continued: got %v, want %v", got, x/4)
	}
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1)} {
		s.Precision = factorOf(func(t int) float64 { return []float64{2, bad}[t] })
		if _, err = relax.Run(t.Context(), p, s); err == nil || !strings.Contains(err.Error(), `step 1: precision relax_test.factorOf of "bowl": want a finite factor`) || p.factor != 1 {
			t.Errorf("factor %v: got %v, and %v after the run", bad, err, p.factor)
		}
	}
}

func TestPrecisionIsRefused(t *testing.T) {
	constant := relax.Constant{Size: 0.1}
	spiking := relax.Spiking{Peak: 2}
	for want, s := range map[string]relax.Settings{
		"Control: got relax.Discount":                 {Control: relax.Discount{Size: 0.1, Factor: 0.5}, Precision: spiking},
		"Control: got relax.Armijo":                   {Control: relax.Armijo{Initial: 1}, Precision: spiking},
		"Control: got *relax.PID":                     {Control: &relax.PID{Initial: 1, Relative: 0.1}, Solver: &relax.Heun{}, Precision: spiking},
		"Control: got *relax.Spectral, which looks":   {Control: &relax.Spectral{}, Precision: spiking},
		"Solver: got *relax.LBFGS":                    {Control: constant, Solver: &relax.LBFGS{}, Precision: spiking},
		"Solver: got *relax.Anderson":                 {Control: constant, Solver: &relax.Anderson{}, Precision: spiking},
		"Solver: got *relax.ConjugateGradient":        {Control: constant, Solver: &relax.ConjugateGradient{}, Precision: spiking},
		"Stop: got relax.GradientNorm":                {Control: constant, Stop: relax.GradientNorm{Tolerance: 1}, Precision: spiking},
		"Peak: want a positive finite number, got 0":  {Control: constant, Precision: relax.Spiking{}},
		"Peak: want a positive finite number, got -1": {Control: constant, Precision: relax.Spiking{Peak: -1}},

		"Start: want":                                  {Control: constant, Precision: relax.Decaying{Start: -1, Decay: 0.5}},
		"Final: want":                                  {Control: constant, Precision: relax.Decaying{Final: -1, Decay: 0.5}},
		"Decay: want a number in (0, 1), got 0":        {Control: constant, Precision: relax.Decaying{Start: 1}},
		"Decay: want a number in (0, 1), got 1":        {Control: constant, Precision: relax.Decaying{Start: 1, Decay: 1}},
		"spiking: Terms: got an empty list, want":      {Control: constant, Precision: relax.Spiking{Peak: 2, Terms: []string{}}},
		"decaying: Terms: got an empty list, want":     {Control: constant, Precision: relax.Decaying{Decay: 0.5, Terms: []string{}}},
		`Precision: Terms, got "dome", want one of`:    {Control: constant, Precision: relax.Spiking{Peak: 2, Terms: []string{"dome"}}},
		`Precision: Terms, got "domes", want one of`:   {Control: constant, Precision: relax.Decaying{Start: 2, Decay: 0.5, Terms: []string{"domes"}}},
		"want a relax.Weighted, whose terms can be mu": {Control: constant, Precision: factorOf(nil)},
	} {
		s.Steps = 3
		var p relax.Problem = &weighted{bowl: newBowl(relax.Float64([]float64{1}), 1), factor: 1}
		if strings.Contains(want, "relax.Weighted") {
			p = newBowl(relax.Float64([]float64{1}), 1)
		}
		if _, err := relax.NewDriver(p, s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}
