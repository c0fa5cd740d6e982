package run

import (
	"math"
	"slices"
	"testing"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/train"
)

// small returns settings of a run of a few updates with a rule.
func small(rule string) Settings {
	s := Defaults()
	s.Model, s.Pixels, s.Rule, s.Gradient = "mlp:784-16-16-10", StandardPixels, rule, Mean
	s.Steps, s.StepDiscount, s.Optimizer, s.LR, s.Batch, s.Epochs, s.TrainPerClass = 6, 1, "sgd", .1, 50, 1, 20
	if rule == "target-propagation" {
		s.Activation, s.LR = "identity", .0003
	}
	return s
}

// trained returns the last epoch of a run.
func trained(t *testing.T, s Settings) Epoch {
	t.Helper()
	if err := s.Complete(); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	last, err := (&Run{Dir: t.TempDir(), Manifest: Manifest{Settings: s}}).Train(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", s.Rule, err)
	}
	return last
}

// Every rule that has a name trains on its own settings; Z-IL ends where backprop
// does, fixed predictions where they do by hand, and the incremental rule somewhere else
// than the one of one weight step.
func TestRules(t *testing.T) {
	loss := map[string]float64{}
	var names []string
	r := kinds.Standard()
	for _, kind := range r.Rules.All() {
		name := kind.Name
		s := small(name)
		if name == "repeated" {
			s.Rule = "repeated:2,rule=pc"
		}
		names = append(names, name)
		last := trained(t, s)
		loss[name] = last.TestSquaredError
		relaxing := []string{PC, "incremental", "z-il", "repeated", "contrastive", "fpa", "pc-alm"}
		if steps := last.RelaxSteps > 0; steps != slices.Contains(relaxing, name) {
			t.Errorf("%s: %d relaxation steps", name, last.RelaxSteps)
		}
	}
	for i, a := range names {
		for _, b := range names[:i] {
			same := math.Abs(loss[a]-loss[b]) < 1e-5
			if twins := a == "z-il" && b == BP || a == "fixed-prediction" && b == "fpa"; same != twins {
				t.Errorf("%s and %s end at %.7f and %.7f", a, b, loss[a], loss[b])
			}
		}
	}
}

// What the packages can do has a name, and trains.
func TestNames(t *testing.T) {
	base := trained(t, small(PC)).TestSquaredError
	for name, change := range map[string]func(s *Settings){
		"nudging":            func(s *Settings) { s.Rule = "pc:nudge=0.1" },
		"nudging, a setting": func(s *Settings) { s.Nudge = 0.1 },
		"error coordinates":  func(s *Settings) { s.Coordinates = train.Errors },
		"momentum":           func(s *Settings) { s.Solver = "momentum:0.5" },
		"Heun":               func(s *Settings) { s.Solver = "Heun" },
		"Heun with PID":      func(s *Settings) { s.Solver, s.Control = "heun", "pid:relative=0.01" },
		"Runge-Kutta":        func(s *Settings) { s.Solver = "RK4" },
		"Langevin":           func(s *Settings) { s.Solver = "langevin:0.01" },
		"Armijo":             func(s *Settings) { s.Control = "armijo:1" },
		"spiking precision":  func(s *Settings) { s.PrecisionSchedule = "spiking:5" },
		"decaying precision": func(s *Settings) { s.PrecisionSchedule = "decaying:5,decay=0.5,from_arrival" },
		"stages": func(s *Settings) {
			s.Rule = "pc:coordinates=errors,stages=(relax=(steps=3,solver=momentum(0.5),control=constant(0.05)))"
		},
		"stopping":            func(s *Settings) { s.Stop = "energy-gap:0.5" },
		"step decay":          func(s *Settings) { s.Schedule = "step:1,gamma=0.5" },
		"an own precision":    func(s *Settings) { s.Energy = "gaussian:2" },
		"a slope":             func(s *Settings) { s.Activation = "leaky-relu:0.5" },
		"a deviation":         func(s *Settings) { s.Init = "normal:0.05" },
		"momentum of weights": func(s *Settings) { s.Optimizer = "momentum:0.5" },
	} {
		s := small(PC)
		change(&s)
		if got := trained(t, s).TestSquaredError; math.Abs(got-base) < 1e-6 {
			t.Errorf("%s: ends at %.7f as without it", name, got)
		}
	}
	one, two := small(PC), small(PC)
	one.Rule, two.Nudge = "pc:nudge=0.1", 0.1
	if a, b := trained(t, one).TestSquaredError, trained(t, two).TestSquaredError; a != b {
		t.Errorf("nudging by spec ends at %v, by setting at %v", a, b)
	}
}

// A repeated rule, however deep, learns by the settings; Relaxes looks inside too.
func TestRepeatedRule(t *testing.T) {
	once := small(PC)
	if once.Relaxes() != true {
		t.Error("pc does not relax")
	}
	base := trained(t, once)
	for rule, times := range map[string]int{"repeated:1,rule=pc": 1, "repeated:2,rule=repeated(rule=pc,times=1)": 2} {
		s := small(rule)
		if !s.Relaxes() {
			t.Errorf("%s does not relax", rule)
		}
		got := trained(t, s)
		if got.RelaxSteps < 1 || (got.TestSquaredError == base.TestSquaredError) != (times == 1) {
			t.Errorf("%s: got error %v, %v by pc", rule, got.TestSquaredError, base.TestSquaredError)
		}
		s.Nudge, s.Tolerance = 0.5, 1e-3
		trained(t, s)
	}
	for _, rule := range []string{"repeated:2,rule=bp", "repeated:2", "nothing", "pc:nothing=1"} {
		if s := small(rule); s.Relaxes() {
			t.Errorf("%s relaxes", rule)
		}
	}
}

// The setting of an error around another is that of the other.
func TestSettingWithin(t *testing.T) {
	err := settingf("%v; and more", settingf("{rule}, got nothing"))
	var e *SettingError
	if !errors.As(err, &e) || e.Setting() != "rule" {
		t.Errorf("got %v, want the setting rule", err)
	}
	flag := func(setting string) string { return "--" + setting }
	if got, want := Text(err, flag), "--rule, got nothing; and more"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
