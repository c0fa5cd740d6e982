package relax

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// PrecisionSchedule multiplies the precisions of the energy terms by factors that change
// from step to step of a run. The gradient of step t, counted from 0, is that of
//
//	E_t = Σ_k p_k(t)·c_k·E_k
//
// where c_k is the coefficient of term k, which the schedule leaves alone. Energies of a
// run are those of E_t, up to the final state, whose factors are 1, as are those of the
// weights' gradients. A run without a final evaluation has the energy of the last
// evaluated E_t, see [Settings].SkipFinal.
type PrecisionSchedule interface {
	// Factor returns p_k(t), finite and at least 0, for the named term. arrival is the
	// first step at which the error of the term can differ from 0, with the activities at
	// their predictions before step 0 and one evaluation in each step, or −1 if it never
	// can.
	Factor(term string, step, arrival int) float64
}

// Weighted is a Problem whose terms can be multiplied by factors.
type Weighted interface {
	Problem
	// Arrivals returns, in the order of Terms, what [PrecisionSchedule].Factor needs.
	Arrivals() ([]int, error)
	// Weigh multiplies every term by a factor until the next call, beside the coefficient
	// that it has.
	Weigh(factors []float64) error
}

// Decaying is a precision that falls, or rises, exponentially from step to step:
//
//	p(t) = Final + (Start − Final)·Decay^s        s = t, or t − arrival
//
// With FromArrival a term has the factor 1 until the step at which its error can first
// differ from 0, from which s counts; one whose error never can has 1 throughout.
//
// Source: the decaying precision of Qi, Forasassi, Lukasiewicz and Salvatori 2025,
// "Towards the training of deeper predictive coding neural networks", arXiv:2506.23800,
// which counts from the arrival. The formula, with an end other than the start, is ours.
type Decaying struct {
	// Start is p at s = 0, at least 0.
	Start float64 `json:"start"`
	// Final is p as s grows, at least 0. Zero means 1.
	Final float64 `json:"final,omitempty"`
	// Decay is the factor of the distance to Final in each step, in (0, 1). Zero is an
	// error: there is no default.
	Decay float64 `json:"decay"`
	// FromArrival counts the steps of each term from the arrival of its error. False
	// counts from the start of the run.
	FromArrival bool `json:"from_arrival,omitempty"`
	// Terms are the names of the terms it is for; others have the factor 1. Nil means
	// all, and a list without names is an error.
	Terms []string `json:"terms,omitempty"`
}

// Factor applies the formula above.
func (d Decaying) Factor(term string, step, arrival int) float64 {
	if d.Terms != nil && !slices.Contains(d.Terms, term) {
		return 1
	}
	if d.FromArrival {
		if arrival < 0 || step < arrival {
			return 1
		}
		step -= arrival
	}
	final := d.Final
	if final == 0 {
		final = 1
	}
	return final + (d.Start-final)*math.Pow(d.Decay, float64(step))
}

// Validate returns an error unless the fields are in their ranges.
func (d Decaying) Validate() error {
	switch {
	case !(d.Start >= 0) || math.IsInf(d.Start, 0):
		return errors.Errorf("relax: decaying: Start: want a finite number of at least 0, got %g", d.Start)
	case !(d.Final >= 0) || math.IsInf(d.Final, 0):
		return errors.Errorf("relax: decaying: Final: want 0 (meaning 1) or a positive finite number, got %g", d.Final)
	case !(d.Decay > 0 && d.Decay < 1):
		return errors.Errorf("relax: decaying: Decay: want a number in (0, 1), got %g; there is no default, 0.9 halves the distance in 7 steps", d.Decay)
	}
	return checkNames("decaying: Terms", d.Terms)
}

func (d Decaying) terms() []string { return d.Terms }

// Spiking is a precision that is high at the one step at which the error of a term can
// first differ from 0:
//
//	p(t) = Peak    if t = arrival
//	p(t) = 1       otherwise
//
// With squared errors a signal shrinks by the step size γ from node to node on its first
// way through the network; a Peak of 1/γ undoes that. The same factor takes a free node
// the whole way back to its prediction.
//
// Source: the spiking precision of Qi, Forasassi, Lukasiewicz and Salvatori 2025,
// arXiv:2506.23800. Differs in that arrivals are those of any graph, and Peak is free.
type Spiking struct {
	// Peak is p at the arrival, at least 0. Zero is an error: there is no default.
	Peak float64 `json:"peak"`
	// Terms are the names of the terms it is for; others have the factor 1. Nil means
	// all, and a list without names is an error.
	Terms []string `json:"terms,omitempty"`
}

