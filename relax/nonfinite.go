package relax

import (
	"fmt"
	"math"
)

// Kind is the kind of a value that is not finite.
type Kind int

// The kinds of values that a relaxation checks.
const (
	// KindEnergy is the energy of a term, or the total.
	KindEnergy Kind = iota
	// KindGradient is the gradient of an activity.
	KindGradient
	// KindActivity is the value of an activity.
	KindActivity
	// KindBuffer is the next value of a buffer of the network, such as a running
	// variance. Package graph reports it.
	KindBuffer
)

// String returns the kind in words.
func (k Kind) String() string {
	switch k {
	case KindEnergy:
		return "energy"
	case KindGradient:
		return "gradient"
	case KindActivity:
		return "activity"
	case KindBuffer:
		return "value of the buffer"
	}
	return "unknown kind"
}

// NonFiniteError reports a NaN or an infinity in a relaxation. The activities are then
// worthless and must not be used to change a weight; package relax itself never changes
// one.
//
// The driver checks one scalar per step, the total energy, and searches for the node
// only when that is not finite; the activities are checked once more at the end. So
// Step is the first step at which it appeared in the energy, or the last step of the
// run.
type NonFiniteError struct {
	// Step is the number of steps that had been taken.
	Step int
	// Node names the first offending activity (KindActivity, KindGradient) or energy
	// term (KindEnergy), in the problem's order; "total" if only the sum is not finite.
	// For a buffer it is its name.
	Node string
	// Kind is the kind of the offending value.
	Kind Kind
	// Sample is the row of the batch, or -1 for an energy or a buffer.
	Sample int
	// Number is the offending value.
	Number float64
}

// Error names step, node and sample, and the remedy.
func (e *NonFiniteError) Error() string {
	where := ""
	if e.Sample >= 0 {
		where = fmt.Sprintf(" in sample %d", e.Sample)
	}
	return fmt.Sprintf("relax: node %q: want a finite %v, got %g%s after %d steps; try a smaller step size, or check the inputs if it happened after 0 steps",
		e.Node, e.Kind, e.Number, where, e.Step)
}

// Is reports true for [ErrDiverged].
func (e *NonFiniteError) Is(target error) bool { return target == ErrDiverged }

func isFinite(x float64) bool { return x-x == 0 }

// findValue returns an error naming the first activity that is not finite, or nil.
func findValue(step int, activities []Activity) *NonFiniteError {
	for _, a := range activities {
		if i := a.X.FirstNonFinite(); i >= 0 {
			return &NonFiniteError{Step: step, Node: a.Name, Kind: KindActivity, Sample: i / a.Width(), Number: a.X.At(i)}
		}
	}
	return nil
}

// findGradient returns an error naming the first gradient that is not finite,
// or whose square overflows, or nil.
func findGradient(step int, activities []Activity) *NonFiniteError {
	for _, a := range activities {
		if i := a.Grad.FirstNonFinite(); i >= 0 {
			return &NonFiniteError{Step: step, Node: a.Name, Kind: KindGradient, Sample: i / a.Width(), Number: a.Grad.At(i)}
		}
	}
	for _, a := range activities {
		for n := range a.Samples {
			if _, g := a.Sample(n); !isFinite(g.Dot(g)) {
				return &NonFiniteError{Step: step, Node: a.Name, Kind: KindGradient, Sample: n, Number: math.Inf(1)}
			}
		}
	}
	return nil
}

// findEnergy returns an error naming the first term that is not finite, or the total.
func findEnergy(step int, terms []string, energies []float64, total float64) *NonFiniteError {
	for i, e := range energies {
		if !isFinite(e) {
			return &NonFiniteError{Step: step, Node: terms[i], Kind: KindEnergy, Sample: -1, Number: e}
		}
	}
	return &NonFiniteError{Step: step, Node: "total", Kind: KindEnergy, Sample: -1, Number: total}
}
