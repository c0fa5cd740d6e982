package reproduce

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
)

// tinyEnv is an environment with small stand-ins for the data sets, in which
// trials end after two epochs.
func tinyEnv(t *testing.T, o Options) *Env {
	t.Helper()
	env := NewEnv(resolved(t, o))
	env.limit = 2
	glyphs, err := datasets.Load("glyphs", datasets.LoadSettings{Seed: 1, Train: 300, Test: 100})
	if err != nil {
		t.Fatal(err)
	}
	env.splits[fashion], env.splits[mnist] = glyphs, glyphs
	rng := rand.New(rand.NewPCG(1, 2))
	x, labels := make([]float32, 30*3*32*32), make([]int, 30)
	for i := range x {
		x[i] = rng.Float32()
	}
	for i := range labels {
		labels[i] = i % 10
	}
	noise, err := datasets.NewFloats([]int{3, 32, 32}, 10, x, labels)
	if err != nil {
		t.Fatal(err)
	}
	env.splits[cifar] = &datasets.Split{Train: noise, Test: noise}
	env.splits[standardized(cifar)], env.splits[standardized(mnist)] = env.splits[cifar], glyphs
	return env
}

// fewer leaves out trials of the panels that would take long.
func fewer(p *Panel) *Panel {
	q, all := *p, p.Trials
	q.Trials = func(o Options, seeds int) []Trial {
		var out []Trial
		for _, t := range all(o, seeds) {
			switch {
			case p.Name == "fig5f" && (t.SecondRate != .01 || t.Rate != 5e-5 && t.Rate != .001):
			case p.Name == "fear" && (t.SecondRate != .001 || t.ThirdRate < .1):
			case p.Name == "teacher-student" && t.Rate > .001:
			case p.Name == "mupc" && (t.Size > 16 && t.Case != mupcExample().Case || t.Seed > 0):
			case (p.Name == "width-depth" || p.Name == "error-coordinates" && t.Case == linearCase) && t.Size > 8:
			case (p.Name == "fig3e" || p.Name == "alignment") && t.Size > 15:
			default:
				out = append(out, t)
			}
		}
		return out
	}
	return &q
}

// Every panel runs at a tiny size, and what it writes can be read.
func TestPanels(t *testing.T) {
	for _, protocol := range []Protocol{Published, Clean} {
		env := tinyEnv(t, Options{Seeds: 1, Protocol: protocol})
		dir := t.TempDir()
		s := &Session{Dir: dir, Env: env}
		defer s.Close()
		var results []*Result
		for _, p := range Panels() {
			if protocol == Clean && (len(p.Quirks) == 0 || p.Name == "fig4c") {
				continue
			}
			env.limit = 2
			if p.Name == "fig4k" { // a point of the curve every 100 episodes
				env.limit = 100
			}
			r, err := s.Run(context.Background(), fewer(p), &silent{})
			if err != nil {
				t.Fatal(err)
			}
			results = append(results, r)
			checkReport(t, r)
			if err := r.Write(dir, "prospect reproduce "+p.Name); err != nil {
				t.Fatal(err)
			}
			checkFiles(t, dir, r)
		}
		if err := WritePage(dir); err != nil {
			t.Fatal(err)
		}
		checkPage(t, filepath.Join(dir, PageFile), results)
	}
}

func checkReport(t *testing.T, r *Result) {
	t.Helper()
	name := r.Panel.Name
	if len(r.Records) == 0 || len(r.Report.Figures) == 0 || len(r.Report.Claims) == 0 {
		t.Errorf("%s: got %d trials, %d figures, %d claims", name, len(r.Records), len(r.Report.Figures), len(r.Report.Claims))
	}
	for _, c := range r.Report.Claims {
		if c.What == "" || c.Published == "" || c.Ours == "" || c.Criterion == "" {
			t.Errorf("%s: claim with an empty field: %+v", name, c)
		}
	}
	text, err := json.Marshal(r.Event("out"))
	if err != nil || !strings.HasPrefix(string(text), `{"event":"panel","name":"`+name+`","agrees":`) {
		t.Errorf("%s: event: got %s, %v", name, text, err)
	}
	if p := r.Panel; p.Protocol == "" || p.Shows == "" || p.Minutes[Quick] == 0 || p.Minutes[Full] == 0 {
		t.Errorf("%s: the panel is not described", name)
	}
}

