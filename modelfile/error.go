package modelfile

import (
	"fmt"

	"github.com/pkg/errors"
)

// Error is a mistake in a file.
type Error struct {
	// File is the name of the file.
	File string
	// Line is where it is wrong, from 1.
	Line int
	// Err says what is wrong and what to do.
	Err error
}

// Error returns "file:line: what is wrong".
func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// fault is an [Error] that does not know its file yet.
type fault struct {
	line int
	err  error
}

// Error implements error.
func (f *fault) Error() string { return f.err.Error() }

// wrong blames a line.
func wrong(line int, format string, args ...any) error {
	return &fault{line, errors.Errorf(format, args...)}
}
