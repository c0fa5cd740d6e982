package reproduce

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
	// Rule chooses the colour.
	Rule string
	// Published marks numbers of the paper, drawn open and dashed.
	Published bool
	// Marks draws the points without a line between them, Curve the line without
	// points.
	Marks, Curve bool
	// Faint draws the line thin and pale.
	Faint bool
	// X and Y are the points.
	X, Y []float64
	// Low and High, if not nil, bound the error bars, or the band of a Curve.
	Low, High []float64
}

// add appends a point with its confidence interval.
func (l *Line) add(x float64, s Sample) {
	l.X, l.Y = append(l.X, x), append(l.Y, s.Mean)
	l.Low, l.High = append(l.Low, s.Low), append(l.High, s.High)
}

// point appends a point without one.
func (l *Line) point(x, y float64) {
	l.X, l.Y = append(l.X, x), append(l.Y, y)
}

// label returns the name of a rule in legends.
func label(rule string) string {
	switch rule {
	case PC:
		return "prospective configuration"
	case BP:
		return "backpropagation"
	}
	return rule
}

// ours returns an empty line for our numbers of a rule.
func ours(rule string) Line { return Line{Name: label(rule) + ", ours", Rule: rule} }

// published returns an empty line for the paper's numbers of a rule.
func published(rule string) Line {
	return Line{Name: label(rule) + ", published", Rule: rule, Published: true}
}
