package analysis

import (
	"context"
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/train"
)

// Disturbance is, per sample, how far outputs moved away from their targets while
// others were learned:
//
//	Σ_i max(0, |target_i − after_i| − |target_i − before_i|)
//
//	before, after, target: (samples, width), row-major
//
// An output that was correct and no longer is adds its whole error.
//
// Source: the interference of Song et al. 2024, Fig. 3a, as one scalar.
func Disturbance(samples int, before, after, target []float64) []float64 {
	out := make([]float64, samples)
	width := len(before) / samples
	for k, t := range target {
		out[k/width] += max(0, math.Abs(t-after[k])-math.Abs(t-before[k]))
	}
	return out
}

// Interference is the effect of a learning step on one batch on another: the increase
// of the other batch's loss per unit of decrease of the learned batch's loss,
//
//	(other(after) − other(before)) / (learned(before) − learned(after))
//
// with the loss ½ mean ‖target − output‖² of the feedforward output. It is positive
// for interference and negative for transfer; it is NaN if the step did not change
// the loss of the learned batch. Both batches must clamp the output.
func Interference(ctx context.Context, net *graph.Network, s Step, learned, other *train.Batch, output string) (float64, error) {
	var forward [2]*Forward
	batches := [2]*train.Batch{learned, other}
	for i, b := range batches {
		var err error
		if forward[i], err = NewForward(net, b, output); err != nil {
			return 0, err
		}
	}
	losses := func() (out [2]float64, err error) {
		for i, b := range batches {
			y, err := forward[i].Predict(b, output)
			if err != nil {
				return out, err
			}
			target := widen32(b.Values[output])
			if len(target) != len(y) {
				return out, errors.Errorf("analysis: output %q: got %d numbers, want %d", output, len(target), len(y))
			}
			d := distance(y, target)
			out[i] = d * d / (2 * float64(b.Size))
		}
		return out, nil
	}
	before, err := losses()
	if err != nil {
		return 0, err
	}
	var after [2]float64
	if err := s.takeBack(ctx, net, learned, func() error { after, err = losses(); return err }); err != nil {
		return 0, err
	}
	return (after[1] - before[1]) / (before[0] - after[0]), nil
}
