package sweep

import (
	"math"

	"github.com/pkg/errors"
)

// Range is a parameter that a search draws from an interval.
type Range struct {
	// Name tells the ranges of a search apart. What is drawn of a range depends on
	// it, so that others may come and go.
	Name string `json:"name"`
	// Min and Max are the bounds, both of which may be drawn.
	Min float64 `json:"min"`
	Max float64 `json:"max"`
	// Log spreads the numbers evenly over orders of magnitude; Min has to be above 0.
	Log bool `json:"log,omitempty"`
	// Integer draws whole numbers, each as often as the others or, with Log, as its
	// share of the orders of magnitude; the bounds have to be whole.
	Integer bool `json:"integer,omitempty"`
	// Unordered says that the whole numbers stand for choices without an order, such as
	// places in a list of names: being near one says nothing then. It wants Integer and
	// concerns [TPE] alone.
	Unordered bool `json:"unordered,omitempty"`
}

// check returns an error for what cannot be drawn from.
func (r Range) check() error {
	finite := !math.IsInf(r.Min, 0) && !math.IsInf(r.Max, 0)
	switch {
	case r.Name == "":
		return errors.Errorf("sweep: range: name, got none, want one; name the range of %v to %v", r.Min, r.Max)
	case !(r.Min <= r.Max) || !finite:
		return errors.Errorf("sweep: range %q: bounds, got %v to %v, want a finite minimum that is not above the maximum", r.Name, r.Min, r.Max)
	case r.Log && !(r.Min > 0):
		return errors.Errorf("sweep: range %q: minimum, got %v, want above 0; raise it or leave out the logarithm", r.Name, r.Min)
	case r.Integer && (r.Min != math.Trunc(r.Min) || r.Max != math.Trunc(r.Max)):
		return errors.Errorf("sweep: range %q: bounds, got %v to %v, want whole numbers; or let it draw any number", r.Name, r.Min, r.Max)
	case r.Unordered && (!r.Integer || r.Log || r.Max-r.Min >= MaxTrials):
		return errors.Errorf("sweep: range %q: Unordered, want Integer, no Log and fewer than %d choices; or leave it out", r.Name, MaxTrials)
	}
	return nil
}

// at is the number at a place in the range.
//
//	u: from 0 up to, but not, 1
func (r Range) at(u float64) float64 {
	low, high := r.Min, r.Max
	if r.Integer {
		high++
	}
	x := low + u*(high-low)
	if r.Log {
		x = low * math.Exp(u*math.Log(high/low))
	}
	if r.Integer {
		x = math.Floor(x)
	}
	return min(r.Max, max(r.Min, x))
}

// places is the inverse of at: the places from low up to, but not, high are at x; low is
// high for numbers that are not whole.
func (r Range) places(x float64) (low, high float64) {
	place := func(x float64) float64 {
		from, to := r.Min, r.Max
		if r.Integer {
			to++
		}
		switch {
		case from == to:
			return 0
		case r.Log:
			return math.Log(x/from) / math.Log(to/from)
		}
		return (x - from) / (to - from)
	}
	if r.Integer {
		return place(x), place(x + 1)
	}
	return place(x), place(x)
}

// checkRanges returns an error for ranges that make no search.
func checkRanges(ranges []Range) error {
	if len(ranges) == 0 {
		return errors.New("sweep: search: ranges, got none, want at least 1; say what is to be drawn")
	}
	seen := map[string]bool{}
	for _, r := range ranges {
		if err := r.check(); err != nil {
			return err
		}
		if seen[r.Name] {
			return errors.Errorf("sweep: range: name, got %q twice, want one of its own; name each range once", r.Name)
		}
		seen[r.Name] = true
	}
	return nil
}
