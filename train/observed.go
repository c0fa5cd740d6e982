package train

import (
	"math"
	"slices"

	"github.com/seed-be841da4/prospect/relax"
)

// Measurer is a [Rule] that can measure how close a relaxation came to equilibrium. A
// [Trainer] lets it measure some batches of every epoch; see [Observed].
type Measurer interface {
	// Measure sets whether the next batches fill Stats.Norms. It costs one evaluation
	// per batch and does not affect the training.
	Measure(on bool)
}

// Observed is what a [Trainer] observed in an epoch. It is part of a checkpoint, and
// the same for a resumed run as for an uninterrupted one.
type Observed struct {
	// Batches is the number of batches, Samples the number of their samples.
	Batches int `json:"batches"`
	Samples int `json:"samples"`
	// Terms are the names of the energy terms and Energies their sums over the samples,
	// at the states that the weights learned from. Empty for rules that report only the
	// total.
	Terms    []string  `json:"terms,omitempty"`
	Energies []float64 `json:"energies,omitempty"`
	// Steps is the number of relaxation steps of all batches.
	Steps int `json:"steps"`
	// Tested counts the batches whose relaxation had a convergence test,
	// relax.Settings.Stop, Converged the tested batches that passed it, and Stalled all
	// batches that ended because no step lowered the energy.
	Tested    int `json:"tested,omitempty"`
	Converged int `json:"converged,omitempty"`
	Stalled   int `json:"stalled,omitempty"`
	// Rising counts the batches whose relaxation ended at a higher energy than it began
	// with, by more than a millionth: its steps are too large. A relaxation that does not
	// follow that energy down is not counted: [FixedPredictions], [relax.Langevin],
	// [relax.Proximal], or one with a schedule of precisions.
	Rising int `json:"rising,omitempty"`
	// Norms are the norms of the measured batches: the first of the epoch and every
	// k-th after it,
	//
	//	k = max(16, ⌈batches of an epoch / 32⌉)
	//
	// Empty for rules that are not a [Measurer].
	Norms []Norms `json:"norms,omitempty"`
	// Rate is the learning rate of the last update.
	Rate float64 `json:"rate"`
}

// Norms are the gradient norms of the samples of a batch at the end of its
// relaxation; see [relax.GradientNorms].
type Norms struct {
	Median  float64 `json:"median"`
	Largest float64 `json:"largest"`
}

// measureEvery is the minimum distance of measured batches, and maxMeasured about their
// number in a long epoch.
const (
	measureEvery = 16
	maxMeasured  = 32
)

// measured reports whether a batch of an epoch is measured.
func measured(batch, batches int) bool {
	return batch%max(measureEvery, (batches+maxMeasured-1)/maxMeasured) == 0
}

// descends reports whether the relaxations of a rule follow one energy down.
func descends(rule Rule) bool {
	switch r := rule.(type) {
	case *FixedPredictions:
		return false
	case *Prospective:
		for i := range r.Stages {
			if !follows(&r.Stages[i].Relax) {
				return false
			}
		}
		return follows(&r.Relax)
	case *Interleaved:
		return follows(&r.Relax)
	case *AugmentedLagrangian:
		return follows(&r.Relax)
	case *Repeated:
		return descends(r.Rule)
	}
	return true
}

// follows reports whether a relaxation follows the energy of its problem down.
func follows(s *relax.Settings) bool {
	switch s.Solver.(type) {
	case *relax.Langevin, *relax.Proximal:
		return false
	}
	return s.Precision == nil
}

// add adds a batch of a rule whose relaxations descend, or do not.
func (o *Observed) add(size int, rate float64, s Stats, descends bool) {
	o.Batches++
	o.Samples += size
	o.Steps += s.Relaxation.Steps
	o.Rate = rate
	if s.Criterion {
		o.Tested++
		if s.Relaxation.Status == relax.Converged {
			o.Converged++
		}
	}
	if s.Relaxation.Status == relax.Stalled {
		o.Stalled++
	}
	if r := s.Relaxation; descends && r.MeasuredAt > 0 && r.Energy > r.EnergyStart+1e-6*math.Abs(r.EnergyStart) {
		o.Rising++
	}
	if len(s.Terms) > 0 && len(o.Energies) == 0 && o.Batches == 1 {
		o.Terms, o.Energies = slices.Clone(s.Terms), make([]float64, len(s.Terms))
	}
	if slices.Equal(o.Terms, s.Terms) {
		for i, e := range s.Energies {
			o.Energies[i] += e
		}
	} else {
		o.Terms, o.Energies = nil, nil // batches that clamp different nodes have different terms
	}
	if len(s.Norms) > 0 {
		sorted := slices.Clone(s.Norms)
		slices.Sort(sorted)
		o.Norms = append(o.Norms, Norms{Median: finite(sorted[len(sorted)/2]), Largest: finite(sorted[len(sorted)-1])})
	}
}

// finite bounds a norm whose square has overflowed, so that a checkpoint can store it.
func finite(x float64) float64 {
	if !(x <= math.MaxFloat64) {
		return math.MaxFloat64
	}
	return x
}

// MeanSteps is the mean number of relaxation steps of a batch, 0 before the first.
func (o *Observed) MeanSteps() float64 { return float64(o.Steps) / float64(max(1, o.Batches)) }

// ConvergedShare is the fraction of the tested batches that converged; ok is false if
// none was tested, because the rule has no convergence test.
func (o *Observed) ConvergedShare() (share float64, ok bool) {
	return float64(o.Converged) / float64(max(1, o.Tested)), o.Tested > 0
}

// MeanEnergies are the mean energies per sample, by term.
func (o *Observed) MeanEnergies() []float64 {
	mean := make([]float64, len(o.Energies))
	for i, e := range o.Energies {
		mean[i] = e / float64(max(1, o.Samples))
	}
	return mean
}

// GradientNorms returns the median of the medians of the measured batches and the
// maximum of their norms; ok is false if none was measured.
func (o *Observed) GradientNorms() (n Norms, ok bool) {
	if len(o.Norms) == 0 {
		return n, false
	}
	medians := make([]float64, len(o.Norms))
	for i, x := range o.Norms {
		medians[i] = x.Median
		n.Largest = max(n.Largest, x.Largest)
	}
	slices.Sort(medians)
	n.Median = medians[len(medians)/2]
	return n, true
}
