package sweep_test

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pkg/errors"
	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/sweep"
)

// watcher counts what it is told.
type watcher struct {
	started, found, trials, finished, ticked int
	last, atTick                             sweep.Status
}

func (w *watcher) Start(trials, done int)         { w.started++; w.trials, w.found = trials, done }
func (w *watcher) Trial(_ record, s sweep.Status) { w.finished++; w.last = s }
func (w *watcher) Tick(s sweep.Status)            { w.ticked++; w.atTick = s }

func trials(t tester) []params {
	t.Helper()
	out, err := sweep.Grid(params{},
		sweep.Vary("rule", func(p *params, v string) { p.Rule = v }, "pc", "bp"),
		sweep.Vary("rate", func(p *params, v float64) { p.Rate = v }, 0.1, 0.2),
		sweep.Vary("seed", func(p *params, v int) { p.Seed = v }, 0, 1, 2),
	)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// toy finds numbers that follow from the parameters.
func toy(_ context.Context, p params) (result, error) {
	return result{Errors: sweep.Numbers{math.Sin(p.Rate + float64(p.Seed)), math.NaN()}, Note: p.Rule}, nil
}

// noTimes leaves out of a comparison how long trials took.
var noTimes = cmp.Options{nans, cmpopts.IgnoreFields(record{}, "Seconds", "CPUSeconds")}

// Results are in the order of the parameters, however many run at a time.
func TestWorkersDoNotMatter(t *testing.T) {
	all := trials(t)
	for _, workers := range []int{0, 1, 2, 7, 100} {
		for _, path := range []string{"", filepath.Join(t.TempDir(), "a.jsonl")} {
			w := &watcher{}
			r := sweep.Runner[params, result]{Workers: workers, Observer: w}
			if path != "" {
				r.Store = open(t, path, false)
				defer r.Store.Close()
			}
			got, err := r.Run(t.Context(), all, func(ctx context.Context, p params) (result, error) {
				if p.Seed == 0 {
					runtime.Gosched() // let others be done first
				}
				return toy(ctx, p)
			})
			if err != nil {
				t.Fatal(err)
			}
			var want []record
			for _, p := range all {
				found, _ := toy(t.Context(), p)
				want = append(want, record{Params: p, Result: found})
			}
			if diff := cmp.Diff(want, got, noTimes); diff != "" {
				t.Errorf("%d workers: %s", workers, diff)
			}
			if w.started != 1 || w.trials != 12 || w.finished != 12 || w.last.Done != 12 || w.last.Fraction != 1 {
				t.Errorf("%d workers: observer %+v", workers, w)
			}
		}
	}
	if _, err := (sweep.Runner[params, result]{Workers: -1}).Run(t.Context(), all, toy); err == nil || !strings.Contains(err.Error(), "workers, got -1") {
		t.Errorf("got %v", err)
	}
	if got, err := (sweep.Runner[params, result]{}).Run(t.Context(), nil, toy); err != nil || len(got) != 0 {
		t.Errorf("no trials: got %v, %v", got, err)
	}
}

// A run that was killed at any byte of its store, or stopped after any trial, goes
// on to the records of one that was not.
func TestResume(t *testing.T) {
	all := trials(t)
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		path := filepath.Join(dir, fmt.Sprint(n))
		run := func(stopAfter int) ([]record, *watcher) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			var ran atomic.Int64
			w := &watcher{}
			s := open(t, path, true)
			defer s.Close()
			got, err := sweep.Runner[params, result]{Store: s, Workers: rapid.IntRange(1, 3).Draw(t, "workers"), Observer: w}.Run(ctx, all, func(ctx context.Context, p params) (result, error) {
				if ran.Add(1) > int64(stopAfter) {
					cancel()
					return result{}, ctx.Err()
				}
				return toy(ctx, p)
			})
			if stopped := w.found+stopAfter < len(all); stopped != errors.Is(err, context.Canceled) || !stopped && err != nil {
				t.Fatalf("found %d, stopped after %d: got %v", w.found, stopAfter, err)
			}
			if len(got) != w.found+w.finished {
				t.Fatalf("got %d records, want the %d that ended", len(got), w.found+w.finished)
			}
			return got, w
		}
		first := rapid.IntRange(0, len(all)).Draw(t, "first stop")
		before, _ := run(first)
		text := read(t, path)
		cut := rapid.IntRange(0, len(text)).Draw(t, "cut")
		write(t, path, text[:cut])
		whole := max(0, strings.Count(text[:cut], "\n")-1)
		after, w := run(len(all))
		if w.found != whole || w.finished != len(all)-whole {
			t.Fatalf("found %d and ran %d, want %d and the rest", w.found, w.finished, whole)
		}
		want, err := sweep.Runner[params, result]{}.Run(context.Background(), all, toy)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, after, noTimes); diff != "" {
			t.Fatal(diff)
		}
		for _, r := range before { // stored ones are the same in every bit, times too
			i := slices.IndexFunc(after, func(again record) bool { return again.Params == r.Params })
			if strings.Contains(text[:cut], line(t, r)) && !cmp.Equal(r, after[i], nans) {
				t.Fatalf("got %+v, want %+v", after[i], r)
			}
		}
	})
}

