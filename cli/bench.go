package cli

import (
	"context"
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/bench"
	"github.com/seed-be841da4/prospect/internal/tables"
)

// benchCmd is "prospect bench".
type benchCmd struct {
	Cases   []string `default:"a,b,c" placeholder:"a,b" help:"Cases: a is 784-32-32-10 sigmoid, batch 1, T 128; b 784-256-256-10 tanh, 64, 20; c 784-1024-1024-1024-10 tanh, 128, 32; vgg5, convolutional, 64, 5 (${default})."`
	Rule    string   `placeholder:"RULE" help:"Learning rule: pc or bp (both)."`
	Threads int      `default:"1" placeholder:"N" help:"Threads of the compiled engine (${default})."`
	Engine  string   `default:"compiled" placeholder:"NAME" help:"Engine: ${engines} (${default})."`
	Seconds float64  `default:"1" placeholder:"S" help:"Length of one of the five blocks of a measurement (${default})."`
	Data    string   `default:"" placeholder:"NAME" help:"Dataset (fashion-mnist if --data-dir is given, else glyphs)."`
	DataDir string   `placeholder:"DIR" help:"Where the data are."`
	formatFlags
}

// Run measures.
func (b *benchCmd) Run(ctx context.Context, c *console) error {
	cases, rules, err := b.plan()
	if err != nil {
		return err
	}
	settings, err := b.settings()
	if err != nil {
		return err
	}
	var results []bench.Result
	for _, k := range cases {
		for _, rule := range rules {
			r, err := bench.Run(ctx, k, rule, settings)
			if err != nil {
				return errors.WithMessagef(err, "case %s, rule %s", k.Name, rule)
			}
			results = append(results, r)
			if b.JSON {
				if err := json.NewEncoder(c.stdout).Encode(r); err != nil {
					return errors.Wrap(err, "bench")
				}
			}
		}
	}
	if b.JSON {
		return nil
	}
	return b.table(c, results, settings.Peak)
}

// plan checks the flags and returns what to measure.
func (b *benchCmd) plan() ([]bench.Case, []string, error) {
	all := bench.Cases()
	var cases []bench.Case
	for _, name := range b.Cases {
		i := slices.IndexFunc(all, func(k bench.Case) bool { return k.Name == name })
		if i < 0 {
			return nil, nil, errors.Errorf("--cases, got %q, want some of a, b, c, vgg5", strings.Join(b.Cases, ","))
		}
		cases = append(cases, all[i])
	}
	rules := []string{"pc", "bp"}
	if b.Rule != "" {
		if !slices.Contains(rules, b.Rule) {
			return nil, nil, errors.Errorf("--rule, got %q, want pc or bp", b.Rule)
		}
		rules = []string{b.Rule}
	}
	switch {
	case b.Threads < 1:
		return nil, nil, errors.Errorf("--threads, got %d, want at least 1", b.Threads)
	case !(b.Seconds > 0 && b.Seconds <= 3600):
		return nil, nil, errors.Errorf("--seconds, got %v, want more than 0 and at most 3600", b.Seconds)
	}
	return cases, rules, nil
}

func (b *benchCmd) settings() (bench.Settings, error) {
	s := bench.Settings{Threads: b.Threads, Block: time.Duration(b.Seconds * float64(time.Second))}
	switch b.Engine {
	case "compiled":
		s.Engine = graph.Compiled{Threads: b.Threads}
	case "tape":
		s.Engine = graph.Tape{}
	default:
		return s, errors.Errorf("--engine, got %q, want compiled or tape", b.Engine)
	}
	name := b.Data
	if name == "" {
		name = "glyphs"
		if b.DataDir != "" {
			name = "fashion-mnist"
		}
	}
	data, err := datasets.Load(name, datasets.LoadSettings{Dir: b.DataDir})
	if err != nil {
		return s, err
	}
	s.Data = data.Train
	s.Peak = bench.Peak()
	return s, nil
}

// table prints the results for people.
func (b *benchCmd) table(c *console, results []bench.Result, peak float64) error {
	p := b.printer(c)
	p.Line("engine %s, %d of %d threads; multiply-add peak of one core %.0f GFLOP/s", b.Engine, b.Threads, runtime.NumCPU(), peak)
	p.Gap()
	t := tables.Table{Columns: []tables.Column{
		{Name: "case", Key: "case"},
		{Name: "rule", Key: "rule"},
		{Name: "steps", Key: "steps"},
		{Name: "ms an update", Key: "ms_per_update"},
		{Name: "median", Key: "ms_per_update_median"},
		{Name: "µs a step", Key: "us_per_step"},
		{Name: "GFLOP/s", Key: "gflops"},
		{Name: "of peak", Key: "peak_fraction"},
		{Name: "of peak in steps", Key: "step_peak_fraction"},
		{Name: "allocs a step", Key: "allocs_per_step"},
		{Name: "allocs an update", Key: "allocs_per_update"},
	}}
	for _, r := range results {
		step, inSteps, allocs := tables.Missing(), tables.Missing(), tables.Missing()
		if r.Steps > 0 {
			step, inSteps, allocs = tables.Number("%.2f", r.UsPerStep), share(r.StepPeakFraction), tables.Number("%.2f", r.AllocsPerStep)
		}
		t.Add(r.Case, r.Rule, r.Steps, tables.Number("%.4f", r.MsPerUpdate), tables.Number("%.4f", r.MsPerUpdateMedian), step,
			tables.Number("%.1f", r.Gflops), share(r.PeakFraction), inSteps, allocs, tables.Number("%.2f", r.AllocsPerUpdate))
	}
	p.Table(t)
	return p.Err()
}

// share is a fraction in whole percent.
func share(x float64) tables.Cell {
	cell := tables.Number("%.0f %%", 100*x)
	cell.Value = x
	return cell
}
