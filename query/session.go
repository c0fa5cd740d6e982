package query

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// session is the cached state of one batch size and assignment of roles.
type session struct {
	*graph.Session
	roles   graph.Roles
	driver  *relax.Driver  // nil if no energy term is active
	outputs *graph.Session // computes the outputs from all other nodes; nil without outputs
	result  relax.Result   // of the last relaxation
}

func newSession(net *graph.Network, batch int, roles graph.Roles, settings relax.Settings) (*session, error) {
	inner, err := net.Session(batch, roles)
	if err != nil {
		return nil, err
	}
	s := &session{Session: inner, roles: roles}
	if len(inner.Terms()) > 0 {
		if s.driver, err = relax.NewDriver(inner, settings); err != nil {
			return nil, err
		}
	}
	if len(roles.Outputs) == 0 {
		return s, nil
	}
	var others []string
	for _, n := range net.Declaration().Nodes {
		if !slices.Contains(roles.Outputs, n.Name) {
			others = append(others, n.Name)
		}
	}
	s.outputs, err = net.ForwardSession(batch, others, roles.Outputs...)
	return s, err
}

// relax clamps the known nodes and relaxes the rest.
func (s *session) relax(ctx context.Context, q Question, start graph.Start, rng *rand.Rand) error {
	for _, a := range s.Activities() { // free the units known to an earlier question
		if err := s.ClampUnits(a.Name, nil, nil); err != nil {
			return err
		}
	}
	for name, data := range q.Clamp {
		var err error
		if known, partly := q.Known[name]; partly {
			err = s.ClampUnits(name, data, known)
		} else {
			err = s.Clamp(name, data)
		}
		if err != nil {
			return err
		}
	}
	if err := s.Initialize(start, rng); err != nil {
		return err
	}
	s.result = relax.Result{Status: relax.Converged}
	if s.driver != nil {
		var err error
		if s.result, err = s.driver.Run(ctx); err != nil {
			return err
		}
	}
	return s.compute()
}

// compute sets the outputs to their predictions from the relaxed nodes.
func (s *session) compute() error {
	if s.outputs == nil {
		return nil
	}
	for _, n := range s.Network().Declaration().Nodes {
		if slices.Contains(s.roles.Outputs, n.Name) {
			continue
		}
		x, err := s.Activity(n.Name)
		if err != nil {
			return err
		}
		if f := x.Float32(); f != nil {
			err = s.outputs.Clamp(n.Name, f)
		} else {
			err = s.outputs.ClampFloat64(n.Name, x.Float64())
		}
		if err != nil {
			return err
		}
	}
	if err := s.outputs.Initialize(graph.Start{}, nil); err != nil {
		return err
	}
	for _, name := range s.roles.Outputs {
		from, err := s.outputs.Activity(name)
		if err != nil {
			return err
		}
		to, err := s.Activity(name)
		if err != nil {
			return err
		}
		to.CopyFrom(from)
	}
	return nil
}
