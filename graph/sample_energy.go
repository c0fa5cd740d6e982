package graph

import "github.com/pkg/errors"

// SampleEnergies computes the energy of every sample separately, at the current
// activities and with the coefficients of the session:
//
//	dst: (batch, terms), row-major     Σ_n dst[n][k] = the energy of term k
//
// An energy is one scalar for the whole batch, however it was built, so the samples are
// run one by one through a session of batch size 1: exact for any layer and energy, at
// the cost of one evaluation per sample.
func (s *Session) SampleEnergies(dst []float64) error {
	terms := len(s.terms.active)
	if want := s.plan.batch * terms; len(dst) != want {
		return errors.Errorf("graph: session: sample energies, got room for %d numbers, want %d = batch %d × %d terms", len(dst), want, s.plan.batch, terms)
	}
	if err := s.checkReady(); err != nil {
		return err
	}
	if s.single == nil {
		r := Roles{Training: s.roles.training}
		for i, d := range s.net.decl.Nodes {
			switch {
			case s.roles.clamped[i]:
				r.Clamped = append(r.Clamped, d.Name)
			case s.roles.output[i]:
				r.Outputs = append(r.Outputs, d.Name)
			}
		}
		var err error
		if s.single, err = s.net.Session(1, r); err != nil {
			return err
		}
		s.single.state.freeze(s.single.plan)
		s.single.ready = true
	}
	copy(s.single.terms.gates, s.terms.gates)
	for n := range s.plan.batch {
		for i, x := range s.x {
			size := x.Len() / s.plan.batch
			s.single.x[i].CopyFrom(x.Slice(n*size, (n+1)*size))
		}
		s.single.state.copySample(s.single.plan, s.state, n, s.plan.batch)
		s.single.inputs++
		if _, err := s.single.Evaluate(dst[n*terms : (n+1)*terms]); err != nil {
			return err
		}
	}
	return nil
}
