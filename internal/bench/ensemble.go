package bench

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/cputime"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// EnsembleCase is many networks of one shape: tanh nets without biases, batch by batch of
// the same data, with steps of 0.1 in the relaxation and plain gradient descent.
type EnsembleCase struct {
	Widths  []int
	Members int
	Batch   int
	Steps   int
}

// EnsembleCases returns those that are measured.
func EnsembleCases() []EnsembleCase {
	return []EnsembleCase{
		{[]int{1, 1, 2}, 4096, 1, 128},
		{[]int{2, 2, 2}, 4096, 1, 128},
		{[]int{32, 32, 32}, 1024, 1, 128},
		{[]int{32, 32, 32}, 1024, 16, 128},
		{[]int{784, 32, 32, 10}, 1024, 1, 128},
		{[]int{784, 32, 32, 10}, 1024, 16, 128},
	}
}

// Name is such as "2-2-2".
func (c EnsembleCase) Name() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(c.Widths), " ", "-"), "[]")
}

// EnsembleResult is the measurement of an ensemble.
type EnsembleResult struct {
	Case    string `json:"case"`
	Widths  []int  `json:"widths"`
	Rule    string `json:"rule"`
	Members int    `json:"members"`
	Batch   int    `json:"batch"`
	Steps   int    `json:"steps"`
	// Alone and Together are the microseconds of an update of one network, one after the
	// other and as an ensemble: the best of the blocks.
	Alone    float64 `json:"us_alone"`
	Together float64 `json:"us_together"`
	// Gain is their ratio.
	Gain float64 `json:"gain"`
	// Gflops is the rate of the matrix products together.
	Gflops float64 `json:"gflops"`
	// Weights are those of the last matrix of the first and the last member after
	// EnsembleUpdates updates of the ensemble.
	Weights [][]float64 `json:"weights"`
}

// EnsembleUpdates are the updates after which weights are compared, at EnsembleRate.
const (
	EnsembleUpdates = 4
	EnsembleRate    = 1e-3
)

// drawn is number i of a stream, between −0.5 and 0.5: what every program can draw alike.
func drawn(stream, i int) float32 {
	x := uint32(i)*2654435761 + uint32(stream)*40503
	x ^= x >> 15
	x *= 2246822519
	x ^= x >> 13
	return float32(x>>8)/(1<<24) - 0.5
}

// series are n numbers of a stream, times a factor.
func series(stream, n int, factor float32) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = drawn(stream, i) * factor
	}
	return out
}

// ensembleOf is a case that is measured.
type ensembleOf struct {
	EnsembleCase
	net     *graph.Network
	members *graph.Ensemble
	learner *train.Ensemble
	rule    train.Rule
	batch   *train.Batch
}

// RunEnsemble measures a case with a rule, "pc" or "bp", on one thread.
func RunEnsemble(ctx context.Context, c EnsembleCase, rule string, block time.Duration) (EnsembleResult, error) {
	r := EnsembleResult{Case: c.Name(), Widths: c.Widths, Rule: rule, Members: c.Members, Batch: c.Batch}
	e, err := newEnsembleOf(c, rule)
	if err != nil {
		return r, err
	}
	for range EnsembleUpdates {
		if err := e.learner.Learn(ctx); err != nil {
			return r, err
		}
	}
	last := len(e.net.Params()) - 1
	for _, m := range []int{0, c.Members - 1} {
		w := relax.Float64(make([]float64, e.net.Params()[last].Values().Len()))
		if err := e.members.Param(m, last, w); err != nil {
			return r, err
		}
		r.Weights = append(r.Weights, w.Float64())
	}
	if rule == "pc" {
		r.Steps = c.Steps
	}
	sgd := &train.SGD{}
	r.Alone, err = least(block, 1, func() error {
		_, err := train.Learn(ctx, e.net, e.rule, sgd, EnsembleRate, e.batch)
		return err
	})
	if err != nil {
		return r, err
	}
	r.Together, err = least(block, c.Members, func() error { return e.learner.Learn(ctx) })
	r.Gain = r.Alone / r.Together
	r.Gflops = c.flops(rule) / (r.Together * 1e3)
	return r, err
}

// flops are the operations of the matrix products of an update of a network.
func (c EnsembleCase) flops(rule string) float64 {
	return mlp("", c.Widths, layers.Tanh{}, c.Batch, c.Steps, "sgd", 1, "").updateFLOPs(rule)
}

func newEnsembleOf(c EnsembleCase, rule string) (*ensembleOf, error) {
	e := &ensembleOf{EnsembleCase: c}
	var err error
	if e.net, err = (models.MLP{Widths: c.Widths, NoBias: true, Activation: layers.Tanh{}}).New(graph.Settings{Engine: graph.Compiled{Threads: 1}}); err != nil {
		return nil, err
	}
	switch rule {
	case "pc":
		e.rule = &train.Prospective{Relax: relax.Settings{Steps: c.Steps, Control: relax.Constant{Size: 0.1}, SkipFinal: true}}
	case "bp":
		e.rule = &train.Backprop{}
	default:
		return nil, errors.Errorf("bench: rule, got %q, want pc or bp", rule)
	}
	if e.members, err = graph.NewEnsemble(e.net, c.Members); err != nil {
		return nil, err
	}
	if e.learner, err = train.NewEnsemble(e.members, e.rule, &train.SGD{}, c.Batch, "x", "y"); err != nil {
		return nil, err
	}
	e.batch = &train.Batch{Size: c.Batch, Values: map[string][]float32{
		"x": series(1, c.Batch*c.Widths[0], 2), "y": series(2, c.Batch*c.Widths[len(c.Widths)-1], 2),
	}}
	for m := range c.Members {
		if err := e.enter(m); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// enter gives a member its weights and the data.
func (e *ensembleOf) enter(m int) error {
	for i, p := range e.net.Params() {
		scale := 2 / math.Sqrt(float64(e.Widths[i]))
		if err := p.SetValues(relax.Float32(series(3+i+8*m, p.Values().Len(), float32(scale)))); err != nil {
			return err
		}
	}
	if err := e.members.Load(m); err != nil {
		return err
	}
	for node, values := range e.batch.Values {
		if err := e.learner.Clamp(m, node, values); err != nil {
			return err
		}
	}
	return e.learner.SetRates(m, EnsembleRate)
}

// least returns the microseconds of one of n parts of f: the least of five blocks, in
// processor time of the thread where it is known, which other work does not change.
func least(block time.Duration, n int, f func() error) (float64, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin := time.Now()
	now := func() time.Duration {
		if t, ok := cputime.Thread(); ok {
			return t
		}
		return time.Since(begin)
	}
	var all []float64
	for range 5 {
		start, count := now(), 0
		for count == 0 || now()-start < block {
			if err := f(); err != nil {
				return 0, err
			}
			count++
		}
		all = append(all, (now()-start).Seconds()*1e6/float64(count*n))
	}
	return slices.Min(all), nil
}
