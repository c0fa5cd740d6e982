package train_test

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/train"
)

// hiding are optimizers that wrap another one without telling.
type (
	hidden      struct{ inner train.Optimizer }
	hiddenDeep  struct{ all []struct{ one *train.Adam } }
	hiddenNamed struct{ by map[string]train.Optimizer }
	embedding   struct{ train.Optimizer }
)

func (o hidden) Step(p []*graph.Param, lr float64) error       { return o.inner.Step(p, lr) }
func (o *hiddenDeep) Step(p []*graph.Param, lr float64) error  { return o.all[0].one.Step(p, lr) }
func (o *hiddenNamed) Step(p []*graph.Param, lr float64) error { return o.by["a"].Step(p, lr) }

// looping unwraps to itself.
type looping struct{ train.SGD }

func (o *looping) Unwrap() train.Optimizer { return o }

// nothing unwraps to nil.
type nothing struct{ train.SGD }

func (o *nothing) Unwrap() train.Optimizer { return nil }

// plainSign is a custom optimizer that remembers nothing.
type plainSign struct{ scale []float64 }

func (o *plainSign) Step(p []*graph.Param, lr float64) error { return (&train.SGD{}).Step(p, lr) }

// A run whose optimizer wraps Adam, twice, goes on from a checkpoint to the bits of
// an uninterrupted one.
func TestCheckpointLooksThroughWrappers(t *testing.T) {
	wrap := func() train.Optimizer { return &clipped{inner: &clipped{inner: &train.Adam{}}} }
	whole, src := statefulTrainer(t, &train.Backprop{})
	whole.Optimizer = wrap()
	dir := filepath.Join(t.TempDir(), "checkpoint")
	whole.Epochs = 2
	if err := whole.Fit(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	if err := whole.SaveCheckpoint(dir); err != nil {
		t.Fatal(err)
	}
	rest, _ := statefulTrainer(t, &train.Backprop{})
	rest.Optimizer = wrap()
	if err := rest.LoadCheckpoint(dir); err != nil {
		t.Fatal(err)
	}
	for _, tr := range []*train.Trainer{whole, rest} {
		tr.Epochs = 3
		if err := tr.Fit(t.Context(), src); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(weightBits(whole.Network), weightBits(rest.Network)) {
		t.Error("the weights differ from those of the undisturbed run")
	}
}

// An optimizer whose state a checkpoint would lose is refused, with what to do, and
// one that remembers nothing is not.
func TestCheckpointRefusesHiddenState(t *testing.T) {
	adam := &train.Adam{}
	for want, o := range map[string]train.Optimizer{
		"train_test.hidden holds a *train.Adam":       hidden{adam},
		"train_test.hiddenDeep holds a *train.Adam":   &hiddenDeep{[]struct{ one *train.Adam }{{adam}}},
		"train_test.hiddenNamed holds a *train.Adam":  &hiddenNamed{map[string]train.Optimizer{"a": adam}},
		"train_test.embedding holds a *train.AdamW":   &embedding{&train.AdamW{}},
		"holds a *train.Momentum":                     &clipped{inner: hidden{&train.Momentum{}}},
		"unwraps more than":                           &looping{},
		"unwraps to nil":                              &nothing{},
		"moments of a *gorgonia.RMSPropSolver cannot": &train.GorgoniaSolver{Solver: gorgonia.NewRMSPropSolver()},
		"holds a *train.GorgoniaSolver":               hidden{&train.GorgoniaSolver{Solver: gorgonia.NewVanillaSolver()}},
		"":                                            &plainSign{scale: []float64{1}},
		" ":                                           hidden{&train.SGD{}},
		"  ":                                          &train.GorgoniaSolver{Solver: gorgonia.NewVanillaSolver()},
		"   ":                                         &train.GorgoniaSolver{Solver: gorgonia.NewRMSPropSolver(), Forget: true},
		"    ":                                        &clipped{inner: &train.SGD{}},
	} {
		tr := smallTrainer(t, &train.Backprop{})
		tr.Optimizer = o
		err := tr.SaveCheckpoint(filepath.Join(t.TempDir(), "checkpoint"))
		if fine := strings.TrimSpace(want) == ""; fine != (err == nil) || !fine && !strings.Contains(err.Error(), want) {
			t.Errorf("%T: got %v, want an error with %q", o, err, want)
		}
	}
}

// A second Fit says that the run is over, changes nothing, and trains on once there
// are more epochs.
func TestFitAgain(t *testing.T) {
	tr := smallTrainer(t, &train.Backprop{})
	for range 2 {
		if err := tr.Fit(t.Context(), batches{pairs(1)}); err != nil {
			t.Fatal(err)
		}
		before := weights(tr.Network)
		err := tr.Fit(t.Context(), batches{pairs(1)})
		if !errors.Is(err, train.ErrRunOver) || !strings.Contains(err.Error(), "raise it to train on") {
			t.Errorf("got %v, want ErrRunOver with the remedy", err)
		}
		if !reflect.DeepEqual(weights(tr.Network), before) {
			t.Error("a weight changed")
		}
		tr.Epochs++
	}
	if tr.Progress.Updates != 2 {
		t.Errorf("%d updates, want 2", tr.Progress.Updates)
	}
}
