package launch

import (
	"math"

	"github.com/seed-be841da4/prospect/internal/hlo"
	"github.com/seed-be841da4/prospect/relax"
)

// solver takes a step: it returns the next activities and the next state of its own, as
// many arrays of the activities' types per activity as slots says.
type solver struct {
	slots int
	step  func(s *hlo.Scope, x, g, slots []hlo.Ref, size, t hlo.Ref) (next, state []hlo.Ref)
}

// solverOf returns the form of a solver, if it has one.
func solverOf(sys *System, r relax.Solver) (solver, bool) {
	switch r := r.(type) {
	case nil, relax.Euler:
		return solver{0, euler}, true
	case *relax.Momentum:
		return momentum(sys, r), true
	case *relax.Adam:
		return adam(r), true
	}
	return solver{}, false
}

// descend is x − size·d, with a size of any precision.
func descend(s *hlo.Scope, x, size, d hlo.Ref) hlo.Ref {
	return s.Sub(x, s.Mul(d, s.Convert(size, x.Type.Element)))
}

func euler(s *hlo.Scope, x, g, _ []hlo.Ref, size, _ hlo.Ref) (next, state []hlo.Ref) {
	for i := range x {
		next = append(next, descend(s, x[i], size, g[i]))
	}
	return next, nil
}

// momentum is [relax.Momentum]; its slot is the velocity.
func momentum(sys *System, m *relax.Momentum) solver {
	beta := m.Beta
	if beta == 0 {
		beta = 0.9
	}
	return solver{1, func(s *hlo.Scope, x, g, slots []hlo.Ref, size, _ hlo.Ref) (next, state []hlo.Ref) {
		var uphill hlo.Ref // by sample
		if m.Restart {
			slopes := s.Const(hlo.Type{Element: hlo.F64, Shape: []int{sys.Samples}}, 0)
			for i := range x {
				flat := s.Reshape(s.Mul(g[i], slots[i]), []int{sys.Samples, size2(x[i], sys.Samples)})
				slopes = s.Add(slopes, s.Convert(s.SumAxes(flat, 1), hlo.F64))
			}
			uphill = s.Compare("LT", slopes, s.Like(slopes, 0))
		}
		for i := range x {
			factor := s.Like(x[i], beta)
			if m.Restart {
				factor = s.Select(s.Rows(uphill, x[i].Type.Shape), s.Like(x[i], 0), factor)
			}
			v := s.Add(s.Mul(factor, slots[i]), g[i])
			d := v
			if m.Nesterov {
				d = s.Add(g[i], s.Mul(factor, v))
			}
			next, state = append(next, descend(s, x[i], size, d)), append(state, v)
		}
		return next, state
	}}
}

func size2(r hlo.Ref, samples int) int { return size(r) / samples }

// adam is [relax.Adam]; its slots are the moments, all first ones and then all second.
func adam(a *relax.Adam) solver {
	b1, b2, epsilon := a.Beta1, a.Beta2, a.Epsilon
	if b1 == 0 {
		b1 = 0.9
	}
	if b2 == 0 {
		b2 = 0.999
	}
	if epsilon == 0 {
		epsilon = 1e-8
	}
	return solver{2, func(s *hlo.Scope, x, g, slots []hlo.Ref, size, t hlo.Ref) (next, state []hlo.Ref) {
		one := s.Like(size, 1)
		n := s.Add(s.Convert(t, hlo.F64), one)
		rest := func(beta float64) hlo.Ref { return s.Sub(one, s.Power(beta, n)) }
		root := s.Unary("sqrt", rest(b2))
		size = s.Div(s.Mul(size, root), rest(b1))
		small := s.Mul(s.Like(root, epsilon), root)
		var second []hlo.Ref
		for i := range x {
			c := func(v float64) hlo.Ref { return s.Like(x[i], v) }
			m := s.Add(s.Mul(c(b1), slots[i]), s.Mul(c(1-b1), g[i]))
			v := s.Add(s.Mul(c(b2), slots[len(x)+i]), s.Mul(c(1-b2), s.Mul(g[i], g[i])))
			e := x[i].Type.Element
			d := s.Div(s.Mul(m, s.Convert(size, e)), s.Add(s.Unary("sqrt", v), s.Convert(small, e)))
			next, state, second = append(next, s.Sub(x[i], d)), append(state, m), append(second, v)
		}
		return next, append(state, second...)
	}}
}

// control chooses the size of the next step, from the number of the step, its size, the
// energy before it and the energy before the one before.
type control func(s *hlo.Scope, t, size, energy, previous hlo.Ref) hlo.Ref

// controlOf returns the form of a control that keeps every step, if it has one.
func controlOf(r relax.Control) (control, bool) {
	switch c := r.(type) {
	case relax.Constant:
		return func(_ *hlo.Scope, _, size, _, _ hlo.Ref) hlo.Ref { return size }, true
	case relax.Discount:
		amplify := c.Amplify
		if amplify == 0 {
			amplify = 1
		}
		return func(s *hlo.Scope, t, size, energy, previous hlo.Ref) hlo.Ref {
			factor := s.Select(s.Compare("LT", energy, previous), s.Like(size, amplify), s.Like(size, c.Factor))
			return s.Select(s.Compare("LT", t, s.Like(t, 1)), size, s.Mul(size, factor))
		}, true
	}
	return nil, false
}

// stop is a convergence test by the gradient of every sample.
type stop struct {
	tolerance       float64
	minSteps, every int
}

// stopOf returns the form of a test, if it has one; nil is no test.
func stopOf(r relax.Converger) (*stop, bool) {
	switch c := r.(type) {
	case nil:
		return nil, true
	case relax.GradientNorm:
		return &stop{c.Tolerance, c.MinSteps, c.Every}, true
	case relax.EnergyGap:
		convexity := c.Convexity
		if convexity == 0 {
			convexity = 1
		}
		return &stop{math.Sqrt(2 * convexity * c.Tolerance), c.MinSteps, c.Every}, true
	}
	return nil, false
}

// met writes whether the test holds at step t, and was due if asked.
func (c *stop) met(s *hlo.Scope, t, squares hlo.Ref, due bool) hlo.Ref {
	small := s.Compare("LE", s.Unary("sqrt", squares), s.Like(squares, c.tolerance))
	all := s.AllReduce(s.All(small))
	all = s.Binary("and", all, s.Compare("GE", t, s.Like(t, float64(c.minSteps))))
	if due && c.every > 1 {
		rest := s.Binary("remainder", t, s.Like(t, float64(c.every)))
		all = s.Binary("and", all, s.Compare("EQ", rest, s.Like(t, 0)))
	}
	return all
}
