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
func (s *Session) Terms() []string { return s.terms }

// Descend moves every free activity by −step times its gradient and returns what
// Evaluate would have returned before. An engine that is a [Stepper] does both in one
// pass and stores no gradients; with any other they are those of before the step.
func (s *Session) Descend(step float64, energies []float64) (float64, error) {
	if err := s.prepare(); err != nil {
		return 0, err
	}
	stepper, ok := s.exec.(Stepper)
	if !ok {
		return s.evaluateAndStep(step, energies)
	}
	if err := s.begin(); err != nil {
		return 0, err
	}
	if err := stepper.Step(jobDescend, step); err != nil {
		return 0, err
	}
	s.holdUnits()
	return s.energies(energies)
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
	return s.energies(energies)
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
	total, err := s.energies(energies)
	if err != nil {
		return 0, err
	}
	if err := checkEnergy(s.terms, energies, total); err != nil {
		return total, err
	}
	return total, s.state.follow(s.plan)
}

// checkEnergy returns a [relax.NonFiniteError] that names the first term whose
// energy is not finite.
func checkEnergy(terms []string, energies []float64, total float64) error {
	if total-total == 0 {
		return nil
	}
	e := &relax.NonFiniteError{Node: "total", Kind: relax.KindEnergy, Sample: -1, Number: total}
	for i, x := range energies {
		if x-x != 0 {
			e.Node, e.Number = terms[i], x
			break
		}
	}
	return e
}

// energies multiplies the raw energies by their coefficients and adds them up.
func (s *Session) energies(dst []float64) (float64, error) {
	if len(dst) != len(s.active) {
		return 0, errors.Errorf("graph: session: energies, got room for %d terms, want %d, one for each of Terms()", len(dst), len(s.active))
	}
	total := 0.0
	for j, k := range s.active {
		dst[j] = s.gates[k] * s.raw[k]
		total += dst[j]
	}
	return total, nil
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
	if s.exec != nil {
		return nil
	}
	buildLock.Lock()
	defer buildLock.Unlock()
	var err error
	if s.state.measures() {
		if s.pass, err = s.net.settings.Engine.Compile(s.passModule()); err != nil {
			return err
		}
	}
	s.exec, err = s.net.settings.Engine.Compile(s.module())
	return err
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
	e, ok := s.exec.(Explainer)
	if !ok {
		return "", errors.Errorf("graph: session: engine %q runs Gorgonia's own programs and has nothing to explain", s.net.settings.Engine.Name())
	}
	return e.Explain(), nil
}

// refresh tells the engine what changed since it last ran.
func (s *Session) refresh() error {
	parameters := s.seenParams != s.net.version
	if !parameters && s.seenInputs == s.inputs {
		return nil
	}
	if err := s.exec.Refresh(parameters); err != nil {
		return err
	}
	s.seenParams, s.seenInputs = s.net.version, s.inputs
	return nil
}

func (s *Session) run(job int) error {
	if err := s.prepare(); err != nil {
		return err
	}
	if job == jobFeedforward {
		if err := s.refresh(); err != nil {
			return err
		}
	} else if err := s.begin(); err != nil {
		return err
	}
	return s.exec.Run(job)
}

// begin makes ready for a job that starts from the activities as they are.
func (s *Session) begin() error {
	if len(s.active) == 0 {
		return errors.New("graph: session: no energy term is in force; name fewer nodes in Roles.Outputs")
	}
	s.ready = true
	return s.refresh()
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
	if parameters := s.passParams != s.net.version; parameters || s.passInputs != s.inputs {
		if err := s.pass.Refresh(parameters); err != nil {
			return err
		}
	}
	if err := s.pass.Run(0); err != nil {
		return err
	}
	s.inputs++
	s.passInputs, s.passParams = s.inputs, s.net.version
	s.state.fresh = true
	return nil
}
