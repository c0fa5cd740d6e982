package reproduce

import (
	"bytes"
	"cmp"
	"image/color"
	"io"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The size of a picture. The legend stands below the axes, so that it hides
// nothing, and adds its own height.
const (
	width       = 16 * vg.Centimeter
	height      = 10 * vg.Centimeter
	resolution  = 150
	margin      = 6  // points
	legendInset = 40 // points
)

// colors of the rules; others take the rest in order.
var (
	colors = map[string]color.NRGBA{
		PC: {0x1f, 0x77, 0xb4, 0xff},
		BP: {0xd6, 0x27, 0x28, 0xff},
		"": {0x60, 0x60, 0x60, 0xff},
	}
	moreColors = []color.NRGBA{
		{0x2c, 0xa0, 0x2c, 0xff}, {0x94, 0x67, 0xbd, 0xff}, {0xff, 0x7f, 0x0e, 0xff}, {0x17, 0xbe, 0xcf, 0xff}, {0x8c, 0x56, 0x4b, 0xff},
	}
)

// canvas is what a picture is drawn on and written from.
type canvas interface {
	vg.CanvasSizer
	io.WriterTo
}

// Draw renders the figure as "png" or "svg".
func (f Figure) Draw(format string) ([]byte, error) {
	p, legend, err := f.plot()
	if err != nil {
		return nil, errors.WithMessagef(err, "reproduce: figure %s", f.Name)
	}
	below := legend.height() + vg.Points(1.5*margin)
	var on canvas
	switch format {
	case "png":
		on = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height+below), vgimg.UseDPI(resolution))}
	case "svg":
		on = vgsvg.New(width, height+below)
	default:
		return nil, errors.Errorf("reproduce: figure: format, got %q, want png or svg", format)
	}
	whole := draw.New(on)
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	p.Draw(draw.Crop(whole, vg.Points(margin), vg.Points(-10), below, vg.Points(-4)))
	legend.Draw(draw.Crop(whole, vg.Points(legendInset), 0, vg.Points(4), below-whole.Rectangle.Size().Y))
	var b bytes.Buffer
	_, err = on.WriteTo(&b)
	return b.Bytes(), errors.Wrapf(err, "reproduce: figure %s", f.Name)
}

// legend lists the lines of a figure.
type legend struct{ plot.Legend }

// height is that of the legend on a canvas as wide as a picture.
func (l *legend) height() vg.Length {
	rectangle := l.Rectangle(draw.New(vgimg.New(width, height)))
	return rectangle.Size().Y
}

func newLegend() *legend {
	l := &legend{plot.NewLegend()}
	l.Left, l.Top = true, true
	l.TextStyle.Font.Size = vg.Points(10)
	l.ThumbnailWidth = vg.Points(30)
	l.Padding = vg.Points(4)
	return l
}

func (l *legend) add(name string, thumbs []plot.Thumbnailer) { l.Add(" "+name, thumbs...) }

func (f Figure) plot() (*plot.Plot, *legend, error) {
	p, legend := plot.New(), newLegend()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = f.Title, f.X, f.Y
	p.Title.Padding = vg.Points(6)
	p.X.Padding, p.Y.Padding = vg.Points(4), vg.Points(4)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{0xe6}, color.Gray{0xe6}
	p.Add(grid)
	other := map[string]color.NRGBA{}
	for _, l := range f.Lines {
		key := cmp.Or(l.Color, l.Rule)
		c, ok := colors[key]
		if !ok {
			if c, ok = other[key]; !ok {
				c = moreColors[len(other)%len(moreColors)]
				other[key] = c
			}
		}
		if err := f.draw(p, legend, l, c); err != nil {
			return nil, nil, err
		}
	}
	f.axes(p)
	return p, legend, nil
}

