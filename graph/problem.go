package graph

import (
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
)

var _ relax.Problem = (*Session)(nil)

// Activities returns the free nodes with their gradients.
func (s *Session) Activities() []relax.Activity { return s.free }

// Terms returns the names of the energy terms in force: of predictions, then
// "prior(x)" for priors.
func (s *Session) Terms() []string { return s.terms }

// Evaluate computes, at the current activities, the energy of every term and
// the gradient ∂E/∂x of every free node. It returns the total energy.
func (s *Session) Evaluate(energies []float64) (float64, error) {
	if s.relax.program == nil {
		if err := s.compile(&s.relax, s.relaxJob()); err != nil {
			return 0, err
		}
	}
	if err := s.run(&s.relax); err != nil {
		return 0, err
	}
	return s.energies(energies)
}

// relaxJob computes energies and the gradients of the free nodes.
func (s *Session) relaxJob() Job {
	job := s.job("relax")
	stage := s.energyOutputs()
	for _, i := range s.roles.free {
		if g := s.plan.dActs[i]; g != nil {
			stage = append(stage, Output{Node: g, Tensor: s.grads[i]})
		}
	}
	job.Stages = []Stage{stage}
	return job
}

func (s *Session) energyOutputs() Stage {
	var stage Stage
	for _, k := range s.active {
		stage = append(stage, Output{Node: s.plan.terms[k], Scalar: &s.raw[k]})
	}
	return stage
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

// Learn fills the gradient of every parameter at the current activities, summed
// over the batch, and returns the total energy there. Parameters of terms that
// are not in force get zeros. Pass energies as to [Session.Evaluate].
func (s *Session) Learn(energies []float64) (float64, error) {
	if s.learn.program == nil {
		job := s.job("learn")
		stage := s.energyOutputs()
		for i, g := range s.plan.dParams {
			stage = append(stage, Output{Node: g, Tensor: s.net.params[i].Grad})
		}
		job.Stages = []Stage{stage}
		if err := s.compile(&s.learn, job); err != nil {
			return 0, err
		}
	}
	if err := s.run(&s.learn); err != nil {
		return 0, err
	}
	return s.energies(energies)
}

// job lists the inputs that any program of this session may read.
func (s *Session) job(name string) Job {
	job := Job{Name: name, Graph: s.plan.g}
	for i, x := range s.plan.acts {
		kind := FreeInput
		if s.roles.clamped[i] {
			kind = ClampedInput
		}
		job.Inputs = append(job.Inputs, Input{Node: x, Kind: kind, Tensor: s.acts[i]})
	}
	job.Inputs = append(job.Inputs, s.plan.fixedInputs()...)
	for k, c := range s.plan.gates {
		job.Inputs = append(job.Inputs, Input{Node: c, Kind: CoefficientInput, Scalar: &s.gates[k]})
	}
	return job
}

// runner is a program with the state of the inputs that it has seen.
type runner struct {
	program Program
	seen    uint64
}

func (s *Session) compile(r *runner, job Job) error {
	if len(job.Stages[0]) == 0 {
		return errors.Errorf("graph: session: nothing to compute for %q: no energy term is in force; name fewer nodes in Roles.Outputs", job.Name)
	}
	buildLock.Lock()
	defer buildLock.Unlock()
	var err error
	r.program, err = s.net.settings.Engine.Compile(job)
	return err
}

// run refreshes the program if any input but the free activities changed since
// it last ran, then runs it.
func (s *Session) run(r *runner) error {
	if now := s.inputs + s.net.version; r.seen != now {
		if err := r.program.Refresh(); err != nil {
			return err
		}
		r.seen = now
	}
	return r.program.Run()
}
