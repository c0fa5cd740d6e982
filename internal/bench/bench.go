// Package bench times weight updates of the benchmark networks, for the command
// line's bench command.
package bench

import (
	"context"
	"iter"
	"log/slog"
	"runtime"
	"slices"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Result is the measurement of a benchmark.
type Result struct {
	Case    string `json:"case"`
	Rule    string `json:"rule"`
	Engine  string `json:"engine"`
	Threads int    `json:"threads"`
	Batch   int    `json:"batch"`
	// Steps is the number of relaxation steps per update; 0 for backprop.
	Steps int `json:"steps"`
	// MsPerUpdate is the time of one weight update, optimizer included: the best
	// of five blocks, and their median.
	MsPerUpdate       float64 `json:"ms_per_update"`
	MsPerUpdateMedian float64 `json:"ms_per_update_median"`
	// UsPerStep is the time of one relaxation step, energies included; 0 for
	// backprop.
	UsPerStep float64 `json:"us_per_step"`
	// Gflops is the rate of the floating-point operations of the matrix products alone
	// over the whole time of an update; PeakFraction is its ratio to PeakGflops, the
	// multiply-add peak of the threads together.
	Gflops       float64 `json:"gflops"`
	PeakGflops   float64 `json:"peak_gflops"`
	PeakFraction float64 `json:"peak_fraction"`
	// StepGflops and StepPeakFraction are the same during relaxation steps.
	StepGflops       float64 `json:"step_gflops"`
	StepPeakFraction float64 `json:"step_peak_fraction"`
	// Speedup is how many times faster an update is than with one thread; SpeedupOfPeaks
	// is its ratio to that of the multiply-add peaks, which is all that threads can give.
	// 0 if one thread was not measured, or for one thread.
	Speedup        float64 `json:"speedup,omitempty"`
	SpeedupOfPeaks float64 `json:"speedup_of_peaks,omitempty"`
	// AllocsPerStep and AllocsPerUpdate count heap allocations.
	AllocsPerStep   float64 `json:"allocs_per_step"`
	AllocsPerUpdate float64 `json:"allocs_per_update"`
	// MemoryMB is the heap memory that the process holds from the system after the
	// benchmark, including the data set.
	MemoryMB float64 `json:"memory_mb"`
}

// Against fills in the speed-up over the same update on one thread.
func (r *Result) Against(one Result) {
	r.Speedup = one.MsPerUpdate / r.MsPerUpdate
	r.SpeedupOfPeaks = r.Speedup / (r.PeakGflops / one.PeakGflops)
}

// Settings of a benchmark run.
type Settings struct {
	// Engine runs the network.
	Engine graph.Engine
	// Threads used by the engine.
	Threads int
	// Data are the samples, of 10 classes. A network of images of another size, or of
	// symbols, gets noise.
	Data datasets.Dataset
	// Block is the time of one of the five blocks. Zero means a second.
	Block time.Duration
	// Precision of the network. Zero means float32.
	Precision graph.Precision
	// Peak is the measured multiply-add peak of the threads together, in GFLOP/s.
	Peak float64
}

// Peak measures the multiply-add peak of threads together, in GFLOP/s.
func Peak(threads int) float64 { return kernel.PeakFMA[float32](threads) }

// Run measures a case with a rule, "pc" or "bp".
func Run(ctx context.Context, c Case, rule string, s Settings) (Result, error) {
	r := Result{Case: c.Name, Rule: rule, Engine: s.Engine.Name(), Threads: s.Threads, Batch: c.Batch, PeakGflops: s.Peak}
	u, err := newUpdater(c, rule, s)
	if err != nil {
		return r, err
	}
	if u.batches, err = load(s.Data, c); err != nil {
		return r, err
	}
	if err := measure(ctx, u, s, &r); err != nil {
		return r, err
	}
	if rule == "pc" {
		r.Steps = c.Steps
		if err := measureSteps(ctx, u, c, s, &r); err != nil {
			return r, err
		}
	}
	r.Gflops = c.updateFLOPs(rule) / (r.MsPerUpdate * 1e6)
	r.PeakFraction = r.Gflops / s.Peak
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.MemoryMB = float64(m.HeapSys-m.HeapReleased) / 1e6
	return r, nil
}

// updater makes weight updates, as a run does: by [train.Trainer.Fit], in one epoch
// that does not end, or, on a device, which takes many as one launch, in epochs of all
// batches.
type updater struct {
	net     *graph.Network
	rule    train.Rule
	trainer *train.Trainer
	batches []*train.Batch
	until   int  // updates
	device  bool // many updates may be one launch
}

// newUpdater makes the network, the rule, "pc" or "bp", and the optimizer of a case.
func newUpdater(c Case, rule string, s Settings) (*updater, error) {
	net, err := c.Model.New(graph.Settings{Engine: s.Engine, Precision: s.Precision})
	if err != nil {
		return nil, err
	}
	optimizer, err := kinds.Standard().Optimizers.Find(c.Optimizer)
	if err != nil {
		return nil, errors.WithMessage(err, "bench: optimizer")
	}
	_, device := s.Engine.(graph.XLA)
	u := &updater{net: net, device: device}
	switch rule {
	case "pc":
		u.rule = &train.Prospective{Relax: c.relaxation()}
	case "bp":
		u.rule = &train.Backprop{}
	default:
		return nil, errors.Errorf("bench: rule, got %q, want pc or bp", rule)
	}
	u.trainer = &train.Trainer{Network: net, Rule: u.rule, Optimizer: optimizer.New(), Rate: c.Rate, Epochs: 1, Log: slog.New(slog.DiscardHandler)}
	if device {
		return u, nil
	}
	u.trainer.OnProgress(func(_ context.Context, t *train.Trainer, _ train.Stats) error {
		if t.Progress.Updates < u.until {
			return nil
		}
		return train.ErrStop
	})
	return u, nil
}

// Steps implements [train.Source].
func (u *updater) Steps() int { return 1 << 40 }

// Batches implements [train.Source]: the batches in turn, without end.
func (u *updater) Batches(_, from int) iter.Seq2[*train.Batch, error] {
	return func(yield func(*train.Batch, error) bool) {
		for yield(u.batches[from%len(u.batches)], nil) {
			from++
		}
	}
}

// update makes n updates.
func (u *updater) update(ctx context.Context, n int) error {
	if u.device {
		return u.epochs(ctx, n)
	}
	u.until = u.trainer.Progress.Updates + n
	return u.trainer.Fit(ctx, u)
}

// epochs makes n updates in whole epochs, which begin with the next of the batches.
func (u *updater) epochs(ctx context.Context, n int) error {
	t := u.trainer
	for n > 0 {
		limit := min(n, len(u.batches))
		t.Epochs = t.Progress.Epoch + n/limit
		n -= n / limit * limit
		c := &cycle{batches: u.batches, first: t.Progress.Updates}
		for name, shape := range map[string]*[]int{"x": &c.shape, "y": &c.target} {
			node, err := u.net.Node(name)
			if err != nil {
				return err
			}
			*shape = node.Shape
		}
		src := &train.Targeted{Data: c, Settings: datasets.BatchSettings{Size: u.batches[0].Size, Limit: limit}}
		if err := t.Fit(ctx, src); err != nil {
			return err
		}
	}
	return nil
}

// cycle is the samples of batches, in turn from one of them on, as a data set.
type cycle struct {
	batches       []*train.Batch
	first         int
	shape, target []int
}

// row is the data of sample i for a node.
func (c *cycle) row(i int, node string) []float32 {
	size := c.batches[0].Size
	values := c.batches[(c.first+i/size)%len(c.batches)].Values[node]
	width := len(values) / size
	return values[i%size*width : (i%size+1)*width]
}

func (c *cycle) Len() int                        { return len(c.batches) * c.batches[0].Size }
func (c *cycle) Shape() []int                    { return c.shape }
func (*cycle) Classes() int                      { return 0 }
func (*cycle) Label(int) int                     { return 0 }
func (c *cycle) Read(i int, dst []float32)       { copy(dst, c.row(i, "x")) }
func (c *cycle) TargetShape() []int              { return c.target }
func (c *cycle) ReadTarget(i int, dst []float32) { copy(dst, c.row(i, "y")) }

// blocks is the number of repetitions of a measurement.
const blocks = 5

// measure times blocks of updates.
func measure(ctx context.Context, u *updater, s Settings, r *Result) error {
	if err := u.update(ctx, 3); err != nil {
		return err
	}
	times, allocs, err := timed(s.Block, func(n int) error { return u.update(ctx, n) })
	r.MsPerUpdate, r.MsPerUpdateMedian, r.AllocsPerUpdate = times[0]*1e3, times[blocks/2]*1e3, allocs
	return err
}

// timed runs a function in five blocks of about the given duration and returns the
// seconds per run in each, sorted, and the allocations per run.
func timed(block time.Duration, run func(n int) error) (seconds []float64, allocs float64, err error) {
	if block == 0 {
		block = time.Second
	}
	seconds = make([]float64, blocks)
	start := time.Now()
	if err := run(1); err != nil {
		return seconds, 0, err
	}
	n := max(1, int(block/max(time.Since(start), 1)))
	if err := run(max(1, n/4)); err != nil {
		return seconds, 0, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range seconds {
		start := time.Now()
		if err := run(n); err != nil {
			return seconds, 0, err
		}
		seconds[i] = time.Since(start).Seconds() / float64(n)
	}
	runtime.ReadMemStats(&after)
	slices.Sort(seconds)
	return seconds, float64(after.Mallocs-before.Mallocs) / float64(blocks*n), nil
}

// measureSteps times relaxation steps alone.
func measureSteps(ctx context.Context, u *updater, c Case, s Settings, r *Result) error {
	session, err := u.net.Session(c.Batch, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		return err
	}
	for name, data := range u.batches[0].Values {
		if err := session.Clamp(name, data); err != nil {
			return err
		}
	}
	driver, err := relax.NewDriver(session, c.relaxation())
	if err != nil {
		return err
	}
	if err := session.Initialize(graph.Start{}, nil); err != nil {
		return err
	}
	times, allocs, err := timed(s.Block/2, func(n int) error {
		for range n {
			if _, err := driver.Run(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	perStep := times[0] / float64(c.Steps)
	r.UsPerStep, r.AllocsPerStep = perStep*1e6, allocs/float64(c.Steps)
	r.StepGflops = c.stepFLOPs() / perStep / 1e9
	r.StepPeakFraction = r.StepGflops / s.Peak
	return err
}
