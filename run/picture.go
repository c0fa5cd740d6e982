package run

import (
	"image"
	"image/color"
	"math"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/relax"
)

// Pictures draws samples of the data of some settings.
type Pictures struct {
	// Shape is that of a sample, see [datasets.Picture].
	Shape []int

	normalization datasets.Normalization
}

// Pictures returns what draws samples of the data, in the range of some of them if what
// they were normalised by is not known; ok is false if samples are no pictures.
func (s *Settings) Pictures(x []float64) (p Pictures, ok bool) {
	d, err := s.sizes()
	if err != nil || d.text || len(x) == 0 || !isPicture(d.Shape) {
		return p, false
	}
	p.Shape, p.normalization = d.Shape, s.Normalization()
	if isFiles(s.Data) || s.Pixels != UnitPixels && p.normalization.Mean == nil {
		least, most := slices.Min(x), slices.Max(x)
		scale := 1 / max(most-least, math.SmallestNonzeroFloat32)
		p.normalization = datasets.Normalization{Mean: []float64{-least * scale}, Std: []float64{scale}}
	}
	return p, true
}

// isPicture reports whether a shape has rows, columns and a channel or three.
func isPicture(shape []int) bool {
	switch len(shape) {
	case 2:
		return shape[0] > 1 && shape[1] > 1
	case 3:
		return (shape[0] == 1 || shape[0] == 3) && shape[1] > 1 && shape[2] > 1
	}
	return false
}

// Draw draws samples side by side.
func (p Pictures) Draw(x []float64, s datasets.PictureSettings) (image.Image, error) {
	return datasets.Picture(x, p.Shape, p.normalization, s)
}

// weightPictures draws weights from or to a picture, of units side by side: blue below 0,
// white at 0, red above, the same for all units. at returns the place of a weight.
func weightPictures(w relax.Vector, units int, shape []int, at func(unit, pixel int) int) (image.Image, error) {
	if !isPicture(shape) {
		return nil, errors.Errorf("run: picture of weights: shape, got %v, want rows and columns", shape)
	}
	rows, columns := shape[len(shape)-2], shape[len(shape)-1]
	channels, zoom := 1, max(1, 28/max(rows, columns))
	if len(shape) == 3 {
		channels = shape[0]
	}
	across := int(math.Ceil(math.Sqrt(float64(units))))
	down := (units + across - 1) / across
	out := image.NewRGBA(image.Rect(0, 0, across*(columns*zoom+1)+1, down*(rows*zoom+1)+1))
	for i := range out.Pix {
		out.Pix[i] = 255
	}
	value := func(unit, pixel int) float64 { // of several channels the mean
		sum := 0.0
		for c := range channels {
			sum += w.At(at(unit, c*rows*columns+pixel))
		}
		return sum / float64(channels)
	}
	largest := math.SmallestNonzeroFloat64
	for unit := range units {
		for pixel := range rows * columns {
			largest = max(largest, math.Abs(value(unit, pixel)))
		}
	}
	for unit := range units {
		left, top := unit%across*(columns*zoom+1)+1, unit/across*(rows*zoom+1)+1
		for y := range rows * zoom {
			for x := range columns * zoom {
				out.SetRGBA(left+x, top+y, signed(value(unit, y/zoom*columns+x/zoom)/largest))
			}
		}
	}
	return out, nil
}

// signed is the colour of a number from −1 to 1.
func signed(x float64) color.RGBA {
	to := color.RGBA{R: 178, G: 24, B: 43, A: 255}
	if x < 0 {
		to, x = color.RGBA{R: 33, G: 102, B: 172, A: 255}, -x
	}
	mix := func(c uint8) uint8 { return uint8(math.Round(255 + x*(float64(c)-255))) }
	return color.RGBA{R: mix(to.R), G: mix(to.G), B: mix(to.B), A: 255}
}
