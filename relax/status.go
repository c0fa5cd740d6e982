package relax

import "github.com/pkg/errors"

// Status says how a relaxation ended. Code should not rely on its integer value.
type Status int

// The ways a relaxation ends.
const (
	// NotTerminated is the zero Status: no run has ended.
	NotTerminated Status = iota
	// Converged: the convergence test holds, or there was nothing to relax.
	Converged
	// StepLimit: all steps were taken, which is how the default protocol, a
	// fixed number of steps, always ends.
	StepLimit
	// Stalled: a backtracking control found no step size that lowers the energy
	// enough. The activities are at the last accepted state.
	Stalled
	// Cancelled: the context was done. The activities are at the state after the
	// last whole step, and the run can be continued.
	Cancelled
	// Diverged: an energy, a gradient or an activity is NaN or infinite.
	Diverged
	// Failure: the problem or the solver returned an error.
	Failure
)

// Errors returned by [Status.Err].
var (
	ErrStepLimit = errors.New("relax: step limit reached before convergence")
	ErrStalled   = errors.New("relax: no step size lowers the energy enough")
	ErrCancelled = errors.New("relax: cancelled")
	ErrDiverged  = errors.New("relax: diverged")
	ErrFailure   = errors.New("relax: problem or solver failed")
)

var statuses = [...]struct {
	name  string
	early bool
	err   error
}{
	NotTerminated: {name: "NotTerminated"},
	Converged:     {name: "Converged"},
	StepLimit:     {name: "StepLimit", early: true, err: ErrStepLimit},
	Stalled:       {name: "Stalled", early: true, err: ErrStalled},
	Cancelled:     {name: "Cancelled", early: true, err: ErrCancelled},
	Diverged:      {name: "Diverged", early: true, err: ErrDiverged},
	Failure:       {name: "Failure", early: true, err: ErrFailure},
}

func (s Status) known() bool { return s >= 0 && int(s) < len(statuses) }

// String returns the name of the status.
func (s Status) String() string {
	if !s.known() {
		return "unknown status"
	}
	return statuses[s].name
}

// Early reports whether the run ended before convergence was established. That is not
// an error in itself: [Run] returns none for StepLimit and Stalled.
func (s Status) Early() bool { return s.known() && statuses[s].early }

// Err returns nil for a status that is not early, and otherwise an error for
// callers who need a relaxation to have converged.
func (s Status) Err() error {
	if !s.known() {
		return errors.Errorf("relax: unknown status %d", int(s))
	}
	return statuses[s].err
}

// MarshalText returns the name of the status, so that results are legible in logs.
func (s Status) MarshalText() ([]byte, error) {
	if !s.known() {
		return nil, errors.Errorf("relax: unknown status %d", int(s))
	}
	return []byte(s.String()), nil
}

// UnmarshalText is the inverse of MarshalText.
func (s *Status) UnmarshalText(text []byte) error {
	for i := range statuses {
		if statuses[i].name == string(text) {
			*s = Status(i)
			return nil
		}
	}
	return errors.Errorf("relax: status: want one of the names of Status, got %q", text)
}
