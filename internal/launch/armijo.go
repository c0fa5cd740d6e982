package launch

import (
	"github.com/seed-be841da4/prospect/internal/hlo"
	"github.com/seed-be841da4/prospect/relax"
)

// searching is a loop whose steps are shortened until the energy falls enough; it carries
// the gradients of the accepted state.
type searching struct {
	*loop
	armijo relax.Armijo // without zeros
}

func withDefaults(c relax.Armijo) relax.Armijo {
	set := func(x *float64, to float64) {
		if *x == 0 {
			*x = to
		}
	}
	set(&c.Shrink, 0.5)
	set(&c.Sufficient, 1e-4)
	set(&c.Grow, 2)
	set(&c.MaxSize, c.Initial)
	set(&c.MinSize, 1e-8*c.Initial)
	return c
}

// The indices of what the search carries besides arrays.
const (
	triedState = iota // 0: go on, 1: accepted, 2: given up
	triedSize
	triedTrials
	triedTotal
	triedTerms
	numTried
)

// turn takes a step, of the largest size tried that is accepted.
func (l searching) turn(s *hlo.Scope, c []hlo.Ref) ([]hlo.Ref, error) {
	x, slots, g := l.arrays(c)
	t := c[carriedStep]
	squares := l.sys.squares(s, g)
	slope := s.AllReduce(s.SumAxes(squares, 0))
	before := s.SumAxes(c[carriedTerms], 0)
	first := []hlo.Ref{s.Like(t, 0), c[carriedSize], s.Like(t, 0), s.Like(before, 0), c[carriedTerms]}
	first = append(append(append(first, x...), slots...), g...)
	tried, err := s.While(first, func(s *hlo.Scope, v []hlo.Ref) (hlo.Ref, error) {
		return s.Compare("EQ", v[triedState], s.Like(v[triedState], 0)), nil
	}, func(s *hlo.Scope, v []hlo.Ref) ([]hlo.Ref, error) {
		size := v[triedSize]
		moved, state := l.solver.step(s, x, g, slots, size, t)
		e, err := l.sys.evaluate(s, moved)
		if err != nil {
			return nil, err
		}
		bound := s.Sub(before, s.Mul(s.Mul(size, s.Like(size, l.armijo.Sufficient)), slope))
		accepted := s.Binary("and", s.Compare("LE", e.total, bound), s.Finite(e.total))
		shorter := s.Mul(size, s.Like(size, l.armijo.Shrink))
		given := s.Compare("LT", shorter, s.Like(size, l.armijo.MinSize))
		one := s.Like(t, 1)
		next := []hlo.Ref{
			s.Select(accepted, one, s.Select(given, s.Like(t, 2), s.Like(t, 0))),
			s.Select(accepted, size, shorter), s.Add(v[triedTrials], one), e.total, e.energies,
		}
		return append(append(append(next, moved...), state...), e.gradients...), nil
	})
	if err != nil {
		return nil, err
	}
	accepted := s.Compare("EQ", tried[triedState], s.Like(t, 1))
	size := tried[triedSize]
	grown := s.Binary("minimum", s.Mul(size, s.Like(size, l.armijo.Grow)), s.Like(size, l.armijo.MaxSize))
	next := append([]hlo.Ref{}, c[:numCarried]...)
	next[carriedStep] = s.Add(t, s.Like(t, 1))
	next[carriedMeasured] = next[carriedStep]
	next[carriedSize] = s.Select(s.Compare("GT", tried[triedTrials], s.Like(t, 1)), size, grown)
	next[carriedLast], next[carriedPrevious], next[carriedTerms] = size, before, tried[triedTerms]
	next = append(next, tried[numTried:]...)
	var met hlo.Ref
	if l.stop != nil { // tested before the search, which is then in vain
		met = l.stop.met(s, t, squares, true)
		accepted = s.Binary("and", accepted, s.Unary("not", met))
	}
	for i := range next {
		next[i] = s.Select(accepted, next[i], c[i])
	}
	next[carriedEvaluations] = s.Add(c[carriedEvaluations], tried[triedTrials])
	stalled := s.Compare("EQ", tried[triedState], s.Like(t, 2))
	next[carriedStatus] = s.Select(stalled, s.Like(t, float64(relax.Stalled)), c[carriedStatus])
	if l.stop != nil {
		next[carriedEvaluations] = s.Select(met, c[carriedEvaluations], next[carriedEvaluations])
		next[carriedStatus] = s.Select(met, s.Like(t, float64(relax.Converged)), next[carriedStatus])
	}
	return next, nil
}
