package run

import (
	"testing"

	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// --step-discount reaches the control of every rule that relaxes.
func TestStepDiscountReachesTheRule(t *testing.T) {
	s := Settings{Steps: 6, StepSize: 1, StepDiscount: 0.5, Solver: "euler", Engine: "compiled"}
	want := relax.Discount{Size: 1, Factor: 0.5}
	for _, name := range []string{PC, "incremental"} {
		s.Rule = name
		rule, err := s.rule()
		if err != nil {
			t.Fatal(err)
		}
		var got relax.Control
		switch r := rule.(type) {
		case *train.Prospective:
			got = r.Relax.Control
		case *train.Interleaved:
			got = r.Relax.Control
		}
		if got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}
