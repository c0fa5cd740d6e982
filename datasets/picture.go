package datasets

import (
	"image"
	"image/color"
	"math"

	"github.com/pkg/errors"
)

// PictureSettings lay out samples in a picture.
type PictureSettings struct {
	// Columns is the number of samples side by side. Zero makes the picture about square.
	Columns int
	// Zoom is the side of a sample's pixel in the picture. Zero means 3.
	Zoom int
}

// Picture draws samples side by side, row by row, with a gap of one pixel: it undoes the
// normalization and clips to black and white, or to each colour.
//
//	x: (samples, size), row-major      shape: [rows columns], [1 rows columns] or [3 rows columns], the last in red, green, blue
//
// NaN is drawn in the blue of a pixel that is not known. The shape of anything else but
// an image is an error.
func Picture(x []float64, shape []int, n Normalization, s PictureSettings) (image.Image, error) {
	size, err := checkShape("picture", shape)
	if err != nil {
		return nil, err
	}
	channels, rows, columns := 1, shape[0], shape[len(shape)-1]
	if len(shape) == 3 {
		channels, rows = shape[0], shape[1]
	}
	switch {
	case len(shape) < 2 || len(shape) > 3 || channels != 1 && channels != 3:
		return nil, errors.Errorf("datasets: picture: shape, got %v, want [rows columns], or 1 or 3 channels of them", shape)
	case len(x) == 0 || len(x)%size != 0:
		return nil, errors.Errorf("datasets: picture: got %d numbers, want samples of %d", len(x), size)
	case s.Columns < 0 || s.Zoom < 0:
		return nil, errors.Errorf("datasets: picture: columns and zoom, got %d and %d, want at least 0 (0 means the default)", s.Columns, s.Zoom)
	}
	samples, zoom, across := len(x)/size, s.Zoom, s.Columns
	if zoom == 0 {
		zoom = 3
	}
	if across == 0 {
		across = int(math.Ceil(math.Sqrt(float64(samples))))
	}
	across = min(across, samples)
	down := (samples-1)/across + 1
	const most = 1 << 14
	if across*(columns*zoom+1) > most || down*(rows*zoom+1) > most {
		return nil, errors.Errorf("datasets: picture: got %d samples of %v, which are more than %d pixels in a row or column; draw fewer", samples, shape, most)
	}
	out := image.NewRGBA(image.Rect(0, 0, across*(columns*zoom+1)+1, down*(rows*zoom+1)+1))
	for i := range out.Pix {
		out.Pix[i] = 255 // the gaps are white
	}
	for k := range samples {
		left, top := k%across*(columns*zoom+1)+1, k/across*(rows*zoom+1)+1
		for i := range rows * zoom {
			for j := range columns * zoom {
				c := n.colour(x[k*size:(k+1)*size], channels, i/zoom*columns+j/zoom)
				out.SetRGBA(left+j, top+i, c)
			}
		}
	}
	return out, nil
}

// colour returns the colour of a pixel of a sample.
func (n Normalization) colour(x []float64, channels, pixel int) color.RGBA {
	var c [3]uint8
	for k := range channels {
		v := x[k*len(x)/channels+pixel]
		if math.IsNaN(v) {
			return color.RGBA{R: 120, G: 160, B: 230, A: 255}
		}
		c[k] = uint8(math.Round(255 * min(1, max(0, v*entry(n.Std, k, 1)+entry(n.Mean, k, 0)))))
	}
	if channels == 1 {
		c[1], c[2] = c[0], c[0]
	}
	return color.RGBA{R: c[0], G: c[1], B: c[2], A: 255}
}
