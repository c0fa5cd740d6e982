package graph

import (
	"github.com/pkg/errors"
)

// Unlaunchable returns what of an update has no form as one launch, as
// [Session.Unlaunchable] does; empty if all has.
func (s *BackpropSession) Unlaunchable() string { return s.launchable().unlaunchable() }

// Terms returns the names of the terms of the loss: predictions, then "prior(x)" for
// priors.
func (s *BackpropSession) Terms() []string { return s.terms.names }

// Update takes a whole update as one launch on a device, as [Session.Update] does: the
// feedforward pass, the gradients of the loss, and the optimizer's step. Scale and Step
// of the update are used, and the rest of it is ignored. The result has the loss alone;
// energies, one for each of [BackpropSession.Terms], are its terms.
func (s *BackpropSession) Update(u WholeUpdate, energies []float64) (result WholeResult, done bool, err error) {
	if err := s.terms.check(); err != nil {
		return result, false, err
	}
	if len(energies) != len(s.terms.active) {
		return result, false, errors.Errorf("graph: backprop: energies, got room for %d terms, want %d, one for each of Terms()", len(energies), len(s.terms.active))
	}
	before := s.state.update
	drawn, err := s.state.draw(s.plan)
	if err != nil {
		return result, false, err
	}
	if drawn {
		s.inputs++
	}
	l, err := launcherOf(&s.launches, s.launchable(), s.shared)
	if err == nil {
		result, done, err = l.take(WholeUpdate{Scale: u.Scale, Step: u.Step}, energies)
	}
	if !done {
		s.state.update = before
	}
	return result, done, errors.WithMessage(err, "graph: xla: backprop")
}

func (s *BackpropSession) launchable() launchable {
	return launchable{s.net, s.plan, s.state, &s.terms, s.acts, nil, nil}
}

// shared is the share of a session that has a number of samples: itself, if it has all.
func (s *BackpropSession) shared(batch int) (launchable, Module, error) {
	if batch != s.plan.batch {
		part, err := s.net.BackpropSession(batch, s.roles)
		if err != nil {
			return launchable{}, Module{}, err
		}
		s = part
	}
	m := s.module()
	loss := Job{Name: "loss", Stages: []Stage{s.terms.outputs(s.plan)}}
	m.Jobs = []Job{launchPass: {Name: "feedforward"}, launchRelax: loss, launchLearn: m.Jobs[0]}
	return s.launchable(), m, nil
}
