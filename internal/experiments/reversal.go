package experiments

import (
	"context"
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/torchrand"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/sweep"
)

// Reversal simulates the reversal-learning task of Hampton et al. (2006): a
// linear 1-1-2 net values two options, chooses one by the softmax of its outputs,
// and learns the reward, ±1, at the chosen output alone. The correct option pays
// +1 with probability 0.7, the other with 0.4, and which is correct reverses.
//
// Source: Song et al. 2024, Fig. 6.
type Reversal struct {
	Learning
	// InitStd is the standard deviation of all weights at first.
	InitStd float64 `json:"init_std"`
	// Trials is the number of trials. A punished trial counts if the next one, which is
	// compared with it, comes after the first AnalyseFrom.
	Trials      int `json:"trials"`
	AnalyseFrom int `json:"analyse_from"`
	// Precision of the network.
	Precision graph.Precision `json:"precision"`
}

// PublishedReversal returns the published settings of a rule. The figure has 22
// seeds of PC and 40 of BP.
func PublishedReversal(rule Rule) Reversal {
	s := Reversal{
		Learning: Learning{Rule: rule, Rate: 0.1, Gamma: 0.1, Discount: 0.9, Steps: 256},
		InitStd:  0.05, Trials: 128, AnalyseFrom: 64,
	}
	if rule == BP {
		s.InitStd = 0.1
	}
	return s
}

// ReversalResult holds what followed the punished trials.
type ReversalResult struct {
	// Stay are the trials after which the same option was chosen again, Switch the
	// others.
	Stay   PunishedTrials `json:"stay"`
	Switch PunishedTrials `json:"switch"`
}

// PunishedTrials sums over punished trials.
type PunishedTrials struct {
	// Count is how many there were.
	Count int `json:"count"`
	// Punish sums the values of the chosen option on the punished trial, before
	// learning, and Next those of the option chosen on the next trial.
	Punish float64 `json:"punish"`
	Next   float64 `json:"next"`
}

func (p *PunishedTrials) add(punish, next float64) {
	p.Count++
	p.Punish += punish
	p.Next += next
}

// choices is a 1-1-2 net that learns the value of one of two options.
type choices struct{ *pupil }

// newChoices returns a pupil of the net.
func newChoices(l Learning, p graph.Precision) (choices, error) {
	net, err := choicesNet(p)
	if err != nil {
		return choices{}, err
	}
	pupil, err := newPupil(net, l, 1, "x", "mask")
	if err == nil {
		pupil.set("x", 1)
	}
	return choices{pupil}, err
}

// choicesNet declares the net: the node "mask" holds 1 for the option whose value is
// learned, and leaves the other out of the energy.
func choicesNet(p graph.Precision) (*graph.Network, error) {
	unit := func(name string, width int) graph.Node { return graph.Node{Name: name, Shape: graph.Shape{width}} }
	mask := unit("mask", 2)
	mask.Data = true
	return graph.New(graph.Declaration{
		Nodes: []graph.Node{unit("x", 1), unit("h1", 1), unit("y", 2), mask},
		Predictions: []graph.Prediction{
			{Of: "h1", From: []string{"x"}, Layer: layers.Dense{Out: 1, NoBias: true}},
			{Of: "y", From: []string{"h1"}, Layer: layers.Dense{Out: 2, NoBias: true}, Energy: energy.Gaussian{From: "mask"}},
		},
	}, settings(p, 0))
}

// reward learns the reward of an option.
func (c choices) reward(ctx context.Context, option int, reward float64) error {
	c.set("mask", 0, 0)
	c.batch.Values["mask"][option] = 1
	c.set("y", reward, reward)
	return c.learn(ctx)
}

// RunReversal runs simulations with a seed each together. They have to be equal, but for
// rates and deviations.
func RunReversal(ctx context.Context, all []Reversal, seeds []uint64) ([]Outcome[ReversalResult], error) {
	var learning []Learning
	for _, s := range all {
		learning = append(learning, s.Learning)
	}
	err := alike("reversal", seeds, learning...)
	if err != nil {
		return nil, err
	}
	first := all[0]
	c, err := newClass(len(all), first.Learning, 1, func() (*graph.Network, error) { return choicesNet(first.Precision) }, "x", "mask")
	if err != nil {
		return nil, err
	}
	choosers := make([]*chooser, len(all))
	for i, s := range all {
		if s.Trials != first.Trials || s.Precision != first.Precision {
			return nil, errors.Errorf("experiments: reversal: trials and precision, got %d, %v and %d, %v, want simulations that run together to have the same", first.Trials, first.Precision, s.Trials, s.Precision)
		}
		if err := c.rates(i, s.Rate, s.Rate); err != nil {
			return nil, err
		}
		task, err := s.draw(c, i, seeds[i])
		if err != nil {
			return nil, err
		}
		if err := c.set(i, "x", 1); err != nil {
			return nil, err
		}
		choosers[i] = &chooser{task: task, from: s.AnalyseFrom}
	}
	for trial := range first.Trials {
		sweep.ProgressOf(ctx).Set(trial, first.Trials)
		if err := choose(ctx, c, choosers, trial); err != nil {
			return nil, errors.WithMessage(err, "experiments: reversal")
		}
	}
	out := make([]Outcome[ReversalResult], len(all))
	for i, ch := range choosers {
		out[i] = Outcome[ReversalResult]{ch.result, errors.WithMessage(c.err(i), "experiments: reversal")}
	}
	return out, nil
}

