package cli

import (
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/run"
)

// The heading says how many steps a relaxation takes, and that they are at most so many
// where something ends it before.
func TestHeading(t *testing.T) {
	for _, c := range []struct {
		change func(s *run.Settings)
		want   string
	}{
		{func(*run.Settings) {}, "\n20 relaxation steps of 0.1, "},
		{func(s *run.Settings) { s.Stop = "gap:1e-3" }, "\nat most 20 relaxation steps of 0.1, "},
		{func(s *run.Settings) { s.Tolerance = 0.01 }, "\nat most 20 relaxation steps of 0.1, "},
		{func(s *run.Settings) { s.Solver = "cg" }, "\nat most 20 steps of cg, "},
	} {
		s := run.Defaults()
		s.Rule, s.Solver = run.PC, "euler"
		c.change(&s)
		if got := heading(s); !strings.Contains(got, c.want) {
			t.Errorf("got %q, want it to contain %q", got, c.want)
		}
	}
}
