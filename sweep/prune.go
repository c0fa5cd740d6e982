package sweep

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// ErrPruned says that a trial is to stop; see [Report].
var ErrPruned = errors.New("sweep: trial: pruned")

// Report tells the runner how good a trial is so far: a score, the less the better, such
// as the error on the validation part after an epoch. If it returns [ErrPruned], the
// trial is not worth going on with; the function returns that error, wrapped or not,
// beside what it has, and the record says so. Outside a [Runner] nothing happens.
func Report(ctx context.Context, score float64) error {
	r, _ := ctx.Value(reporterKey{}).(*reporter)
	if r == nil {
		return nil
	}
	step := len(r.scores)
	r.scores = append(r.scores, score)
	if r.pruner == nil {
		return nil
	}
	var others []float64
	for _, scores := range r.others {
		if step < len(scores) {
			others = append(others, scores[step])
		}
	}
	if r.pruner.Prune(step, score, others) {
		return ErrPruned
	}
	return nil
}

// reporter takes the reports of a trial, from the goroutine that it runs on.
type reporter struct {
	pruner Pruner
	others []Numbers // of the trials before
	scores Numbers
}

type reporterKey struct{}

// Pruner decides which trials are not worth going on with.
type Pruner interface {
	// Prune reports whether a trial stops at a step, counted from 0, at which it reported
	// a score and others before it did too.
	Prune(step int, score float64, others []float64) bool
}

// Median stops a trial whose score is worse than the median of those that others reported
// at the same step, those that were stopped later among them.
//
// Source: Golovin et al., "Google Vizier: a service for black-box optimization", KDD
// 2017, section 3.2.2, of which it takes the score itself in place of its mean so far.
type Median struct {
	// Warmup is the number of reports after which nothing is stopped. Zero means that a
	// trial may be after its first.
	Warmup int `json:"warmup,omitempty"`
	// Min is the number of others that there have to be. Zero means 5.
	Min int `json:"min,omitempty"`
}

// Prune implements [Pruner].
func (m Median) Prune(step int, score float64, others []float64) bool {
	if step < m.Warmup || len(others) < max(1, cmp.Or(m.Min, 5)) {
		return false
	}
	sorted := make([]float64, len(others))
	for i, x := range others {
		sorted[i] = orWorst(x)
	}
	slices.Sort(sorted)
	middle := sorted[len(sorted)/2]
	if len(sorted)%2 == 0 {
		middle = sorted[len(sorted)/2-1]/2 + middle/2
	}
	return orWorst(score) > middle
}

// orWorst is a score, with NaN as infinity.
func orWorst(x float64) float64 {
	if math.IsNaN(x) {
		return math.Inf(1)
	}
	return x
}