// draw draws the weights of a member and returns its task.
func (s Reversal) draw(c *class, member int, seed uint64) (reversalTask, error) {
	if s.Draws == Own {
		rng := source(seed, "reversal")
		err := c.drawNormal(member, s.InitStd, rng)
		return reversalTask{rng: rng, correct: rng.IntN(2)}, err
	}
	err := c.draw(member, func(net *graph.Network) error {
		return s.Draws.weights(torchrand.New(seed), net, torchNormal(s.InitStd))
	})
	return reversalTask{rng: torchrand.NewRandomState(uint32(seed))}, err
}

// choose does one trial of all: they predict, choose, and learn the reward.
func choose(ctx context.Context, c *class, choosers []*chooser, trial int) error {
	if err := c.predict(); err != nil {
		return err
	}
	for i, ch := range choosers {
		y, err := c.output(i)
		if err != nil {
			return err
		}
		option, reward := ch.trial(trial, y.At(0), y.At(1))
		for _, err := range []error{
			c.set(i, "mask", float64(1-option), float64(option)), c.set(i, "y", reward, reward),
		} {
			if err != nil {
				return err
			}
		}
	}
	return c.learn(ctx)
}

// chooser is the course of the task for one seed.
type chooser struct {
	task   reversalTask
	from   int // the trials before the first that is compared with a punished one
	result ReversalResult

	punished bool // the last trial counts
	option   int
	value    float64
}

// trial chooses an option by its values and returns the reward.
func (c *chooser) trial(trial int, values ...float64) (option int, reward float64) {
	if p := 1 / (1 + math.Exp(values[1]-values[0])); c.task.rng.Float64() >= p {
		option = 1
	}
	value := values[option]
	if c.punished {
		after := &c.result.Switch
		if option == c.option {
			after = &c.result.Stay
		}
		after.add(c.value, value)
	}
	reward = c.task.pay(option)
	c.punished, c.option, c.value = reward < 0 && trial+1 >= c.from, option, value
	return option, reward
}

// reversalTask decides what choices pay.
type reversalTask struct {
	rng       interface{ Float64() float64 } // from [0, 1)
	correct   int                            // the option that is designated
	running   int                            // correct choices in a row
	switching bool
}

// pay returns the reward of a choice, after which the options may reverse: once
// the choice was correct four times running, every trial ends with a reversal with
// probability ¼, until there is one. How often the choice was correct before is
// remembered over a reversal.
func (t *reversalTask) pay(option int) float64 {
	probability := 0.4
	t.running++
	if option == t.correct {
		probability = 0.7
	} else {
		t.running = 0
	}
	reward := -1.0
	if t.rng.Float64() < probability {
		reward = 1
	}
	t.switching = t.switching || t.running >= 4
	if t.switching && t.rng.Float64() < 0.25 {
		t.correct = 1 - t.correct
		t.switching = false
	}
	return reward
}

// ReversalValues are four mean values.
type ReversalValues struct {
	StayPunish   float64 `json:"stay_punish"`
	StayNext     float64 `json:"stay_next"`
	SwitchPunish float64 `json:"switch_punish"`
	SwitchNext   float64 `json:"switch_next"`
}

func (v ReversalValues) slice() []float64 {
	return []float64{v.StayPunish, v.StayNext, v.SwitchPunish, v.SwitchNext}
}

// ReversalData returns the signal in the participants' brains.
func ReversalData() ReversalValues { return ReversalValues{.0766, -.1795, -.0598, .0301} }

// ReversalMeans averages over the punished trials of all results. It is NaN where
// there were none.
func ReversalMeans(results []ReversalResult) ReversalValues {
	var all ReversalResult
	sum := func(dst *PunishedTrials, p PunishedTrials) {
		dst.Count += p.Count
		dst.Punish += p.Punish
		dst.Next += p.Next
	}
	for _, r := range results {
		sum(&all.Stay, r.Stay)
		sum(&all.Switch, r.Switch)
	}
	stay, change := float64(all.Stay.Count), float64(all.Switch.Count)
	return ReversalValues{all.Stay.Punish / stay, all.Stay.Next / stay, all.Switch.Punish / change, all.Switch.Next / change}
}

// ReversalFit is an affine fit, Scale·value + Offset, of simulated values to the
// data.
type ReversalFit struct {
	Fitted ReversalValues `json:"fitted"`
	Scale  float64        `json:"scale"`
	Offset float64        `json:"offset"`
	// Error is half the sum of the squares of what is left.
	Error float64 `json:"error"`
	// Correlation of the values with the data.
	Correlation float64 `json:"correlation"`
}

// FitReversal fits values to the data by least squares.
func FitReversal(v ReversalValues) ReversalFit {
	var f ReversalFit
	x, d := v.slice(), ReversalData().slice()
	f.Scale, f.Offset = affine(x, d)
	var fitted [4]float64
	for i := range fitted {
		fitted[i] = f.Scale*x[i] + f.Offset
		f.Error += (fitted[i] - d[i]) * (fitted[i] - d[i]) / 2
	}
	f.Fitted = ReversalValues{fitted[0], fitted[1], fitted[2], fitted[3]}
	f.Correlation = correlation(x, d)
	return f
}
