package cli

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
	"github.com/seed-be841da4/prospect/internal/tables"
	"github.com/seed-be841da4/prospect/plot"
	"github.com/seed-be841da4/prospect/stats"
	"github.com/seed-be841da4/prospect/sweep"
)

// configuration is what was tried with several seeds.
type configuration struct {
	at         point // without the seed
	rule       string
	test       []float64 // by seed; NaN where it diverged
	validation []float64
	diverged   int
	pruned     int
	best       bool // of its rule, by the validation
}

// chosenBy is the validation that a configuration is chosen by: the mean over seeds, or
// infinity if a seed diverged or was pruned.
func (c *configuration) chosenBy() float64 {
	if c.diverged+c.pruned > 0 || len(c.validation) == 0 {
		return math.Inf(1)
	}
	return stats.Mean(c.validation)
}

// sweepReport is what came out of a sweep.
type sweepReport struct {
	plan    *sweepPlan
	records []sweep.Record[point, trialResult]
	names   []string // of the settings that are swept, without the seed
	all     []*configuration
	percent bool // whether the scores are fractions of wrong labels
	tests   []comparison
}

// comparison is a paired test between the best configurations of two rules.
type comparison struct {
	a, b     string
	t        stats.TTest
	wilcoxon stats.Test
	holm     float64 // the p of t, corrected for the number of tests
	err      error   // why there is none
}

// newSweepReport groups the trials and compares rules.
func newSweepReport(p *sweepPlan, records []sweep.Record[point, trialResult]) (*sweepReport, error) {
	r := &sweepReport{plan: p, records: distinct(p, records)}
	for _, name := range p.names() {
		if name != "seed" {
			r.names = append(r.names, name)
		}
	}
	byLabel := map[string]*configuration{}
	r.percent = true
	for _, rec := range r.records {
		label := rec.Params.label(r.names)
		c, ok := byLabel[label]
		if !ok {
			c = &configuration{at: rec.Params, rule: cmp.Or(rec.Params["rule"], p.base.Rule)}
			byLabel[label] = c
			r.all = append(r.all, c)
		}
		if rec.Result.Diverged || rec.Pruned {
			if c.pruned++; rec.Result.Diverged {
				c.pruned, c.diverged = c.pruned-1, c.diverged+1
			}
			c.test, c.validation = append(c.test, math.NaN()), append(c.validation, math.NaN())
			continue
		}
		r.percent = r.percent && rec.Result.Classes
		c.test, c.validation = append(c.test, rec.Result.Test), append(c.validation, rec.Result.Validation)
	}
	r.choose()
	return r, nil
}

// distinct leaves out the trials of points that a search proposed again.
func distinct(p *sweepPlan, records []sweep.Record[point, trialResult]) []sweep.Record[point, trialResult] {
	seen, out := map[string]bool{}, []sweep.Record[point, trialResult](nil)
	for _, rec := range records {
		label := rec.Params.label(p.names())
		if !seen[label] {
			seen[label], out = true, append(out, rec)
		}
	}
	return out
}

// choose marks the best configuration of every rule and compares them.
func (r *sweepReport) choose() {
	var best []*configuration
	for _, c := range r.all {
		i := slices.IndexFunc(best, func(b *configuration) bool { return b.rule == c.rule })
		switch {
		case i < 0:
			best = append(best, c)
		case c.chosenBy() < best[i].chosenBy():
			best[i] = c
		}
	}
	best = slices.DeleteFunc(best, func(c *configuration) bool { return math.IsInf(c.chosenBy(), 1) })
	var p []float64
	for i, c := range best {
		c.best = true
		for _, d := range best[:i] {
			t := comparison{a: d.rule, b: c.rule}
			if t.t, t.err = stats.PairedT(d.test, c.test); t.err == nil {
				p = append(p, t.t.P)
				t.wilcoxon, t.err = stats.Wilcoxon(d.test, c.test)
			}
			r.tests = append(r.tests, t)
		}
	}
	corrected, err := stats.Holm(p)
	if err != nil {
		return
	}
	for i, k := 0, 0; i < len(r.tests); i++ {
		if r.tests[i].t.DF > 0 {
			r.tests[i].holm = corrected[k]
			k++
		}
	}
}

// score writes a score.
func (r *sweepReport) score(x float64) string {
	switch {
	case math.IsNaN(x):
		return "-"
	case r.percent:
		return fmt.Sprintf("%.2f %%", 100*x)
	}
	return fmt.Sprintf("%.4g", x)
}

