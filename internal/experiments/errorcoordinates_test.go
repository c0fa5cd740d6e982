package experiments

import (
	"context"
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
)

// onePixel is a data set of images of one pixel in one class.
func onePixel(t *testing.T, x ...float32) datasets.Dataset {
	t.Helper()
	d, err := datasets.NewFloats([]int{1}, 1, x, make([]int, len(x)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// In a chain x → h1 → h2 → y of single units with weights of ±1, whose output is off by
// r at first, all is known. Errors: their Hessian is I + JᵀJ with eigenvalues 1 and 3, the
// first gradient lies along the latter, so
//
//	‖h1 − h1*‖ = q·r/3    ‖h2 − h2*‖ = q·2r/3    (E − E*)/E* = 2·q²    q = (1 − 3γ)^t
//
// Activities: the Hessian has the same eigenvalues along (1, 1) and (1, −1), in which the
// first distance (1, 2)·r/3 has the parts 3/2 and −1/2.
func TestErrorCoordinatesByHand(t *testing.T) {
	const gamma = .1
	s := PublishedErrorCoordinates(3, "")
	s.Width, s.Samples, s.Epochs = 1, 1, 0
	s.StateRates, s.ErrorRates = []float64{gamma}, []float64{gamma}
	net, batch, err := s.draw(context.Background(), onePixel(t, .3), 5)
	if err != nil {
		t.Fatal(err)
	}
	y := float64(batch.Values["x"][0])
	for _, p := range net.Params() {
		if w := p.Values().At(0); math.Abs(math.Abs(w)-1) > 1e-6 {
			t.Fatalf("%s: got %g, want ±1", p.Name, w)
		}
		y *= p.Values().At(0)
	}
	r := math.Abs(1 - y)
	steps := func(near func(t float64) bool) float64 {
		n := 0.
		for !near(n) {
			n++
		}
		return n
	}
	slow := func(t float64) float64 { return 1.5 * math.Pow(1-gamma, t) }
	fast := func(t float64) float64 { return -.5 * math.Pow(1-3*gamma, t) }
	q := func(t float64) float64 { return math.Pow(1-3*gamma, t) }
	energy := func(d1, d2 float64) float64 { return (2*d1*d1 - 2*d1*d2 + 2*d2*d2) / 2 * 2 * 3 } // ½dᵀHd over E* = r²/6, d in units of r
	got, err := s.Run(context.Background(), onePixel(t, .3), 5)
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, got, want float64) {
		t.Helper()
		if !(math.Abs(got-want) <= 1e-5*math.Abs(want)) {
			t.Errorf("%s: got %g, want %g", name, got, want)
		}
	}
	check("errors, h1", got.Errors.Nodes[0], steps(func(t float64) bool { return r/3*q(t) < s.Distance }))
	check("errors, h2", got.Errors.Nodes[1], steps(func(t float64) bool { return 2*r/3*q(t) < s.Distance }))
	check("errors, gap", got.Errors.Gap, steps(func(t float64) bool { return 2*q(t)*q(t) <= s.Gap }))
	check("activities, h1", got.States.Nodes[0], steps(func(t float64) bool { return r/3*(slow(t)+fast(t)) < s.Distance }))
	check("activities, h2", got.States.Nodes[1], steps(func(t float64) bool { return r/3*(slow(t)-fast(t)) < s.Distance }))
	check("activities, gap", got.States.Gap, steps(func(t float64) bool {
		return energy((slow(t)+fast(t))/3, (slow(t)-fast(t))/3) <= s.Gap
	}))
	check("activities, all", got.States.All(), got.States.Nodes[1])
	check("h2 moves in step 1", got.Arrivals[0], gamma*r)
	check("h1 moves in step 2", got.Arrivals[1], gamma*gamma*r)
	check("error of h2 after a step", got.FirstErrors[0], gamma*r)
	check("error of h1 after a step", got.FirstErrors[1], gamma*r)
	if got.States.Rate != gamma || got.Errors.GapRate != gamma || got.States.Left > 1e-3 || got.Errors.Left > 1e-3 {
		t.Errorf("got %+v", got)
	}
}

// The step size with the fewest steps is chosen, one at which numbers leave the finite
// ones is passed over, and where the steps are too few none is said to arrive.
func TestErrorCoordinatesChoosesRates(t *testing.T) {
	s := PublishedErrorCoordinates(5, "tanh")
	s.Width, s.StateRates, s.ErrorRates = 12, []float64{.05, .3, 400}, []float64{.02, .1, 400}
	data := pixels(t, 40, 24)
	r, err := s.Run(context.Background(), data, 3)
	if err != nil {
		t.Fatal(err)
	}
	if r.States.Rate != .3 || r.States.GapRate != .3 || r.Errors.Rate != .1 || r.Errors.GapRate != .1 {
		t.Errorf("got the rates %+v, %+v, want .3 and .1", r.States, r.Errors)
	}
	if !(r.Errors.All() < r.States.All()) || math.IsInf(r.States.All(), 1) || r.States.Left > 1e-3 || r.Errors.Left > 1e-3 {
		t.Errorf("got %+v, %+v, want the same equilibrium, sooner in errors", r.States, r.Errors)
	}
	if len(r.Arrivals) != 4 || len(r.FirstErrors) != 4 || !(r.Arrivals[3] < 1e-3*r.Arrivals[0]) || !(r.FirstErrors[3] > .01*r.FirstErrors[0]) {
		t.Errorf("got the arrivals %g and the first errors %g", r.Arrivals, r.FirstErrors)
	}
	s.StateSteps, s.ErrorSteps = 3, 3
	if r, err = s.Run(context.Background(), data, 3); err != nil || !math.IsInf(r.States.All(), 1) || !math.IsInf(r.Errors.Gap, 1) || !(r.States.Left > 1e-3) {
		t.Errorf("three steps: got %+v, %v", r, err)
	}
	s.Layers = 1
	if _, err = s.Run(context.Background(), data, 3); err == nil {
		t.Error("one layer: got no error")
	}
}

// Training moves the weights, and its network relaxes to the exact equilibrium.
func TestErrorCoordinatesTrains(t *testing.T) {
	s := PublishedErrorCoordinates(4, "")
	s.Width, s.Samples, s.TrainingBatch, s.Limit = 12, 6, 8, 20
	data := pixels(t, 400, 24)
	trained, err := s.Run(context.Background(), data, 3)
	if err != nil {
		t.Fatal(err)
	}
	s.Epochs = 0
	drawn, err := s.Run(context.Background(), data, 3)
	if err != nil {
		t.Fatal(err)
	}
	if trained.FirstErrors[0] == drawn.FirstErrors[0] || trained.Errors.Left > 1e-3 || trained.States.Left > 1e-3 || math.IsInf(trained.States.Gap, 1) {
		t.Errorf("got %+v trained, %+v as drawn", trained, drawn)
	}
}
