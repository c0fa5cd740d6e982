package sweep_test

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/sweep"
)

// tuning are the parameters of a known function.
type tuning struct {
	Rate  float64 `json:"rate"`
	Width int     `json:"width"`
	Kind  int     `json:"kind"`
}

var tuned = []sweep.Range{
	{Name: "rate", Min: 1e-5, Max: 1, Log: true},
	{Name: "width", Min: 8, Max: 256, Integer: true},
	{Name: "kind", Max: 5, Integer: true, Unordered: true},
}

func newTuning(x []float64) tuning { return tuning{x[0], int(x[1]), int(x[2])} }

// loss has its minimum 0 at a rate of 0.003, a width of 100 and kind 4.
func loss(_ context.Context, p tuning) (float64, error) {
	out := math.Pow(math.Log10(p.Rate/0.003), 2) + math.Pow(float64(p.Width-100)/100, 2)
	if p.Kind != 4 {
		out += 0.5 + 0.1*float64(p.Kind)
	}
	return out, nil
}

func least(records []sweep.Record[tuning, float64]) float64 {
	out := math.Inf(1)
	for _, r := range records {
		out = min(out, r.Result)
	}
	return out
}

func score(r sweep.Record[tuning, float64]) float64 { return r.Result }

// With the same number of trials, the estimator finds less than random points do: over
// 60 seeds, which by chance has a probability of 7·10⁻⁵.
func TestTPEBeatsRandom(t *testing.T) {
	const seeds, trials = 60, 60
	wins := 0
	var sumTPE, sumRandom float64
	for seed := range uint64(seeds) {
		records, err := sweep.Minimize(t.Context(), sweep.Runner[tuning, float64]{}, sweep.TPE{Ranges: tuned, Seed: seed}, trials, newTuning, score, loss)
		if err != nil {
			t.Fatal(err)
		}
		points, err := sweep.Sample(sweep.Random{Ranges: tuned, Seed: seed}, trials, newTuning)
		if err != nil {
			t.Fatal(err)
		}
		others, err := sweep.Runner[tuning, float64]{}.Run(t.Context(), points, loss)
		if err != nil {
			t.Fatal(err)
		}
		a, b := least(records), least(others)
		if sumTPE, sumRandom = sumTPE+a, sumRandom+b; a < b {
			wins++
		}
	}
	if wins < 45 || !(sumTPE < sumRandom/2) {
		t.Errorf("got %d wins of %d, means %.4f and %.4f, want at least 45 and less than half", wins, seeds, sumTPE/seeds, sumRandom/seeds)
	}
}

// A search is the same whatever the number of workers, and after it was stopped at any
// trial and resumed.
func TestTPEIsTheSame(t *testing.T) {
	const trials = 33
	search := sweep.TPE{Ranges: tuned, Seed: 3, Startup: 7, Round: 5}
	want, err := sweep.Minimize(t.Context(), sweep.Runner[tuning, float64]{Workers: 1}, search, trials, newTuning, score, loss)
	if err != nil || len(want) != trials {
		t.Fatalf("got %d, %v", len(want), err)
	}
	times := cmp.FilterPath(func(p cmp.Path) bool {
		return strings.HasSuffix(p.String(), "Seconds")
	}, cmp.Ignore())
	rapid.Check(t, func(t *rapid.T) {
		path := filepath.Join(tempDir(t), "a.jsonl")
		for {
			store, err := sweep.Open(path, sweep.StoreSettings[tuning, float64]{Header: sweep.Header{Name: "tpe"}, Resume: true})
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(context.Background())
			w := &countdown{left: rapid.IntRange(1, trials).Draw(t, "stop after"), stop: stop}
			got, err := sweep.Minimize(ctx, sweep.Runner[tuning, float64]{Store: store, Workers: rapid.IntRange(1, 4).Draw(t, "workers"), Observer: w},
				search, trials, newTuning, score, loss)
			store.Close()
			stop()
			if w.trials != trials {
				t.Fatalf("the observer was told %d trials", w.trials)
			}
			if err != nil {
				if ctx.Err() == nil {
					t.Fatal(err)
				}
				continue
			}
			if diff := cmp.Diff(want, got, times); diff != "" {
				t.Fatal(diff)
			}
			break
		}
	})
}