// A trial that fails is named with its parameters and leaves the others stored.
func TestFailures(t *testing.T) {
	all := trials(t)
	boom := errors.New("boom")
	for _, keepGoing := range []bool{false, true} {
		s := open(t, filepath.Join(t.TempDir(), "a.jsonl"), false)
		defer s.Close()
		w := &watcher{}
		got, err := sweep.Runner[params, result]{Store: s, Workers: 1, KeepGoing: keepGoing, Observer: w}.Run(t.Context(), all, func(ctx context.Context, p params) (result, error) {
			switch {
			case p.Seed == 1 && p.Rate == 0.2:
				return result{}, boom
			case p.Rule == "bp" && p.Seed == 2:
				var none []int
				return result{Note: fmt.Sprint(none[p.Seed])}, nil
			}
			return toy(ctx, p)
		})
		var failures sweep.Failures[params]
		if !errors.As(err, &failures) || !errors.Is(err, boom) {
			t.Fatalf("keep going %v: got %v, want failures", keepGoing, err)
		}
		want, stored := 1, 4 // pc 0.1 0, 1, 2 and pc 0.2 0 come before the first failure
		if keepGoing {
			want, stored = 4, 8
		}
		if len(failures) != want || len(got) != stored || s.Len() != stored {
			t.Errorf("keep going %v: got %d failures, %d records, %d stored, want %d, %d, %[6]d", keepGoing, len(failures), len(got), s.Len(), want, stored)
		}
		const text = `sweep: trial {"rule":"pc","rate":0.2,"seed":1}: boom`
		if first := failures[0]; first.Params != (params{"pc", 0.2, 1}) || first.Error() != text || !strings.HasPrefix(err.Error(), text) {
			t.Errorf("keep going %v: got %q, %q", keepGoing, first, err)
		}
		if !keepGoing {
			continue
		}
		if w.last.Failed < 2 || w.last.Done+w.last.Failed > 12 || !strings.HasSuffix(err.Error(), "; and 3 more failed") {
			t.Errorf("got status %+v, %q", w.last, err)
		}
		var panicked *sweep.PanicError
		if !errors.As(failures[1], &panicked) || !strings.Contains(failures[1].Error(), "panic: runtime error: index out of range [2]") ||
			!strings.Contains(string(panicked.Stack), "runner_test.go") || !errors.As(failures[1], new(runtime.Error)) {
			t.Errorf("got %v, want a panic with its stack", failures[1])
		}
	}
}

// A result that has no JSON is a failure of its trial.
func TestResultWithoutJSON(t *testing.T) {
	s, err := sweep.Open(filepath.Join(t.TempDir(), "a"), sweep.StoreSettings[int, float64]{Header: header})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = sweep.Runner[int, float64]{Store: s}.Run(t.Context(), []int{7}, func(context.Context, int) (float64, error) { return math.NaN(), nil })
	if err == nil || !strings.Contains(err.Error(), "trial 7: result: has no JSON; give a number that may be NaN the type Numbers") {
		t.Errorf("got %v", err)
	}
	if _, err := (sweep.Runner[float64, int]{}).Run(t.Context(), []float64{math.Inf(1)}, nil); err == nil || !strings.Contains(err.Error(), "params: have no JSON") {
		t.Errorf("got %v", err)
	}
}

