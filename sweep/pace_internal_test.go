package sweep

import "testing"

// One trial of a group goes first, then as many as take about a minute and leave work for
// the other workers; and one by one again if together takes longer.
func TestPart(t *testing.T) {
	type step struct {
		n               int // trials that ran, 0 for none
		seconds, work   float64
		waiting, expect int
	}
	for name, steps := range map[string][]step{
		"short":     {{0, 0, 0, 1000, 1}, {1, 0.01, 0.01, 1000, 100}, {100, 0.001, 0.001, 60, 30}, {30, 0.001, 0.001, 1, 1}},
		"long":      {{1, 10, 10, 1000, 6}, {6, 2, 2, 1000, 30}, {30, 70, 2, 1000, 1}},
		"slower":    {{1, 1, 1, 1000, 60}, {60, 0.9, 1.1, 1000, 1}, {1, 1, 1, 1000, 1}},
		"lazy":      {{1, 0.01, 0.1, 1000, 100}, {100, 0.05, 0.05, 1000, 100}},
		"no clocks": {{1, 0.5, 0, 1000, 100}, {100, 0.1, 0, 1000, 100}, {100, 0.6, 0, 1000, 100}},
	} {
		c := &crew[int, int]{most: 100, paces: map[string]*pace{}}
		c.workers = 2
		for i, s := range steps {
			if s.n > 0 {
				c.time("a", s.n, s.seconds, s.work)
			}
			if got := c.part("a", func() int { return s.waiting }); got != s.expect {
				t.Errorf("%s, step %d: got %d, want %d", name, i, got, s.expect)
			}
			if c.part("b", func() int { return s.waiting }) != 1 {
				t.Errorf("%s, step %d: the first of another group is not alone", name, i)
			}
		}
	}
}
