package tensorboard

import (
	"context"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/train"
)

// Epoch writes what a trainer observed in an epoch and the histograms of its weights. It
// is a [train.Hook]:
//
//	trainer.OnEpoch(w.Epoch)
//
// The step is the number of the epoch, from 1. A trainer that goes on from a checkpoint
// wants a new Writer whose first step is Progress.Epoch + 1.
func (w *Writer) Epoch(_ context.Context, t *train.Trainer, _ train.Stats) error {
	step := t.Progress.Epoch + 1
	if err := w.Observed(step, t.Progress.MeanEnergy(), &t.Observed); err != nil {
		return err
	}
	return w.Weights(step, t.Network.Params())
}

// Observed writes scalars: the training energy of a sample, the learning rate, the mean
// number of relaxation steps, the shares of converged and stalled relaxations, gradient
// norms, and the energy by term, each where the rule tells it.
func (w *Writer) Observed(step int, energy float64, o *train.Observed) error {
	s := scalars{w: w, step: step}
	s.add("train/energy", energy)
	s.add("train/learning_rate", o.Rate)
	if o.Steps > 0 {
		s.add("relaxation/steps", o.MeanSteps())
		s.add("relaxation/stalled", float64(o.Stalled)/float64(max(1, o.Batches)))
	}
	if share, ok := o.ConvergedShare(); ok {
		s.add("relaxation/converged", share)
	}
	if n, ok := o.GradientNorms(); ok {
		s.add("gradient_norm/median", n.Median)
		s.add("gradient_norm/largest", n.Largest)
	}
	for i, e := range o.MeanEnergies() {
		s.add("energy/"+o.Terms[i], e)
	}
	return s.err
}

// Weights writes a histogram of each parameter.
func (w *Writer) Weights(step int, params []*graph.Param) error {
	for _, p := range params {
		v := p.Values()
		x := make([]float64, v.Len())
		for i := range x {
			x[i] = v.At(i)
		}
		if err := w.Histogram("weights/"+p.Name, step, x); err != nil {
			return err
		}
	}
	return nil
}

// scalars writes scalars of one step until an error.
type scalars struct {
	w    *Writer
	step int
	err  error
}

func (s *scalars) add(tag string, x float64) {
	if s.err == nil {
		s.err = s.w.Scalar(tag, s.step, x)
	}
}
