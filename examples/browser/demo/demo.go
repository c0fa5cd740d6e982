// Package demo is what the page in the browser computes: it recognises a digit, lets the
// activities settle with the right answer clamped, and learns once by each of two rules.
package demo

import (
	"bytes"
	"context"
	_ "embed"
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/safetensors"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// The network, and how long it settles.
const (
	pixels  = 28 * 28
	hidden  = 32
	classes = 10
	steps   = 150
	size    = 0.02
	// others are the digits on which the side effects of learning are measured.
	others = 500
)

// weights are those that go run ./examples/browser -train writes.
//
//go:embed weights.safetensors
var weights []byte

// NewNetwork returns the network, with weights that are drawn.
func NewNetwork() (*graph.Network, error) {
	m := models.MLP{Widths: []int{pixels, hidden, hidden, hidden, hidden, classes}, Activation: layers.Tanh{}}
	return m.New(graph.Settings{Seed: 1, Engine: graph.Compiled{Threads: 1}})
}

// Demo is the trained network and the digits beside the one that is drawn.
type Demo struct {
	net      *graph.Network
	first    [][]float32 // the weights it starts with, by parameter
	settling *graph.Session
	trace    *relax.Trace
	driver   *relax.Driver
	rules    map[string]train.Rule
	x        []float32 // (others, pixels), as the network sees them
	labels   []int
}

// New makes a demo with the weights that are trained.
func New() (*Demo, error) {
	net, err := NewNetwork()
	if err != nil {
		return nil, err
	}
	file, err := safetensors.ReadSelected(bytes.NewReader(weights), int64(len(weights)), func(safetensors.Info) bool { return true })
	if err != nil {
		return nil, errors.WithMessage(err, "demo: weights")
	}
	for _, t := range file.Tensors {
		p, err := net.Param(t.Name)
		if err != nil {
			return nil, errors.WithMessage(err, "demo: weights")
		}
		if err := p.SetValues(relax.Float32(t.F32)); err != nil {
			return nil, errors.WithMessagef(err, "demo: weights: %s", t.Name)
		}
	}
	d := &Demo{net: net, trace: &relax.Trace{ActivitiesEvery: 1}}
	d.first = d.snapshot()
	d.rules = map[string]train.Rule{"pc": train.Paper(steps, size, 0.5), "bp": &train.Backprop{}}
	if d.settling, err = net.Session(1, graph.Roles{Clamped: []string{"x", "y"}}); err != nil {
		return nil, err
	}
	d.driver, err = relax.NewDriver(d.settling, relax.Settings{
		Steps: steps, Control: relax.Discount{Size: size, Factor: 0.5}, Recorder: d.trace,
	})
	if err != nil {
		return nil, err
	}
	return d, d.draw()
}

// draw makes the other digits, which the network has not seen.
func (d *Demo) draw() error {
	n := datasets.Standard("glyphs")
	made, err := datasets.Load("glyphs", datasets.LoadSettings{Train: 1, Test: others, Normalization: &n})
	if err != nil {
		return err
	}
	d.x, d.labels = make([]float32, others*pixels), make([]int, others)
	for i := range others {
		made.Test.Read(i, d.x[i*pixels:(i+1)*pixels])
		d.labels[i] = made.Test.Label(i)
	}
	return nil
}

// snapshot copies the weights.
func (d *Demo) snapshot() [][]float32 {
	var out [][]float32
	for _, p := range d.net.Params() {
		out = append(out, append([]float32(nil), p.Values().Float32()...))
	}
	return out
}

// restore sets the weights.
func (d *Demo) restore(w [][]float32) error {
	for i, p := range d.net.Params() {
		if err := p.SetValues(relax.Float32(w[i])); err != nil {
			return err
		}
	}
	return nil
}

// Reset forgets what was learned since [New].
func (d *Demo) Reset() error { return d.restore(d.first) }

// sees returns a picture, 0 to 1, in the numbers that the network sees.
func sees(picture []float32) []float32 {
	n := datasets.Standard("glyphs")
	out := make([]float32, len(picture))
	for i, v := range picture {
		out[i] = float32((float64(v) - n.Mean[0]) / n.Std[0])
	}
	return out
}

// answers returns the outputs for samples: (samples, classes).
func (d *Demo) answers(x []float32) ([]float64, error) {
	n := len(x) / pixels
	y, err := d.net.Forward(n, map[string][]float32{"x": x}, "y")
	if err != nil {
		return nil, err
	}
	return y.AppendTo(nil), nil
}

// target is the wanted output.
func target(label int) []float32 {
	t := make([]float32, classes)
	t[label] = 1
	return t
}

// squaredError is ½Σ(y−t)².
func squaredError(y []float64, label int) float64 {
	sum := 0.0
	for k, v := range y {
		if k == label {
			v--
		}
		sum += v * v / 2
	}
	return sum
}

// Layer is a node while it settles.
type Layer struct {
	Name string `json:"name"`
	// Activity is that after every step; none of a clamped node. Energy is ½|ε|² of its
	// prediction error ε.
	Activity [][]float32 `json:"activity,omitempty"`
	Energy   []float64   `json:"energy"`
}

// Settling is how activities settle with a digit and its label clamped.
type Settling struct {
	// Answer is the output before, which the activities start from.
	Answer []float64 `json:"answer"`
	Layers []Layer   `json:"layers"`
	Energy []float64 `json:"energy"`
}

// Answer returns the output of the network for a picture.
func (d *Demo) Answer(picture []float32) ([]float64, error) { return d.answers(sees(picture)) }

// Settle clamps a picture and its label and relaxes the hidden activities, the weights
// fixed.
func (d *Demo) Settle(ctx context.Context, picture []float32, label int) (*Settling, error) {
	x := sees(picture)
	answer, err := d.answers(x)
	if err != nil {
		return nil, err
	}
	s := d.settling
	if err := s.Clamp("x", x); err != nil {
		return nil, err
	}
	if err := s.Clamp("y", target(label)); err != nil {
		return nil, err
	}
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		return nil, err
	}
	if _, err := d.driver.Run(ctx); err != nil {
		return nil, err
	}
	out := &Settling{Answer: answer, Energy: d.trace.Totals()}
	for _, name := range d.settling.Terms() {
		layer := Layer{Name: name, Energy: d.trace.Energies(name)}
		_, values := d.trace.Activity(name)
		for _, v := range values {
			layer.Activity = append(layer.Activity, v.Float32())
		}
		out.Layers = append(out.Layers, layer)
	}
	return out, nil
}

