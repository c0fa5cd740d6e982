package datasets

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// Task says what the targets of a file are.
type Task int

const (
	// Auto goes by the targets: strings, truth values and whole numbers are classes;
	// other numbers, and rows of numbers, are regression; no targets, no labels. Whole
	// numbers are refused where they may be either: more than 20 different ones, each
	// for fewer than 5 samples on average.
	Auto Task = iota
	// Classification takes each different target as a class.
	Classification
	// Regression takes targets as numbers.
	Regression
	// NoTargets reads the samples alone.
	NoTargets
)

func taskNames() []string { return []string{"auto", "classification", "regression", "no-targets"} }

// String returns the name: auto, classification, regression or no-targets.
func (t Task) String() string { return nameOf("task", taskNames(), int(t)) }

// MarshalText returns the name.
func (t Task) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a name.
func (t *Task) UnmarshalText(text []byte) error {
	return numberOf("task", taskNames(), text, (*int)(t))
}

// nameOf is the k-th of names, or what and k.
func nameOf(what string, names []string, k int) string {
	if k < 0 || k >= len(names) {
		return what + " " + strconv.Itoa(k)
	}
	return names[k]
}

// numberOf writes the place of text among names to k.
func numberOf(what string, names []string, text []byte, k *int) error {
	at := slices.Index(names, string(text))
	if at < 0 {
		return errors.Errorf("datasets: %s, got %q, want one of %s", what, text, strings.Join(names, ", "))
	}
	*k = at
	return nil
}

// kind decides what the targets of the training part are.
func (a Assembly) kind(p *Part) (Task, error) {
	has := p.Y != nil || p.Words != nil
	switch {
	case a.Task == NoTargets || a.Task == Auto && !has:
		return NoTargets, nil
	case !has:
		return 0, errors.Errorf("got no targets, want some for %s; say where they are, or Task NoTargets", a.Task)
	case a.Task == Regression && p.Words != nil:
		return 0, errors.Errorf("target of %s, got %q, want a number for regression; correct it, or say Task Classification", p.row(0), p.Words[0])
	case a.Task != Auto:
		return a.Task, nil
	case a.OneHot || a.Classes != nil || p.Words != nil:
		return Classification, nil
	case len(p.Y.Shape) > 1 && p.Y.Len() != p.Y.Shape[0] || !p.Y.Whole():
		return Regression, nil
	}
	different := map[float64]bool{}
	for i := range p.Y.Len() {
		different[p.Y.At(i)] = true
	}
	if k, n := len(different), p.Y.Len(); k > 20 && n < 5*k {
		return 0, errors.Errorf("targets, got %d different whole numbers for %d samples, which may be classes or quantities; say Task Classification or Regression", k, n)
	}
	return Classification, nil
}
