package reproduce

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/internal/tables"
)

// few is a panel with a claim of each kind, all of which hold.
func few() *Panel {
	p := toy(nothing)
	p.Report = func([]Record, Options) (*Report, error) {
		r := &Report{}
		r.claim("means", "yes", "yes", "PC < BP", true)
		r.near("spread", 1, Summarize([]float64{1, 1}), 0.1)
		r.exact("exact", "yes", "yes", "four digits", true)
		return r, nil
	}
	return p
}

// With fewer seeds than the quick preset no criterion that allows for the spread
// has a verdict, and with one seed no mean has.
func TestTooFewSeeds(t *testing.T) {
	for _, tt := range []struct {
		seeds, hold, few int
		agrees           bool
		verdict          string
	}{
		{0, 3, 0, true, "toy AGREES: 3 of 3 claims hold"},
		{2, 2, 1, false, "toy IS NOT DECIDED: 2 of 3 claims hold, 1 need more seeds"},
		{1, 1, 2, false, "toy IS NOT DECIDED: 1 of 3 claims hold, 2 need more seeds"},
	} {
		r, _, err := runToy(t, t.TempDir(), Options{Seeds: tt.seeds}, false, few())
		if err != nil {
			t.Fatal(err)
		}
		e, s := r.Event("out"), r.Summary("")
		if e.Hold != tt.hold || e.TooFewSeeds != tt.few || e.Agrees != tt.agrees || s.Verdict() != tt.verdict {
			t.Errorf("%d seeds: got %+v, %q", tt.seeds, e, s.Verdict())
		}
		var text bytes.Buffer
		s.Print(tables.New(&text, tables.Text, 0))
		if got := strings.Count(text.String(), "  too few seeds\n"); got != tt.few {
			t.Errorf("%d seeds: got %q, want too few seeds %d times", tt.seeds, &text, tt.few)
		}
		if !strings.Contains(text.String(), "within 0.1 + 2 SEM of ours (at most 0.2); from 3 seeds on") {
			t.Errorf("%d seeds: got %q, want the seeds in the criterion", tt.seeds, &text)
		}
	}
	r := &Report{}
	r.claim("means", "yes", "no", "PC < BP", false)
	if s := (&Summary{Name: "toy", Claims: r.Claims}); s.Verdict() != "toy DOES NOT AGREE: 0 of 1 claims hold" {
		t.Errorf("got %q", s.Verdict())
	}
}

// What was run is told as it was run.
func TestSetting(t *testing.T) {
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{}, "preset quick, protocol published, 6 seeds (full: 21), 48 trials; thinner than published: 4 of 6 learning rates"},
		{Options{Seeds: 1}, "preset quick, protocol published, 1 seed (full: 21), 8 trials; thinner than published: 4 of 6 learning rates"},
		{Options{Preset: Full}, "preset full, protocol published, 21 seeds, 252 trials"},
		{Options{Preset: Full, Quirks: map[QuirkName]bool{deadOutput: false}}, "preset full, protocol published, dead-output left out, 21 seeds, 252 trials"},
	} {
		p, o := continualPanel(), resolved(t, tt.o)
		r := &Result{Panel: p, Report: &Report{}, Options: o, Records: make([]Record, len(p.trials(o)))}
		if got := r.Summary("").Setting(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	var text bytes.Buffer
	r := &Result{Panel: toy(nothing), Report: &Report{}, Options: resolved(t, Options{Protocol: Clean})}
	if r.Summary("").Print(tables.New(&text, tables.Text, 0)); !strings.Contains(text.String(), "no slip") {
		t.Errorf("got %q, want that clean is the same", &text)
	}
}

// Trials shorter than a tick of the clock of processor time have a time, too.
func TestTimes(t *testing.T) {
	r := &Result{Records: []Record{{Seconds: 2, CPUSeconds: 1}, {Seconds: 0.001}}}
	if r.times(); r.Seconds != 2.001 || r.CPUSeconds != 1.001 {
		t.Errorf("got %g, %g", r.Seconds, r.CPUSeconds)
	}
	r = &Result{Records: []Record{{Seconds: 2, CPUSeconds: 1}, {Seconds: 3}}}
	if r.times(); r.Seconds != 5 || r.CPUSeconds != 0 {
		t.Errorf("one long trial is not known: got %g, %g", r.Seconds, r.CPUSeconds)
	}
}

// The page has the panels of earlier runs, in the order of the paper, each with
// its own preset.
func TestPageOfSeveralRuns(t *testing.T) {
	dir := t.TempDir()
	for _, run := range []struct {
		panel  *Panel
		preset Preset
	}{{interferencePanel(), Full}, {energyMachinePanel(), Quick}} {
		s := &Session{Dir: dir, Env: NewEnv(resolved(t, Options{Preset: run.preset}))}
		r, err := s.Run(context.Background(), run.panel, &silent{})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		if err := r.Write(dir, "prospect"); err != nil {
			t.Fatal(err)
		}
		if err := WritePage(dir); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, PageFile))
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	first, second := strings.Index(page, `id="fig2"`), strings.Index(page, `id="fig3a"`)
	if first < 0 || second < first || !strings.Contains(page[first:second], "preset quick") || !strings.Contains(page[second:], "preset full") {
		t.Errorf("fig2 is at %d, fig3a at %d", first, second)
	}
	if err := os.WriteFile(filepath.Join(dir, "fig2", summaryFile), []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := WritePage(dir); err == nil || !strings.Contains(err.Error(), "fig2/"+summaryFile) {
		t.Errorf("got %v, want an error that names the file", err)
	}
	if b, err = os.ReadFile(filepath.Join(dir, PageFile)); err != nil {
		t.Fatal(err)
	}
	if page = string(b); strings.Contains(page, `id="fig2"`) || !strings.Contains(page, `id="fig3a"`) {
		t.Error("the page has not just the panel that can be read")
	}
}
