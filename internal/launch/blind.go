package launch

import (
	"github.com/seed-be841da4/prospect/internal/hlo"
	"github.com/seed-be841da4/prospect/relax"
)

// blind writes a relaxation in which nothing depends on the energy, so that only that of
// the first state and of the one that the result is about are computed: the last but one,
// unless the final state is evaluated.
func (l *loop) blind(s *hlo.Scope, x []hlo.Ref, size float64) (Outcome, error) {
	_, start, err := l.sys.Terms(l.sys.At(s, x))
	if err != nil {
		return Outcome{}, err
	}
	gamma := s.Const(hlo.Type{Element: hlo.F64}, size)
	step := func(s *hlo.Scope, c []hlo.Ref) ([]hlo.Ref, error) {
		t, x, slots := c[0], c[1:1+l.n], c[1+l.n:]
		g, err := l.sys.gradients(l.sys.At(s, x))
		if err != nil {
			return nil, err
		}
		moved, state := l.solver.step(s, x, g, slots, gamma, t)
		return append(append([]hlo.Ref{s.Add(t, s.Like(t, 1))}, moved...), state...), nil
	}
	c := append([]hlo.Ref{s.Const(hlo.Type{Element: hlo.I32}, 0)}, x...)
	for range l.solver.slots {
		for _, v := range x {
			c = append(c, s.Like(v, 0))
		}
	}
	last := float64(l.settings.Steps - 1)
	c, err = s.While(c, func(s *hlo.Scope, c []hlo.Ref) (hlo.Ref, error) {
		return s.Compare("LT", c[0], s.Like(c[0], last)), nil
	}, step)
	if err != nil {
		return Outcome{}, err
	}
	out := l.first(s, x)
	if out[carriedTerms], _, err = l.sys.Terms(l.sys.At(s, c[1:1+l.n])); err != nil {
		return Outcome{}, err
	}
	out[carriedMeasured] = c[0]
	if c, err = step(s, c); err != nil {
		return Outcome{}, err
	}
	out[carriedStep], out[carriedEvaluations] = c[0], c[0]
	out[carriedLast], out[carriedStart] = gamma, start
	out[carriedStatus] = l.status(s, s.Like(c[0], float64(relax.NotTerminated)), start)
	out = append(out[:numCarried], c[1:]...)
	return l.finish(s, out, false)
}
