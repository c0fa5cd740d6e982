package launch

import (
	"fmt"
	"math"

	"github.com/seed-be841da4/prospect/internal/hlo"
	"github.com/seed-be841da4/prospect/relax"
)

// Unknown returns what of a relaxation has no form as a loop; empty if all has.
func Unknown(r relax.Settings) string {
	if _, ok := solverOf(nil, r.Solver); !ok {
		return fmt.Sprintf("the solver %T", r.Solver)
	}
	if _, ok := stopOf(r.Stop); !ok {
		return fmt.Sprintf("the stop %T", r.Stop)
	}
	if r.Recorder != nil {
		return "a recorder of every step"
	}
	if r.Precision != nil {
		return "a schedule of precisions"
	}
	if _, ok := r.Control.(relax.Armijo); ok {
		return ""
	}
	if _, ok := controlOf(r.Control); !ok {
		return fmt.Sprintf("the control %T", r.Control)
	}
	return ""
}

// Outcome is the end of a relaxation. Counts and the status are numbers of 32 bits, sizes
// and energies float64.
type Outcome struct {
	X                                      []hlo.Ref
	Steps, Evaluations, Status, MeasuredAt hlo.Ref
	Start, Energy, Last                    hlo.Ref
	// Terms are the energies of the terms at the state MeasuredAt, a vector.
	Terms hlo.Ref
	// Squares are the squared gradient norms of the samples there, and Gradients the
	// gradients; without a name and none if they were not computed.
	Squares   hlo.Ref
	Gradients []hlo.Ref
}

// The indices of what a loop carries besides arrays.
const (
	carriedStep = iota
	carriedStatus
	carriedEvaluations
	carriedMeasured
	carriedSize
	carriedLast
	carriedPrevious
	carriedStart
	carriedTerms
	numCarried
)

// loop writes one relaxation.
type loop struct {
	sys      *System
	settings relax.Settings
	solver   solver
	control  control
	stop     *stop
	n        int // of activities
}

// Write writes a relaxation from x, which [Unknown] must know, of the settings' number of
// steps.
func Write(s *hlo.Scope, sys *System, r relax.Settings, x []hlo.Ref) (Outcome, error) {
	l := &loop{sys: sys, settings: r, n: len(x)}
	l.solver, _ = solverOf(sys, r.Solver)
	l.stop, _ = stopOf(r.Stop)
	if c, ok := r.Control.(relax.Constant); ok && r.Stop == nil {
		return l.blind(s, x, c.Size)
	}
	first := l.first(s, x)
	armijo, searches := r.Control.(relax.Armijo)
	body := l.turn
	if searches {
		body = searching{l, withDefaults(armijo)}.turn
		e, err := sys.evaluate(s, x)
		if err != nil {
			return Outcome{}, err
		}
		first[carriedStart], first[carriedTerms] = e.total, e.energies
		first[carriedMeasured], first[carriedEvaluations] = s.Like(first[carriedMeasured], 0), s.Like(first[carriedEvaluations], 1)
		first[carriedStatus] = l.status(s, s.Like(first[carriedStatus], 0), e.total)
		first = append(first, e.gradients...)
	} else {
		l.control, _ = controlOf(r.Control)
	}
	out, err := s.While(first, l.more, body)
	if err != nil {
		return Outcome{}, err
	}
	return l.finish(s, out, searches)
}

// first are the values with which the loop begins.
func (l *loop) first(s *hlo.Scope, x []hlo.Ref) []hlo.Ref {
	whole := func(v float64) hlo.Ref { return s.Const(hlo.Type{Element: hlo.I32}, v) }
	number := func(v float64) hlo.Ref { return s.Const(hlo.Type{Element: hlo.F64}, v) }
	out := make([]hlo.Ref, numCarried)
	out[carriedStep], out[carriedStatus], out[carriedEvaluations], out[carriedMeasured] = whole(0), whole(0), whole(0), whole(-1)
	out[carriedSize], out[carriedLast] = number(l.settings.Control.Start()), number(0)
	out[carriedPrevious], out[carriedStart] = number(math.NaN()), number(math.NaN())
	out[carriedTerms] = s.Const(hlo.Type{Element: hlo.F64, Shape: []int{len(l.sys.Energies)}}, math.NaN())
	out = append(out, x...)
	for range l.solver.slots {
		for _, v := range x {
			out = append(out, s.Like(v, 0))
		}
	}
	return out
}

