package cli

import (
	"context"
	"fmt"
	"math"
	"os"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/sweep"
	"github.com/seed-be841da4/prospect/train"
)

// sweepCmd is "prospect sweep".
type sweepCmd struct {
	kong.Plugins // the flags of train, each of which takes several values

	Search      string `group:"Sweep:" default:"grid" placeholder:"NAME" help:"What is tried: grid tries all values with all others; random and halton draw from ranges such as --lr 1e-4..1e-1:log; tpe, or tpe:startup=10,round=4, proposes by what was found (default ${default})."`
	Trials      int    `group:"Sweep:" default:"20" placeholder:"N" help:"Points that random, halton and tpe try, with every rule and seed (default ${default})."`
	Prune       string `group:"Sweep:" placeholder:"NAME" help:"Stop trials whose validation after an epoch is worse than the median of others of the same rule and seed: median, or median:warmup=2,min=5,round=8 (default: none are stopped)."`
	Workers     int    `group:"Sweep:" default:"0" placeholder:"N" help:"Trials at a time (default 0: one for each processor)."`
	Out         string `group:"Sweep:" placeholder:"DIR" help:"Directory to write (default runs/TIME-DATA-sweep)."`
	Resume      bool   `group:"Sweep:" help:"Go on with the trials in --out, whose other settings have to be the same."`
	DataDir     string `group:"Data:" placeholder:"DIR" help:"Where the data are (default $$PROSPECT_DATA, or the user's cache directory)."`
	formatFlags `group:"Sweep:"`
	clusterFlags

	Status []string `arg:"" optional:"" name:"status DIR" help:"status and a directory tell how far the trials of the directory are, whoever runs them."`

	work  string        // where trials have their files; empty for the system's temporary folder
	flags reflect.Value // the struct of the plugin, all fields of which are strings
}

// newSweepCmd returns the command with the flags of settings as texts.
func newSweepCmd() sweepCmd {
	hint := regexp.MustCompile(` \(default[^)]*\)`)
	fallback := regexp.MustCompile(`default:"[^"]*" ?`)
	var fields []reflect.StructField
	for f := range fieldsOf(reflect.TypeFor[settingsFlags]()) {
		tag := fallback.ReplaceAllString(hint.ReplaceAllString(string(f.Tag), ""), "")
		fields = append(fields, reflect.StructField{Name: f.Name, Type: reflect.TypeFor[string](), Tag: reflect.StructTag(tag)})
	}
	p := reflect.New(reflect.StructOf(fields))
	return sweepCmd{Plugins: kong.Plugins{p.Interface()}, flags: p.Elem()}
}

// fieldsOf yields the fields of the flags of settings that have a flag.
func fieldsOf(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if f := t.Field(i); f.Tag.Get("kong") != "-" && !yield(f) {
				return
			}
		}
	}
}

// trialResult is what a trial of a sweep found.
type trialResult struct {
	// Diverged says that the energy was not finite; all else is 0 then.
	Diverged bool `json:"diverged,omitempty"`
	Epoch    int  `json:"epoch"`
	Updates  int  `json:"updates"`
	// Classes says that Test and Validation are fractions of wrong labels; they are
	// squared errors otherwise.
	Classes bool `json:"classes,omitempty"`
	// Test is the score on the test part, and Validation that on the validation part, or
	// Test where there is none.
	Test             float64  `json:"test"`
	Validation       float64  `json:"validation"`
	TestSquaredError float64  `json:"test_squared_error"`
	TestR2           *float64 `json:"test_r2,omitempty"`
	TrainEnergy      float64  `json:"train_energy"`
}

// Run sweeps.
func (s *sweepCmd) Run(ctx context.Context, c *console) error {
	if len(s.Status) > 0 {
		return s.status(ctx, c)
	}
	if err := s.check(); err != nil {
		return usage(err)
	}
	plan, err := s.plan(c)
	if err != nil {
		return usage(err)
	}
	if shard, ok, err := s.shard(); ok {
		if err != nil {
			return err
		}
		return s.runShard(ctx, c, plan, shard)
	}
	if s.Launcher == launchMPI {
		return s.runRanks(ctx, c, plan)
	}
	if err := s.directory(plan.base); err != nil {
		return err
	}
	if s.Launcher != launchLocal {
		return s.submit(ctx, c, plan)
	}
	return s.runAll(ctx, c, plan)
}

// runAll runs the trials that nobody has run, and tells the results.
func (s *sweepCmd) runAll(ctx context.Context, c *console, plan *sweepPlan) error {
	store, err := s.open(plan, "")
	if err != nil {
		return err
	}
	defer store.Close()
	observer := &sweepObserver{c: c, json: s.JSON}
	records, err := s.run(ctx, plan, sweep.Runner[point, trialResult]{
		Store: store, Workers: s.workers(), Observer: observer, Cost: plan.cost,
	})
	if err != nil {
		if ctx.Err() != nil {
			return interrupted{"stopped; go on with the same command and --resume --out " + quote(s.Out)}
		}
		return err
	}
	if observer.err != nil {
		return observer.err
	}
	report, err := newSweepReport(plan, records)
	if err != nil {
		return err
	}
	if err := report.save(s.Out); err != nil {
		return err
	}
	if s.JSON {
		return report.writeEvent(c.stdout, s.Out)
	}
	p := s.printer(c)
	report.write(p, s.Out)
	return p.Err()
}

