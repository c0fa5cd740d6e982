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

// With the spread of many seeds known, both means are uncertain by it; without, by ours.
func TestSampledUsesTheKnownSpread(t *testing.T) {
	ours := Summarize([]float64{.5, .5, .5})
	known := spread{seeds: 100, mean: .5, sd: .1}
	for _, tt := range []struct {
		published float64
		known     spread
		want      bool
	}{
		{.5, known, true},
		{.74, known, true}, // 3·√(.1²/3 + .1²/3) = .245
		{.75, known, false},
		{.5005, spread{}, true},
		{.51, spread{}, false},
	} {
		r := &Report{}
		r.sampled("number", tt.published, 3, ours, tt.known)
		if c := r.Claims[0]; c.Agrees != tt.want {
			t.Errorf("published %v, known %+v: got %+v, want %v", tt.published, tt.known, c, tt.want)
		}
	}
}

func TestFailuresThatShareCountOnce(t *testing.T) {
	r := &Report{}
	for _, shares := range []string{"15 layers", "15 layers", "", "", "2 layers"} {
		r.claim("claim", "1", "2", "equal", false)
		r.shared(shares)
	}
	r.claim("claim", "1", "1", "equal", true)
	r.shared("15 layers")
	s := &Summary{Name: "toy", Claims: r.Claims}
	if got, want := s.Verdict(), "toy DOES NOT AGREE: 1 of 6 claims hold, 5 that fail share their initial weights and count as 4"; r.Claims.Failures() != 4 || got != want {
		t.Errorf("got %d, %q, want 4, %q", r.Claims.Failures(), got, want)
	}
}

func TestCells(t *testing.T) {
	record := func(seed int, x ...float64) Record {
		return Record{Trial: Trial{Rule: PC, Size: 2, Seed: seed}, Outcome: Outcome{Series: []Series{{"x", x}}}}
	}
	rows := parse(t, cellsCSV([]Record{record(0, 1, 3, 2), record(1, 5, 4, 6)}))
	if len(rows) != 3 {
		t.Fatalf("got %v, want the mean, the least and the last", rows)
	}
	for i, want := range [][3]string{{"mean", "3.5", "2.12132"}, {"least", "2.5", "2.12132"}, {"last", "4", "2.82843"}} {
		if r := rows[i]; r["statistic"] != want[0] || r["mean"] != want[1] || r["sd"] != want[2] || r["seeds"] != "2" || r["size"] != "2" {
			t.Errorf("got %v, want %v", r, want)
		}
	}
}

// Every row of the table of spreads is one of a panel's cells.
func TestSpreads(t *testing.T) {
	cells := map[string]map[Trial]bool{}
	for _, p := range Panels() {
		if cells[p.store()] == nil {
			cells[p.store()] = map[Trial]bool{}
		}
		for _, trial := range p.Trials(Options{Preset: Full, Protocol: Published}, 1) {
			cells[p.store()][trial] = true
		}
	}
	for n, s := range spreads() {
		if !cells[n.store][n.cell] || s.seeds < 10 || !(s.sd >= 0) || math.IsNaN(s.mean) {
			t.Errorf("%+v: %+v, want a cell of a panel and at least 10 seeds", n, s)
		}
	}
}
