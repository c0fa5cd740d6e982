package sweep_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/sweep"
)

// Trials that run together are of one group, after one that goes first, and their records
// are those of trials one by one, whatever runs together.
func TestTogether(t *testing.T) {
	all := trials(t)
	for i := range 3 { // so that neighbours are of two groups
		all[2*i], all[11-2*i] = all[11-2*i], all[2*i]
	}
	want, err := sweep.Runner[params, result]{}.Run(t.Context(), all, toy)
	if err != nil {
		t.Fatal(err)
	}
	for _, most := range []int{1, 4, 5, 100} {
		for _, workers := range []int{1, 3} {
			w := &watcher{}
			r := sweep.Runner[params, result]{
				Workers: workers, Observer: w, Group: func(p params) string { return p.Rule },
				Store: open(t, filepath.Join(t.TempDir(), "a.jsonl"), false),
			}
			var mu sync.Mutex
			largest := 0
			got, err := r.RunTogether(t.Context(), all, most, func(ctx context.Context, some []params) ([]result, error) {
				mu.Lock()
				largest = max(largest, len(some))
				mu.Unlock()
				var out []result
				for _, p := range some {
					if p.Rule != some[0].Rule {
						t.Errorf("%v ran together with %v", p, some[0])
					}
					found, _ := toy(ctx, p)
					out = append(out, found)
				}
				return out, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, noTimes); diff != "" {
				t.Errorf("at most %d, %d workers: %s", most, workers, diff)
			}
			if want := min(most, 5); workers == 1 && largest != want || largest > want {
				t.Errorf("at most %d of 6, %d workers: %d ran together", most, workers, largest)
			}
			if w.finished != 12 || w.last.Fraction != 1 {
				t.Errorf("observer %+v", w)
			}
			if _, ok := r.Store.Get(all[11]); !ok {
				t.Error("the last trial is not stored")
			}
			r.Store.Close()
		}
	}
}

func TestTogetherRefuses(t *testing.T) {
	all := trials(t)
	one := func(_ context.Context, some []params) ([]result, error) { return make([]result, 1), nil }
	for _, c := range []struct {
		most   int
		pruner sweep.Pruner
		trials func(context.Context, []params) ([]result, error)
		want   string
	}{
		{0, nil, one, "trials together, got 0, want at least 1"},
		{2, sweep.Median{}, one, "Pruner, got one, want none"},
		{3, nil, one, "got 1 results of 3 trials"},
		{3, nil, func(context.Context, []params) ([]result, error) { return nil, errors.New("on fire") }, "on fire"},
		{3, nil, func(context.Context, []params) ([]result, error) { panic("at once") }, "panic: at once"},
	} {
		_, err := sweep.Runner[params, result]{Pruner: c.pruner}.RunTogether(t.Context(), all, c.most, c.trials)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}
