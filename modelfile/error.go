package modelfile

import (
	"fmt"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/kinds"
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

// wrong blames a line.
func wrong(line int, format string, args ...any) error {
	return &kinds.Error{Line: line, Err: errors.Errorf(format, args...)}
}
