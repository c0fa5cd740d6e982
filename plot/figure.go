package plot

import (
	"math"

	"github.com/pkg/errors"
)

// Figure is a picture of some series on one pair of axes.
type Figure struct {
	// Name is what the figure is called in CSV.
	Name string
	// Title stands above the axes. Empty means none.
	Title string
	// X and Y are the axes.
	X, Y Axis
	// Series are drawn in order, each over those before it.
	Series []Series
	// Width and Height are the size in centimetres. Zero means 17 and 10. A figure
	// with many series is as high as their names need.
	Width, Height float64
}

// Axis is one of the axes of a figure.
type Axis struct {
	// Label says what is measured, with its unit.
	Label string
	// Log draws logarithms. What is not above 0 is left out.
	Log bool
	// Min and Max are the range. Both zero means that of the numbers.
	Min, Max float64
	// Names, if any, are what the places 0, 1, 2 and so on are called: the axis counts
	// categories.
	Names []string
}

// check returns an error for a figure that cannot be drawn.
func (f Figure) check() error {
	for _, a := range []Axis{f.X, f.Y} {
		if err := a.check(); err != nil {
			return errors.WithMessagef(err, "plot: figure %q", f.Name)
		}
	}
	if !(f.Width >= 0 && f.Height >= 0) || f.Width > mostSize || f.Height > mostSize {
		return errors.Errorf("plot: figure %q: size, got %v by %v cm, want at most %d, or 0 for %d by %d", f.Name, f.Width, f.Height, mostSize, usualWidth, usualHeight)
	}
	for _, s := range f.Series {
		if err := s.check(); err != nil {
			return errors.WithMessagef(err, "plot: figure %q", f.Name)
		}
	}
	return nil
}

func (a Axis) check() error {
	whole := a.Min == 0 && a.Max == 0
	switch {
	case whole:
		return nil
	case !(a.Min < a.Max) || math.IsInf(a.Min, 0) || math.IsInf(a.Max, 0):
		return errors.Errorf("axis %q: range, got %v to %v, want a minimum below the maximum, or 0 and 0 for that of the numbers", a.Label, a.Min, a.Max)
	case a.Log && a.Min <= 0:
		return errors.Errorf("axis %q: range, got %v to %v on an axis of logarithms, want a minimum above 0", a.Label, a.Min, a.Max)
	}
	return nil
}

// scaled is the coordinate of a number.
func (a Axis) scaled(x float64) float64 {
	if a.Log {
		return math.Log10(x)
	}
	return x
}

// drawable reports whether a number has a place on the axis.
func (a Axis) drawable(x float64) bool {
	return !math.IsNaN(x) && !math.IsInf(x, 0) && (!a.Log || x > 0)
}

// name is what a place on the axis is called, if it is.
func (a Axis) name(x float64) (string, bool) {
	if k := int(x); float64(k) == x && k >= 0 && k < len(a.Names) {
		return a.Names[k], true
	}
	return "", false
}
