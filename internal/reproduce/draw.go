package reproduce

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"github.com/seed-be841da4/prospect/plot"
)

// colors of the rules; others take the rest in order.
var colors = map[string]plot.Color{PC: plot.Blue, BP: plot.Vermilion, "": plot.Gray}

// moreColors are the rest.
var moreColors = []plot.Color{plot.Green, plot.Purple, plot.Orange, plot.Sky}

// plot returns the figure as it is drawn and written.
func (f Figure) plot() plot.Figure {
	out := plot.Figure{
		Name: f.Name, Title: f.Title,
		X: plot.Axis{Label: f.X, Log: f.LogX, Names: f.Ticks},
		Y: plot.Axis{Label: f.Y, Log: f.LogY, Min: f.Range[0], Max: f.Range[1]},
	}
	other := map[string]plot.Color{}
	for _, l := range f.Lines {
		key := cmp.Or(l.Color, l.Rule)
		c, ok := colors[key]
		if !ok {
			if c, ok = other[key]; !ok {
				c = moreColors[len(other)%len(moreColors)]
				other[key] = c
			}
		}
		s := l.series(c)
		s.Columns = f.columns(l)
		out.Series = append(out.Series, s)
	}
	return out
}

// series returns the line as it is drawn in a colour.
func (l Line) series(c plot.Color) plot.Series {
	s := plot.Series{
		Name: cmp.Or(l.Series, l.Name), Label: l.endLabel(), Color: c, Reference: l.Published, Faint: l.Faint, Square: l.Second,
		Segment: l.Segment, Each: l.each(),
		X: l.X, Y: l.Y, Low: l.Low, High: l.High,
	}
	for i, bar := range l.Bars {
		if bar == [2]float64{} {
			bar = [2]float64{math.NaN(), math.NaN()}
		}
		if i == 0 {
			s.Low, s.High = nil, nil
		}
		s.Low, s.High = append(s.Low, bar[0]), append(s.High, bar[1])
	}
	switch {
	case l.Marks:
		s.Kind = plot.Points
	case l.Curve:
		s.Kind = plot.Curve
	}
	return s
}

// each returns the values of seeds, nil if there are none to draw.
func (l Line) each() [][]float64 {
	for _, values := range l.Each {
		if len(values) > 0 && len(l.Each) == len(l.X) {
			return l.Each
		}
	}
	return nil
}

// endLabel is what stands at the end of a line. Its colour says which rule it is of,
// so that a published line need not, and ours are those that nothing is said of.
func (l Line) endLabel() string {
	switch {
	case l.Name == "":
		return "-"
	case l.Published:
		return strings.TrimPrefix(l.Name, label(l.Rule)+", ")
	case l.Faint && l.Marks:
		return strings.TrimPrefix(l.Name, label(l.Rule)+", ours, ")
	}
	return strings.Replace(l.Name, ", ours", "", 1)
}

// columns say what a line's points are of. A cell is empty where there is nothing to
// say: rate and seed of a point that has many.
func (f Figure) columns(l Line) []plot.Column {
	var rates, seeds []string
	for i, x := range l.X {
		rate, seed := "", ""
		switch {
		case f.X == rateAxis:
			rate = known(x)
		case len(l.Rates) > 0:
			rate = known(l.Rates[i])
		}
		if len(l.Seeds) > 0 {
			seed = strconv.Itoa(l.Seeds[i])
		}
		rates, seeds = append(rates, rate), append(seeds, seed)
	}
	return []plot.Column{{Name: "source", Values: []string{l.source()}}, {Name: "rule", Values: []string{l.Rule}}, {Name: "rate", Values: rates}, {Name: "seed", Values: seeds}}
}

// dataCSV returns the numbers of figures, one point a row.
func dataCSV(figures []Figure) ([]byte, error) {
	var all []plot.Figure
	for _, f := range figures {
		p := f.plot()
		for i := range p.Series {
			p.Series[i].Low, p.Series[i].High = f.Lines[i].Low, f.Lines[i].High // no published bars
		}
		all = append(all, p)
	}
	return plot.CSV(all...)
}
