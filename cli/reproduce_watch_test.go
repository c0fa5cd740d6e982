package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-be841da4/prospect/internal/reproduce"
)

// Down a pipe a line comes now and then, on a terminal the line is written over
// at every tick.
func TestTrialObserver(t *testing.T) {
	panel := reproduce.Panels()[0]
	status := reproduce.Status{Trials: 4, Done: 1, Fraction: 0.375, Elapsed: 30 * time.Second, Left: 50 * time.Second}
	for _, terminal := range []bool{false, true} {
		var b strings.Builder
		o := &trialObserver{console: &console{stderr: &b, terminal: terminal}}
		o.Start(panel, 4, 1)
		o.Tick(status)
		if got := strings.Contains(b.String(), "50s left"); got != terminal {
			t.Errorf("terminal %v: got %q after a second", terminal, &b)
		}
		o.last = time.Now().Add(-30 * time.Second)
		o.Tick(status)
		if !strings.Contains(b.String(), panel.Name+": trial 1 of 4, 38 %, 50s left") {
			t.Errorf("terminal %v: got %q after half a minute", terminal, &b)
		}
		status := status
		status.Left = -1
		o.last = time.Time{}
		o.Tick(status)
		o.end()
		if !strings.HasSuffix(b.String(), "30s so far\n") && !strings.HasSuffix(b.String(), "30s so far\x1b[K\n") {
			t.Errorf("terminal %v: got %q while there is no telling", terminal, &b)
		}
	}
}
