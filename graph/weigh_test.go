package graph_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// deep declares x → h1 → h2 → h3 → y.
func deep() graph.Declaration {
	d := graph.Declaration{Nodes: []graph.Node{node("x", 3), node("h1", 4), node("h2", 4), node("h3", 4), node("y", 2)}}
	for i, n := range d.Nodes[1:] {
		d.Predictions = append(d.Predictions, dense(n.Name, n.Shape[0], d.Nodes[i].Name))
	}
	return d
}

// relaxation returns the activities, the energies and the gradients after a relaxation.
func relaxation(t *testing.T, s *graph.Session, p relax.Problem, r relax.Settings) []float64 {
	t.Helper()
	driver, err := relax.NewDriver(p, r)
	if err != nil {
		t.Fatal(err)
	}
	result, err := driver.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := append([]float64{result.EnergyStart, result.Energy, result.GradNorm}, driver.Energies()...)
	for _, a := range p.Activities() {
		out = append(append(out, values(a.X)...), values(a.Grad)...)
	}
	e, g := learn(t, s)
	return append(append(out, e), g...)
}

func startDeep(t *testing.T, e graph.Engine) *graph.Session {
	t.Helper()
	net := newNetwork(t, deep(), graph.Settings{Precision: graph.Float64, Seed: 3, Engine: e})
	s := newSession(t, net, 2, graph.Roles{Clamped: []string{"x", "y"}})
	clamp(t, s, "x", []float64{.3, -.2, .9, 1, .1, -.4})
	clamp(t, s, "y", []float64{1, -1, .5, 2})
	initialize(t, s)
	return s
}

func closeTo(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d numbers, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		if math.Abs(got[i]-w) > tolerance*(1+math.Abs(w)) {
			t.Fatalf("%s: number %d: got %v, want %v", what, i, got[i], w)
		}
	}
}

// schedules are of every kind, for all terms and for some.
var schedules = []relax.PrecisionSchedule{
	relax.Spiking{Peak: 5},
	relax.Spiking{Peak: 5, Terms: []string{"h2"}},
	relax.Decaying{Start: 4, Decay: 0.5},
	relax.Decaying{Start: 0, Final: 2, Decay: 0.7, Terms: []string{"y", "h3"}},
	relax.Decaying{Start: 3, Decay: 0.6, FromArrival: true},
}

// A schedule is what setting the coefficients by hand before every step is, for every
// engine; the final state has the coefficients of before.
func TestXLAPrecisionSchedule(t *testing.T) {
	engines := map[string]graph.Engine{"compiled": graph.Compiled{Threads: 1}, "tape": graph.Tape{}}
	if x, ok := plugin(t); ok {
		engines["xla"] = x
	}
	const steps, size = 7, 0.1
	for name, e := range engines {
		t.Logf("on %s", name)
		for _, schedule := range schedules {
			for _, solver := range []func() relax.Solver{
				func() relax.Solver { return relax.Euler{} }, func() relax.Solver { return &relax.Momentum{Beta: 0.5} }, func() relax.Solver { return &relax.Heun{} },
			} {
				s := startDeep(t, e)
				if err := s.SetCoefficient("y", 0.5); err != nil {
					t.Fatal(err)
				}
				got := relaxation(t, s, s, relax.Settings{Steps: steps, Control: relax.Constant{Size: size}, Precision: schedule, Solver: solver()})
				want := byHand(t, schedule, solver(), steps, size)
				closeTo(t, name, got, want, 1e-9)
			}
		}
	}
}

