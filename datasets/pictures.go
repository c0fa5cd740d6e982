package datasets

import (
	"bytes"
	"image"
	_ "image/jpeg" // registered for image.Decode
	_ "image/png"

	"github.com/pkg/errors"
	"golang.org/x/image/draw"
)

// Pictures collects encoded pictures, PNG or JPEG, as an [Array] of 8-bit pixels.
//
//	(pictures, rows, columns) in grey      (pictures, 3, rows, columns) in red, green, blue
//
// What is transparent is drawn on black, and 16 bits become 8. An orientation that a
// camera notes beside the picture is not followed.
type Pictures struct {
	// Rows and Columns are the size to which pictures are resized, by bicubic
	// interpolation (Catmull-Rom) and without regard to their proportions. Zero, both,
	// means as they are: all have to be of the size of the first.
	Rows    int `json:"rows,omitempty"`
	Columns int `json:"columns,omitempty"`
	// Channels is 1 for grey or 3 for colours. Zero means grey if every picture is stored
	// in grey, else colours.
	Channels int `json:"channels,omitempty"`

	pixels        []uint8
	n             int
	channels      int // so far
	rows, columns int
	first         string
}

const (
	// picturePixels bounds a picture: 8192 × 8192.
	picturePixels = 1 << 26
	// pixelsPerByte is more than a byte of a file can be packed into: 8 pixels of a bit
	// each for every byte that deflate unpacks.
	pixelsPerByte = 8 * maxDeflate
)

// Add decodes a picture. An error names it, as name. What a picture says of its size is
// believed only as far as so many pixels can have been packed into its bytes.
func (p *Pictures) Add(name string, data []byte) error {
	if p.Rows < 0 || p.Columns < 0 || (p.Rows == 0) != (p.Columns == 0) || p.Channels != 0 && p.Channels != 1 && p.Channels != 3 {
		return errors.Errorf("Rows, Columns and Channels, got %d, %d and %d, want a size or zeros, and 0, 1 or 3 channels", p.Rows, p.Columns, p.Channels)
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return errors.Errorf("%s: got no picture that can be read (%v), want PNG or JPEG; convert it, or remove it%s", name, err, guess(data[:min(len(data), 16)]))
	}
	rows, columns := config.Height, config.Width
	if rows < 1 || columns < 1 || rows > picturePixels/columns || rows*columns > pixelsPerByte*len(data) {
		return errors.Errorf("%s: got a %s of %d × %d pixels in %d bytes, want at most %d pixels and no more than fit; the picture is damaged", name, format, rows, columns, len(data), picturePixels)
	}
	resized := p.Rows > 0
	if resized {
		rows, columns = p.Rows, p.Columns
	}
	switch {
	case p.n == 0:
		p.first, p.rows, p.columns = name, rows, columns
	case rows != p.rows || columns != p.columns:
		return errors.Errorf("%s: got %d × %d pixels, want the %d × %d of %s; resize it, or say Rows and Columns", name, rows, columns, p.rows, p.columns, p.first)
	}
	if (p.n+1)*rows*columns > 1<<31-1 {
		return errors.Errorf("%s: got more than %d pixels in all, want fewer; say smaller Rows and Columns", name, 1<<31-1)
	}
	decoded, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return errors.Errorf("%s: got a %s that cannot be read (%v), want a whole one; replace it, or remove it", name, format, err)
	}
	grey := isGrey(decoded)
	canvas := image.NewRGBA(image.Rect(0, 0, columns, rows))
	draw.Draw(canvas, canvas.Bounds(), image.Black, image.Point{}, draw.Src)
	if resized && (decoded.Bounds().Dx() != columns || decoded.Bounds().Dy() != rows) {
		draw.CatmullRom.Scale(canvas, canvas.Bounds(), decoded, decoded.Bounds(), draw.Over, nil)
	} else {
		draw.Draw(canvas, canvas.Bounds(), decoded, decoded.Bounds().Min, draw.Over)
	}
	p.append(canvas, grey)
	return nil
}

// isGrey reports whether a picture is stored in grey.
func isGrey(m image.Image) bool {
	switch m.(type) {
	case *image.Gray, *image.Gray16:
		return true
	}
	return false
}

// append adds the pixels of a picture.
func (p *Pictures) append(m *image.RGBA, grey bool) {
	channels := p.Channels
	switch {
	case channels == 0 && grey && p.channels != 3:
		channels = 1
	case channels == 0:
		channels = 3
	}
	if p.channels == 1 && channels == 3 {
		p.colour()
	}
	p.channels = channels
	p.n++
	size := p.rows * p.columns
	for c := range channels {
		for i := range size {
			r, g, b := m.Pix[4*i], m.Pix[4*i+1], m.Pix[4*i+2]
			v := m.Pix[4*i+c]
			if channels == 1 {
				v = luminance(r, g, b)
			}
			p.pixels = append(p.pixels, v)
		}
	}
}

// luminance is the grey of a colour, that of a grey one unchanged.
//
// Source: ITU-R BT.601, as in JPEG.
func luminance(r, g, b uint8) uint8 {
	return uint8((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16)
}

// colour turns what was collected in grey into colours.
func (p *Pictures) colour() {
	size := p.rows * p.columns
	out := make([]uint8, 0, 3*len(p.pixels))
	for i := range p.n {
		for range 3 {
			out = append(out, p.pixels[i*size:(i+1)*size]...)
		}
	}
	p.pixels = out
}

// Array returns the pictures, which the Pictures then no longer hold. It is an error if
// there are none.
func (p *Pictures) Array() (*Array, error) {
	if p.n == 0 {
		return nil, errors.New("got no picture, want at least 1")
	}
	a := &Array{Shape: []int{p.n, p.rows, p.columns}, Type: "uint8", Bytes: p.pixels}
	if p.channels == 3 {
		a.Shape = []int{p.n, 3, p.rows, p.columns}
	}
	p.pixels, p.n, p.channels = nil, 0, 0
	return a, nil
}
