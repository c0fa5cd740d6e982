package run

import (
	"maps"
	"slices"
)

// Scalar is a number of an epoch under a name, whose part before the slash is a group.
type Scalar struct {
	Name  string
	Value float64
}

// Scalars lists what is known of an epoch, in a fixed order, as other tools show it. The
// names that a trainer's observations have are those of [tensorboard.Writer.Observed].
func (e Epoch) Scalars() []Scalar {
	out := []Scalar{{"train/energy", e.TrainEnergy}, {"train/learning_rate", e.LearningRate}}
	add := func(name string, x *float64) {
		if x != nil {
			out = append(out, Scalar{name, *x})
		}
	}
	accuracy := func(name string, wrong *float64) {
		if wrong != nil {
			out = append(out, Scalar{name, 1 - *wrong})
		}
	}
	accuracy("test/accuracy", e.TestError)
	add("test/r2", e.TestR2)
	out = append(out, Scalar{"test/squared_error", e.TestSquaredError})
	accuracy("validation/accuracy", e.ValError)
	add("validation/r2", e.ValR2)
	add("validation/squared_error", e.ValSquaredError)
	if e.Steps > 0 {
		out = append(out, Scalar{"relaxation/steps", e.Steps}, Scalar{"relaxation/stalled", e.Stalled})
	}
	add("relaxation/converged", e.Converged)
	add("gradient_norm/median", e.GradientNormMedian)
	add("gradient_norm/largest", e.GradientNormLargest)
	for _, term := range slices.Sorted(maps.Keys(e.Energies)) {
		out = append(out, Scalar{"energy/" + term, e.Energies[term]})
	}
	return append(out, Scalar{"train/seconds", e.TrainSeconds}, Scalar{"train/samples_per_second", e.SamplesPerSecond})
}