// countdown stops a run after some trials.
type countdown struct {
	left, trials int
	stop         func()
}

func (c *countdown) Start(trials, _ int) { c.trials = trials }
func (c *countdown) Tick(sweep.Status)   {}
func (c *countdown) Trial(_ sweep.Record[tuning, float64], s sweep.Status) {
	if c.left--; c.left == 0 && s.Done < s.Trials {
		c.stop()
	}
}

// A shorter search is the beginning of a longer one, and its first points are random.
func TestTPEGoesOn(t *testing.T) {
	search := sweep.TPE{Ranges: tuned, Seed: 1}
	var before []sweep.Record[tuning, float64]
	for _, trials := range []int{0, 5, 12, 31} {
		got, err := sweep.Minimize(t.Context(), sweep.Runner[tuning, float64]{}, search, trials, newTuning, score, loss)
		if err != nil || len(got) != trials {
			t.Fatalf("got %d, %v", len(got), err)
		}
		for i, r := range before {
			if r.Params != got[i].Params {
				t.Fatalf("%d trials: point %d is %v, was %v", trials, i, got[i].Params, r.Params)
			}
		}
		before = got
	}
	random, err := sweep.Sample(sweep.Random{Ranges: tuned, Seed: 1}, 10, newTuning)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range random {
		if before[i].Params != p {
			t.Errorf("point %d: got %v, want %v", i, before[i].Params, p)
		}
	}
}

// Proposals are within the ranges, whatever was found, NaN too.
func TestTPEIsWithin(t *testing.T) {
	more := append(ranges[:len(ranges):len(ranges)], sweep.Range{Name: "kind", Min: 2, Max: 5, Integer: true, Unordered: true}, sweep.Range{Name: "one", Min: 3, Max: 3}, sweep.Range{Name: "only", Min: 3, Max: 3, Integer: true, Log: true})
	rapid.Check(t, func(t *rapid.T) {
		search := sweep.TPE{Ranges: more, Seed: rapid.Uint64().Draw(t, "seed"), Startup: rapid.IntRange(1, 5).Draw(t, "startup"), Round: rapid.IntRange(1, 5).Draw(t, "round")}
		var tried []sweep.Observation
		for range rapid.IntRange(1, 8).Draw(t, "rounds") {
			points, err := search.Next(tried)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range points {
				for i, r := range more {
					if !(x[i] >= r.Min && x[i] <= r.Max) || r.Integer && x[i] != math.Trunc(x[i]) {
						t.Fatalf("%s: got %v", r.Name, x[i])
					}
				}
				tried = append(tried, sweep.Observation{X: x, Score: rapid.OneOf(rapid.Float64(), rapid.Just(math.NaN())).Draw(t, "score")})
			}
		}
	})
}

func TestTPEErrors(t *testing.T) {
	for want, s := range map[string]sweep.TPE{
		"ranges, got none":   {},
		"Gamma, got 1":       {Ranges: tuned, Gamma: 1},
		"Startup, Round and": {Ranges: tuned, Round: -1},
		"want Integer":       {Ranges: []sweep.Range{{Name: "a", Max: 1, Unordered: true}}},
	} {
		if _, err := s.Next(nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if _, err := (sweep.TPE{Ranges: tuned}).Next([]sweep.Observation{{X: []float64{1}}}); err == nil || !strings.Contains(err.Error(), "got 1 numbers, want 3") {
		t.Errorf("got %v", err)
	}
	_, err := sweep.Minimize(t.Context(), sweep.Runner[tuning, float64]{}, sweep.TPE{Ranges: tuned}, 30, newTuning, score, func(_ context.Context, p tuning) (float64, error) {
		if p.Kind == 2 {
			return 0, fmt.Errorf("kind %d", p.Kind)
		}
		return 1, nil
	})
	if err == nil || !strings.Contains(err.Error(), "kind 2") {
		t.Errorf("a trial that fails: got %v", err)
	}
}
