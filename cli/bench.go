package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/bench"
	"github.com/seed-be841da4/prospect/internal/tables"
	"github.com/seed-be841da4/prospect/kinds"
)

// benchCmd is "prospect bench".
type benchCmd struct {
	Cases            []string        `default:"a,b,c" placeholder:"a,b" help:"Cases (${default}). ${bench_cases}."`
	Rule             string          `placeholder:"RULE" help:"Learning rule: pc or bp (both)."`
	Threads          []int           `default:"1" placeholder:"N" help:"Threads of the compiled engine; 1,2 measures with each and tells the gain of the second (${default})."`
	Engine           string          `default:"compiled" placeholder:"NAME" help:"Engine: ${engines} (${default})."`
	Precision        graph.Precision `default:"f32" placeholder:"f32|f64" help:"Floating-point numbers of --serve (${default})."`
	Seconds          float64         `default:"1" placeholder:"S" help:"Length of one of the five blocks of a measurement (${default})."`
	Data             string          `default:"" placeholder:"NAME" help:"Dataset (fashion-mnist if --data-dir is given, else glyphs)."`
	DataDir          string          `placeholder:"DIR" help:"Where the data are."`
	Ensemble         bool            `help:"Measure instead many small networks one after the other and as one ensemble, on one thread."`
	Serve            bool            `help:"Make the updates of one case and one rule that standard input asks for, one JSON object a line, as bench/peers does."`
	equilibriumFlags `embed:""`
	formatFlags

	engine graph.Engine // of the flag; set by plan
}

// benchCases describes the cases for the help.
func benchCases() string {
	var lines []string
	for _, k := range bench.Cases() {
		lines = append(lines, k.Name+": "+k.Help)
	}
	return strings.Join(lines, "; ")
}

// Run measures.
func (b *benchCmd) Run(ctx context.Context, c *console) error {
	cases, rules, err := b.plan(c)
	if err != nil {
		return err
	}
	if b.Serve {
		return b.serve(ctx, c, cases, rules)
	}
	switch {
	case b.Ensemble:
		return b.ensembles(ctx, c, rules)
	case b.ToEquilibrium > 0:
		return b.equilibria(ctx, c, cases)
	case b.ToAccuracy > 0:
		return b.accuracies(ctx, c, cases)
	}
	data, err := b.data()
	if err != nil {
		return err
	}
	peaks := b.peaks()
	var results []bench.Result
	for _, k := range cases {
		for _, rule := range rules {
			var one *bench.Result
			for _, threads := range b.Threads {
				s := b.settings(threads)
				s.Data, s.Peak = data.Train, peaks[threads]
				r, err := bench.Run(ctx, k, rule, s)
				if err != nil {
					return errors.WithMessagef(err, "case %s, rule %s", k.Name, rule)
				}
				if threads == 1 {
					one = &r
				} else if one != nil {
					r.Against(*one)
				}
				results = append(results, r)
				if b.JSON {
					if err := json.NewEncoder(c.stdout).Encode(r); err != nil {
						return errors.Wrap(err, "bench")
					}
				}
			}
		}
	}
	if b.JSON {
		return nil
	}
	return b.table(c, results, peaks)
}

// serve takes requests from standard input.
func (b *benchCmd) serve(ctx context.Context, c *console, cases []bench.Case, rules []string) error {
	if len(cases) != 1 || len(rules) != 1 || len(b.Threads) != 1 {
		return errors.Errorf("--serve, got %d cases, %d rules, %d numbers of threads, want one of each: --cases b --rule pc --threads 1", len(cases), len(rules), len(b.Threads))
	}
	s := bench.Server{Case: cases[0], Rule: rules[0], Settings: b.settings(b.Threads[0])}
	s.Data, s.Settings.Precision = func() (datasets.Dataset, error) {
		data, err := b.data()
		if err != nil {
			return nil, err
		}
		return data.Train, nil
	}, b.Precision
	return s.Serve(ctx, os.Stdin, c.stdout)
}

