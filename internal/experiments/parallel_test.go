package experiments_test

import (
	"context"
	"sync"
	"testing"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// Simulations that run side by side share nothing: they give what they give one
// after another. Run with -race.
func TestSideBySide(t *testing.T) {
	const seeds = 8
	run := func(seed uint64) (experiments.AlignmentResult, error) {
		s := experiments.PublishedAlignment([]experiments.Rule{experiments.PC, experiments.BP}[seed%2], 3)
		s.Width, s.Steps = 16, 32
		return s.Run(context.Background(), seed)
	}
	var alone, together [seeds]experiments.AlignmentResult
	for i := range alone {
		alone[i] = must[experiments.AlignmentResult](t)(run(uint64(i)))
	}
	var group sync.WaitGroup
	for i := range together {
		group.Go(func() {
			r, err := run(uint64(i))
			if err != nil {
				t.Error(err)
			}
			together[i] = r
		})
	}
	group.Wait()
	if alone != together {
		t.Errorf("got %v side by side, want %v", together, alone)
	}
}
