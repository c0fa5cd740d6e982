package sweep

import "fmt"

// TrialError is a trial that failed.
type TrialError[P any] struct {
	// Params are what was tried.
	Params P
	// Err is what the function returned, or a [*PanicError].
	Err error
}

// Error names the parameters.
func (e *TrialError[P]) Error() string {
	return fmt.Sprintf("sweep: trial %s: %v", describe(e.Params), e.Err)
}

// Unwrap returns the trial's own error.
func (e *TrialError[P]) Unwrap() error { return e.Err }

// Failures are the trials of a run that failed, in the order of the parameters.
type Failures[P any] []*TrialError[P]

// Error names the first and counts the others.
func (f Failures[P]) Error() string {
	if len(f) == 1 {
		return f[0].Error()
	}
	return fmt.Sprintf("%v; and %d more failed", f[0], len(f)-1)
}

// Unwrap returns them one by one.
func (f Failures[P]) Unwrap() []error {
	out := make([]error, len(f))
	for i, e := range f {
		out[i] = e
	}
	return out
}

// PanicError is a panic in a trial.
type PanicError struct {
	// Value is what the trial panicked with.
	Value any
	// Stack is where, as runtime/debug prints it.
	Stack []byte
}

// Error prints the value.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the value if it is an error, such as a runtime.Error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
