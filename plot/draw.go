package plot

import (
	"bytes"
	"image/color"
	"io"
	"regexp"

	"github.com/pkg/errors"
	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Format is that of a picture.
type Format string

// The formats.
const (
	PNG Format = "png"
	SVG Format = "svg"
	PDF Format = "pdf"
)

// The look of a picture, in points where nothing else is said.
const (
	usualWidth  = 17  // cm
	usualHeight = 10  // cm
	mostSize    = 100 // cm
	resolution  = 300 // dots an inch
	titleSize   = 11
	labelSize   = 9.5
	tickSize    = 8.5
	margin      = 6
)

var (
	ink   = color.Gray{0x22}
	faint = color.Gray{0xe4}
)

// canvas is what a picture is drawn on and written from.
type canvas interface {
	vg.CanvasSizer
	io.WriterTo
}

// newCanvas returns an empty one.
func newCanvas(format Format, width, height vg.Length) (canvas, error) {
	switch format {
	case PNG:
		return vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(resolution))}, nil
	case SVG:
		return vgsvg.New(width, height), nil
	case PDF:
		return outlined{vgpdf.New(width, height)}, nil
	}
	return nil, errors.Errorf("plot: format, got %q, want %s, %s or %s", format, PNG, SVG, PDF)
}

// Encode draws the figure in a format.
func (f Figure) Encode(format Format) ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	p, err := f.plot()
	if err != nil {
		return nil, errors.WithMessagef(err, "plot: figure %q", f.Name)
	}
	labels := f.labels()
	width, height := f.size(labels)
	b, err := paint(format, width, height, func(whole draw.Canvas) { f.paint(whole, p, labels) })
	return b, errors.WithMessagef(err, "plot: figure %q", f.Name)
}

// paint draws the axes with the series, the title and the labels.
func (f Figure) paint(whole draw.Canvas, p *gonum.Plot, labels labels) {
	top := vg.Points(margin)
	if f.Title != "" {
		top += vg.Points(titleSize + margin)
	}
	inner := draw.Crop(whole, vg.Points(margin), -labels.width()-vg.Points(margin), vg.Points(margin), -top)
	p.Draw(inner)
	data := p.DataCanvas(inner)
	if f.Title != "" {
		s := sans(titleSize)
		s.YAlign = draw.YTop
		whole.FillText(s, vg.Point{X: data.Min.X, Y: whole.Max.Y - vg.Points(margin)}, f.Title)
	}
	labels.draw(whole, data, p)
}

// pdfDate is a time in a PDF.
var pdfDate = regexp.MustCompile(`/(CreationDate|ModDate) \(D:\d{14}`)

// settled takes out of a file what is of this moment or machine: the time in a PDF,
// so that the same figure is the same bytes, and fonts of an SVG that the reader may
// not have.
func settled(file []byte, format Format) []byte {
	switch format {
	case SVG:
		file = bytes.ReplaceAll(file, []byte("data:image/jpg;base64,iVBOR"), []byte("data:image/png;base64,iVBOR")) // as they are
		return bytes.ReplaceAll(file, []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	case PDF:
		return pdfDate.ReplaceAll(file, []byte("/$1 (D:19700101000000"))
	}
	return file
}

// size is that of the picture.
func (f Figure) size(l labels) (width, height vg.Length) {
	width, height = usualWidth*vg.Centimeter, usualHeight*vg.Centimeter
	if f.Width > 0 {
		width = vg.Length(f.Width) * vg.Centimeter
	}
	if f.Height > 0 {
		height = vg.Length(f.Height) * vg.Centimeter
	}
	return max(width, 2*l.width()), max(height, l.height()+vg.Points(4*margin+titleSize))
}

// sans returns the style of a text.
func sans(size vg.Length) text.Style {
	return text.Style{
		Color: ink, Handler: text.Plain{Fonts: font.DefaultCache},
		Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
	}
}

// plot returns the axes with the series on them.
func (f Figure) plot() (*gonum.Plot, error) {
	p := gonum.New()
	p.X.Label.Text, p.Y.Label.Text = f.X.Label, f.Y.Label
	for _, a := range []*gonum.Axis{&p.X, &p.Y} {
		label, tick := sans(labelSize), sans(tickSize)
		label.XAlign, label.YAlign = a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign
		tick.XAlign, tick.YAlign = a.Tick.Label.XAlign, a.Tick.Label.YAlign
		label.Rotation = a.Label.TextStyle.Rotation
		a.Label.TextStyle, a.Tick.Label = label, tick
		a.Label.Padding, a.Padding = vg.Points(4), vg.Points(3)
		a.LineStyle.Color, a.Tick.LineStyle.Color = ink, ink
		a.LineStyle.Width, a.Tick.LineStyle.Width, a.Tick.Length = vg.Points(0.6), vg.Points(0.6), vg.Points(3.5)
	}
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Vertical.Color, grid.Horizontal.Color = color.Transparent, faint
	p.Add(grid)
	colors := f.colors()
	places := f.places()
	for i, s := range f.Series {
		if err := f.add(p, s, colors[i], places[i]); err != nil {
			return nil, errors.WithMessagef(err, "series %q", s.Name)
		}
	}
	f.axes(p)
	return p, nil
}
