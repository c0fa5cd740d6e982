package sweep

import "github.com/pkg/errors"

// Axis is a parameter with the values that a grid has of it; see [Vary].
type Axis[P any] struct {
	name   string
	values []func(*P)
}

// Vary returns the axis of a name with some values, each of which set puts into the
// parameters.
func Vary[P, V any](name string, set func(p *P, value V), values ...V) Axis[P] {
	a := Axis[P]{name: name}
	for _, v := range values {
		a.values = append(a.values, func(p *P) { set(p, v) })
	}
	return a
}

// Name returns the axis' name.
func (a Axis[P]) Name() string { return a.name }

// Len returns how many values it has.
func (a Axis[P]) Len() int { return len(a.values) }

// MaxTrials is the most that a grid or a search may have; so many take about a
// gigabyte.
const MaxTrials = 2_000_000

// Grid returns all combinations of the values of the axes, the last of which
// changes fastest. Each begins as a copy of base. Without axes that is all there
// is. It is an error if an axis has no values or no name of its own, or if there
// are more than [MaxTrials].
func Grid[P any](base P, axes ...Axis[P]) ([]P, error) {
	n, seen := 1, map[string]bool{}
	for _, a := range axes {
		switch {
		case len(a.values) == 0:
			return nil, errors.Errorf("sweep: axis %q: values, got none, want at least 1; leave the axis out to keep what it varies", a.name)
		case a.name == "" || seen[a.name]:
			return nil, errors.Errorf("sweep: axis: name, got %q, want one of its own; name each axis once", a.name)
		case n > MaxTrials/len(a.values):
			return nil, errors.Errorf("sweep: grid: trials, got more than %d at axis %q, want fewer; leave out values or draw points instead", MaxTrials, a.name)
		}
		seen[a.name] = true
		n *= len(a.values)
	}
	out := []P{base}
	for _, a := range axes {
		next := make([]P, 0, len(out)*len(a.values))
		for _, p := range out {
			for _, set := range a.values {
				q := p
				set(&q)
				next = append(next, q)
			}
		}
		out = next
	}
	return out, nil
}
