package engine

import (
	"math"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// Motion is how the inputs that descend move instead of by x ← x − step·g, with memory
// of their earlier gradients.
type Motion[T float] struct {
	// Kind is the formula.
	Kind MotionKind
	// Size, Beta, Beta2 and Epsilon are its numbers.
	Size, Beta, Beta2, Epsilon T
	// First and Second are the memory of every input that descends, in the order of the
	// stage's roots. Second is read by RootMeanSquare alone.
	First, Second [][]T
}

// MotionKind is the formula of a [Motion].
type MotionKind int

// The formulas, where every operation is rounded:
//
//	HeavyBall       v ← β·v + g                     x ← x − size·v
//	LookAhead       v ← β·v + g                     x ← x − size·(g + β·v)
//	RootMeanSquare  m ← β·m + (1−β)·g
//	                v ← β₂·v + (1−β₂)·g²            x ← x − size·m/(√v + ε)
const (
	HeavyBall MotionKind = iota
	LookAhead
	RootMeanSquare
)

// MoveProgram runs a program whose roots descend by a motion.
func (u *Unit[T]) MoveProgram(i int, m *Motion[T]) error {
	u.motion = m
	defer func() { u.motion = nil }()
	return u.RunProgram(i)
}

// Apply moves elements at … at+len(x)−1 of descending input i, which are x, by their
// gradient g.
func (m *Motion[T]) Apply(i, at int, x, g []T) {
	first := m.First[i][at : at+len(x)]
	size, beta := m.Size, m.Beta
	switch m.Kind {
	case HeavyBall:
		if kernel.HeavyBall(x, first, g, size, beta) {
			return
		}
		for i := range x {
			first[i] = T(beta*first[i]) + g[i]
			x[i] -= T(size * first[i])
		}
	case LookAhead:
		if kernel.LookAhead(x, first, g, size, beta) {
			return
		}
		for i := range x {
			first[i] = T(beta*first[i]) + g[i]
			x[i] -= T(size * (g[i] + T(beta*first[i])))
		}
	case RootMeanSquare:
		second := m.Second[i][at : at+len(x)]
		if kernel.RootMeanSquare(x, first, second, g, size, beta, m.Beta2, m.Epsilon) {
			return
		}
		for i := range x {
			first[i] = T(beta*first[i]) + T((1-beta)*g[i])
			second[i] = T(m.Beta2*second[i]) + T((1-m.Beta2)*T(g[i]*g[i]))
			x[i] -= T(size*first[i]) / (T(math.Sqrt(float64(second[i]))) + m.Epsilon)
		}
	}
}
