package reproduce

import (
	"testing"

	"github.com/seed-be841da4/prospect/sweep"
)

// Trials that take long say how much of them is done.
func TestTrialsTellProgress(t *testing.T) {
	for _, p := range Panels() {
		if p.Data == "" && p.Name != "fig4k" {
			continue // a second at most
		}
		ctx, done := sweep.WithProgress(t.Context())
		env := tinyEnv(t, Options{Seeds: 1})
		trials := p.trials(env.Options)
		if _, err := p.Run(ctx, env, trials[len(trials)-1]); err != nil {
			t.Fatal(err)
		}
		if got := done.Fraction(); got != 1 {
			t.Errorf("%s: a trial ends with %g of it done, want 1", p.Name, got)
		}
	}
}
