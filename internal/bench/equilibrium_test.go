package bench

import (
	"testing"
	"time"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/train"
)

// small is a case that relaxes in milliseconds.
func small() Case {
	return mlp("small", []int{784, 16, 16, 10}, layers.Tanh{}, 4, 20, "adam", 1e-3, "")
}

// few are some drawn digits.
func few(t *testing.T) datasets.Dataset {
	t.Helper()
	s, err := datasets.Load("glyphs", datasets.LoadSettings{Train: 640, Test: 10})
	if err != nil {
		t.Fatal(err)
	}
	return s.Train
}

// Every way gets there, Anderson in errors with the fewest passes, and a fixed number of
// Euler's steps is the least that is enough.
func TestEquilibria(t *testing.T) {
	data := few(t)
	s := EquilibriumSettings{
		Settings:  Settings{Engine: graph.Compiled{Threads: 1}, Data: data, Block: time.Millisecond},
		Tolerance: 1e-3, Updates: []int{0, 20}, MaxSteps: 500,
	}
	var all [][]Equilibrium
	if err := MeasureEquilibria(t.Context(), small(), s, func(r []Equilibrium) error { all = append(all, r); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[1][0].Updates != 20 {
		t.Fatalf("got %d groups of results, want those of 0 and of 20 updates", len(all))
	}
	for _, results := range all {
		if len(results) != len(ways()) {
			t.Fatalf("got %d results, want one of each of %d ways", len(results), len(ways()))
		}
		fixed, best := results[0], results[len(results)-1]
		if !fixed.Fixed || !(fixed.StepSize > 0) || fixed.Speedup != 1 || fixed.Passes != fixed.Steps {
			t.Errorf("got %+v first, want a fixed number of Euler's steps", fixed)
		}
		if best.Solver != "anderson" || best.Coordinates != train.Errors {
			t.Fatalf("got %+v last, want anderson in errors", best)
		}
		for _, r := range results {
			if !r.Reached || !(r.Ms > 0) || !(r.Steps > 0) || !(r.MFLOP > 0) || r.Passes < best.Passes {
				t.Errorf("got %+v, want an equilibrium after at least the %g passes of anderson in errors", r, best.Passes)
			}
		}
	}
}

// A scan that finds no size says more steps than allowed.
func TestEquilibriumOutOfReach(t *testing.T) {
	data := few(t)
	net, err := small().Model.New(graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	q, err := newEquilibria(net, small(), EquilibriumSettings{Settings: Settings{Data: data}, Tolerance: 1e-6, MaxSteps: 4})
	if err != nil {
		t.Fatal(err)
	}
	if _, steps, err := q.scan(t.Context(), ways()[0]); err != nil || steps != 5 {
		t.Errorf("got %d steps and %v, want 5, more than the 4 allowed", steps, err)
	}
}

func TestAccuracies(t *testing.T) {
	data := few(t)
	c := small()
	c.Batch = 32
	s := AccuracySettings{Settings: Settings{Engine: graph.Compiled{Threads: 1}, Data: data}, Test: data, Target: 0.4, Every: 20, MaxEpochs: 3}
	var all []Accuracy
	if err := MeasureAccuracies(t.Context(), c, s, func(r Accuracy) error { all = append(all, r); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(all) != len(recipes()) {
		t.Fatalf("got %d results, want %d", len(all), len(recipes()))
	}
	for _, r := range all {
		if !r.Reached || r.Accuracy < 0.4 || r.Updates%20 != 0 || !(r.Seconds > 0) || (r.Rule == "pc") != (r.Passes > 0) {
			t.Errorf("got %+v, want an accuracy of 0.4 after a multiple of 20 updates", r)
		}
	}
	s.Target, s.MaxEpochs = 1, 1
	err := MeasureAccuracies(t.Context(), c, s, func(r Accuracy) error {
		if r.Reached || r.Epochs != 1 {
			t.Errorf("got %+v, want to give up after an epoch", r)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A server relaxes to an equilibrium, whose gap another's certificate would confirm, and
// learns there.
func TestServerRelaxes(t *testing.T) {
	dir := t.TempDir()
	s := &Server{Case: small(), Rule: "pc", Settings: Settings{Engine: graph.Compiled{Threads: 1}}, Data: func() (datasets.Dataset, error) { return few(t), nil }}
	w, d, x := dir+"/w", dir+"/d", dir+"/x"
	replies := ask(t, s, `{"do":"export","weights":"`+w+`","data":"`+d+`"}`, `{"do":"load","weights":"`+w+`","data":"`+d+`"}`,
		`{"do":"learn","count":3}`, `{"do":"weights","path":"`+w+`.after"}`,
		`{"do":"relax","count":2,"tolerance":1e-3}`, `{"do":"activities","tolerance":1e-3,"path":"`+x+`"}`)
	for i, r := range replies {
		if !r.OK {
			t.Fatalf("request %d: %s", i, r.Error)
		}
	}
	if r := replies[4]; r.Count != 2 || !(r.Passes >= 2 && r.Passes < 20) || !(r.Seconds > 0) {
		t.Errorf("got %+v, want two relaxations of a few passes", r)
	}
	if apart(values(t, w), values(t, w+".after")) == 0 {
		t.Error("learn left the weights as they were")
	}
	got := values(t, x)
	batches := len(values(t, d)["x"]) / 4 / 784
	for _, node := range []string{"h1", "h2"} {
		if len(got[node]) != batches*4*16 {
			t.Errorf("%s: got %d numbers, want those of %d batches", node, len(got[node]), batches)
		}
	}
}
