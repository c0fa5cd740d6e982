package plot

import (
	"cmp"
	"image/color"
	"slices"
	"strings"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	labelColumns = 26 // characters of a line of a label
	sampleWidth  = 15 // points, of the piece of line before a label
	labelGap     = 3  // points between two labels
	leaderWidth  = 12 // points between the axes and the labels
	labelRise    = 1  // points that put the middle of small letters on the piece of line
)

// endLabel is the name of a series at its end.
type endLabel struct {
	text   string // in lines
	look   look
	bars   bool
	open   bool // bars
	color  color.NRGBA
	end    plotter.XY // the last point, on the axes
	height vg.Length
}

// labels are those of a figure.
type labels []endLabel

func labelStyle(c color.Color) text.Style {
	s := sans(tickSize)
	s.YAlign = draw.YCenter
	s.Color = c
	return s
}

// labels returns those of all series that have one and a point.
func (f Figure) labels() labels {
	var out labels
	colors, places := f.colors(), f.places()
	for i, s := range f.Series {
		points := f.spread(s).moved(places[i].offset).XYs
		if s.label() == "" || len(points) == 0 {
			continue
		}
		l := endLabel{text: wrap(s.label(), labelColumns), look: s.look(colors[i]), bars: s.Kind == Bars, open: s.Reference, color: colors[i]}
		l.look.hasLine = l.look.hasLine && len(f.segments(s, points)) > 0
		l.end = slices.MaxFunc(points, func(a, b plotter.XY) int { return cmp.Compare(a.X, b.X) })
		l.height = labelStyle(ink).Rectangle(l.text).Size().Y + vg.Points(labelGap)
		out = append(out, l)
	}
	return out
}

// wrap breaks a text into lines of at most so many characters where that can be.
func wrap(s string, columns int) string {
	var lines []string
	for _, word := range strings.Fields(s) {
		if n := len(lines); n > 0 && len([]rune(lines[n-1]))+1+len([]rune(word)) <= columns {
			lines[n-1] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return strings.Join(lines, "\n")
}

// width is that of the column of labels.
func (l labels) width() vg.Length {
	if len(l) == 0 {
		return vg.Points(margin)
	}
	widest := vg.Length(0)
	for _, label := range l {
		widest = max(widest, labelStyle(ink).Rectangle(label.text).Size().X)
	}
	return vg.Points(leaderWidth+sampleWidth+2*labelGap) + widest
}

// height is that of all labels one below another.
func (l labels) height() vg.Length {
	sum := vg.Length(0)
	for _, label := range l {
		sum += label.height
	}
	return sum
}

// draw draws the labels at the right of the axes, each as near to the end of its
// series as the others let it be.
func (l labels) draw(whole, data draw.Canvas, p *gonum.Plot) {
	trX, trY := p.Transforms(&data)
	slices.SortStableFunc(l, func(a, b endLabel) int { return cmp.Compare(b.end.Y, a.end.Y) })
	want, heights := make([]vg.Length, len(l)), make([]vg.Length, len(l))
	for i, label := range l {
		want[i], heights[i] = min(data.Max.Y, max(data.Min.Y, trY(label.end.Y))), label.height
	}
	left := data.Max.X + vg.Points(leaderWidth)
	for i, y := range arrange(want, heights, whole.Min.Y, data.Max.Y+heightOf(heights)/2) {
		label := l[i]
		// A line leads from an end at the right edge to its label.
		if near := trX(label.end.X); data.Max.X-near < 0.05*data.Size().X && !label.bars {
			style := draw.LineStyle{Color: pale(label.color, 0.45), Width: vg.Points(0.5)}
			whole.StrokeLine2(style, near+vg.Points(4), want[i], left-vg.Points(2), y)
		}
		label.sample(whole, left, y)
		s := labelStyle(label.color)
		whole.FillText(s, vg.Point{X: left + vg.Points(sampleWidth+labelGap), Y: y + vg.Points(labelRise)}, label.text)
	}
}

// heightOf is that of the first label, 0 if there is none.
func heightOf(heights []vg.Length) vg.Length {
	if len(heights) == 0 {
		return 0
	}
	return heights[0]
}

// sample draws a piece of the series.
func (l endLabel) sample(c draw.Canvas, left, y vg.Length) {
	right := left + vg.Points(sampleWidth)
	if l.bars {
		h := vg.Points(3)
		box := []vg.Point{{X: left, Y: y - h}, {X: right, Y: y - h}, {X: right, Y: y + h}, {X: left, Y: y + h}}
		if l.open {
			c.StrokeLines(l.look.line, append(box, box[0]))
		} else {
			c.FillPolygon(l.look.line.Color, box)
		}
		return
	}
	if l.look.hasLine {
		c.StrokeLine2(l.look.line, left, y, right, y)
	}
	if l.look.hasDots {
		c.DrawGlyph(l.look.glyph, vg.Point{X: (left + right) / 2, Y: y})
	}
}

// arrange returns the middles of labels, from the top down, that are as near as can
// be to where they want to be without overlapping: labels that would touch move as a
// block, whose middle stays where its labels want it on average. All stay between low
// and high if there is room.
func arrange(want, heights []vg.Length, low, high vg.Length) []vg.Length {
	type block struct {
		first, n    int
		top, height vg.Length
	}
	var blocks []block
	settle := func(b block) block { // puts the block where its labels want it
		sum, below := vg.Length(0), vg.Length(0)
		for i := b.first; i < b.first+b.n; i++ {
			sum += want[i] + below + heights[i]/2
			below += heights[i]
		}
		b.height = below
		b.top = max(min(sum/vg.Length(b.n), high), low+b.height)
		return b
	}
	for i := range want {
		b := settle(block{first: i, n: 1})
		for len(blocks) > 0 {
			above := blocks[len(blocks)-1]
			if above.top-above.height >= b.top {
				break
			}
			blocks = blocks[:len(blocks)-1]
			b = settle(block{first: above.first, n: above.n + b.n})
		}
		blocks = append(blocks, b)
	}
	out := make([]vg.Length, len(want))
	for _, b := range blocks {
		at := b.top
		for i := b.first; i < b.first+b.n; i++ {
			out[i] = at - heights[i]/2
			at -= heights[i]
		}
	}
	return out
}
