package reproduce

import (
	"math"
	"slices"
)

// Figure is a picture of curves or points.
type Figure struct {
	// Name is the file's name without its ending.
	Name string
	// Title, X and Y are what is written at top and axes.
	Title, X, Y string
	// Lines are drawn in order.
	Lines []Line
	// Ticks, if any, name the places on the x axis.
	Ticks []string
	// LogX and LogY draw an axis logarithmically.
	LogX, LogY bool
	// Range, if not zero, is the y axis.
	Range [2]float64
}

// Line is one curve.
type Line struct {
	// Name is the entry in the legend; empty for none.
	Name string
	// Series is what the line is called in data.csv; empty means Name.
	Series string
	// Rule is the learning rule; empty for data. It chooses the colour, unless Color
	// names another.
	Rule, Color string
	// Published marks numbers of the paper, drawn open and dashed.
	Published bool
	// Marks draws the points without a line between them, Curve the line without
	// points.
	Marks, Curve bool
	// Faint draws the line thin and pale, and points small.
	Faint bool
	// Second draws squares in place of circles: the second of two curves of a rule.
	Second bool
	// Segment is how many points a line joins before it begins anew, 0 all.
	Segment int
	// X and Y are the points.
	X, Y []float64
	// Low and High, if not nil, bound the error bars, or the band of a Curve; NaN
	// where there is one seed.
	Low, High []float64
	// Each are the values of the seeds of each point, where there are so few that all are
	// drawn; nil elsewhere. They are in trials.csv.
	Each [][]float64
	// Bars are the ends of published error bars, 0 and 0 where none is known. Nil or one
	// for each point.
	Bars [][2]float64
	// Rates are the learning rates of the points, 0 where there is none or not one,
	// and Seeds the seeds of points that stand for one. Nil if there are none.
	Rates []float64
	Seeds []int
}

// rateAxis is what the x axis of figures over learning rates is called.
const rateAxis = "learning rate"

// add appends a point with its confidence interval. A point of one cell has the
// cell's learning rate; the zero Trial stands for no cell.
func (l *Line) add(x float64, s Sample, cell Trial) {
	if s.N < 2 {
		s.Low, s.High = math.NaN(), math.NaN()
	}
	l.X, l.Y = append(l.X, x), append(l.Y, s.Mean)
	l.Low, l.High = append(l.Low, s.Low), append(l.High, s.High)
	l.Rates = append(l.Rates, cell.Rate)
	var each []float64
	if s.N > 1 && s.N <= fewSeeds {
		each = slices.Clone(s.values)
	}
	l.Each = append(l.Each, each)
}

// fewSeeds are so few that each is drawn, and not their mean alone.
const fewSeeds = 3

// at says that all points are of one cell.
func (l *Line) at(cell Trial) {
	l.Rates = make([]float64, len(l.X))
	for i := range l.Rates {
		l.Rates[i] = cell.Rate
	}
}

// source says where the numbers are from: ours, published, or the data of animals
// or people that both are compared with.
func (l *Line) source() string {
	switch {
	case l.Published:
		return "published"
	case l.Rule == "":
		return "data"
	}
	return "ours"
}

// point appends a point without one.
func (l *Line) point(x, y float64) {
	l.X, l.Y = append(l.X, x), append(l.Y, y)
}

// between appends a published point with the ends of its published error bar, which the
// pictures have and data.csv has not.
func (l *Line) between(x, y float64, bar [2]float64) {
	l.point(x, y)
	l.Bars = append(l.Bars, bar)
}

// label returns the name of a rule in legends.
func label(rule string) string {
	switch rule {
	case PC:
		return "prospective configuration"
	case BP:
		return "backpropagation"
	case AP:
		return "Almeida-Pineda"
	case GR:
		return "GeneRec"
	}
	return rule
}

// ours returns an empty line for our numbers of a rule.
func ours(rule string) Line { return Line{Name: label(rule) + ", ours", Rule: rule} }

// published returns an empty line for the paper's numbers of a rule.
func published(rule string) Line {
	return Line{Name: label(rule) + ", published", Rule: rule, Published: true}
}
