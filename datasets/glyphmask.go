package datasets

import (
	"image"
	"math"
	"sync"

	"github.com/pkg/errors"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gobolditalic"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/gomediumitalic"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/gomonobolditalic"
	"golang.org/x/image/font/gofont/gomonoitalic"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

const (
	maskRatio = 4                    // mask pixels to an image pixel
	maskSide  = maskRatio * glyphBox // mask pixels a side
	glyphBox  = 32                   // image pixels a side: room for a stroke made thicker
	digitTall = 17.5                 // image pixels that a digit is high before it is scaled
)

// mask is a digit of one font as a signed distance to its outline, in image pixels,
// negative inside. A distance, unlike a coverage, gives an edge of any thickness by
// moving one threshold.
type mask [maskSide * maskSide]float32

// glyphMasks renders the digits of every font once: masks()[font][digit]. Nothing writes
// them afterwards.
var glyphMasks = sync.OnceValues(renderMasks)

func glyphFonts() [][]byte {
	return [][]byte{
		goregular.TTF, goitalic.TTF, gomedium.TTF, gomediumitalic.TTF, gobold.TTF, gobolditalic.TTF,
		gomono.TTF, gomonoitalic.TTF, gomonobold.TTF, gomonobolditalic.TTF,
	}
}

func renderMasks() ([][10]*mask, error) {
	var out [][10]*mask
	for k, ttf := range glyphFonts() {
		parsed, err := opentype.Parse(ttf)
		if err != nil {
			return nil, errors.Wrapf(err, "datasets: glyphs: font %d", k)
		}
		// A first face measures the digits, a second draws them at the height wanted.
		tall, err := digitHeight(parsed, 100)
		if err != nil {
			return nil, errors.WithMessagef(err, "datasets: glyphs: font %d", k)
		}
		face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 100 * digitTall * maskRatio / tall, DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			return nil, errors.Wrapf(err, "datasets: glyphs: font %d", k)
		}
		var digits [10]*mask
		for d := range digits {
			if digits[d], err = renderDigit(face, rune('0'+d)); err != nil {
				return nil, errors.WithMessagef(err, "datasets: glyphs: font %d", k)
			}
		}
		out = append(out, digits)
	}
	return out, nil
}

// digitHeight is the height of a font's 8, in pixels, at a size in points of 1/72 inch at
// 72 dots an inch.
func digitHeight(f *opentype.Font, size float64) (float64, error) {
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return 0, errors.Wrap(err, "face")
	}
	box, _, ok := face.GlyphBounds('8')
	if !ok || box.Empty() {
		return 0, errors.New("digit 8, got no outline, want one")
	}
	return float64(box.Max.Y-box.Min.Y) / 64, nil
}

// renderDigit draws a digit with the centre of its bounding box in the centre of the
// mask.
func renderDigit(face font.Face, digit rune) (*mask, error) {
	box, _, ok := face.GlyphBounds(digit)
	if !ok || box.Empty() {
		return nil, errors.Errorf("digit %c, got no outline, want one", digit)
	}
	centre := fixed.Int26_6(maskSide * 64 / 2)
	dot := fixed.Point26_6{X: centre - (box.Min.X+box.Max.X)/2, Y: centre - (box.Min.Y+box.Max.Y)/2}
	to, coverage, from, _, ok := face.Glyph(dot, digit)
	if !ok || !to.In(image.Rect(1, 1, maskSide-1, maskSide-1)) {
		return nil, errors.Errorf("digit %c, got bounds %v, want them inside %d pixels", digit, to, maskSide)
	}
	var inside [maskSide * maskSide]bool
	for y := to.Min.Y; y < to.Max.Y; y++ {
		for x := to.Min.X; x < to.Max.X; x++ {
			_, _, _, alpha := coverage.At(from.X+x-to.Min.X, from.Y+y-to.Min.Y).RGBA()
			inside[y*maskSide+x] = alpha >= 0x8000
		}
	}
	toInk, toPaper := squaredDistance(&inside, true), squaredDistance(&inside, false)
	out := new(mask)
	for i := range out {
		d := math.Sqrt(toInk[i]) - 0.5 // the outline runs half-way between an ink and a paper pixel
		if inside[i] {
			d = 0.5 - math.Sqrt(toPaper[i])
		}
		out[i] = float32(d / maskRatio)
	}
	return out, nil
}

// squaredDistance is, for each pixel, the squared Euclidean distance to the nearest pixel
// whose inside equals want, or far² when that is farther than any threshold asks for.
//
// Source: P. Felzenszwalb, D. Huttenlocher, Distance Transforms of Sampled Functions,
// Theory of Computing 8 (2012). Differs from: each row's minimum is found by search
// instead of a lower envelope, which within a short distance is as fast.
func squaredDistance(inside *[maskSide * maskSide]bool, want bool) []float64 {
	const far = 4 * maskRatio
	column := make([]int, maskSide*maskSide) // distance to the nearest within the column
	for x := range maskSide {
		last := -2 * maskSide
		for y := range maskSide {
			if inside[y*maskSide+x] == want {
				last = y
			}
			column[y*maskSide+x] = y - last
		}
		last = 3 * maskSide
		for y := maskSide - 1; y >= 0; y-- {
			if inside[y*maskSide+x] == want {
				last = y
			}
			column[y*maskSide+x] = min(column[y*maskSide+x], last-y)
		}
	}
	out := make([]float64, maskSide*maskSide)
	for y := range maskSide {
		row := column[y*maskSide : (y+1)*maskSide]
		for x := range maskSide {
			best := min(far*far, row[x]*row[x])
			for step := 1; step*step < best; step++ {
				if x >= step {
					best = min(best, step*step+row[x-step]*row[x-step])
				}
				if x+step < maskSide {
					best = min(best, step*step+row[x+step]*row[x+step])
				}
			}
			out[y*maskSide+x] = float64(best)
		}
	}
	return out
}
