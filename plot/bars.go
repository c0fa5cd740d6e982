package plot

import (
	"math"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// place is where the bars of a series stand beside a place on the x axis.
type place struct{ offset, width float64 }

// groupShare is the share of the room between two places that bars fill.
const groupShare = 0.7

// places returns where all series stand beside their places on the x axis: bars beside
// one another, and on an axis of categories without bars points, too.
func (f Figure) places() []place {
	out := f.bars()
	if len(f.X.Names) == 0 {
		return out
	}
	points := 0
	for _, s := range f.Series {
		if s.Kind == Bars {
			return out
		}
		if s.beside() {
			points++
		}
	}
	step, k := min(0.14, groupShare/float64(max(1, points))), 0
	for i, s := range f.Series {
		if !s.beside() {
			continue
		}
		out[i].offset = (float64(k) - float64(points-1)/2) * step
		k++
	}
	return out
}

// beside reports whether the series stands beside others on an axis of categories; dots
// of single measurements and curves stay where they are.
func (s Series) beside() bool { return s.Kind == Lines || s.Kind == Points && !s.Faint }

// bars returns the places of the bars of all series; those without bars have none.
func (f Figure) bars() []place {
	out := make([]place, len(f.Series))
	var with []int
	var xs []float64
	for i, s := range f.Series {
		if s.Kind != Bars {
			continue
		}
		with = append(with, i)
		for _, p := range f.spread(s).XYs {
			xs = append(xs, p.X)
		}
	}
	slices.Sort(xs)
	room := 1.0
	for i, x := range slices.Compact(xs) {
		if i > 0 {
			if d := x - xs[i-1]; i == 1 || d < room {
				room = d
			}
		}
	}
	width := groupShare * room / float64(max(1, len(with)))
	for k, i := range with {
		out[i] = place{offset: (float64(k) - float64(len(with)-1)/2) * width, width: width}
	}
	return out
}

// bars draws the bars of a series.
type bars struct {
	points    *spread
	place     place
	style     look
	open, log bool
}

// Plot implements plot.Plotter.
func (b *bars) Plot(c draw.Canvas, p *gonum.Plot) {
	trX, trY := p.Transforms(&c)
	base := trY(p.Y.Min)
	if !b.log {
		base = trY(math.Max(p.Y.Min, math.Min(0, p.Y.Max)))
	}
	for _, at := range b.points.XYs {
		low, high := trX(at.X+b.place.offset-0.46*b.place.width), trX(at.X+b.place.offset+0.46*b.place.width)
		box := []vg.Point{{X: low, Y: base}, {X: low, Y: trY(at.Y)}, {X: high, Y: trY(at.Y)}, {X: high, Y: base}}
		if !b.open {
			c.FillPolygon(b.style.line.Color, c.ClipPolygonXY(box))
			continue
		}
		c.StrokeLines(b.style.line, c.ClipLinesXY(append(box, box[0]))...)
	}
}

// DataRange implements plot.DataRanger: bars begin at 0, of logarithms at the edge.
func (b *bars) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax = math.Inf(1), math.Inf(-1)
	if b.log {
		ymin, ymax = xmin, xmax
	}
	for i, at := range b.points.XYs {
		xmin, xmax = math.Min(xmin, at.X-b.place.width), math.Max(xmax, at.X+b.place.width)
		ymin, ymax = math.Min(ymin, at.Y-b.points.below[i]), math.Max(ymax, at.Y+b.points.above[i])
	}
	return xmin, xmax, ymin, ymax
}
