package analysis

import (
	"context"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/train"
)

// Alignment is the target alignment of every sample:
//
//	cos(after − before, target − before)
//
// that is, how well the change of the output points towards its target. It is 1 for
// learning that moves straight to the target.
//
//	before, after, target: (samples, width), row-major
//
// It is NaN for a sample whose output did not change, or already was at the target.
//
// Source: Song et al. 2024, Fig. 3b–e.
func Alignment(samples int, before, after, target []float64) []float64 {
	return cosines(samples, before, after, before, target)
}

// TargetAlignment measures the [Alignment] of one learning step on a batch, which
// must clamp the output to its target:
//
//	before = net(x);   one step on (x, target);   after = net(x)
//
// It returns one cosine per sample.
func TargetAlignment(ctx context.Context, net *graph.Network, s Step, b *train.Batch, output string) ([]float64, error) {
	f, err := NewForward(net, b, output)
	if err != nil {
		return nil, err
	}
	before, err := f.Predict(b, output)
	if err != nil {
		return nil, err
	}
	var after []float64
	err = s.takeBack(ctx, net, b, func() error {
		after, err = f.Predict(b, output)
		return err
	})
	if err != nil {
		return nil, err
	}
	return Alignment(b.Size, before, after, widen32(b.Values[output])), nil
}
