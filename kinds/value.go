package kinds

import (
	"fmt"

	"github.com/pkg/errors"
)

// Value is a node of the tree that files are read into, whatever their format.
type Value struct {
	// Line is where the value stands in its file, from 1. Zero means that it has no
	// place.
	Line int
	// Data is a string, an int64, a uint64, a float64, a bool, a [List], a *[Table], or
	// nil for JSON's null.
	Data any
}

// List is a list of values.
type List []*Value

// Table is a table of values by key. Its zero value is not ready for use: see [NewTable].
type Table struct {
	// Keys are in the order of the file.
	Keys    []string
	entries map[string]*Value
}

// NewTable returns an empty table.
func NewTable() *Table { return &Table{entries: map[string]*Value{}} }

// Set sets the value of a key, a new one behind the others.
func (t *Table) Set(key string, v *Value) {
	if _, ok := t.entries[key]; !ok {
		t.Keys = append(t.Keys, key)
	}
	t.entries[key] = v
}

// Get returns the value of a key and whether there is one.
func (t *Table) Get(key string) (*Value, bool) {
	v, ok := t.entries[key]
	return v, ok
}

// without returns a copy of the table that lacks a key.
func (t *Table) without(key string) *Table {
	out := NewTable()
	for _, k := range t.Keys {
		if k != key {
			out.Set(k, t.entries[k])
		}
	}
	return out
}

// kind names the type of v's data, for messages.
func (v *Value) kind() string {
	switch v.Data.(type) {
	case string:
		return "a string"
	case int64, uint64:
		return "an integer"
	case float64:
		return "a number"
	case bool:
		return "a boolean"
	case List:
		return "a list"
	case nil:
		return "null"
	}
	return "a table"
}

// Error is a mistake at a line of what was read.
type Error struct {
	// Line is where it is, from 1. Zero means that it has no place.
	Line int
	// Err says what is wrong and what to do.
	Err error
}

// Error returns "line N: what is wrong", or what is wrong alone.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Err.Error()
	}
	return fmt.Sprintf("line %d: %v", e.Line, e.Err)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// wrong blames a line.
func wrong(line int, format string, args ...any) error {
	return &Error{line, errors.Errorf(format, args...)}
}