// interval is half the width of the interval of the mean at a level, "-" for a single
// seed, and its bounds.
func (r *sweepReport) interval(values []float64, level float64) []any {
	i, err := stats.StudentInterval(values, level)
	if err != nil {
		return []any{tables.Missing(), nil, nil}
	}
	return []any{r.scoreCell((i.High - i.Low) / 2), i.Low, i.High}
}

// scoreCell is a score of a table.
func (r *sweepReport) scoreCell(x float64) tables.Cell {
	return tables.Cell{Text: r.score(x), Value: x}
}

// table is the settings, the number of seeds, the means and the intervals.
func (r *sweepReport) table() tables.Table {
	var t tables.Table
	for _, name := range r.names {
		t.Columns = append(t.Columns, tables.Column{Name: name, Key: name})
	}
	t.Columns = append(t.Columns, tables.Column{Name: "seeds", Key: "seeds"},
		tables.Column{Name: "validation", Key: "validation"}, tables.Column{Name: "test", Key: "test"},
		tables.Column{Name: "± 68 %"}, tables.Column{Key: "low_68"}, tables.Column{Key: "high_68"},
		tables.Column{Name: "± 95 %"}, tables.Column{Key: "low_95"}, tables.Column{Key: "high_95"},
		tables.Column{Name: "note"}, tables.Column{Key: "best"}, tables.Column{Key: "diverged"})
	for _, c := range r.all {
		var row []any
		for _, name := range r.names {
			row = append(row, settingCell(c.at[name]))
		}
		test, mark := finite(c.test), ""
		if c.best {
			mark = "*"
		}
		switch {
		case c.diverged > 0 && c.pruned > 0:
			mark = fmt.Sprintf("%d diverged, %d pruned", c.diverged, c.pruned)
		case c.diverged > 0:
			mark = fmt.Sprintf("%d diverged", c.diverged)
		case c.pruned > 0:
			mark = fmt.Sprintf("%d pruned", c.pruned)
		}
		mean, validation := math.NaN(), math.NaN()
		if len(test) > 0 {
			mean, validation = stats.Mean(test), stats.Mean(finite(c.validation))
		}
		row = append(row, len(test), r.scoreCell(validation), r.scoreCell(mean))
		row = append(row, r.interval(test, 0.68)...)
		row = append(row, r.interval(test, 0.95)...)
		t.Add(append(row, mark, c.best, c.diverged)...)
	}
	return t
}

// settingCell is the text of a setting, which may be a number.
func settingCell(text string) tables.Cell {
	if _, err := strconv.ParseFloat(text, 64); err == nil && json.Valid([]byte(text)) {
		return tables.Cell{Text: text, Value: json.Number(text)}
	}
	return tables.Cell{Text: text, Value: text}
}

// remarks say how to read the table.
func (r *sweepReport) remarks() []string {
	what := "squared error"
	if r.percent {
		what = "error"
	}
	out := []string{fmt.Sprintf("validation and test: mean %s over the seeds; ± half of the interval of that mean by Student's t.", what)}
	if r.plan.base.ValSplit > 0 || r.plan.sweeps("val_split") {
		out = append(out, "* the best of its rule, chosen on the validation part and reported on the test part.")
	} else {
		out = append(out, "* the best of its rule, chosen and reported on the test part, which favours it: there is no validation part.")
	}
	if r.plan.pruner != nil {
		pruned := 0
		for _, c := range r.all {
			pruned += c.pruned
		}
		out = append(out, fmt.Sprintf("%d of %d trials were pruned: stopped after an epoch whose validation was worse than the median of others of the same rule and seed. They are in no mean, and no settings with one are chosen.", pruned, len(r.records)))
	}
	for _, t := range r.tests {
		if t.err != nil {
			out = append(out, fmt.Sprintf("%s and %s: %v", t.a, t.b, t.err))
			continue
		}
		out = append(out, fmt.Sprintf("%s less %s, paired by seed: %s, t(%g) = %.3g, p = %.3g; Wilcoxon p = %.3g; p by Holm %.3g.",
			t.a, t.b, r.score(t.t.Difference), t.t.DF, t.t.T, t.t.P, t.wilcoxon.P, t.holm))
	}
	return out
}

// write prints the table.
func (r *sweepReport) write(p *tables.Writer, dir string) {
	p.Table(r.table())
	for _, line := range r.remarks() {
		p.Line("%s", line)
	}
	p.Line("Table, trials, figure and page are in %s", dir)
}

