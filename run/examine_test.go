package run

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The samples that are most wrong come first, half of all that are kept, or more if there
// are too few others; without classes the greatest errors do.
func TestChoose(t *testing.T) {
	sample := func(i, label, guess int, e float64) TestSample {
		return TestSample{Index: i, Label: label, Guess: guess, Error: e}
	}
	classes := []TestSample{
		sample(0, 1, 1, 9), sample(1, 1, 2, 1), sample(2, 0, 0, 0), sample(3, 2, 0, 5), sample(4, 2, 1, 3), sample(5, 1, 1, 0),
	}
	numbers := []TestSample{sample(0, -1, -1, 2), sample(1, -1, -1, 7), sample(2, -1, -1, 1), sample(3, -1, -1, 3)}
	for _, c := range []struct {
		all         []TestSample
		wrong, keep int
		want        []int
	}{
		{classes, 3, 4, []int{3, 4, 0, 2}},
		{classes, 3, 10, []int{3, 4, 1, 0, 2, 5}},
		{[]TestSample{classes[1], classes[3], classes[4]}, 3, 2, []int{3, 4}},
		{numbers, 0, 3, []int{1, 3, 0}},
	} {
		var got []int
		for _, s := range choose(c.all, c.wrong, c.keep) {
			got = append(got, s.Index)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("keep %d of %d: %s", c.keep, len(c.all), diff)
		}
	}
}
