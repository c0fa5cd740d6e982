// Package choice finds the name that is meant among known ones, and says what can be
// done about one that is not known.
package choice

import (
	"fmt"
	"strings"
)

// Find returns the known name that got stands for. Upper and lower case are equal, and
// hyphens, underscores and spaces do not count: "LeakyReLU" stands for "leaky-relu".
func Find(got string, known []string) (name string, ok bool) {
	for _, k := range known {
		if k == got {
			return k, true
		}
	}
	folded := fold(got)
	for _, k := range known {
		if fold(k) == folded {
			return k, true
		}
	}
	return "", false
}

// Parse returns the known name that got stands for, or the error of [Unknown].
func Parse(got string, known []string) (string, error) {
	name, ok := Find(got, known)
	if !ok {
		return "", Unknown(got, known)
	}
	return name, nil
}

// Unknown returns the error of a name that is not known:
//
//	got "tahn", want one of sigmoid, tanh, relu; did you mean "tanh"?
func Unknown(got string, known []string) error {
	var listed []string
	for _, k := range known {
		if k != "" {
			listed = append(listed, k)
		}
	}
	return &UnknownError{fmt.Sprintf("got %q, want one of %s%s", got, strings.Join(listed, ", "), Hint(got, listed))}
}

// UnknownError is the error of a name that is not known.
type UnknownError struct{ text string }

// Error says what is known.
func (e *UnknownError) Error() string { return e.text }

// Hint returns `; did you mean "NAME"?` for the known name nearest to got, and nothing
// if none is near.
func Hint(got string, known []string) string {
	name, ok := nearest(got, known)
	if !ok {
		return ""
	}
	return `; did you mean "` + name + `"?`
}

// maxCompared bounds the length of what is compared, whose time is quadratic.
const maxCompared = 64

// nearest returns the known name of the least distance to got, the first of equals. A
// name is near if at most a third of its letters differ, and at least one does not.
func nearest(got string, known []string) (string, bool) {
	folded := fold(got)
	if folded == "" || len(folded) > maxCompared {
		return "", false
	}
	best, least := "", 0
	for _, k := range known {
		name := fold(k)
		d := distance(folded, name)
		if d > max(1, len(name)/3) || d >= len(name) {
			if !strings.HasPrefix(name, folded) || len(folded) < 2 {
				continue
			}
		}
		if best == "" || d < least {
			best, least = k, d
		}
	}
	return best, best != ""
}

// fold returns the form in which names are compared.
func fold(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
}

// distance returns how many bytes have to be inserted, deleted, replaced, or exchanged
// with their neighbour to make b of a (optimal string alignment).
func distance(a, b string) int {
	before, last, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			next[j] = min(replace, last[j]+1, next[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, last, next = last, next, before
	}
	return last[len(b)]
}