// Learned is what a rule did to the network in one update.
type Learned struct {
	// Rate is the learning rate with which the error on the digit fell to the share that
	// was asked for; Reached says that it did.
	Rate    float64 `json:"rate"`
	Reached bool    `json:"reached"`
	// Before and After are the outputs for the digit.
	Before []float64 `json:"before"`
	After  []float64 `json:"after"`
	// ErrorBefore and ErrorAfter are ½|y−t|² of the digit.
	ErrorBefore float64 `json:"error_before"`
	ErrorAfter  float64 `json:"error_after"`
	// Moved is the mean |y−y'|² of the other digits: what learning did to them.
	Moved float64 `json:"moved"`
	// MovedBy is Moved by the label of the other digits.
	MovedBy []float64 `json:"moved_by"`
	// RightBefore and RightAfter are the shares of the other digits that are recognised.
	RightBefore float64 `json:"right_before"`
	RightAfter  float64 `json:"right_after"`
	// Straight is the cosine between the way of the output and the way to the target: the
	// target alignment of Song et al. (2024), Fig. 3.
	Straight float64 `json:"straight"`
}

// Learn makes one update by a rule, "pc" or "bp", so large that the squared error of the
// digit falls to a share of itself, and measures what became of the others. If keep is
// false the weights are then as before.
func (d *Demo) Learn(ctx context.Context, picture []float32, label int, rule string, share float64, keep bool) (*Learned, error) {
	x := sees(picture)
	before, err := d.answers(x)
	if err != nil {
		return nil, err
	}
	othersBefore, err := d.answers(d.x)
	if err != nil {
		return nil, err
	}
	if _, err := d.rules[rule].Gradients(ctx, d.net, &train.Batch{
		Size: 1, Values: map[string][]float32{"x": x, "y": target(label)},
	}); err != nil {
		return nil, err
	}
	old := d.snapshot()
	out := &Learned{Before: before, ErrorBefore: squaredError(before, label)}
	if out.Rate, out.Reached, err = d.rate(x, label, old, share*out.ErrorBefore); err != nil {
		return nil, err
	}
	if err := d.step(old, out.Rate); err != nil {
		return nil, err
	}
	if out.After, err = d.answers(x); err != nil {
		return nil, err
	}
	othersAfter, err := d.answers(d.x)
	if err != nil {
		return nil, err
	}
	out.ErrorAfter = squaredError(out.After, label)
	out.Straight = straight(before, out.After, label)
	d.compare(out, othersBefore, othersAfter)
	if !keep {
		return out, d.restore(old)
	}
	return out, nil
}

