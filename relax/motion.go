package relax

import "math"

// Motion is a step of a solver that moves every element by itself, from its gradient
// g = ∂E/∂x and up to two numbers that the solver remembers of it.
type Motion struct {
	// Kind is the formula.
	Kind MotionKind
	// Size is the step size γ.
	Size float64
	// Beta is β of a velocity, β₁ of the mean gradient.
	Beta float64
	// Beta2 and Epsilon are β₂ and ε of [RootMeanSquare].
	Beta2, Epsilon float64
	// First and Second are the memory, by activity; Second is nil unless Kind is
	// RootMeanSquare. The solver owns the vectors, and the problem writes them.
	First, Second []Vector
	// Slopes has room for Σ g·v of every sample, over all activities. Nil means that the
	// velocities go on; otherwise β is 0 in this step for the samples whose slope is
	// negative: they move uphill.
	Slopes []float64
}

// MotionKind is the formula of a [Motion]. Every product, sum, quotient and root is
// rounded to the precision of the elements, as 1 − β is.
type MotionKind int

// The formulas.
const (
	// HeavyBall is v ← β·v + g, x ← x − γ·v, with v in First.
	HeavyBall MotionKind = iota
	// LookAhead is v ← β·v + g, x ← x − γ·(g + β·v), with v in First.
	LookAhead
	// RootMeanSquare is m ← β₁·m + (1−β₁)·g, v ← β₂·v + (1−β₂)·g²,
	// x ← x − γ·m/(√v + ε), with m in First and v in Second.
	RootMeanSquare
)

// Mover is a Problem that can take the steps of solvers with memory itself, in the pass
// that evaluates the gradient, as a [Descender] takes the step of [Euler].
type Mover interface {
	Descender
	// Move takes the step of m from the gradient at the current activities, and returns
	// what Evaluate would have returned before it. Grad need not be stored. It must
	// leave the same bits in X and in the memory as Evaluate followed by Apply.
	Move(m *Motion, energies []float64) (float64, error)
	// Apply takes the step of m from the gradients in the activities, with the bits of
	// [Motion.Apply].
	Apply(m *Motion)
}

// mobile is a solver whose steps are motions.
type mobile interface {
	// motion returns the next step, from the activities of p, and counts it as taken.
	motion(p Problem, size float64) *Motion
	// swap exchanges what the solver remembers of two samples.
	swap(i, j int)
	// inPlace says before Init that nothing will rewind the solver in the coming run.
	inPlace()
}

// Apply takes the step from the gradients in the activities.
func (m *Motion) Apply(activities []Activity) {
	if m.Slopes == nil {
		for i, a := range activities {
			m.apply(a.X, a.Grad, m.First[i], m.second(i))
		}
		return
	}
	m.Measure(activities)
	for n := range m.Slopes {
		step := m.OfSample(n)
		for i, a := range activities {
			x, g := a.Sample(n)
			w := x.Len()
			second := m.second(i)
			if second.Len() > 0 {
				second = second.Slice(n*w, (n+1)*w)
			}
			step.apply(x, g, m.First[i].Slice(n*w, (n+1)*w), second)
		}
	}
}

// Measure computes the slopes, if there is room for them.
func (m *Motion) Measure(activities []Activity) {
	clear(m.Slopes)
	for i, a := range activities {
		w := a.Width()
		for n := range m.Slopes {
			_, g := a.Sample(n)
			m.Slopes[n] += g.Dot(m.First[i].Slice(n*w, (n+1)*w))
		}
	}
}

// OfSample returns the step of sample n, whose slope has been measured.
func (m *Motion) OfSample(n int) Motion {
	step := *m
	if m.Slopes != nil && m.Slopes[n] < 0 {
		step.Beta = 0
	}
	step.Slopes = nil
	return step
}

func (m *Motion) second(i int) Vector {
	if m.Second == nil {
		return Vector{}
	}
	return m.Second[i]
}

func (m *Motion) apply(x, g, first, second Vector) {
	if x.f32 != nil {
		move(m, x.f32, g.f32, first.f32, second.f32)
	} else {
		move(m, x.f64, g.f64, first.f64, second.f64)
	}
}

// move takes the step of one vector; the conversions prevent fused multiply-add.
func move[T float](m *Motion, x, g, first, second []T) {
	size, beta := T(m.Size), T(m.Beta)
	g, v := g[:len(x)], first[:len(x)]
	switch m.Kind {
	case HeavyBall:
		for i := range x {
			v[i] = T(beta*v[i]) + g[i]
			x[i] -= T(size * v[i])
		}
	case LookAhead:
		for i := range x {
			v[i] = T(beta*v[i]) + g[i]
			x[i] -= T(size * (g[i] + T(beta*v[i])))
		}
	case RootMeanSquare:
		beta2, epsilon := T(m.Beta2), T(m.Epsilon)
		squares := second[:len(x)]
		for i := range x {
			v[i] = T(beta*v[i]) + T((1-beta)*g[i])
			squares[i] = T(beta2*squares[i]) + T((1-beta2)*T(g[i]*g[i]))
			x[i] -= T(size*v[i]) / (T(math.Sqrt(float64(squares[i]))) + epsilon)
		}
	}
}