// save writes the table, the trials, the figure and the page.
func (r *sweepReport) save(dir string) error {
	var rows bytes.Buffer
	out := tables.New(&rows, tables.CSV, 0)
	out.Table(r.table())
	if err := out.Err(); err != nil {
		return err
	}
	if err := atomicfile.WriteFile(filepath.Join(dir, "table.csv"), rows.Bytes(), 0o666); err != nil {
		return err
	}
	if err := r.saveTrials(filepath.Join(dir, "trials.csv")); err != nil {
		return err
	}
	figure, err := r.figure()
	if err != nil {
		return err
	}
	for _, name := range []string{"figure.png", "figure.svg", "figure.pdf", "figure.csv"} {
		if err := figure.Save(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	picture, err := figure.Encode(plot.PNG)
	if err != nil {
		return err
	}
	page := plot.Page{Title: "Sweep on " + r.plan.base.Data, Blocks: []plot.Block{
		plot.Picture{PNG: picture, Alt: figure.Title}, r.pageTable(),
	}}
	for _, line := range r.remarks() {
		page.Blocks = append(page.Blocks, plot.Text(line))
	}
	return page.Save(filepath.Join(dir, "index.html"))
}

// pageTable is the table of the page.
func (r *sweepReport) pageTable() plot.Table {
	from := r.table()
	head, rows := from.Texts()
	t := plot.Table{Head: head}
	for _, row := range rows {
		t.Rows = append(t.Rows, spans(row...))
	}
	return t
}

// saveTrials writes a row for each trial.
func (r *sweepReport) saveTrials(path string) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	names := r.plan.names()
	_ = w.Write(append(slices.Clone(names), "validation", "test", "test_squared_error", "epoch", "updates", "diverged", "pruned")) // into memory
	for _, rec := range r.records {
		var row []string
		for _, name := range names {
			row = append(row, rec.Params[name])
		}
		number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
		_ = w.Write(append(row, number(rec.Result.Validation), number(rec.Result.Test), number(rec.Result.TestSquaredError),
			strconv.Itoa(rec.Result.Epoch), strconv.Itoa(rec.Result.Updates), strconv.FormatBool(rec.Result.Diverged), strconv.FormatBool(rec.Pruned)))
	}
	w.Flush()
	return atomicfile.WriteFile(path, b.Bytes(), 0o666)
}

// figure draws the test score over the setting with the most numbers, a line for each
// rule, or over the configurations if none is a number.
func (r *sweepReport) figure() (plot.Figure, error) {
	f := plot.Figure{Name: "sweep", Title: "Test on " + r.plan.base.Data, Y: plot.Axis{Label: "squared error"}}
	scale := 1.0
	if r.percent {
		f.Y.Label, scale = "test error (%)", 100
	}
	over := r.axis()
	f.X = plot.Axis{Label: over, Log: over == "lr"}
	lines := map[string]*plot.Series{}
	var order []string
	for k, c := range r.all {
		name := c.rule
		x, err := strconv.ParseFloat(c.at[over], 64)
		if over == "" || err != nil {
			x = float64(k)
			f.X.Names = append(f.X.Names, c.at.label(r.names))
		} else if rest := without(r.names, over, "rule"); len(rest) > 0 {
			name += " " + c.at.label(rest)
		}
		s, ok := lines[name]
		if !ok {
			s = &plot.Series{Name: name}
			lines[name], order = s, append(order, name)
		}
		test := finite(c.test)
		if len(test) == 0 {
			continue
		}
		mean, low, high := stats.Mean(test), math.NaN(), math.NaN()
		if i, err := stats.StudentInterval(test, 0.68); err == nil {
			low, high = i.Low, i.High
		}
		s.AddInterval(x, scale*mean, scale*low, scale*high)
	}
	for _, name := range order {
		sortSeries(lines[name])
		f.Series = append(f.Series, *lines[name])
	}
	return f, nil
}

// axis is the setting to draw over: the one with the most numbers.
func (r *sweepReport) axis() string {
	best, most := "", 1
	for _, name := range r.names {
		seen := map[string]bool{}
		for _, c := range r.all {
			if _, err := strconv.ParseFloat(c.at[name], 64); err == nil {
				seen[c.at[name]] = true
			}
		}
		if len(seen) > most {
			best, most = name, len(seen)
		}
	}
	return best
}

func without(names []string, out ...string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(out, n) })
}

// sortSeries puts points in the order of x.
func sortSeries(s *plot.Series) {
	order := make([]int, len(s.X))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(s.X[i], s.X[j]) })
	sorted := *s
	sorted.X, sorted.Y, sorted.Low, sorted.High = nil, nil, nil, nil
	for _, i := range order {
		sorted.AddInterval(s.X[i], s.Y[i], s.Low[i], s.High[i])
	}
	*s = sorted
}
