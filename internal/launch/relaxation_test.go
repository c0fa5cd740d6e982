package launch_test

import (
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/internal/launch"
	"github.com/seed-be841da4/prospect/relax"
)

// What has no form as a loop is named; package graph tests what has one.
func TestUnknown(t *testing.T) {
	constant := relax.Constant{Size: 0.1}
	for _, c := range []struct {
		settings relax.Settings
		want     string
	}{
		{relax.Settings{Control: constant}, ""},
		{relax.Settings{Control: relax.Armijo{Initial: 1}, Solver: &relax.Adam{}, Stop: relax.EnergyGap{Tolerance: 1}}, ""},
		{relax.Settings{Control: constant, Solver: &relax.Heun{}}, "the solver *relax.Heun"},
		{relax.Settings{Control: &relax.PID{}}, "the control *relax.PID"},
		{relax.Settings{Control: constant, Stop: never{}}, "the stop launch_test.never"},
		{relax.Settings{Control: constant, Recorder: &relax.Trace{}}, "a recorder"},
	} {
		if got := launch.Unknown(c.settings); (got == "") != (c.want == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("%+v: got %q, want %q", c.settings, got, c.want)
		}
	}
}

// never is a test of a user's own.
type never struct{}

func (never) Due(int) bool               { return true }
func (never) Converged(relax.State) bool { return false }
