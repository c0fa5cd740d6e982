package reproduce

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"
)

// silent is an observer that counts.
type silent struct{ started, found, finished, ticked int }

func (s *silent) Start(_ *Panel, _, done int) { s.started++; s.found = done }
func (s *silent) Trial(Record, Status)        { s.finished++ }
func (s *silent) Tick(Status)                 { s.ticked++ }

// toy is a panel whose trials return a number drawn from their seed.
func toy(run func(ctx context.Context, t Trial) error) *Panel {
	return &Panel{
		Name: "toy", Shows: "a toy", Thinner: "nothing",
		Seeds: Seeds{3, 5},
		Trials: func(_ Options, seeds int) []Trial {
			return grid([]int{1, 2}, func(string, int) []float64 { return []float64{.1, .2} }, seeds)
		},
		Run: func(ctx context.Context, _ *Env, t Trial) (Outcome, error) {
			if err := run(ctx, t); err != nil {
				return Outcome{}, err
			}
			return Outcome{Series: []Series{{testError, Numbers{rand.New(rand.NewPCG(uint64(t.Seed), uint64(t.Rule[0]))).Float64() + t.Rate}}}}, nil
		},
		Report: func(records []Record, _ Options) (*Report, error) {
			t := tabulate(records, meanError)
			r := &Report{}
			f := Figure{Name: "toy", Title: "Toy", X: "rate", Y: "number"}
			for _, rule := range rules {
				line := ours(rule)
				for _, c := range t.cells(of(rule, 1)) {
					line.add(c.Rate, Summarize(t[c]), c)
				}
				f.Lines = append(f.Lines, line)
			}
			r.Figures = []Figure{f}
			r.claim("there are records", "yes", fmt.Sprint(len(records)), "more than none", len(records) > 0)
			return r, nil
		},
	}
}

var equalClaims = cmp.AllowUnexported(Claim{})

func nothing(context.Context, Trial) error { return nil }

func runToy(t *testing.T, dir string, o Options, resume bool, p *Panel) (*Result, *silent, error) {
	t.Helper()
	s := &Session{Dir: dir, Resume: resume, Env: NewEnv(resolved(t, o))}
	defer s.Close()
	watch := &silent{}
	r, err := s.Run(context.Background(), p, watch)
	return r, watch, err
}

// The results do not depend on how many trials run at a time.
func TestWorkersDoNotMatter(t *testing.T) {
	var want *Report
	for _, workers := range []int{1, 2, 7} {
		r, watch, err := runToy(t, t.TempDir(), Options{Workers: workers}, false, toy(nothing))
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Records) != 24 || watch.finished != 24 || watch.started != 1 {
			t.Errorf("%d workers: got %d trials, %+v", workers, len(r.Records), watch)
		}
		if want == nil {
			want = r.Report
		}
		if diff := cmp.Diff(want, r.Report, equalClaims); diff != "" {
			t.Errorf("%d workers: %s", workers, diff)
		}
	}
}

// A run that ended early is continued: no stored trial runs again.
func TestResume(t *testing.T) {
	dir := t.TempDir()
	whole, _, err := runToy(t, t.TempDir(), Options{}, false, toy(nothing))
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	ran := 0
	_, watch, err := runToy(t, dir, Options{Workers: 1}, false, toy(func(context.Context, Trial) error {
		if ran++; ran > 10 {
			return stop
		}
		return nil
	}))
	if !errors.Is(err, stop) || !strings.Contains(err.Error(), "toy: trial") || watch.finished != 10 {
		t.Fatalf("got %v after %d trials, want stop after 10", err, watch.finished)
	}
	r, watch, err := runToy(t, dir, Options{}, true, toy(nothing))
	if err != nil {
		t.Fatal(err)
	}
	if watch.found != 10 || watch.finished != 14 {
		t.Errorf("resumed: found %d trials and ran %d, want 10 and 14", watch.found, watch.finished)
	}
	if diff := cmp.Diff(whole.Report, r.Report, equalClaims); diff != "" {
		t.Error(diff)
	}
	if _, watch, err = runToy(t, dir, Options{Seeds: 4}, true, toy(nothing)); err != nil || watch.found != 24 || watch.finished != 8 {
		t.Errorf("one more seed: found %d trials and ran %d, %v, want 24 and 8", watch.found, watch.finished, err)
	}
}

// An error and the end of the context stop the trials that have not begun.
func TestRunStops(t *testing.T) {
	var ran atomic.Int32
	stop := errors.New("stop")
	_, _, err := runToy(t, t.TempDir(), Options{Workers: 2}, false, toy(func(ctx context.Context, _ Trial) error {
		if ran.Add(1) == 1 {
			return stop
		}
		<-ctx.Done()
		return ctx.Err()
	}))
	if !errors.Is(err, stop) || ran.Load() > 2 {
		t.Errorf("got %v after %d trials, want stop after at most 2", err, ran.Load())
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := &Session{Dir: t.TempDir(), Env: NewEnv(resolved(t, Options{}))}
	defer s.Close()
	if _, err := s.Run(ctx, toy(nothing), &silent{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}

// Panels that share a store run its trials once.
func TestSharedStore(t *testing.T) {
	s := &Session{Dir: t.TempDir(), Env: NewEnv(resolved(t, Options{}))}
	defer s.Close()
	for i, want := range []int{24, 0} {
		p, watch := toy(nothing), &silent{}
		p.Name, p.Store = fmt.Sprint("toy", i), "shared"
		if _, err := s.Run(context.Background(), p, watch); err != nil || watch.finished != want {
			t.Errorf("panel %d: got %d trials, %v, want %d", i, watch.finished, err, want)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{Preset: "slow"}, "--preset"},
		{Options{Protocol: "other"}, "--protocol"},
		{Options{Seeds: -1}, "--seeds"},
		{Options{Workers: -1}, "--workers"},
	} {
		if _, err := tt.o.Resolve(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: got %v, want an error with %q", tt.o, err, tt.want)
		}
	}
	o := resolved(t, Options{})
	if o.Preset != Quick || o.Protocol != Published || o.Workers < 1 {
		t.Errorf("got %+v", o)
	}
	if _, err := Find([]string{"fig9"}, false); err == nil || !strings.Contains(err.Error(), "fig4b") {
		t.Errorf("got %v, want an error that lists the panels", err)
	}
	all, err := Find([]string{"fig3g", "all", "fig4b"}, false)
	if err != nil || len(all) != len(Panels()) || all[0].Name != "fig3f-g-h" {
		t.Errorf("got %v, %v", panelNames(all), err)
	}
}
