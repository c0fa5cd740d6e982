package graph

import (
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
)

var _ relax.Descender = (*Session)(nil)

// Activities returns the free nodes with their gradients.
func (s *Session) Activities() []relax.Activity { return s.free }

// Terms returns the names of the active energy terms: predictions, then "prior(x)" for
// priors.
func (s *Session) Terms() []string { return s.terms.names }

// Descend moves every free activity by −step times its gradient and returns the energy
// before the step, as Evaluate would. An engine that is a [Stepper] does both in one
// pass and stores no gradients; with any other engine the stored gradients are from
// before the step.
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

// evaluateAndStep is Descend on an engine that needs two passes.
func (s *Session) evaluateAndStep(step float64, energies []float64) (float64, error) {
	total, err := s.Evaluate(energies)
	if err != nil {
		return total, err
	}
	for _, a := range s.inForce() {
		a.X.AddScaled(-step, a.Grad)
	}
	return total, nil
}

// Evaluate computes, at the current activities, the energy of every term and
// the gradient ∂E/∂x of every free node. It returns the total energy.
func (s *Session) Evaluate(energies []float64) (float64, error) {
	s.holdUnits() // a solver may have moved them without a gradient
	if err := s.run(jobRelax); err != nil {
		return 0, err
	}
	s.stopUnits()
	return s.terms.sum(energies)
}

// Learn fills the gradient of every parameter at the current activities, summed over
// the batch, and returns the total energy there. Parameters of inactive terms get
// zeros. energies is as in [Session.Evaluate]. In training the first Learn after a
// feedforward pass updates the buffers. An energy that is not finite is a
// [relax.NonFiniteError] with Step 0, and so is a buffer that would become non-finite,
// which is left unchanged; the gradients must not be used then.
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

// The jobs of a session, by index in its module.
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

// Explain describes the programs that the engine compiled for the session: what was
// hoisted, fused and packed, the work and memory, and what fell back. It returns an
// error if the engine has no explanation.
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

// now returns the current change counters.
func (s *Session) now() changes { return changes{s.inputs, *s.net.version} }

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

// begin prepares a job that starts from the current activities.
func (s *Session) begin() error {
	if err := s.terms.check(); err != nil {
		return err
	}
	s.ready = true
	return nil
}

// runPass runs the feedforward pass. The statistics of the batch that it measures are
// new data to every other program.
func (s *Session) runPass() error {
	if !s.state.measures() {
		return s.run(jobFeedforward)
	}
	if err := s.prepare(); err != nil {
		return err
	}
	for job := range s.measured {
		if err := s.pass.run(job, s.now()); err != nil {
			return err
		}
		if err := s.state.average(s.measured[job], s.plan.batch); err != nil {
			return err
		}
	}
	s.inputs++
	s.pass.seen = s.now() // its own measurements are not a change to it
	s.state.fresh = true
	return nil
}
