package graph

import (
	"fmt"
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/hlo"
	"github.com/seed-be841da4/prospect/internal/launch"
	"github.com/seed-be841da4/prospect/relax"
)

// Loop takes a whole relaxation as one launch, if the engine is [XLA] and all parts of
// the settings have a form for it; see [relax.Looper].
func (s *Session) Loop(r relax.Settings, energies, norms []float64) (result relax.Result, done bool, err error) {
	if s.unlaunchable() != "" || launch.Unknown(r) != "" {
		return result, false, nil
	}
	if err := s.begin(); err != nil {
		return result, true, err
	}
	result, err = s.loop(r, energies, norms)
	return result, true, errors.WithMessage(err, "graph: xla: relaxation")
}

func (s *Session) loop(r relax.Settings, energies, norms []float64) (relax.Result, error) {
	l, err := s.launcher()
	if err != nil {
		return relax.Result{}, err
	}
	key := "relax " + settingsKey(r)
	p, ok := l.programs.Get(key)
	if !ok {
		if p, err = l.relaxation(r); err != nil {
			return relax.Result{}, err
		}
		l.programs.Put(key, p)
	}
	out, err := p.run(l, 0)
	if err != nil {
		return relax.Result{}, err
	}
	defer func() {
		for _, device := range out {
			closeAll(device)
		}
	}()
	n := len(s.roles.free)
	if err := p.receive(out, n); err != nil {
		return relax.Result{}, err
	}
	copy(energies, p.numbers[numReceived:])
	result := relaxation(p.numbers)
	result.GradNorm, result.GradNormWorstSample = math.NaN(), -1
	if result.Status == relax.Diverged {
		return result, nil
	}
	for k, i := range s.roles.free {
		for d, device := range out {
			if err := device[k].Download(l.rows(s.acts[i], d)); err != nil {
				return relax.Result{}, err
			}
		}
	}
	if len(out[0]) > n+1 {
		all, err := p.allNorms(out, n+1)
		if err != nil {
			return relax.Result{}, err
		}
		for k, i := range s.roles.free {
			for d, device := range out {
				if err := device[n+2+k].Download(l.rows(s.grads[i], d)); err != nil {
					return relax.Result{}, err
				}
			}
		}
		copy(norms, all)
		for i, v := range all {
			if v > result.GradNorm || result.GradNormWorstSample < 0 {
				result.GradNorm, result.GradNormWorstSample = v, i
			}
		}
	}
	return result, nil
}

// relaxation writes the program of a relaxation.
func (l *launcher) relaxation(r relax.Settings) (*launched, error) {
	p := l.begin()
	scope := p.builder.Main()
	sys := l.system(p)
	x, err := freeIn(scope, sys)
	if err != nil {
		return nil, err
	}
	o, err := launch.Write(scope, sys, r, x)
	if err != nil {
		return nil, err
	}
	ok := scope.Const(hlo.Type{Element: hlo.I1}, 1)
	results := append(append([]hlo.Ref{}, o.X...), outcome(scope, ok, o, o.Terms))
	if o.Squares.Name != "" {
		results = append(append(results, scope.Unary("sqrt", o.Squares)), o.Gradients...)
	}
	return p, p.compile(l, "relaxation", 1, len(sys.Energies), results...)
}

// settingsKey identifies the program of a relaxation.
func settingsKey(r relax.Settings) string {
	text := fmt.Sprintf("%d %v %+v %+v ", r.Steps, r.SkipFinal, r.Control, r.Stop)
	switch m := r.Solver.(type) {
	case *relax.Momentum:
		return text + fmt.Sprintf("momentum %v %v %v", m.Beta, m.Nesterov, m.Restart)
	case *relax.Adam:
		return text + fmt.Sprintf("adam %v %v %v", m.Beta1, m.Beta2, m.Epsilon)
	}
	return text + "euler"
}
