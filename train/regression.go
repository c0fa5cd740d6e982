package train

import (
	"context"
	"math"

	"github.com/seed-be841da4/prospect/relax"
)

// OutputFit is how well one output, or all together, are predicted.
type OutputFit struct {
	// MSE is the mean of (target − prediction)².
	MSE float64 `json:"mse"`
	// MAE is the mean of |target − prediction|.
	MAE float64 `json:"mae"`
	// R2 is 1 − Σ(target − prediction)²/Σ(target − mean target)²: 1 is perfect, 0 as good
	// as the mean, below 0 worse. It is 0 where the targets do not vary.
	R2 float64 `json:"r2"`
}

// RegressionScore is how well a network predicts numbers.
type RegressionScore struct {
	// Samples is the number of samples.
	Samples int `json:"samples"`
	// OutputFit is the mean over the outputs.
	OutputFit
	// Outputs has an entry for each unit of the target.
	Outputs []OutputFit `json:"outputs"`
}

// Regression compares the target node's feedforward prediction with the numbers of the
// data, as [Evaluator.Compare] does, output by output.
func (e *Evaluator) Regression(ctx context.Context, src Source) (RegressionScore, error) {
	var sums []outputSums
	out, err := e.compare(ctx, src, func(b *Batch, y relax.Vector) error {
		want := b.Values[e.target]
		if sums == nil {
			sums = make([]outputSums, len(want)/b.Size)
		}
		for i, w := range want {
			sums[i%len(sums)].add(float64(w), y.At(i))
		}
		return nil
	})
	score := RegressionScore{Samples: out.Samples}
	if err != nil {
		return score, err
	}
	n := float64(len(sums))
	for _, s := range sums {
		f := s.fit()
		score.Outputs = append(score.Outputs, f)
		score.MSE += f.MSE / n
		score.MAE += f.MAE / n
		score.R2 += f.R2 / n
	}
	return score, nil
}

// outputSums adds up over the samples. The spread of the targets is updated about their
// running mean, which is exact where the mean is large against it.
//
// Source: B. Welford, Note on a Method for Calculating Corrected Sums of Squares and
// Products, Technometrics 4 (1962).
type outputSums struct{ n, squares, absolutes, mean, spread float64 }

func (s *outputSums) add(target, prediction float64) {
	d := target - prediction
	s.n++
	s.squares += d * d
	s.absolutes += math.Abs(d)
	off := target - s.mean
	s.mean += off / s.n
	s.spread += off * (target - s.mean)
}

func (s *outputSums) fit() OutputFit {
	f := OutputFit{MSE: s.squares / s.n, MAE: s.absolutes / s.n}
	if s.spread > 0 {
		f.R2 = 1 - s.squares/s.spread
	}
	return f
}
