package datasets

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// Task says what the targets of a file are.
type Task int

const (
	// Auto goes by the targets: strings, truth values and whole numbers are classes;
	// other numbers, and rows of numbers, are regression; no targets, no labels. What may
	// be either is refused: more than 20 different whole numbers, each for fewer than 5
	// samples on average; at most 20 different numbers of a type for fractions that are
	// all whole, each for at least 5; rows of one 1 among zeros.
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
	case len(p.Y.Shape) > 1 && p.Y.Len() != p.Y.Shape[0]:
		if p.Y.oneHot() {
			return 0, errors.Errorf("targets, got rows of %d numbers, each one 1 among zeros, which may be classes or quantities; say OneHot or Task Regression", p.Y.Len()/p.Y.Shape[0])
		}
		return Regression, nil
	case !p.Y.Whole():
		if k := p.Y.fewWhole(); k > 0 {
			return 0, errors.Errorf("targets, got %d different numbers of type %s that are all whole, which may be classes or quantities; say Task Classification or Regression", k, p.Y.Type)
		}
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

// oneHot reports whether every row is one 1 among zeros.
func (a *Array) oneHot() bool {
	width := a.Len() / max(1, a.Shape[0])
	for i := 0; i < a.Len(); i += width {
		ones := 0
		for j := range width {
			switch a.At(i + j) {
			case 1:
				ones++
			case 0:
			default:
				return false
			}
		}
		if ones != 1 {
			return false
		}
	}
	return width > 1
}

// fewWhole returns how many different numbers there are if they are so few that they look
// like classes: whole ones, at most 20, at least five samples of each on average; else 0.
func (a *Array) fewWhole() int {
	different := map[float64]bool{}
	for i := range a.Len() {
		x := a.At(i)
		if different[x] = true; x != math.Trunc(x) || len(different) > 20 {
			return 0
		}
	}
	if a.Len() < 5*len(different) {
		return 0
	}
	return len(different)
}
