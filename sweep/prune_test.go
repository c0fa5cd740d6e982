package sweep_test

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pkg/errors"
	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/sweep"
)

func TestMedian(t *testing.T) {
	for name, tt := range map[string]struct {
		median sweep.Median
		step   int
		score  float64
		others []float64
		want   bool
	}{
		"worse":               {sweep.Median{}, 0, 4, []float64{5, 1, 3, 2, 4}, true},
		"the median itself":   {sweep.Median{}, 0, 3, []float64{5, 1, 3, 2, 4}, false},
		"too few":             {sweep.Median{}, 0, 9, []float64{1, 2, 3, 4}, false},
		"few, but enough":     {sweep.Median{Min: 1}, 0, 9, []float64{1}, true},
		"of two":              {sweep.Median{Min: 2}, 0, 2, []float64{1, 3}, false},
		"worse than of two":   {sweep.Median{Min: 2}, 0, 2.1, []float64{1, 3}, true},
		"warm-up":             {sweep.Median{Min: 1, Warmup: 2}, 1, 9, []float64{1}, false},
		"after it":            {sweep.Median{Min: 1, Warmup: 2}, 2, 9, []float64{1}, true},
		"NaN":                 {sweep.Median{Min: 1}, 0, math.NaN(), []float64{1}, true},
		"NaN among NaN":       {sweep.Median{Min: 1}, 0, math.NaN(), []float64{math.NaN()}, false},
		"better than NaN":     {sweep.Median{Min: 1}, 0, 7, []float64{math.NaN(), 1, math.NaN()}, false},
		"infinite, by others": {sweep.Median{Min: 1}, 0, math.Inf(1), []float64{1, 2}, true},
	} {
		if got := tt.median.Prune(tt.step, tt.score, tt.others); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

type curve struct {
	Level int    `json:"level"`
	Kind  string `json:"kind"`
}

// train goes down by one with every step, from 10 above its level.
func train(ctx context.Context, c curve) (int, error) {
	for step := range 10 {
		if err := sweep.Report(ctx, float64(c.Level+10-step)); err != nil {
			return step + 1, errors.Wrap(err, "curve")
		}
	}
	return 10, nil
}

// curves are 24 of two kinds, the first levels of each in the middle of the others.
func curves() []curve {
	var out []curve
	for _, level := range []int{5, 4, 6, 5, 9, 1, 8, 2, 7, 3, 10, 0} {
		out = append(out, curve{level, "a"}, curve{level + 100, "b"})
	}
	return out
}

// Trials worse than the median of those of earlier rounds are stopped and say so; those
// of another kind do not count; what is done in a round does not change it.
func TestPruning(t *testing.T) {
	r := sweep.Runner[curve, int]{Pruner: sweep.Median{Warmup: 2, Min: 3}, Round: 8, Group: func(c curve) string { return c.Kind }}
	got, err := r.Run(t.Context(), curves(), train)
	if err != nil || len(got) != 24 {
		t.Fatalf("got %d, %v", len(got), err)
	}
	for i, rec := range got {
		level := rec.Params.Level % 100
		// The medians of the first round are those of level 5; the second round adds
		// 9, 1, 8 and 2, which leave it there.
		pruned := i >= 8 && level > 5
		steps := 10
		if pruned {
			steps = 3
		}
		if rec.Pruned != pruned || rec.Result != steps || len(rec.Reports) != steps {
			t.Errorf("trial %d, level %d: got pruned %v after %d steps with %d reports, want %v after %d", i, rec.Params.Level, rec.Pruned, rec.Result, len(rec.Reports), pruned, steps)
		}
	}
	// Without a pruner, or outside a runner, nothing is stopped.
	whole, err := sweep.Runner[curve, int]{}.Run(t.Context(), curves(), train)
	if err != nil || whole[20].Pruned || len(whole[20].Reports) != 10 {
		t.Errorf("without a pruner: got %+v, %v", whole[20], err)
	}
	if steps, err := train(t.Context(), curve{}); steps != 10 || err != nil {
		t.Errorf("outside: got %d, %v", steps, err)
	}
}

// What is pruned does not depend on the workers, nor on where a run was stopped.
func TestPruningIsTheSame(t *testing.T) {
	settings := sweep.Runner[curve, int]{Pruner: sweep.Median{Min: 2}, Round: 5}
	want, err := settings.Run(t.Context(), curves(), train)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		path := filepath.Join(tempDir(t), "a.jsonl")
		for {
			store, err := sweep.Open(path, sweep.StoreSettings[curve, int]{Header: sweep.Header{Name: "curves"}, Resume: true})
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(context.Background())
			left := rapid.IntRange(1, 30).Draw(t, "stop after")
			r := settings
			r.Store, r.Workers, r.Observer = store, rapid.IntRange(1, 4).Draw(t, "workers"), afterTrial(func() {
				if left--; left == 0 {
					stop()
				}
			})
			got, err := r.Run(ctx, curves(), train)
			store.Close()
			done := ctx.Err() == nil || err == nil
			stop()
			if !done {
				continue
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(sweep.Record[curve, int]{}, "Seconds", "CPUSeconds")); diff != "" || err != nil {
				t.Fatal(err, diff)
			}
			return
		}
	})
}

// afterTrial is an observer that is called after every trial.
type afterTrial func()

func (afterTrial) Start(int, int)                                 {}
func (afterTrial) Tick(sweep.Status)                              {}
func (f afterTrial) Trial(sweep.Record[curve, int], sweep.Status) { f() }