func checkFiles(t *testing.T, dir string, r *Result) {
	t.Helper()
	dir = filepath.Join(dir, r.Panel.Name)
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		}
		return b
	}
	for _, f := range r.Report.Figures {
		if _, err := png.Decode(bytes.NewReader(read(f.Name + ".png"))); err != nil {
			t.Errorf("%s.png: %v", f.Name, err)
		}
		if svg := read(f.Name + ".svg"); !bytes.Contains(svg, []byte("<svg")) {
			t.Errorf("%s.svg: no picture", f.Name)
		}
	}
	for _, name := range []string{"data.csv", "trials.csv", "claims.csv"} {
		if rows, err := csv.NewReader(bytes.NewReader(read(name))).ReadAll(); err != nil || len(rows) < 2 {
			t.Errorf("%s/%s: %d rows, %v", r.Panel.Name, name, len(rows), err)
		}
	}
	text := string(read("report.txt"))
	if !strings.Contains(text, "command: prospect reproduce "+r.Panel.Name) || !strings.Contains(text, r.Summary("").Verdict()) {
		t.Errorf("%s/report.txt: got %q", r.Panel.Name, text)
	}
}

// checkPage checks that the page needs no other file.
func checkPage(t *testing.T, path string, results []*Result) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page, figures := string(b), 0
	for _, r := range results {
		figures += len(r.Report.Figures)
		if !strings.Contains(page, `id="`+r.Panel.Name+`"`) || !strings.Contains(page, r.Summary("").Verdict()) {
			t.Errorf("the page says nothing of %s", r.Panel.Name)
		}
	}
	if got := strings.Count(page, `src="data:image/png;base64,`); got != figures || strings.Count(page, "src=") != figures {
		t.Errorf("got %d embedded pictures and %d sources, want %d", got, strings.Count(page, "src="), figures)
	}
}

// records makes what a panel would store if the trials found what value says.
func records(p *Panel, o Options, value func(Trial) []Series) []Record {
	var out []Record
	for _, t := range p.trials(o) {
		out = append(out, Record{Trial: t, Outcome: Outcome{Series: value(t)}})
	}
	sortRecords(out)
	return out
}

// A verdict follows from the numbers: the published ones agree with themselves,
// and no longer when the rules are exchanged.
func TestVerdicts(t *testing.T) {
	o := resolved(t, Options{Preset: Full, Seeds: 2})
	flat := func(x float64) []Series { return []Series{{testError, Numbers{x}}} }
	for _, tt := range []struct {
		panel *Panel
		value func(rule string, t Trial) []Series
	}{
		{onlinePanel(), func(rule string, t Trial) []Series { return flat(fig4b[rule][t.Size]) }},
		{onlineRatesPanel(), func(rule string, t Trial) []Series {
			for i, rate := range onlineRates[1] {
				if rate == t.Rate {
					return flat(fig4c[rule][i])
				}
			}
			return nil
		}},
		{smallDataPanel(), func(rule string, t Trial) []Series { return flat(fig4h[rule][t.Size]) }},
		{fearPanel(), func(rule string, t Trial) []Series {
			f := fearFitted[rule]
			return []Series{{"fear", Numbers{f[2], f[0], f[1]}}}
		}},
	} {
		other := map[string]string{PC: BP, BP: PC}
		same, err := tt.panel.Report(records(tt.panel, o, func(t Trial) []Series { return tt.value(t.Rule, t) }), o)
		if err != nil {
			t.Fatal(err)
		}
		if !same.Claims.Agree() {
			for _, c := range same.Claims {
				if !c.Agrees {
					t.Errorf("%s: the published numbers do not agree with themselves: %+v", tt.panel.Name, c)
				}
			}
		}
		exchanged, err := tt.panel.Report(records(tt.panel, o, func(t Trial) []Series { return tt.value(other[t.Rule], t) }), o)
		if err != nil {
			t.Fatal(err)
		}
		if exchanged.Claims.Agree() {
			t.Errorf("%s: agrees with the rules exchanged", tt.panel.Name)
		}
	}
}

// Both presets name trials that are all different, and quick is a part of what
// can be run in less time.
func TestGrids(t *testing.T) {
	for _, p := range Panels() {
		cost := map[Preset]float64{}
		for _, preset := range []Preset{Quick, Full} {
			seen := map[Trial]bool{}
			for _, trial := range p.trials(resolved(t, Options{Preset: preset})) {
				if seen[trial] {
					t.Errorf("%s, %s: trial %s twice", p.Name, preset, trial)
				}
				seen[trial] = true
				cost[preset] += p.cost(trial)
			}
		}
		if cost[Quick] > cost[Full] || cost[Quick] == 0 {
			t.Errorf("%s: quick costs %g, full %g", p.Name, cost[Quick], cost[Full])
		}
		same := cost[Quick] == cost[Full]
		if said := p.Thinner != "" || p.Seeds.Quick < p.Seeds.Full; said == same {
			t.Errorf("%s: quick costs %g, full %g, but it is said to be thinner by %q and %+v", p.Name, cost[Quick], cost[Full], p.Thinner, p.Seeds)
		}
	}
}
