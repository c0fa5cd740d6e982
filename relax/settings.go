package relax

import "github.com/pkg/errors"

// Settings describe a relaxation. Everything but the recorder belongs in the manifest
// of an experiment and marshals to JSON, where solver, control and convergence test are
// stored with their kind; those of this module can also be unmarshalled.
type Settings struct {
	// Steps is the maximum number of steps, and without Stop the exact number. Zero is
	// an error: there is no default. The error travels one node per step, so it has to
	// be at least the number of free nodes in a row; the paper uses 16 to 512.
	Steps int `json:"steps"`
	// Solver moves the activities. Nil means [Euler].
	Solver Solver `json:"solver"`
	// Control chooses the step size. Nil is an error: there is no default step
	// size. The paper's choice is Discount{Size: 0.1, Factor: 0.5}.
	Control Control `json:"control"`
	// Stop ends the run before the step limit. Nil means never, as in the paper.
	//
	// Where it tests single samples ([GradientNorm], [EnergyGap]), the step size is the
	// same for all states ([Constant]), the solver moves elements by their own gradients
	// ([Euler], [Momentum], [Adam]) and the problem is a [Compactor] whose samples are
	// separable, every sample relaxes as if it were alone: one that passes the test
	// stays where it is, and the others go on without it, at the cost of those that are
	// left. Otherwise the samples stop together, when the last one passes.
	Stop Converger `json:"stop,omitempty"`
	// Precision multiplies the energy terms by factors that change from step to step. The
	// problem has to be [Weighted]. Nil means that all are 1. With it Stop has to be nil,
	// and a Control or a Solver of this module that compares steps is an error: Discount,
	// Armijo, PID, LBFGS, Anderson, ConjugateGradient; so is a Control that looks at the
	// start, Spectral.
	Precision PrecisionSchedule `json:"precision,omitempty"`
	// SkipFinal saves the evaluation of the final state. The result then holds energy
	// and gradient norm of an earlier state, see [Result.MeasuredAt], and the gradients
	// in the problem need not belong to its activities. It has no effect on a run in
	// which samples converged one by one.
	SkipFinal bool `json:"skip_final,omitempty"`
	// Recorder observes every state. Nil means none.
	Recorder Recorder `json:"-"`
}

// Validate returns an error unless a relaxation can be run with s.
func (s Settings) Validate() error {
	switch {
	case s.Steps <= 0:
		return errors.Errorf("relax: settings: Steps: want at least 1, got %d; there is no default, the paper uses 16 to 512", s.Steps)
	case s.Control == nil:
		return errors.New("relax: settings: Control: want a step control, got nil; the paper's is Discount{Size: 0.1, Factor: 0.5}")
	}
	for _, part := range []any{s.Solver, s.Control, s.Stop, s.Precision} {
		if v, ok := part.(Validator); ok {
			if err := v.Validate(); err != nil {
				return err
			}
		}
	}
	if err := s.validatePrecision(); err != nil {
		return err
	}
	if _, ok := s.Control.(Backtracker); ok {
		if _, ok := s.solver().(Rewinder); !ok {
			return errors.Errorf("relax: settings: Solver: want a Rewinder, because %T rejects steps, got %T; give it a Rewind method or use Constant or Discount", s.Control, s.Solver)
		}
	}
	if _, ok := s.Control.(ErrorControl); ok {
		if _, ok := s.solver().(Estimator); !ok {
			return errors.Errorf("relax: settings: Solver: want an Estimator, because %T goes by the error of a step, got %T; use &Heun{}", s.Control, s.Solver)
		}
	}
	return nil
}

func (s Settings) solver() Solver {
	if s.Solver == nil {
		return Euler{}
	}
	return s.Solver
}
