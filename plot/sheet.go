package plot

import (
	"image"
	"image/color"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sheet is a table of small pictures, such as samples of a data set, with names of rows
// and columns. Pixels stay squares however far they are scaled up.
type Sheet struct {
	// Name is what errors call it.
	Name string
	// Title stands above. Empty means none.
	Title string
	// Rows and Columns are the names at the left and above. Nil means none.
	Rows, Columns []string
	// Pictures are the rows. One that is nil is left white.
	Pictures [][]image.Image
	// Side is the largest width of a picture in centimetres, of which as much is used as
	// makes a pixel a whole number of dots at 300 dpi. Zero means 1.2.
	Side float64
}

// unknown is the colour of a pixel that is not a number.
var unknown = color.NRGBA{R: 0x8f, G: 0xb8, B: 0xd8, A: 0xff}

// Pixels returns the picture of numbers from 0, black, to 1, white, row by row; beyond
// them it is black and white, and NaN is pale blue.
func Pixels(values []float64, columns int) (image.Image, error) {
	if columns < 1 || len(values) == 0 || len(values)%columns != 0 {
		return nil, errors.Errorf("plot: pixels: got %d numbers in %d columns, want full rows", len(values), columns)
	}
	out := image.NewNRGBA(image.Rect(0, 0, columns, len(values)/columns))
	for i, v := range values {
		c := unknown
		if !math.IsNaN(v) {
			g := uint8(math.Round(255 * min(1, max(0, v))))
			c = color.NRGBA{g, g, g, 0xff}
		}
		out.SetNRGBA(i%columns, i/columns, c)
	}
	return out, nil
}

// sheetGap is the space between two pictures, in points.
const sheetGap = 3

// Encode draws the sheet in a format.
func (s Sheet) Encode(format Format) ([]byte, error) {
	l, err := s.layout()
	if err != nil {
		return nil, errors.WithMessagef(err, "plot: sheet %q", s.Name)
	}
	b, err := paint(format, l.width, l.height, func(c draw.Canvas) { s.paint(c, l) })
	return b, errors.WithMessagef(err, "plot: sheet %q", s.Name)
}

// Save writes the sheet to a file, in the format of the name's ending: .png, .svg or
// .pdf. The folder has to exist.
func (s Sheet) Save(path string) error { return save(path, s.Encode) }

// sheetLayout is where things stand, from the left and from the top.
type sheetLayout struct {
	columns       int
	picture       vg.Length // side of a picture
	side          vg.Length // with the gap
	left, top     vg.Length // of the first picture
	width, height vg.Length
}

// dots rounds a length up to whole dots of a PNG.
func dots(l vg.Length) vg.Length {
	return vg.Length(math.Ceil(float64(l)*resolution/72)) * 72 / resolution
}

func (s Sheet) layout() (sheetLayout, error) {
	l := sheetLayout{left: vg.Points(margin), top: vg.Points(margin)}
	for _, row := range s.Pictures {
		l.columns = max(l.columns, len(row))
	}
	switch {
	case l.columns == 0:
		return l, errors.New("no pictures")
	case s.Rows != nil && len(s.Rows) != len(s.Pictures):
		return l, errors.Errorf("names of rows, got %d, want %d, or nil for none", len(s.Rows), len(s.Pictures))
	case s.Columns != nil && len(s.Columns) != l.columns:
		return l, errors.Errorf("names of columns, got %d, want %d, or nil for none", len(s.Columns), l.columns)
	case !(s.Side >= 0 && s.Side*float64(max(l.columns, len(s.Pictures))) <= mostSize):
		return l, errors.Errorf("side, got %v cm for %d by %d pictures, want at most %d cm together, or 0 for the default", s.Side, len(s.Pictures), l.columns, mostSize)
	}
	side := s.Side
	if side == 0 {
		side = 1.2
	}
	l.picture = dots(vg.Length(side) * vg.Centimeter)
	if pixels := s.pixels(); pixels > 0 { // a pixel is a whole number of dots
		dot := vg.Length(72) / resolution
		l.picture = max(1, vg.Length(math.Floor(float64(l.picture/dot)/float64(pixels)))) * vg.Length(pixels) * dot
	}
	l.side = l.picture + dots(vg.Points(sheetGap))
	for _, name := range s.Rows {
		l.left = max(l.left, sans(labelSize).Rectangle(name).Size().X+vg.Points(2*margin))
	}
	if s.Title != "" {
		l.top += vg.Points(titleSize + margin)
	}
	if s.Columns != nil {
		l.top += vg.Points(labelSize + 4)
	}
	l.left, l.top = dots(l.left), dots(l.top)
	l.width = l.left + vg.Length(l.columns)*l.side + dots(vg.Points(margin-sheetGap))
	l.height = l.top + vg.Length(len(s.Pictures))*l.side + dots(vg.Points(margin-sheetGap))
	return l, nil
}

// pixels is the largest side of a picture in pixels.
func (s Sheet) pixels() int {
	n := 0
	for _, row := range s.Pictures {
		for _, im := range row {
			if im != nil {
				n = max(n, im.Bounds().Dx(), im.Bounds().Dy())
			}
		}
	}
	return n
}

func (s Sheet) paint(c draw.Canvas, l sheetLayout) {
	top := c.Max.Y
	if s.Title != "" {
		style := sans(titleSize)
		style.YAlign = draw.YTop
		c.FillText(style, vg.Point{X: l.left, Y: top - vg.Points(margin)}, s.Title)
	}
	picture := l.picture
	for k, name := range s.Columns {
		style := sans(labelSize)
		style.XAlign, style.YAlign = draw.XCenter, draw.YBottom
		c.FillText(style, vg.Point{X: l.left + vg.Length(k)*l.side + picture/2, Y: top - l.top + vg.Points(3)}, name)
	}
	for i, row := range s.Pictures {
		high := top - l.top - vg.Length(i)*l.side
		if s.Rows != nil {
			style := sans(labelSize)
			style.XAlign, style.YAlign = draw.XRight, draw.YCenter
			c.FillText(style, vg.Point{X: l.left - vg.Points(margin), Y: high - picture/2}, s.Rows[i])
		}
		for k, im := range row {
			if im == nil || im.Bounds().Empty() {
				continue
			}
			size := im.Bounds().Size()
			height := picture * vg.Length(size.Y) / vg.Length(size.X)
			if size.Y > size.X {
				height = picture
			}
			left := l.left + vg.Length(k)*l.side
			at := vg.Rectangle{Min: vg.Point{X: left, Y: high - height}, Max: vg.Point{X: left + height*vg.Length(size.X)/vg.Length(size.Y), Y: high}}
			c.DrawImage(at, enlarge(im, int(math.Ceil(float64(picture)*resolution/72/float64(max(size.X, size.Y))))))
		}
	}
}

// enlarge makes squares of pixels, so that scaling does not blur them.
func enlarge(im image.Image, zoom int) image.Image {
	b := im.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx()*zoom, b.Dy()*zoom))
	for y := range b.Dy() * zoom {
		for x := range b.Dx() * zoom {
			out.Set(x, y, im.At(b.Min.X+x/zoom, b.Min.Y+y/zoom))
		}
	}
	return out
}
