package plot

import (
	"image/color"
	"slices"

	"github.com/pkg/errors"
	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// look is how a series is drawn.
type look struct {
	line    draw.LineStyle
	glyph   draw.GlyphStyle
	band    color.Color
	hasLine bool
	hasDots bool
}

// look returns that of a series in a colour.
func (s Series) look(c color.NRGBA) look {
	l := look{
		line:    draw.LineStyle{Color: c, Width: vg.Points(1.5)},
		glyph:   draw.GlyphStyle{Color: c, Shape: draw.CircleGlyph{}, Radius: vg.Points(2.4)},
		band:    clear(c, 0.18),
		hasLine: s.Kind == Lines || s.Kind == Curve,
		hasDots: s.Kind == Lines || s.Kind == Points,
	}
	if s.Square {
		l.glyph.Shape = draw.BoxGlyph{}
	}
	if s.Faint {
		l.line.Color, l.line.Width = pale(c, 0.55), vg.Points(1)
		l.glyph.Color, l.glyph.Radius = clear(c, 0.4), vg.Points(1.6)
		l.band = clear(c, 0.1)
	}
	if s.Reference {
		l.line.Dashes, l.line.Width = []vg.Length{vg.Points(4), vg.Points(2.5)}, vg.Points(1)
		l.glyph.Shape, l.glyph.Radius = draw.RingGlyph{}, vg.Points(3.4)
		if s.Square {
			l.glyph.Shape = draw.SquareGlyph{}
		}
	}
	return l
}

// add puts a series on the axes.
func (f Figure) add(p *gonum.Plot, s Series, c color.NRGBA, at place) error {
	points := f.spread(s)
	if len(points.XYs) == 0 {
		return nil
	}
	l := s.look(c)
	if s.Kind != Bars {
		points = points.moved(at.offset)
	}
	if s.Kind == Bars {
		p.Add(&bars{points: points, place: at, style: l, open: s.Reference, log: f.Y.Log})
	}
	if points.some && s.Kind == Curve && s.Each == nil {
		band, err := plotter.NewPolygon(points.outline())
		if err != nil {
			return errors.Wrap(err, "band")
		}
		band.Color, band.LineStyle.Width = l.band, 0
		p.Add(band)
	}
	if points.some && s.Kind != Curve {
		with := points.uncertain()
		if s.Kind == Bars {
			with = with.moved(at.offset)
		}
		e, err := plotter.NewYErrorBars(with)
		if err != nil {
			return errors.Wrap(err, "error bars")
		}
		e.LineStyle = draw.LineStyle{Color: l.line.Color, Width: vg.Points(1)}
		e.CapWidth = vg.Points(5)
		if s.Reference {
			e.LineStyle.Width, e.LineStyle.Dashes, e.CapWidth = vg.Points(0.7), l.line.Dashes, vg.Points(8)
		}
		if s.Kind == Bars {
			e.LineStyle.Color = ink
		}
		p.Add(e)
	}
	if err := f.addEach(p, s, c, at); err != nil {
		return err
	}
	for _, part := range f.segments(s, points.XYs) {
		line, err := plotter.NewLine(part)
		if err != nil {
			return errors.Wrap(err, "line")
		}
		line.LineStyle = l.line
		p.Add(line)
	}
	if l.hasDots {
		dots, err := plotter.NewScatter(points.XYs)
		if err != nil {
			return errors.Wrap(err, "points")
		}
		dots.GlyphStyle = l.glyph
		p.Add(dots)
	}
	return nil
}

// segments returns the points that lines join.
func (f Figure) segments(s Series, points plotter.XYs) []plotter.XYs {
	n := s.Segment
	switch {
	case s.Kind != Lines && s.Kind != Curve, len(points) == 0:
		return nil
	case n == 0 && len(f.X.Names) > 0 && s.Kind == Lines:
		return nil
	case n == 0:
		return []plotter.XYs{points}
	}
	var out []plotter.XYs
	for len(points) > 0 {
		k := min(n, len(points))
		out, points = append(out, points[:k]), points[k:]
	}
	return out
}

// addEach puts the single measurements on the axes.
func (f Figure) addEach(p *gonum.Plot, s Series, c color.NRGBA, at place) error {
	style := s.faint().look(c)
	each := f.each(s, at.offset)
	if s.Kind != Curve {
		each = []plotter.XYs{slices.Concat(each...)}
	}
	for _, points := range each {
		if len(points) == 0 {
			continue
		}
		if s.Kind == Curve {
			line, err := plotter.NewLine(points)
			if err != nil {
				return errors.Wrap(err, "single measurements")
			}
			line.Color, line.Width = pale(c, 0.4), vg.Points(0.6)
			p.Add(line)
			continue
		}
		dots, err := plotter.NewScatter(points)
		if err != nil {
			return errors.Wrap(err, "single measurements")
		}
		dots.GlyphStyle = style.glyph
		p.Add(dots)
	}
	return nil
}

// each returns the single measurements that can be drawn: the first of every point, the
// second, and so on.
func (f Figure) each(s Series, offset float64) []plotter.XYs {
	var out []plotter.XYs
	for i, values := range s.Each {
		for k, y := range values {
			if k == len(out) {
				out = append(out, nil)
			}
			if f.X.drawable(s.X[i]) && f.Y.drawable(y) {
				out[k] = append(out[k], plotter.XY{X: f.X.scaled(s.X[i]) + offset, Y: f.Y.scaled(y)})
			}
		}
	}
	return out
}

// faint returns the series as single measurements are drawn.
func (s Series) faint() Series {
	s.Faint = true
	return s
}

// spread are points with what lies below and above them, on the axes.
type spread struct {
	plotter.XYs
	below, above []float64
	some         bool // of them is not 0
}

// spread returns what can be drawn of a series.
func (f Figure) spread(s Series) *spread {
	out := &spread{}
	for i, x := range s.X {
		y := s.Y[i]
		if !f.X.drawable(x) || !f.Y.drawable(y) {
			continue
		}
		at := plotter.XY{X: f.X.scaled(x), Y: f.Y.scaled(y)}
		below, above := 0.0, 0.0
		if s.Low != nil && f.Y.drawable(s.Low[i]) && f.Y.drawable(s.High[i]) {
			below, above = max(0, at.Y-f.Y.scaled(s.Low[i])), max(0, f.Y.scaled(s.High[i])-at.Y)
			out.some = out.some || below+above > 0
		}
		out.XYs = append(out.XYs, at)
		out.below, out.above = append(out.below, below), append(out.above, above)
	}
	return out
}

// moved returns the points moved to the right.
func (s *spread) moved(by float64) *spread {
	out := *s
	out.XYs = append(plotter.XYs(nil), s.XYs...)
	for i := range out.XYs {
		out.XYs[i].X += by
	}
	return &out
}

// uncertain returns the points that have something below or above them.
func (s *spread) uncertain() *spread {
	out := &spread{some: s.some}
	for i, p := range s.XYs {
		if s.below[i]+s.above[i] > 0 {
			out.XYs = append(out.XYs, p)
			out.below, out.above = append(out.below, s.below[i]), append(out.above, s.above[i])
		}
	}
	return out
}

// YError returns the distances to the ends of the error bar.
func (s *spread) YError(i int) (below, above float64) { return s.below[i], s.above[i] }

// outline goes along the lower ends and back along the upper ones.
func (s *spread) outline() plotter.XYs {
	n := len(s.XYs)
	out := make(plotter.XYs, 0, 2*n)
	for i, p := range s.XYs {
		out = append(out, plotter.XY{X: p.X, Y: p.Y - s.below[i]})
	}
	for i := n - 1; i >= 0; i-- {
		out = append(out, plotter.XY{X: s.XYs[i].X, Y: s.XYs[i].Y + s.above[i]})
	}
	return out
}
