package reproduce

import (
	"context"
	"math"
	"strings"
	"testing"
)

// runExact runs a panel with the published seeds.
func runExact(t *testing.T, name string) *Result {
	t.Helper()
	panels, err := Find([]string{name}, true)
	if err != nil {
		t.Fatal(err)
	}
	s := &Session{Dir: t.TempDir(), Env: NewEnv(resolved(t, Options{PublishedSeeds: true}))}
	defer s.Close()
	r, err := s.Run(context.Background(), panels[0], &silent{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// With its own seeds the published experiment gives the published numbers.
func TestPublishedSeedsGiveThePublishedNumbers(t *testing.T) {
	for name, numbers := range map[string]int{"fig6c": 8, "alignment": 22} {
		r := runExact(t, name)
		c := r.Report.Claims
		if len(c) != numbers || !c.Agree() {
			t.Errorf("%s: %d of %d numbers agree, want all of %d: %+v", name, c.Hold(), len(c), numbers, c)
		}
		text := r.Summary("").Setting()
		if !strings.Contains(text, "published seeds") {
			t.Errorf("%s: setting, got %q", name, text)
		}
	}
}

func TestAgreeingDigits(t *testing.T) {
	for _, tt := range []struct {
		ours, published float64
		known, want     int
	}{
		{.27043, .2704, 4, 4},
		{.27043, .270, 3, 3},
		{.2689, .2704, 4, 2},
		{.2714, .2704, 4, 2}, // a unit of the third digit is not less than one
		{.0895, 1.2, 3, -1},
		{-.3999, -.4, 3, 3},
		{1.9, 1.2, 3, 0},
		{math.NaN(), .5, 3, -1},
		{math.Inf(1), .5, 3, -1},
	} {
		if got := agreeing(tt.ours, tt.published, tt.known); got != tt.want {
			t.Errorf("%v and %v: got %d, want %d", tt.ours, tt.published, got, tt.want)
		}
	}
}

// A number that an ulp moves as far as it is off gets no verdict; one that it does not
// move is wrong.
func TestChaoticNumbers(t *testing.T) {
	number := func(off float64) exactNumber {
		return exactNumber{
			what: "number", published: .5, digits: 3, cells: []Trial{{Rule: PC}, {Rule: PC, Rate: 1}},
			of: meanOf(func(r Record) float64 { return r.Values("x")[0] + off }),
		}
	}
	for _, tt := range []struct {
		off, moved float64
		want       string
	}{
		{0, 0, "yes"},
		{.0005, .1, "yes"},
		{.01, .003, "rounding decides"},
		{.01, .002, "NO"},
		{.01, 0, "NO"},
	} {
		e := &Exact{Seeds: map[string]int{PC: 1}, Numbers: func(Options) []exactNumber { return []exactNumber{number(tt.off)} }}
		trials := e.trials(Options{})
		if len(trials) != 4 { // two cells, each with and without the ulp
			t.Fatalf("got trials %v, want 4", trials)
		}
		var records []Record
		for _, trial := range trials {
			x := .5 + trial.Rate
			if trial.Case == oneUlp {
				x += tt.moved
			}
			records = append(records, Record{Trial: trial, Outcome: Outcome{Series: []Series{one("x", x)}}})
		}
		r, err := e.report(records, Options{})
		if err != nil {
			t.Fatal(err)
		}
		s := &Summary{Claims: r.Claims}
		if got := r.Claims[0].Verdict(); got != tt.want || s.Decided() != (tt.want != "rounding decides") {
			t.Errorf("off by %v, moved by %v: got %q, decided %v, want %q", tt.off, tt.moved, got, s.Decided(), tt.want)
		}
	}
}

func TestPublishedSeedsRefuse(t *testing.T) {
	for _, tt := range []struct {
		options Options
		want    string
	}{
		{Options{PublishedSeeds: true, Seeds: 3}, "a number of seeds, too"},
		{Options{PublishedSeeds: true, Protocol: Clean}, "--protocol"},
		{Options{PublishedSeeds: true, Quirks: map[QuirkName]bool{subsetPicker: true}}, "--quirk"},
	} {
		if _, err := tt.options.Resolve(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: got %v, want %q", tt.options, err, tt.want)
		}
	}
	panels, err := Find([]string{"fig4k"}, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(panels, Options{PublishedSeeds: true}); err == nil || !strings.Contains(err.Error(), "fig4k has none; those that have: fig3e") {
		t.Errorf("got %v, want an error that names those that have", err)
	}
	own, exact := testHeader(resolved(t, Options{})), testHeader(resolved(t, Options{PublishedSeeds: true}))
	if own.String() == exact.String() {
		t.Errorf("a store of published seeds is described as another: %s", own)
	}
}

// Every rule has as many seeds as the published experiment, all of them different.
func TestPublishedSeeds(t *testing.T) {
	seen := map[uint64]bool{}
	for _, seed := range publishedSeeds {
		if seen[seed] {
			t.Errorf("seed %d occurs twice", seed)
		}
		seen[seed] = true
	}
	for _, p := range withExact(Panels()) {
		for _, o := range []Options{{Preset: Quick}, {Preset: Full}} {
			for _, trial := range p.Exact.trials(o) {
				if trial.Seed >= len(publishedSeeds) || trial.Seed >= p.Exact.Seeds[trial.Rule] {
					t.Errorf("%s: trial %s has no seed", p.Name, trial)
				}
			}
			if len(p.Exact.trials(o)) == 0 {
				t.Errorf("%s: no trials", p.Name)
			}
		}
	}
}
