package launch

import (
	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/internal/hlo"
)

// System is an energy with its gradient, as values of a graph.
type System struct {
	// Free lists the inputs that hold each free activity.
	Free [][]*engine.Value
	// Energies are the terms without their coefficients, and Gradients the derivatives in
	// the free activities.
	Energies, Gradients []*engine.Value
	// Gates are the coefficients of the terms, a vector of float64.
	Gates hlo.Ref
	// Samples is the number of rows of every activity on a device.
	Samples int
}

// state is an evaluated state.
type state struct {
	energies, total hlo.Ref // float64: a vector, a number
	gradients       []hlo.Ref
}

// At returns a scope in which the free activities have values.
func (sys *System) At(s *hlo.Scope, x []hlo.Ref) *hlo.Scope {
	in := s.Inner()
	for i, inputs := range sys.Free {
		for _, v := range inputs {
			in.Bind(v, x[i])
		}
	}
	return in
}

// evaluate writes energies and gradients at x; with several devices the energies are
// those of all of them.
func (sys *System) evaluate(s *hlo.Scope, x []hlo.Ref) (out state, err error) {
	at := sys.At(s, x)
	if out.energies, out.total, err = sys.Terms(at); err != nil {
		return out, err
	}
	out.gradients, err = sys.gradients(at)
	return out, err
}

// gradients writes the derivatives in the activities, in a scope that At returned.
func (sys *System) gradients(at *hlo.Scope) (out []hlo.Ref, err error) {
	for _, v := range sys.Gradients {
		g, err := at.Value(v)
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

// Terms writes the terms with their coefficients, a vector, and their sum, in a scope
// that At returned.
func (sys *System) Terms(at *hlo.Scope) (terms, total hlo.Ref, err error) {
	raw := make([]hlo.Ref, len(sys.Energies))
	for i, v := range sys.Energies {
		e, err := at.Value(v)
		if err != nil {
			return terms, total, err
		}
		raw[i] = at.Reshape(at.Convert(e, hlo.F64), []int{1})
	}
	terms = at.AllReduce(at.Mul(at.Concatenate(raw), sys.Gates))
	return terms, at.SumAxes(terms, 0), nil
}

// squares writes the squared norm of every sample's gradient, in float64.
func (sys *System) squares(s *hlo.Scope, gradients []hlo.Ref) hlo.Ref {
	total := s.Const(hlo.Type{Element: hlo.F64, Shape: []int{sys.Samples}}, 0)
	for _, g := range gradients {
		flat := s.Reshape(g, []int{sys.Samples, size(g) / sys.Samples})
		total = s.Add(total, s.Convert(s.SumAxes(s.Mul(flat, flat), 1), hlo.F64))
	}
	return total
}

// size is the number of elements.
func size(r hlo.Ref) int {
	n := 1
	for _, d := range r.Type.Shape {
		n *= d
	}
	return n
}

// Norms writes the gradient norm of every sample at x.
func (sys *System) Norms(s *hlo.Scope, x []hlo.Ref) (hlo.Ref, error) {
	e, err := sys.evaluate(s, x)
	if err != nil {
		return hlo.Ref{}, err
	}
	return s.Unary("sqrt", sys.squares(s, e.gradients)), nil
}