// Factor applies the formula above.
func (s Spiking) Factor(term string, step, arrival int) float64 {
	if step != arrival || s.Terms != nil && !slices.Contains(s.Terms, term) {
		return 1
	}
	return s.Peak
}

// Validate returns an error unless Peak is positive and finite.
func (s Spiking) Validate() error {
	if !(s.Peak > 0) || math.IsInf(s.Peak, 0) {
		return errors.Errorf("relax: spiking: Peak: want a positive finite number, got %g; there is no default, 1 divided by the step size undoes that the signal shrinks", s.Peak)
	}
	return checkNames("spiking: Terms", s.Terms)
}

// checkNames returns an error if a list of names, where nil means all, has none: JSON
// does not keep the two apart.
func checkNames(field string, names []string) error {
	if names != nil && len(names) == 0 {
		return errors.Errorf("relax: %s: got an empty list, want names, or nil for all", field)
	}
	return nil
}

func (s Spiking) terms() []string { return s.Terms }

// validatePrecision returns an error if parts of the settings compare energies or
// gradients of several steps, whose factors differ.
func (s Settings) validatePrecision() error {
	if s.Precision == nil {
		return nil
	}
	const remedy = "which compares steps, but the precisions change between them"
	switch s.Control.(type) {
	case Backtracker, ErrorControl, Discount:
		return errors.Errorf("relax: settings: Control: got %T, %s; use Constant", s.Control, remedy)
	}
	if _, ok := s.Control.(Surveyor); ok {
		return errors.Errorf("relax: settings: Control: got %T, which looks at the start alone, but the precisions change after it; use Constant", s.Control)
	}
	switch s.Solver.(type) {
	case *Anderson, *LBFGS, *ConjugateGradient:
		return errors.Errorf("relax: settings: Solver: got %T, %s; use Euler, or a relaxation of two stages", s.Solver, remedy)
	}
	if s.Stop != nil {
		return errors.Errorf("relax: settings: Stop: got %T with a schedule of precisions, which changes what it tests; leave it out, or use a relaxation of two stages", s.Stop)
	}
	return nil
}

// precisions follow a schedule in a run.
type precisions struct {
	schedule PrecisionSchedule
	problem  Weighted
	arrivals []int
	factors  []float64 // in force
	next     []float64
}

// newPrecisions returns nil without a schedule.
func newPrecisions(p Problem, s PrecisionSchedule) (*precisions, error) {
	if s == nil {
		return nil, nil
	}
	w, ok := p.(Weighted)
	if !ok {
		return nil, errors.Errorf("relax: settings: Precision: got %T for a problem of type %T, want a relax.Weighted, whose terms can be multiplied; leave it out", s, p)
	}
	out := &precisions{schedule: s, problem: w}
	var err error
	if out.arrivals, err = w.Arrivals(); err != nil {
		return nil, errors.WithMessage(err, "relax: settings: Precision")
	}
	terms := p.Terms()
	if named, ok := s.(interface{ terms() []string }); ok {
		for _, name := range named.terms() {
			if !slices.Contains(terms, name) {
				return nil, errors.Errorf("relax: settings: Precision: Terms, got %q, want one of %q", name, terms)
			}
		}
	}
	out.factors, out.next = slices.Repeat([]float64{1}, len(terms)), make([]float64, len(terms))
	return out, nil
}

// at sets the factors of a step and reports whether they changed.
func (p *precisions) at(step int) (bool, error) {
	for k, term := range p.problem.Terms() {
		f := p.schedule.Factor(term, step, p.arrivals[k])
		if !(f >= 0) || math.IsInf(f, 0) {
			return false, errors.Errorf("relax: step %d: precision %T of %q: want a finite factor of at least 0, got %g", step, p.schedule, term, f)
		}
		p.next[k] = f
	}
	return p.set()
}

// end sets the factors to 1 and reports whether they changed.
func (p *precisions) end() (bool, error) {
	for k := range p.next {
		p.next[k] = 1
	}
	return p.set()
}

func (p *precisions) set() (bool, error) {
	if slices.Equal(p.next, p.factors) {
		return false, nil
	}
	if err := p.problem.Weigh(p.next); err != nil {
		return false, err
	}
	copy(p.factors, p.next)
	return true, nil
}

// weigh sets the factors of the next step.
func (d *Driver) weigh() error {
	if d.precisions == nil {
		return nil
	}
	changed, err := d.precisions.at(d.run.step)
	if changed {
		d.run.fresh = false
	}
	return err
}

// unweigh takes the factors away.
func (d *Driver) unweigh() error {
	if d.precisions == nil {
		return nil
	}
	changed, err := d.precisions.end()
	if changed {
		d.run.fresh = false
	}
	return err
}