// more is whether another step is to be taken.
func (l *loop) more(s *hlo.Scope, c []hlo.Ref) (hlo.Ref, error) {
	t, status := c[carriedStep], c[carriedStatus]
	return s.Binary("and", s.Compare("LT", t, s.Like(t, float64(l.settings.Steps))), s.Compare("EQ", status, s.Like(status, 0))), nil
}

// status is Diverged if an energy is not finite, and else as before.
func (l *loop) status(s *hlo.Scope, before, energy hlo.Ref) hlo.Ref {
	return s.Select(s.Finite(energy), before, s.Like(before, float64(relax.Diverged)))
}

// arrays returns the parts of what is carried.
func (l *loop) arrays(c []hlo.Ref) (x, slots, gradients []hlo.Ref) {
	rest := c[numCarried:]
	n := l.n * l.solver.slots
	return rest[:l.n], rest[l.n : l.n+n], rest[l.n+n:]
}

// turn takes a step that is kept.
func (l *loop) turn(s *hlo.Scope, c []hlo.Ref) ([]hlo.Ref, error) {
	x, slots, _ := l.arrays(c)
	e, err := l.sys.evaluate(s, x)
	if err != nil {
		return nil, err
	}
	t, size := c[carriedStep], c[carriedSize]
	next := append([]hlo.Ref{}, c[:numCarried]...)
	moved, state := l.solver.step(s, x, e.gradients, slots, size, t)
	next[carriedStep] = s.Add(t, s.Like(t, 1))
	next[carriedSize] = l.control(s, t, size, e.total, c[carriedPrevious])
	next[carriedLast], next[carriedPrevious] = size, e.total
	next[carriedStatus] = l.status(s, c[carriedStatus], e.total)
	next = append(append(next, moved...), state...)
	if l.stop != nil {
		met := l.stop.met(s, t, l.sys.squares(s, e.gradients), true)
		for i := range next {
			next[i] = s.Select(met, c[i], next[i])
		}
		next[carriedStatus] = s.Select(met, s.Like(t, float64(relax.Converged)), next[carriedStatus])
	}
	next[carriedMeasured], next[carriedTerms] = t, e.energies
	next[carriedEvaluations] = s.Add(c[carriedEvaluations], s.Like(t, 1))
	next[carriedStart] = s.Select(s.Compare("EQ", t, s.Like(t, 0)), e.total, c[carriedStart])
	return next, nil
}

// finish writes the evaluation of the final state.
func (l *loop) finish(s *hlo.Scope, c []hlo.Ref, searched bool) (Outcome, error) {
	x, _, gradients := l.arrays(c)
	o := Outcome{
		X: x, Steps: c[carriedStep], Evaluations: c[carriedEvaluations], Status: c[carriedStatus], MeasuredAt: c[carriedMeasured],
		Start: c[carriedStart], Last: c[carriedLast], Terms: c[carriedTerms],
	}
	if !l.settings.SkipFinal {
		if !searched {
			e, err := l.sys.evaluate(s, x)
			if err != nil {
				return o, err
			}
			o.Terms, o.MeasuredAt, gradients = e.energies, o.Steps, e.gradients
			fresh := s.Compare("EQ", o.Status, s.Like(o.Status, float64(relax.Converged)))
			o.Evaluations = s.Select(fresh, o.Evaluations, s.Add(o.Evaluations, s.Like(o.Evaluations, 1)))
		}
		o.Gradients = gradients
		o.Squares = l.sys.squares(s, gradients)
		if l.stop != nil {
			running := s.Compare("NE", o.Status, s.Like(o.Status, float64(relax.Diverged)))
			met := s.Binary("and", running, l.stop.met(s, o.Steps, o.Squares, false))
			o.Status = s.Select(met, s.Like(o.Status, float64(relax.Converged)), o.Status)
		}
	}
	o.Energy = s.SumAxes(o.Terms, 0)
	limit := s.Compare("EQ", o.Status, s.Like(o.Status, 0))
	o.Status = s.Select(limit, s.Like(o.Status, float64(relax.StepLimit)), o.Status)
	o.Status = l.status(s, o.Status, o.Energy)
	o.Status = s.Select(s.AllReduce(s.Finite(x...)), o.Status, s.Like(o.Status, float64(relax.Diverged)))
	return o, nil
}