// byHand relaxes with coefficients set before every step, on the tape.
func byHand(t *testing.T, schedule relax.PrecisionSchedule, solver relax.Solver, steps int, size float64) []float64 {
	t.Helper()
	s := startDeep(t, graph.Tape{})
	arrival := map[string]int{"y": 0, "h3": 1, "h2": 2, "h1": 3}
	driver, err := relax.NewDriver(s, relax.Settings{Steps: 1, Control: relax.Constant{Size: size}, Solver: solver, SkipFinal: true})
	if err != nil {
		t.Fatal(err)
	}
	coefficient := map[string]float64{"y": 0.5, "h1": 1, "h2": 1, "h3": 1}
	start := 0.0
	for step := range steps {
		for term, c := range coefficient {
			if err := s.SetCoefficient(term, c*schedule.Factor(term, step, arrival[term])); err != nil {
				t.Fatal(err)
			}
		}
		r, err := driver.Continue(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		start = r.EnergyStart
	}
	for term, c := range coefficient {
		if err := s.SetCoefficient(term, c); err != nil {
			t.Fatal(err)
		}
	}
	energies := make([]float64, 4)
	total, err := s.Evaluate(energies)
	if err != nil {
		t.Fatal(err)
	}
	norm := 0.0
	var state []float64
	for _, a := range s.Activities() {
		state = append(append(state, values(a.X)...), values(a.Grad)...)
	}
	for n := range 2 {
		squared := 0.0
		for _, a := range s.Activities() {
			_, g := a.Sample(n)
			squared += g.Dot(g)
		}
		norm = max(norm, math.Sqrt(squared))
	}
	out := append(append([]float64{start, total, norm}, energies...), state...)
	e, g := learn(t, s)
	return append(append(out, e), g...)
}

// With a peak of 1/γ and linear predictions a signal does not shrink on its way, and the
// arrivals are those of the signal.
func TestSpikingCarriesTheSignal(t *testing.T) {
	const size = 0.01
	moved := func(schedule relax.PrecisionSchedule) (distances [4]float64) {
		s := startDeep(t, graph.Compiled{Threads: 1})
		var before [4][]float64
		names := []string{"h3", "h2", "h1"}
		for i, n := range names {
			before[i] = activity(t, s, n)
		}
		for i, n := range names {
			initialize(t, s)
			relaxation(t, s, s, relax.Settings{Steps: i + 1, Control: relax.Constant{Size: size}, Precision: schedule})
			after := activity(t, s, n)
			for k, x := range after {
				distances[i] += math.Abs(x - before[i][k])
			}
		}
		return distances
	}
	plain, spiking := moved(nil), moved(relax.Spiking{Peak: 1 / size})
	for i := range 3 {
		gain := math.Pow(1/size, float64(i+1))
		if got := spiking[i] / plain[i]; !(got > gain/20) || !(got < gain*20) {
			t.Errorf("node %d from the output moves %v times as far, want about %v", i+1, got, gain)
		}
	}
}

// Arrivals are those of the reach, and at most 1 in error coordinates.
func TestArrivals(t *testing.T) {
	s := startDeep(t, nil)
	got, err := s.Arrivals()
	if want := []int{3, 2, 1, 0}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v for %q", got, err, want, s.Terms())
	}
	e, err := s.ErrorCoordinates()
	if err != nil {
		t.Fatal(err)
	}
	if got, err = e.Arrivals(); err != nil || !slices.Equal(got, []int{1, 1, 1, 0}) {
		t.Errorf("errors: got %v, %v", got, err)
	}
	free := newSession(t, newNetwork(t, deep(), f64), 1, graph.Roles{Clamped: []string{"x"}})
	if got, err = free.Arrivals(); err != nil || !slices.Equal(got, []int{-1, -1, -1, -1}) {
		t.Errorf("nothing clamped that is predicted: got %v, %v", got, err)
	}
}

// In error coordinates factors act on the same terms.
func TestPrecisionOfErrorCoordinates(t *testing.T) {
	for _, schedule := range schedules {
		var all [][]float64
		for _, engine := range []graph.Engine{graph.Compiled{Threads: 1}, graph.Tape{}} {
			s := startDeep(t, engine)
			e, err := s.ErrorCoordinates()
			if err != nil {
				t.Fatal(err)
			}
			e.Reset()
			all = append(all, relaxation(t, s, e, relax.Settings{Steps: 5, Control: relax.Constant{Size: 0.1}, Precision: schedule}))
			e.Reset()
			energies := make([]float64, 4)
			if err := s.Weigh([]float64{2, 3, 4, 5}); err != nil {
				t.Fatal(err)
			}
			if _, err := e.Evaluate(energies); err != nil {
				t.Fatal(err)
			}
			weighed := slices.Clone(energies)
			if err := e.Weigh([]float64{1, 1, 1, 1}); err != nil {
				t.Fatal(err)
			}
			if _, err := e.Evaluate(energies); err != nil {
				t.Fatal(err)
			}
			for k, f := range []float64{2, 3, 4, 5} {
				if math.Abs(weighed[k]-f*energies[k]) > 1e-12 {
					t.Errorf("term %d: got %v with a factor of %v, want %v", k, weighed[k], f, f*energies[k])
				}
			}
		}
		closeTo(t, "errors", all[0], all[1], 1e-10)
	}
}

// Factors are in force beside coefficients, whichever is set last.
func TestWeighAndCoefficients(t *testing.T) {
	s := startDeep(t, nil)
	energies := make([]float64, 4)
	value := func() float64 {
		t.Helper()
		if _, err := s.Evaluate(energies); err != nil {
			t.Fatal(err)
		}
		return energies[3]
	}
	one := value()
	set := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ coefficient, factor, want float64 }{{1, 3, 3}, {2, 3, 6}, {2, 0, 0}, {0, 4, 0}, {-1, 4, -4}, {1, 1, 1}} {
		set(s.SetCoefficient("y", c.coefficient))
		set(s.Weigh([]float64{1, 1, 1, c.factor}))
		if got := value(); math.Abs(got-c.want*one) > 1e-12 {
			t.Errorf("%+v: got %v, want %v", c, got, c.want*one)
		}
		set(s.SetCoefficient("y", c.coefficient))
		if got := value(); math.Abs(got-c.want*one) > 1e-12 {
			t.Errorf("%+v, coefficient last: got %v, want %v", c, got, c.want*one)
		}
	}
	if err := s.Weigh([]float64{1}); err == nil || !strings.Contains(err.Error(), "factors, got 1, want 4") {
		t.Errorf("one factor: got %v", err)
	}
}
