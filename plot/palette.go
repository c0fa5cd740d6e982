package plot

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"slices"

	"github.com/pkg/errors"
)

// mostColors is how many colours a small PNG can have.
const mostColors = 256

// smallPNG returns a PNG with the most frequent 256 colours, to the nearest of which the
// others are moved: the edges of letters and lines, which have hundreds of shades, become
// no worse to the eye, and the file a third of the size.
func smallPNG(im image.Image) ([]byte, error) {
	full, ok := im.(*image.RGBA)
	if !ok {
		full = image.NewRGBA(im.Bounds())
		draw.Draw(full, full.Rect, im, full.Rect.Min, draw.Src)
	}
	shades := count(full)
	index := map[uint32]uint8{}
	palette := make(color.Palette, min(mostColors, len(shades)))
	for i := range palette {
		palette[i] = color.RGBA{uint8(shades[i] >> 24), uint8(shades[i] >> 16), uint8(shades[i] >> 8), uint8(shades[i])}
	}
	for _, c := range shades {
		index[c] = uint8(nearest(c, shades[:len(palette)]))
	}
	out := image.NewPaletted(full.Rect, palette)
	last, at := ^uint32(0), uint8(0)
	for i := range out.Pix {
		if c := binary.BigEndian.Uint32(full.Pix[4*i:]); c != last {
			last, at = c, index[c]
		}
		out.Pix[i] = at
	}
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&b, out); err != nil {
		return nil, errors.Wrap(err, "png")
	}
	return b.Bytes(), nil
}

// count returns the colours, the most frequent first.
func count(im *image.RGBA) []uint32 {
	counts := map[uint32]int{}
	for i := 0; i < len(im.Pix); {
		c, from := binary.BigEndian.Uint32(im.Pix[i:]), i
		for i < len(im.Pix) && binary.BigEndian.Uint32(im.Pix[i:]) == c {
			i += 4
		}
		counts[c] += i - from
	}
	return slices.SortedFunc(maps.Keys(counts), func(a, b uint32) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}

// nearest returns which colour of a list is the nearest.
func nearest(c uint32, list []uint32) int {
	best, least := 0, -1
	for k, other := range list {
		d := 0
		for shift := 0; shift < 32; shift += 8 {
			e := int(c>>shift&255) - int(other>>shift&255)
			d += e * e
		}
		if least < 0 || d < least {
			best, least = k, d
		}
	}
	return best
}
