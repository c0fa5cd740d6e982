package reproduce

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/plot"
)

// data returns the rows of data.csv.
func data(t *testing.T, figures ...Figure) []map[string]string {
	t.Helper()
	text, err := dataCSV(figures)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, text)
}

func parse(t *testing.T, text []byte) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = row[i]
		}
		out = append(out, m)
	}
	return out
}

// Every point of every figure can be told from the others.
func TestDataHasNoAmbiguousSeries(t *testing.T) {
	for _, p := range Panels() {
		if p.Data != "" || p.Name == "fig4k" || p.Name == "fig5f" || p.Name == "teacher-student" {
			continue
		}
		s := &Session{Dir: t.TempDir(), Env: tinyEnv(t, Options{Seeds: 2})}
		r, _ := s.Run(t.Context(), fewer(p), &silent{})
		s.Close()
		seen := map[string]bool{}
		for _, row := range data(t, r.Report.Figures...) {
			if row["series"] == "" || row["source"] == "" || row["y"] == "" || row["rule"] == "" && row["source"] != "data" {
				t.Fatalf("%s: %v has an empty cell", p.Name, row)
			}
			at := strings.Join([]string{row["figure"], row["series"], row["x"], row["y"], row["seed"]}, "|")
			if seen[at] && row["source"] == "ours" && row["seed"] != "" {
				t.Fatalf("%s: %v twice", p.Name, row)
			}
			seen[at] = true
		}
	}
}

// The rates of Fig. 3d and the seeds of Fig. 3e are series and cells of their own.
func TestDataCells(t *testing.T) {
	cell := Trial{Rule: PC, Rate: 0.1}
	l := ours(PC)
	l.add(1, Summarize([]float64{1, 2}), cell)
	l.add(2, Summarize([]float64{5}), cell)
	dots := Line{Name: "dots", Rule: PC, Marks: true, X: []float64{1}, Y: []float64{3}, Rates: []float64{0.1}, Seeds: []int{7}}
	rows := data(t, Figure{Name: "f", Lines: []Line{l, dots, {Name: "animals", X: []float64{1}, Y: []float64{2}}}})
	if r := rows[0]; r["rate"] != "0.1" || r["low"] == "" || r["seed"] != "" || r["source"] != "ours" || r["rule"] != PC {
		t.Errorf("two seeds: got %v", r)
	}
	if r := rows[1]; r["y"] != "5" || r["low"] != "" || r["high"] != "" {
		t.Errorf("one seed: got %v, want no bounds", r)
	}
	if r := rows[2]; r["seed"] != "7" {
		t.Errorf("a seed: got %v", r)
	}
	if r := rows[3]; r["source"] != "data" || r["rule"] != "" || r["rate"] != "" {
		t.Errorf("data: got %v", r)
	}
}

func TestTrialsCSV(t *testing.T) {
	rows := parse(t, trialsCSV([]Record{
		{Trial: Trial{Rule: PC, Size: 3, Rate: 0.1, Seed: 2}, Outcome: Outcome{Series: []Series{{"a", Numbers{0.1, 1. / 3}}, {"b", Numbers{1}}}}},
		{Trial: Trial{Rule: BP}, Outcome: Outcome{Diverged: true}},
	}))
	if len(rows) != 4 || rows[1]["value"] != "0.3333333333333333" || rows[1]["index"] != "1" || rows[1]["size"] != "3" || rows[1]["std"] != "" ||
		rows[2]["series"] != "b" || rows[3]["diverged"] != "true" || rows[3]["seed"] != "0" {
		t.Errorf("got %v", rows)
	}
}

// Reports on trials that hold something else than they should do not panic.
func TestReportsOnOddTrials(t *testing.T) {
	for _, p := range Panels() {
		for name, series := range map[string][]Series{"other": {{"other", Numbers{1}}}, "short": {
			{testError, Numbers{1}},
			{taskError(0), Numbers{1}},
			{taskError(1), Numbers{1}},
			{"w1", Numbers{1}},
			{"w2", Numbers{1}},
			{interferenceOutputs[0], Numbers{1}},
			{interferenceOutputs[1], Numbers{1}},
			{"stay", Numbers{1}},
			{"switch", Numbers{1}},
			{"output_0", Numbers{1}},
			{"hidden", Numbers{1}},
			{"curve", Numbers{1}},
			{"fear", Numbers{1}},
			{"adaptation", Numbers{1}},
			{"alignment", Numbers{1}},
		}, "diverged": nil} {
			for _, seeds := range []int{1, 2} {
				o := resolved(t, Options{Seeds: seeds})
				r, err := p.Report(records(p, o, func(Trial) []Series { return series }), o)
				if err != nil {
					t.Errorf("%s, %s: %v", p.Name, name, err)
					continue
				}
				if r.judge(p.Seeds, o.seeds(p.Seeds)); r.Claims.Agree() {
					t.Errorf("%s, %s: agrees", p.Name, name)
				}
				for _, f := range r.Figures {
					if _, err := f.plot().Encode(plot.SVG); err != nil {
						t.Errorf("%s, %s: %v", p.Name, name, err)
					}
				}
			}
		}
	}
}
