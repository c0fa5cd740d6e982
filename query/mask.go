package query

import (
	"math/rand/v2"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
)

// Side names a half of an image.
type Side string

// The sides.
const (
	Left   Side = "left"
	Right  Side = "right"
	Top    Side = "top"
	Bottom Side = "bottom"
)

// HideHalf returns the units of an image that remain known when one half is hidden, for
// [Question.Known]. The last two axes of the shape are rows and columns; earlier axes
// are channels. If their number is odd, the middle stays known.
func HideHalf(shape graph.Shape, side Side) ([]bool, error) {
	if len(shape) < 2 {
		return nil, errors.Errorf("query: half of shape %v: want rows and columns, for example [28 28]; give the shape of the image, not of a flat node", shape)
	}
	rows, columns := shape[len(shape)-2], shape[len(shape)-1]
	known := make([]bool, shape.Size())
	for i := range known {
		row, column := i/columns%rows, i%columns
		switch side {
		case Left:
			known[i] = column >= columns/2
		case Right:
			known[i] = column < columns-columns/2
		case Top:
			known[i] = row >= rows/2
		case Bottom:
			known[i] = row < rows-rows/2
		default:
			return nil, errors.Errorf("query: half: side, got %q, want left, right, top or bottom", side)
		}
	}
	return known, nil
}

// HideRandom hides each unit with a probability and returns the known units, for
// [Question.Known].
func HideRandom(units int, probability float64, rng *rand.Rand) ([]bool, error) {
	if !(probability >= 0 && probability <= 1) {
		return nil, errors.Errorf("query: hidden units: probability, got %v, want 0 to 1", probability)
	}
	known := make([]bool, units)
	for i := range known {
		known[i] = rng.Float64() >= probability
	}
	return known, nil
}
