package bench

import (
	"slices"
	"testing"
	"time"

	"github.com/seed-be841da4/prospect/train"
)

// What an ensemble tells of its weights is what a network alone has after as many
// updates, and its numbers are those that other programs draw.
func TestRunEnsemble(t *testing.T) {
	if got, want := series(3, 3, 2), []float32{-0.15799701, -0.28558218, -0.15735269}; !slices.Equal(got, want) {
		t.Errorf("drawn: got %v, want %v as bench/peers/ensemble.py", got, want)
	}
	c := EnsembleCase{Widths: []int{3, 5, 2}, Members: 18, Batch: 2, Steps: 6}
	for _, rule := range []string{"pc", "bp"} {
		r, err := RunEnsemble(t.Context(), c, rule, time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if r.Case != "3-5-2" || !(r.Alone > 0 && r.Together > 0 && r.Gain > 0 && r.Gflops > 0) || r.Steps != map[string]int{"pc": 6}[rule] {
			t.Errorf("%s: got %+v", rule, r)
		}
		for i, m := range []int{0, 17} {
			e, err := newEnsembleOf(c, rule)
			if err != nil {
				t.Fatal(err)
			}
			if err := e.enter(m); err != nil {
				t.Fatal(err)
			}
			for range EnsembleUpdates {
				if _, err := train.Learn(t.Context(), e.net, e.rule, &train.SGD{}, EnsembleRate, e.batch); err != nil {
					t.Fatal(err)
				}
			}
			if want := e.net.Params()[1].Values().AppendTo(nil); !slices.Equal(r.Weights[i], want) {
				t.Errorf("%s, member %d: got %v, want %v", rule, m, r.Weights[i], want)
			}
		}
	}
	if _, err := RunEnsemble(t.Context(), c, "zil", 0); err == nil {
		t.Error("rule zil: got no error")
	}
}