// An error stops the trials that run, and those that have not begun; a store that
// fails stops all.
func TestRunStops(t *testing.T) {
	var ran atomic.Int32
	stop := errors.New("stop")
	second := make(chan struct{})
	_, err := sweep.Runner[params, result]{Workers: 2}.Run(t.Context(), trials(t), func(ctx context.Context, _ params) (result, error) {
		if ran.Add(1) == 1 {
			<-second
			return result{}, stop
		}
		close(second)
		<-ctx.Done()
		return result{}, errors.Wrap(ctx.Err(), "trial")
	})
	var failures sweep.Failures[params]
	if !errors.As(err, &failures) || len(failures) != 1 || !errors.Is(err, stop) || ran.Load() != 2 {
		t.Errorf("got %v after %d trials, want stop after 2", err, ran.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := (sweep.Runner[params, result]{}).Run(ctx, trials(t), toy); !errors.Is(err, context.Canceled) || len(got) != 0 || err.Error() != "sweep: stopped: context canceled" {
		t.Errorf("got %v, %v, want canceled", got, err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	_, err = sweep.Runner[params, result]{}.Run(ctx, trials(t), func(ctx context.Context, _ params) (result, error) {
		cancel()
		return result{}, ctx.Err()
	})
	if errors.As(err, &failures) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want no failure of trials that were stopped", err)
	}
	_, err = sweep.Runner[params, result]{Workers: 1}.Run(t.Context(), trials(t), func(context.Context, params) (result, error) {
		runtime.Goexit()
		return result{}, nil
	})
	if err == nil || !strings.Contains(err.Error(), "want it to return") {
		t.Errorf("got %v of trials that end their goroutine", err)
	}
	s := open(t, filepath.Join(t.TempDir(), "a"), false)
	ran.Store(0)
	_, err = sweep.Runner[params, result]{Store: s, Workers: 1, KeepGoing: true}.Run(t.Context(), trials(t), func(ctx context.Context, p params) (result, error) {
		if ran.Add(1) == 2 {
			s.Close()
		}
		return toy(ctx, p)
	})
	if err == nil || !strings.HasPrefix(err.Error(), "sweep: store") || ran.Load() != 2 || s.Len() != 1 {
		t.Errorf("got %v after %d trials, want an error of the store after 2", err, ran.Load())
	}
}

// The same parameters twice are one trial.
func TestDuplicates(t *testing.T) {
	var mu sync.Mutex
	ran := map[int]int{}
	w := &intWatcher{}
	got, err := sweep.Runner[int, int]{Observer: w}.Run(t.Context(), []int{3, 1, 3}, func(_ context.Context, p int) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		ran[p]++
		return p * p, nil
	})
	if err != nil || len(got) != 3 || got[0].Result != 9 || got[2].Result != 9 || !reflect.DeepEqual(ran, map[int]int{1: 1, 3: 1}) {
		t.Errorf("got %v, %v, ran %v", got, err, ran)
	}
	if w.last.Trials != 3 || w.last.Done != 3 {
		t.Errorf("got status %+v", w.last)
	}
}

type intWatcher struct{ last sweep.Status }

func (*intWatcher) Start(_, _ int)                                   {}
func (w *intWatcher) Trial(_ sweep.Record[int, int], s sweep.Status) { w.last = s }
func (*intWatcher) Tick(sweep.Status)                                {}

// A long trial does not keep the observer waiting, and tells how far it is.
func TestTicks(t *testing.T) {
	if testing.Short() {
		t.Skip("takes more than a second")
	}
	w := &watcher{}
	got, err := sweep.Runner[params, result]{Observer: w}.Run(t.Context(), trials(t)[:1], func(ctx context.Context, p params) (result, error) {
		sweep.ProgressOf(ctx).Set(1, 4)
		time.Sleep(sweep.Tick * 3 / 2)
		return toy(ctx, p)
	})
	if err != nil || w.ticked == 0 || got[0].Seconds < 1 {
		t.Errorf("got %d ticks, %v, %v, want at least one", w.ticked, got, err)
	}
	if w.atTick.Fraction != 0.25 || w.atTick.Left <= 0 || w.atTick.Done != 0 {
		t.Errorf("within the trial: got %+v, want a quarter", w.atTick)
	}
}

// A function may tell its progress wherever it runs.
func TestProgressOutsideARun(t *testing.T) {
	p := sweep.ProgressOf(t.Context())
	p.Set(1, 2)
	if p.Fraction() != 0 {
		t.Errorf("got %v of nothing", p.Fraction())
	}
	ctx, p := sweep.WithProgress(t.Context())
	for _, tt := range []struct {
		done, all int
		want      float64
	}{{1, 2, 0.5}, {1, 0, 0.5}, {3, 2, 1}, {0, 2, 0}} {
		if sweep.ProgressOf(ctx).Set(tt.done, tt.all); p.Fraction() != tt.want {
			t.Errorf("%d of %d: got %v, want %v", tt.done, tt.all, p.Fraction(), tt.want)
		}
	}
}