// draw adds a line with its points, its error bars or band, and its entry in the
// legend.
func (f Figure) draw(p *plot.Plot, legend *legend, l Line, c color.NRGBA) error {
	points, spread := f.points(l)
	if len(points) == 0 {
		return nil
	}
	if spread != nil && l.Curve {
		band, err := plotter.NewPolygon(spread.outline())
		if err != nil {
			return errors.Wrap(err, "band")
		}
		band.Color, band.LineStyle.Width = fade(c, 0x40), 0
		p.Add(band)
	}
	line, marks, err := plotter.NewLinePoints(points)
	if err != nil {
		return errors.Wrap(err, "line")
	}
	line.Color, line.Width = c, vg.Points(1.5)
	marks.Color, marks.Shape, marks.Radius = c, draw.CircleGlyph{}, vg.Points(2.6)
	if l.Second {
		marks.Shape = draw.BoxGlyph{}
	}
	if l.Faint {
		line.Color, line.Width = fade(c, 0x80), vg.Points(1)
		marks.Color, marks.Radius = fade(c, 0x60), vg.Points(1.8)
	}
	if l.Published {
		line.Dashes, line.Width = []vg.Length{vg.Points(4), vg.Points(3)}, vg.Points(1)
		marks.Shape, marks.Radius = draw.RingGlyph{}, vg.Points(3.6)
		if l.Second {
			marks.Shape = draw.SquareGlyph{}
		}
	}
	if spread != nil && !l.Curve {
		bars, err := plotter.NewYErrorBars(spread)
		if err != nil {
			return errors.Wrap(err, "error bars")
		}
		bars.Color, bars.Width, bars.CapWidth = line.Color, vg.Points(1.2), vg.Points(6)
		p.Add(bars)
	}
	var thumbs []plot.Thumbnailer
	if !l.Marks {
		p.Add(line)
		thumbs = append(thumbs, line)
	}
	if !l.Curve {
		p.Add(marks)
		thumbs = append(thumbs, marks)
	}
	if l.Name != "" {
		legend.add(l.Name, thumbs)
	}
	return nil
}

func fade(c color.NRGBA, alpha uint8) color.NRGBA {
	c.A = alpha
	return c
}

// spread are points with what lies below and above them.
type spread struct {
	plotter.XYs
	below, above []float64
}

// YError returns the distances to the ends of the error bar.
func (s *spread) YError(i int) (low, high float64) { return -s.below[i], s.above[i] }

// outline is the band from the lower ends to the upper ones and back.
func (s *spread) outline() plotter.XYs {
	n := s.Len()
	out := make(plotter.XYs, 0, 2*n)
	for i, p := range s.XYs {
		out = append(out, plotter.XY{X: p.X, Y: p.Y - s.below[i]})
	}
	for i := n - 1; i >= 0; i-- {
		out = append(out, plotter.XY{X: s.XYs[i].X, Y: s.XYs[i].Y + s.above[i]})
	}
	return out
}

// points returns what can be drawn of a line: finite numbers, above 0 on a
// logarithmic axis.
func (f Figure) points(l Line) (plotter.XYs, *spread) {
	var out plotter.XYs
	s := &spread{}
	some := false
	for i, x := range l.X {
		y := l.Y[i]
		if !drawable(x, f.LogX) || !drawable(y, f.LogY) {
			continue
		}
		at := plotter.XY{X: scaled(x, f.LogX), Y: scaled(y, f.LogY)}
		out = append(out, at)
		below, above := 0.0, 0.0
		if l.Low != nil && drawable(l.Low[i], f.LogY) && drawable(l.High[i], f.LogY) {
			below, above = max(0, at.Y-scaled(l.Low[i], f.LogY)), max(0, scaled(l.High[i], f.LogY)-at.Y)
			some = some || below+above > 0
		}
		s.below, s.above = append(s.below, below), append(s.above, above)
	}
	if !some {
		return out, nil
	}
	s.XYs = out
	return out, s
}

// scaled is the coordinate of a number.
func scaled(x float64, log bool) float64 {
	if log {
		return math.Log10(x)
	}
	return x
}

func drawable(x float64, log bool) bool {
	return !math.IsNaN(x) && !math.IsInf(x, 0) && (!log || x > 0)
}