// step sets the weights to w − rate·∂E/∂w.
func (d *Demo) step(w [][]float32, rate float64) error {
	if err := d.restore(w); err != nil {
		return err
	}
	return (&train.SGD{}).Step(d.net.Params(), rate)
}

// rate finds the least learning rate with which the error falls to a goal, or the best
// of those tried.
func (d *Demo) rate(x []float32, label int, w [][]float32, goal float64) (rate float64, reached bool, err error) {
	failed := 0.0
	at := func(rate float64) float64 {
		if err == nil {
			err = d.step(w, rate)
		}
		y, e := d.answers(x)
		if err == nil && e != nil {
			err = e
		}
		if err != nil {
			return math.Inf(1)
		}
		return squaredError(y, label)
	}
	best, least := 0.0, math.Inf(1)
	for rate = 1e-5; rate < 10; rate *= 1.25 {
		e := at(rate)
		if e < least {
			best, least = rate, e
		}
		if e <= goal {
			reached = true
			break
		}
		failed = rate
	}
	if !reached {
		return best, false, err
	}
	for range 30 {
		middle := (failed + rate) / 2
		if at(middle) <= goal {
			rate = middle
		} else {
			failed = middle
		}
	}
	return rate, true, err
}

// compare fills in what became of the others.
func (d *Demo) compare(out *Learned, before, after []float64) {
	out.MovedBy = make([]float64, classes)
	counts := make([]float64, classes)
	for i, label := range d.labels {
		y, z := before[i*classes:(i+1)*classes], after[i*classes:(i+1)*classes]
		moved := 0.0
		for k := range y {
			moved += (z[k] - y[k]) * (z[k] - y[k])
		}
		out.Moved += moved / others
		out.MovedBy[label] += moved
		counts[label]++
		if train.IsLargest(relax.Float64(y), label) {
			out.RightBefore += 1. / others
		}
		if train.IsLargest(relax.Float64(z), label) {
			out.RightAfter += 1. / others
		}
	}
	for k, n := range counts {
		out.MovedBy[k] /= n
	}
}

// straight is the cosine between y → z and y → target; 0 where there is no way.
func straight(y, z []float64, label int) float64 {
	dot, a, b := 0.0, 0.0, 0.0
	for k := range y {
		moved, wanted := z[k]-y[k], -y[k]
		if k == label {
			wanted++
		}
		dot, a, b = dot+moved*wanted, a+moved*moved, b+wanted*wanted
	}
	if a == 0 || b == 0 {
		return 0
	}
	return dot / math.Sqrt(a*b)
}
