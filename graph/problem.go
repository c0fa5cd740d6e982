package graph

import (
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
)

var _ relax.Descender = (*Session)(nil)

// Activities returns the free nodes with their gradients.
func (s *Session) Activities() []relax.Activity { return s.free }

// Terms returns the names of the energy terms in force: of predictions, then
// "prior(x)" for priors.
func (s *Session) Terms() []string { return s.terms.names }

// Descend moves every free activity by −step times its gradient and returns what
// Evaluate would have returned before. An engine that is a [Stepper] does both in one
// pass and stores no gradients; with any other they are those of before the step.
func (s *Session) Descend(step float64, energies []float64) (float64, error) {
	if err := s.prepare(); err != nil {
		return 0, err
	}
	stepper, ok := s.program.exec.(Stepper)
	if !ok {
		return s.evaluateAndStep(step, energies)
	}
	if err := s.begin(); err != nil {
		return 0, err
	}
	if err := s.program.refresh(s.now()); err != nil {
		return 0, err
	}
	if err := stepper.Step(jobDescend, step); err != nil {
		return 0, err
	}
	s.holdUnits()
	return s.terms.sum(energies)
}

// evaluateAndStep is Descend on an engine that cannot do both in one pass.
func (s *Session) evaluateAndStep(step float64, energies []float64) (float64, error) {
	total, err := s.Evaluate(energies)
	if err != nil {
		return total, err
	}
	for _, a := range s.free {
		a.X.AddScaled(-step, a.Grad)
	}
	return total, nil
}

// Evaluate computes, at the current activities, the energy of every term and
// the gradient ∂E/∂x of every free node. It returns the total energy.
func (s *Session) Evaluate(energies []float64) (float64, error) {
	if err := s.run(jobRelax); err != nil {
		return 0, err
	}
	s.stopUnits()
	return s.terms.sum(energies)
}

// Learn fills the gradient of every parameter at the current activities, summed
// over the batch, and returns the total energy there. Parameters of terms that
// are not in force get zeros. Pass energies as to [Session.Evaluate]. In training
// the first Learn after a feedforward pass moves the buffers. An energy that is
// not finite is a [relax.NonFiniteError] with Step 0, and so is a buffer that would
// become so, which then stays as it was; the gradients are not fit to change a
// parameter.
func (s *Session) Learn(energies []float64) (float64, error) {
	if err := s.run(jobLearn); err != nil {
		return 0, err
	}
	total, err := s.terms.sumFinite(energies)
	if err != nil {
		return total, err
	}
	return total, s.state.follow(s.plan)
}

// The jobs of a session, by position in its module.
const (
	jobFeedforward = iota
	jobRelax
	jobLearn
	jobDescend // only on a Stepper
)

// prepare compiles the session's jobs the first time.
func (s *Session) prepare() error {
	if s.program.exec != nil {
		return nil
	}
	if s.state.measures() {
		if err := s.pass.compile(s.net, s.passModule()); err != nil {
			return err
		}
	}
	return s.program.compile(s.net, s.module())
}

// Explainer is an [Executable] that can describe what it runs.
type Explainer interface{ Explain() string }

// Explain describes the programs that the engine made of the session: what was
// hoisted, fused and packed, the work and memory, and what fell back. It returns
// an error if the engine cannot tell.
func (s *Session) Explain() (string, error) {
	if err := s.prepare(); err != nil {
		return "", err
	}
	e, ok := s.program.exec.(Explainer)
	if !ok {
		return "", errors.Errorf("graph: session: engine %q runs Gorgonia's own programs and has nothing to explain", s.net.settings.Engine.Name())
	}
	return e.Explain(), nil
}

// now counts what has changed so far.
func (s *Session) now() changes { return changes{s.inputs, s.net.version} }

func (s *Session) run(job int) error {
	if err := s.prepare(); err != nil {
		return err
	}
	if job != jobFeedforward {
		if err := s.begin(); err != nil {
			return err
		}
	}
	return s.program.run(job, s.now())
}

// begin makes ready for a job that starts from the activities as they are.
func (s *Session) begin() error {
	if err := s.terms.check(); err != nil {
		return err
	}
	s.ready = true
	return nil
}

// runPass runs the feedforward pass. What it measured of the batch is new data to
// everything else.
func (s *Session) runPass() error {
	if !s.state.measures() {
		return s.run(jobFeedforward)
	}
	if err := s.prepare(); err != nil {
		return err
	}
	if err := s.pass.run(0, s.now()); err != nil {
		return err
	}
	s.inputs++
	s.pass.seen = s.now() // what it measured is nothing new to itself
	s.state.fresh = true
	return nil
}
