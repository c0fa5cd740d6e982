package bench

import (
	"context"
	"time"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Accuracy is what one way of learning takes to a test accuracy.
type Accuracy struct {
	Case string `json:"case"`
	// Rule is pc or bp; How says how pc relaxes.
	Rule string `json:"rule"`
	How  string `json:"how,omitempty"`
	// Reached is false if the accuracy was not there after the most epochs; Accuracy is
	// the last one measured.
	Reached  bool    `json:"reached"`
	Accuracy float64 `json:"accuracy"`
	Updates  int     `json:"updates"`
	Epochs   float64 `json:"epochs"`
	// Passes is the mean number of evaluations of a relaxation.
	Passes float64 `json:"passes,omitempty"`
	// Seconds of learning, without those of measuring the accuracy, by the clock and of
	// the processors, 0 where the system does not tell.
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpu_seconds,omitempty"`
}

// AccuracySettings say what to measure.
type AccuracySettings struct {
	Settings
	// Test are the samples that the accuracy is measured on.
	Test datasets.Dataset
	// Target is the accuracy to reach, Every the number of updates between two
	// measurements, and MaxEpochs where to give up.
	Target    float64
	Every     int
	MaxEpochs int
}

// recipe is one way of learning.
type recipe struct {
	rule, how string
	make      func() train.Rule
}

func recipes() []recipe {
	stop := relax.RelativeGap{Tolerance: 1e-3, MinSteps: 1}
	pc := func(r relax.Settings, c train.Coordinates) func() train.Rule {
		return func() train.Rule { return &train.Prospective{Relax: r, Coordinates: c} }
	}
	return []recipe{
		{"pc", "euler:0.1, 20 steps", pc(relax.Settings{Steps: 20, Control: relax.Constant{Size: 0.1}, SkipFinal: true}, train.Activities)},
		{"pc", "euler:0.3, gap:1e-3", pc(relax.Settings{Steps: 500, Control: relax.Constant{Size: 0.3}, Stop: stop, SkipFinal: true}, train.Activities)},
		{"pc", "anderson in errors, gap:1e-3", func() train.Rule {
			return &train.Prospective{Relax: settle(50, stop.Tolerance), Coordinates: train.Errors}
		}},
		{"bp", "", func() train.Rule { return &train.Backprop{} }},
	}
}

// MeasureAccuracies learns a case in every way, from the same weights with the same
// batches, and calls each with every result.
func MeasureAccuracies(ctx context.Context, c Case, s AccuracySettings, each func(Accuracy) error) error {
	for _, p := range recipes() {
		net, err := c.Model.New(graph.Settings{Engine: s.Engine, Precision: s.Precision})
		if err != nil {
			return err
		}
		r, err := s.learn(ctx, c, net, p)
		if err != nil {
			return err
		}
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}

func (s *AccuracySettings) learn(ctx context.Context, c Case, net *graph.Network, p recipe) (Accuracy, error) {
	r := Accuracy{Case: c.Name, Rule: p.rule, How: p.how}
	optimizer, err := kinds.Standard().Optimizers.Find(c.Optimizer)
	if err != nil {
		return r, err
	}
	src, err := source(s.Data, c)
	if err != nil {
		return r, err
	}
	l := &learner{net: net, rule: p.make(), optimizer: optimizer.New(), rate: c.Rate, src: src}
	test, err := train.NewEvaluator(net, "y")
	if err != nil {
		return r, err
	}
	most := s.MaxEpochs * src.Steps()
	for !r.Reached && l.done < most {
		start, busy := time.Now(), cpuTime()
		if err := l.learn(ctx, min(most, l.done+s.Every)); err != nil {
			return r, err
		}
		r.Seconds += time.Since(start).Seconds()
		r.CPUSeconds += (cpuTime() - busy).Seconds()
		e, err := test.Evaluate(ctx, &train.Labelled{Data: s.Test, Settings: datasets.BatchSettings{Size: 250}})
		if err != nil {
			return r, err
		}
		r.Accuracy = e.Accuracy()
		r.Reached = r.Accuracy >= s.Target
	}
	r.Updates, r.Epochs = l.done, float64(l.done)/float64(src.Steps())
	r.Passes = float64(l.passes) / float64(l.done)
	return r, nil
}