func (s *sweepCmd) workers() int {
	if s.Workers > 0 {
		return s.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// directory makes the output directory.
func (s *sweepCmd) directory(base run.Settings) error {
	if s.Out == "" {
		base.Rule = "sweep"
		var err error
		s.Out, err = run.DefaultDir(time.Now(), base)
		return err
	}
	return run.Writable(s.Out)
}

// trial trains at a point.
func (s *sweepCmd) trial(ctx context.Context, p *sweepPlan, at point) (trialResult, error) {
	settings, err := p.settings(at)
	if err != nil {
		return trialResult{}, err
	}
	dir, err := os.MkdirTemp(s.work, "work-*")
	if err != nil {
		return trialResult{}, errors.Wrap(err, "--out")
	}
	defer os.RemoveAll(dir)
	r := run.Run{Dir: dir, Manifest: run.NewManifest(settings), DataDir: s.DataDir}
	var told *epochReporter
	if p.pruner != nil {
		told = &epochReporter{ctx: ctx}
		r.Observer = told
	}
	e, err := r.Train(ctx)
	switch {
	case errors.Is(err, relax.ErrDiverged), errors.Is(err, run.ErrDiverged):
		return trialResult{Diverged: true}, nil
	case errors.Is(err, sweep.ErrPruned):
		return newTrialResult(told.last), sweep.ErrPruned
	case err != nil:
		return trialResult{}, err
	}
	return newTrialResult(e), nil
}

// newTrialResult returns what an epoch found.
func newTrialResult(e run.Epoch) trialResult {
	out := trialResult{
		Epoch: e.Epoch, Updates: e.Updates, Test: e.TestSquaredError, TestSquaredError: e.TestSquaredError,
		TestR2: e.TestR2, TrainEnergy: e.TrainEnergy,
	}
	if e.TestError != nil {
		out.Test, out.Classes = *e.TestError, true
	}
	out.Validation = out.Test
	switch {
	case e.ValError != nil:
		out.Validation = *e.ValError
	case e.ValSquaredError != nil:
		out.Validation = *e.ValSquaredError
	}
	return out
}

// epochReporter reports the validation of every epoch but the last, after which there is
// nothing to stop.
type epochReporter struct {
	ctx  context.Context
	last run.Epoch
}

// Start implements run.Observer.
func (*epochReporter) Start(int, int) error { return nil }

// Update implements run.Observer.
func (*epochReporter) Update(train.Progress) error { return nil }

// Epoch implements run.Observer.
func (o *epochReporter) Epoch(e run.Epoch) error {
	o.last = e
	if e.Epoch == e.Epochs {
		return nil
	}
	return sweep.Report(o.ctx, newTrialResult(e).Validation)
}

// sweepObserver tells how a sweep gets on.
type sweepObserver struct {
	c    *console
	json bool
	told time.Time
	err  error
}

// Start implements sweep.Observer.
func (o *sweepObserver) Start(trials, done int) {
	if !o.json {
		fmt.Fprintf(o.c.stderr, "%d trials, %d of them done before\n", trials, done)
	}
}

// Trial implements sweep.Observer.
func (o *sweepObserver) Trial(r sweep.Record[point, trialResult], s sweep.Status) {
	if o.json {
		if err := writeEvent(o.c.stdout, struct {
			Event string `json:"event"`
			sweep.Record[point, trialResult]
		}{"trial", r}); err != nil && o.err == nil {
			o.err = err
		}
		return
	}
	o.tell(s, s.Done == s.Trials)
}

// Tick implements sweep.Observer.
func (o *sweepObserver) Tick(s sweep.Status) { o.tell(s, false) }

// tell prints a line now and then.
func (o *sweepObserver) tell(s sweep.Status, last bool) {
	if o.json || !last && time.Since(o.told) < 5*time.Second {
		return
	}
	o.told = time.Now()
	left := ""
	if s.Left > 0 && !last {
		left = fmt.Sprintf(", about %s left", s.Left.Round(time.Second))
	}
	fmt.Fprintf(o.c.stderr, "%d of %d trials%s\n", s.Done, s.Trials, left)
}

// point is a trial: the text of every setting that is swept, by its name.
type point map[string]string

// label writes some settings of a point.
func (p point) label(names []string) string {
	var parts []string
	for _, name := range names {
		parts = append(parts, name+"="+p[name])
	}
	return strings.Join(parts, " ")
}

// finite returns the values that are.
func finite(values []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(values), func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
}
