package plot

import "github.com/pkg/errors"

// Kind is how a series is drawn.
type Kind int

// The kinds.
const (
	// Lines joins the points by a line and draws them; Low and High are error bars. On an
	// axis of categories no line joins them, and several series stand side by side.
	Lines Kind = iota
	// Curve draws the line alone, for many points; Low and High bound a band.
	Curve
	// Points draws the points alone, with error bars.
	Points
	// Bars draws bars from 0, those of several series side by side, with error bars.
	Bars
)

// Series is what was measured of one thing.
type Series struct {
	// Name is what the series is called in CSV.
	Name string
	// Label is what stands at its end in the picture. Empty means Name; "-" means
	// nothing.
	Label string
	// Kind is how it is drawn.
	Kind Kind
	// Color is that of the series. Zero means the next that no series names.
	Color Color
	// Reference marks numbers of someone else, drawn open and dashed.
	Reference bool
	// Faint draws thin and pale, Square squares in place of circles.
	Faint, Square bool
	// Segment is how many points a line of Lines joins before it begins anew: 2 draws pairs.
	// Zero joins all points, or none on an axis of categories.
	Segment int
	// X and Y are the points. One that is not finite is left out.
	X, Y []float64
	// Low and High, if not nil, bound the uncertainty of each Y; NaN where there is
	// none.
	Low, High []float64
	// Each, if not nil, are the single measurements that each point stands for, such as
	// those of seeds, drawn as pale dots; of a Curve as a pale line for each in place of
	// the band. CSV does not have them: see [Dots].
	Each [][]float64
	// Columns are more columns of CSV.
	Columns []Column
}

// Column is a column of CSV that the picture does not show, such as the seed.
type Column struct {
	// Name is the head of the column.
	Name string
	// Values are the cells: one for each point, or one for all.
	Values []string
}

// Add appends a point.
func (s *Series) Add(x, y float64) { s.X, s.Y = append(s.X, x), append(s.Y, y) }

// AddInterval appends a point with the bounds of its uncertainty; NaN for none. All
// points of a series have bounds or none has.
func (s *Series) AddInterval(x, y, low, high float64) {
	s.Add(x, y)
	s.Low, s.High = append(s.Low, low), append(s.High, high)
}

// Dots returns a series of pale points that shows every single value, such as that
// of each seed, at its place: values[i] are those at x[i].
func Dots(name string, c Color, x []float64, values [][]float64) (Series, error) {
	s := Series{Name: name, Kind: Points, Color: c, Faint: true}
	if len(x) != len(values) {
		return s, errors.Errorf("plot: series %q: values, got those of %d places, want %d", name, len(values), len(x))
	}
	for i, list := range values {
		for _, y := range list {
			s.Add(x[i], y)
		}
	}
	return s, nil
}

// label is what stands at the end of the series; empty for nothing.
func (s Series) label() string {
	switch s.Label {
	case "":
		return s.Name
	case "-":
		return ""
	}
	return s.Label
}

func (s Series) check() error {
	n := len(s.X)
	switch {
	case len(s.Y) != n:
		return errors.Errorf("series %q: points, got %d numbers of x and %d of y, want as many; add points with Add", s.Name, n, len(s.Y))
	case (s.Low == nil) != (s.High == nil) || s.Low != nil && (len(s.Low) != n || len(s.High) != n):
		return errors.Errorf("series %q: bounds, got %d below and %d above for %d points, want one each for all or none; add points with AddInterval",
			s.Name, len(s.Low), len(s.High), n)
	case s.Each != nil && len(s.Each) != n:
		return errors.Errorf("series %q: single measurements, got those of %d points, want of %d", s.Name, len(s.Each), n)
	case s.Segment < 0:
		return errors.Errorf("series %q: points of a segment, got %d, want at least 1, or 0 for all", s.Name, s.Segment)
	case s.Kind < Lines || s.Kind > Bars:
		return errors.Errorf("series %q: kind, got %d, want Lines, Curve, Points or Bars", s.Name, s.Kind)
	case s.Color < Automatic || s.Color > Black:
		return errors.Errorf("series %q: colour, got %d, want one of the palette", s.Name, s.Color)
	}
	for _, c := range s.Columns {
		if len(c.Values) != 1 && len(c.Values) != n {
			return errors.Errorf("series %q: column %q: cells, got %d for %d points, want one each or one for all", s.Name, c.Name, len(c.Values), n)
		}
	}
	return nil
}
