package train

import (
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
)

// ensembleRule is what a rule asks of an ensemble.
type ensembleRule struct {
	relaxes bool
	laneRelaxation
}

// laneRelaxation is the relaxation of a member.
type laneRelaxation struct {
	count           int // steps before the weights learn
	size            float64
	factor, amplify float64
}

// CheckEnsemble returns an error that says what an [Ensemble] does not have, unless it
// can learn by a rule and an optimizer; what the network has to have is not looked at.
func CheckEnsemble(rule Rule, optimizer Optimizer) error {
	if _, err := ruleForEnsemble(rule); err != nil {
		return err
	}
	_, err := newLaneOptimizer(optimizer)
	return err
}

// ruleForEnsemble returns what a rule asks of an ensemble.
func ruleForEnsemble(rule Rule) (ensembleRule, error) {
	switch r := rule.(type) {
	case *Prospective:
		return r.forEnsemble()
	case *Backprop:
		return ensembleRule{}, nil
	}
	return ensembleRule{}, errors.Errorf("train: ensemble: rule, got %T, want a Prospective or a Backprop", rule)
}

// forEnsemble returns what the rule asks of an ensemble, or an error that names what an
// ensemble does not have.
func (p *Prospective) forEnsemble() (ensembleRule, error) {
	refuse := func(field string, got any, want string) (ensembleRule, error) {
		return ensembleRule{}, errors.Errorf("train: ensemble: %s, got %v, want %s; learn with networks one after another", field, got, want)
	}
	if err := p.Relax.Validate(); err != nil {
		return ensembleRule{}, err
	}
	r := ensembleRule{true, laneRelaxation{count: p.Relax.Steps, factor: 1, amplify: 1}}
	if p.State == BeforeLast {
		r.count--
	}
	switch p.Relax.Solver.(type) {
	case nil, relax.Euler:
	default:
		return refuse("Relax.Solver", p.Relax.Solver, "Euler")
	}
	switch c := p.Relax.Control.(type) {
	case relax.Constant:
		r.size = c.Size
	case relax.Discount:
		r.size, r.factor, r.amplify = c.Size, c.Factor, orDefault(c.Amplify, 1)
	default:
		return refuse("Relax.Control", p.Relax.Control, "a Constant or a Discount")
	}
	switch {
	case p.Relax.Stop != nil:
		return refuse("Relax.Stop", p.Relax.Stop, "none")
	case p.Relax.Precision != nil:
		return refuse("Relax.Precision", p.Relax.Precision, "none")
	case p.Relax.Recorder != nil:
		return refuse("Relax.Recorder", p.Relax.Recorder, "none")
	case p.Coordinates != Activities:
		return refuse("Coordinates", p.Coordinates, Activities.String())
	case len(p.Stages) > 0:
		return refuse("Stages", len(p.Stages), "none")
	case p.WarmStart:
		return refuse("WarmStart", true, "false")
	case p.Start.Std != 0:
		return refuse("Start.Std", p.Start.Std, "0")
	}
	return r, nil
}

// nudge sets the coefficients of the clamped nodes that are predicted.
func (e *Ensemble) nudge(beta float64) error {
	for _, d := range e.ens.Network().Declaration().Predictions {
		for _, name := range e.clamped {
			if name != d.Of {
				continue
			}
			if err := e.session.SetCoefficient(d.Name, beta); err != nil {
				return errors.WithMessage(err, "train: ensemble: Nudge")
			}
		}
	}
	return nil
}
