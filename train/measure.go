package train

import "github.com/seed-be841da4/prospect/relax"

// Measure sets whether the next batches fill Stats.Norms.
func (p *Prospective) Measure(on bool) { p.measures = on }

// Measure sets whether the next batches fill Stats.Norms.
func (r *Interleaved) Measure(on bool) { r.bind().measures = on }

// Measure forwards to the rule whether the next batches fill Stats.Norms.
func (r *Repeated) Measure(on bool) {
	if m, ok := r.Rule.(Measurer); ok {
		m.Measure(on)
	}
}

// observe adds the session's observations at the end of the relaxation to the stats of
// a batch. It evaluates outside the driver, into separate memory, so that learning is
// not affected.
func (s *prospectiveSession) observe(stats *Stats, measures bool) error {
	stats.Terms, stats.Energies = s.Terms(), s.energies
	if !measures || len(s.Activities()) == 0 {
		return nil
	}
	if s.scratch == nil {
		s.scratch = make([]float64, len(s.energies))
	}
	problem := s.observed()
	if _, err := problem.Evaluate(s.scratch); err != nil {
		return err
	}
	s.norms = relax.GradientNorms(s.norms, problem.Activities())
	stats.Norms = s.norms
	return nil
}
