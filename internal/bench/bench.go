// Package bench times weight updates of the benchmark networks, for the command
// line's bench command.
package bench

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Case is a benchmark: a network, a batch size and a protocol.
type Case struct {
	// Name of the case on the command line.
	Name string
	// Model is the network, on inputs of Inputs values.
	Model  Model
	Inputs int
	// FLOPs counts the floating-point operations of the products of each prediction,
	// per sample.
	FLOPs []float64
	// Activation names the model's activation, for the table.
	Activation string
	// Batch is the number of samples per update.
	Batch int
	// Steps is the number of relaxation steps per update.
	Steps int
	// Optimizer names the optimizer, Rate is its learning rate.
	Optimizer string
	Rate      float64
}

// Model makes a network.
type Model interface {
	New(s graph.Settings) (*graph.Network, error)
}

// Cases returns the benchmark cases.
func Cases() []Case {
	return []Case{
		mlp("a", []int{784, 32, 32, 10}, layers.Sigmoid{}, "sigmoid", 1, 128, "sgd", 0.01),
		mlp("b", []int{784, 256, 256, 10}, layers.Tanh{}, "tanh", 64, 20, "adam", 1e-3),
		mlp("c", []int{784, 1024, 1024, 1024, 10}, layers.Tanh{}, "tanh", 128, 32, "adam", 1e-3),
		vgg5(),
	}
}

func mlp(name string, widths []int, f graph.Layer, activation string, batch, steps int, optimizer string, rate float64) Case {
	c := Case{
		Name: name, Model: models.MLP{Widths: widths, Activation: f}, Inputs: widths[0], Activation: activation,
		Batch: batch, Steps: steps, Optimizer: optimizer, Rate: rate,
	}
	for l := 1; l < len(widths); l++ {
		c.FLOPs = append(c.FLOPs, 2*float64(widths[l-1]*widths[l]))
	}
	return c
}

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
	// over the whole time of an update; PeakFraction is its ratio to the multiply-add
	// peak of the threads.
	Gflops       float64 `json:"gflops"`
	PeakFraction float64 `json:"peak_fraction"`
	// StepGflops and StepPeakFraction are the same during relaxation steps.
	StepGflops       float64 `json:"step_gflops"`
	StepPeakFraction float64 `json:"step_peak_fraction"`
	// AllocsPerStep and AllocsPerUpdate count heap allocations.
	AllocsPerStep   float64 `json:"allocs_per_step"`
	AllocsPerUpdate float64 `json:"allocs_per_update"`
	// MemoryMB is the heap memory that the process holds from the system after the
	// benchmark, including the data set.
	MemoryMB float64 `json:"memory_mb"`
}

// Settings of a benchmark run.
type Settings struct {
	// Engine runs the network.
	Engine graph.Engine
	// Threads used by the engine.
	Threads int
	// Data are the samples, of 10 classes. A network of images of another size gets
	// noise.
	Data datasets.Dataset
	// Block is the time of one of the five blocks. Zero means a second.
	Block time.Duration
	// Peak is the measured multiply-add peak of one core, in GFLOP/s.
	Peak float64
}

// Peak measures the multiply-add peak of one core in GFLOP/s.
func Peak() float64 { return kernel.PeakFMA[float32]() }

// Run measures a case with a rule, "pc" or "bp".
func Run(ctx context.Context, c Case, rule string, s Settings) (Result, error) {
	r := Result{Case: c.Name, Rule: rule, Engine: s.Engine.Name(), Threads: s.Threads, Batch: c.Batch}
	net, err := c.Model.New(graph.Settings{Engine: s.Engine})
	if err != nil {
		return r, err
	}
	u := &updater{net: net, rate: c.Rate}
	if u.batches, err = load(s.Data, c); err != nil {
		return r, err
	}
	optimizer, err := kinds.Standard().Optimizers.Find(c.Optimizer)
	if err != nil {
		return r, errors.WithMessage(err, "bench: optimizer")
	}
	u.optimizer = optimizer.New()
	switch rule {
	case "pc":
		r.Steps = c.Steps
		u.rule = &train.Prospective{Relax: c.relaxation()}
	case "bp":
		u.rule = &train.Backprop{}
	default:
		return r, errors.Errorf("bench: rule, got %q, want pc or bp", rule)
	}
	if err := measure(ctx, u, s, &r); err != nil {
		return r, err
	}
	if rule == "pc" {
		if err := measureSteps(ctx, u, c, s, &r); err != nil {
			return r, err
		}
	}
	r.Gflops = c.updateFLOPs(rule) / (r.MsPerUpdate * 1e6)
	r.PeakFraction = r.Gflops / (s.Peak * float64(s.Threads))
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.MemoryMB = float64(m.HeapSys-m.HeapReleased) / 1e6
	return r, nil
}

func (c Case) relaxation() relax.Settings {
	return relax.Settings{Steps: c.Steps, Control: relax.Constant{Size: 0.1}, SkipFinal: true}
}

// updater makes weight updates.
type updater struct {
	net       *graph.Network
	rule      train.Rule
	optimizer train.Optimizer
	rate      float64
	batches   []*train.Batch
	next      int
}

func (u *updater) update(ctx context.Context) error {
	b := u.batches[u.next%len(u.batches)]
	u.next++
	if _, err := u.rule.Gradients(ctx, u.net, b); err != nil {
		return err
	}
	if err := u.optimizer.Step(u.net.Params(), u.rate); err != nil {
		return err
	}
	u.net.ParamsChanged()
	return nil
}

// blocks is the number of repetitions of a measurement.
const blocks = 5

// measure times blocks of updates.
func measure(ctx context.Context, u *updater, s Settings, r *Result) error {
	for range 3 {
		if err := u.update(ctx); err != nil {
			return err
		}
	}
	times, allocs, err := timed(s.Block, func(n int) error {
		for range n {
			if err := u.update(ctx); err != nil {
				return err
			}
		}
		return nil
	})
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
	r.StepPeakFraction = r.StepGflops / (s.Peak * float64(s.Threads))
	return err
}
