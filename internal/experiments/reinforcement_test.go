package experiments_test

import (
	"context"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/internal/experiments"
	"github.com/seed-be841da4/prospect/internal/rl"
)

// A short run in every environment: a point of the curve every 100 episodes, and
// the same seed the same run.
func TestReinforcement(t *testing.T) {
	for _, name := range rl.Names() {
		s := experiments.PublishedReinforcement(experiments.PC, name, .001)
		s.Steps, s.Agent.Hidden, s.Agent.Episodes, s.Agent.Updates = 4, []int{8}, 200, 1
		episodes := 0
		after := func(episode int, _ float64) { episodes = episode + 1 }
		a := must[experiments.ReinforcementResult](t)(s.Run(context.Background(), 1, after))
		b := must[experiments.ReinforcementResult](t)(s.Run(context.Background(), 1, nil))
		if len(a.Curve) != 2 || episodes != 200 || !slices.Equal(a.Curve, b.Curve) || a.Mean != b.Mean {
			t.Errorf("%s: after %d episodes %+v and %+v, want the same twice, with two points", name, episodes, a, b)
		}
	}
	s := experiments.PublishedReinforcement(experiments.PC, "Pong-v0", .001)
	if _, err := s.Run(context.Background(), 1, nil); err == nil {
		t.Error("want an error for an unknown environment")
	}
}
