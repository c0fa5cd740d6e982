package plot

import (
	"bytes"
	"image/color"
	imagedraw "image/draw"

	"github.com/pkg/errors"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Drawing is a picture of anything, such as a schematic, in the formats of figures.
type Drawing struct {
	// Name is what errors call it.
	Name string
	// Width and Height are the size in centimetres. Zero means 17 and 10.
	Width, Height float64
	// Paint draws on a white canvas. Colours are those of [Color], texts those of [Sans].
	Paint func(draw.Canvas)
}

// Encode draws in a format.
func (d Drawing) Encode(format Format) ([]byte, error) {
	width, height := d.Width, d.Height
	if width == 0 {
		width = usualWidth
	}
	if height == 0 {
		height = usualHeight
	}
	if !(width > 0 && height > 0 && width <= mostSize && height <= mostSize) {
		return nil, errors.Errorf("plot: drawing %q: size, got %v by %v cm, want at most %d, or 0 for %d by %d", d.Name, d.Width, d.Height, mostSize, usualWidth, usualHeight)
	}
	b, err := paint(format, vg.Length(width)*vg.Centimeter, vg.Length(height)*vg.Centimeter, d.Paint)
	return b, errors.WithMessagef(err, "plot: drawing %q", d.Name)
}

// Save writes the drawing to a file, in the format of the name's ending: .png, .svg or
// .pdf. The folder has to exist.
func (d Drawing) Save(path string) error { return save(path, d.Encode) }

// paint draws on a white canvas and returns the file.
func paint(format Format, width, height vg.Length, with func(draw.Canvas)) ([]byte, error) {
	on, err := newCanvas(format, width, height)
	if err != nil {
		return nil, err
	}
	whole := draw.New(on)
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	with(whole)
	if pixels, ok := on.(interface{ Image() imagedraw.Image }); ok {
		return smallPNG(pixels.Image())
	}
	var b bytes.Buffer
	if _, err := on.WriteTo(&b); err != nil {
		return nil, errors.Wrap(err, "plot")
	}
	return settled(b.Bytes(), format), nil
}

// Sans is the style of all texts, of a size in points.
func Sans(size float64) text.Style { return sans(vg.Points(size)) }

// RGBA implements [color.Color]. Automatic is black.
func (c Color) RGBA() (r, g, b, a uint32) {
	if c <= Automatic || int(c) >= len(rgb) {
		c = Black
	}
	return rgb[c].RGBA()
}