// plan checks the flags and returns what to measure.
func (b *benchCmd) plan(c *console) ([]bench.Case, []string, error) {
	all := bench.Cases()
	var cases []bench.Case
	for _, name := range b.Cases {
		i := slices.IndexFunc(all, func(k bench.Case) bool { return k.Name == name })
		if i < 0 {
			var names []string
			for _, k := range all {
				names = append(names, k.Name)
			}
			return nil, nil, errors.Errorf("--cases, got %q, want some of %s", strings.Join(b.Cases, ","), strings.Join(names, ", "))
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
	if name, _, _ := strings.Cut(b.Engine, ":"); name != "compiled" && name != "tape" && name != "xla" {
		return nil, nil, errors.Errorf("--engine, got %q, want compiled, tape or xla", b.Engine)
	}
	spec, err := kinds.Parse[graph.Engine](kinds.Standard(), b.Engine)
	if err == nil {
		b.engine, err = spec.New()
	}
	if err != nil {
		return nil, nil, errors.WithMessage(err, "--engine")
	}
	for _, n := range b.Threads {
		if n < 1 || n > 1024 {
			return nil, nil, errors.Errorf("--threads, got %d, want 1 to 1024", n)
		}
	}
	if err := b.equilibriumFlags.check(); err != nil {
		return nil, nil, err
	}
	if len(b.Threads) == 0 {
		return nil, nil, errors.New("--threads, got none, want at least one number")
	}
	if !(b.Seconds > 0 && b.Seconds <= 3600) {
		return nil, nil, errors.Errorf("--seconds, got %v, want more than 0 and at most 3600", b.Seconds)
	}
	if b.Model != "" {
		k, err := b.modelCase(c)
		return []bench.Case{k}, rules, err
	}
	return cases, rules, nil
}

func (b *benchCmd) settings(threads int) bench.Settings {
	s := bench.Settings{Threads: threads, Block: time.Duration(b.Seconds * float64(time.Second)), Engine: b.engine}
	if _, ok := s.Engine.(graph.Compiled); ok {
		s.Engine = graph.Compiled{Threads: threads}
	}
	return s
}

// data loads the samples.
func (b *benchCmd) data() (*datasets.Split, error) {
	return datasets.Load(b.dataName(), datasets.LoadSettings{Dir: b.DataDir})
}

func (b *benchCmd) dataName() string {
	switch {
	case b.Data != "":
		return b.Data
	case b.DataDir != "":
		return "fashion-mnist"
	}
	return "glyphs"
}

// peaks measures the multiply-add peak of one thread, of two and of those asked for.
func (b *benchCmd) peaks() map[int]float64 {
	peaks := map[int]float64{}
	for _, n := range append([]int{1, 2}, b.Threads...) {
		if _, done := peaks[n]; !done {
			peaks[n] = bench.Peak(n)
		}
	}
	return peaks
}

// table prints the results for people.
func (b *benchCmd) table(c *console, results []bench.Result, peaks map[int]float64) error {
	p := b.printer(c)
	line := fmt.Sprintf("engine %s, %d processors; multiply-add peak %.0f GFLOP/s with 1 thread", b.Engine, runtime.NumCPU(), peaks[1])
	for _, n := range slices.Sorted(maps.Keys(peaks)) {
		if n > 1 {
			line += fmt.Sprintf(", %.0f with %d (%.2f times)", peaks[n], n, peaks[n]/peaks[1])
		}
	}
	p.Line("%s", line)
	p.Gap()
	t := tables.Table{Columns: []tables.Column{
		{Name: "case", Key: "case"},
		{Name: "rule", Key: "rule"},
		{Name: "steps", Key: "steps"},
		{Name: "thr.", Key: "threads"},
		{Name: "ms an update", Key: "ms_per_update"},
		{Name: "median", Key: "ms_per_update_median"},
		{Name: "µs a step", Key: "us_per_step"},
		{Name: "GFLOP/s", Key: "gflops"},
		{Name: "of peak", Key: "peak_fraction"},
		{Name: "of peak in steps", Key: "step_peak_fraction"},
		{Name: "allocs a step", Key: "allocs_per_step"},
		{Name: "allocs an update", Key: "allocs_per_update"},
	}}
	gains := slices.ContainsFunc(results, func(r bench.Result) bool { return r.Speedup > 0 })
	if gains {
		t.Columns = append(t.Columns, tables.Column{Name: "speed-up", Key: "speedup"}, tables.Column{Name: "of the peaks'", Key: "speedup_of_peaks"})
	}
	for _, r := range results {
		step, inSteps, allocs := tables.Missing(), tables.Missing(), tables.Missing()
		if r.Steps > 0 {
			step, inSteps, allocs = tables.Number("%.2f", r.UsPerStep), share(r.StepPeakFraction), tables.Number("%.2f", r.AllocsPerStep)
		}
		row := []any{
			r.Case, r.Rule, r.Steps, r.Threads, tables.Number("%.4f", r.MsPerUpdate), tables.Number("%.4f", r.MsPerUpdateMedian), step,
			tables.Number("%.1f", r.Gflops), share(r.PeakFraction), inSteps, allocs, tables.Number("%.2f", r.AllocsPerUpdate),
		}
		switch {
		case r.Speedup > 0:
			row = append(row, tables.Number("%.2f", r.Speedup), share(r.SpeedupOfPeaks))
		case gains:
			row = append(row, tables.Missing(), tables.Missing())
		}
		t.Add(row...)
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
