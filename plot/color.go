package plot

import "image/color"

// Color is one of a palette that people with any kind of colour vision can tell
// apart, in print and on screen.
//
// Source: Okabe and Ito, "Color universal design" (2008).
type Color int

// The palette.
const (
	// Automatic is the next colour that no series of the figure names.
	Automatic Color = iota
	Blue
	Vermilion
	Green
	Purple
	Orange
	Sky
	Gray
	Black
)

// rgb are the colours from Blue on.
var rgb = [...]color.NRGBA{
	Blue: {0x00, 0x72, 0xb2, 0xff}, Vermilion: {0xd5, 0x5e, 0x00, 0xff}, Green: {0x00, 0x9e, 0x73, 0xff},
	Purple: {0xcc, 0x79, 0xa7, 0xff}, Orange: {0xe6, 0x9f, 0x00, 0xff}, Sky: {0x56, 0xb4, 0xe9, 0xff},
	Gray: {0x70, 0x70, 0x70, 0xff}, Black: {0x00, 0x00, 0x00, 0xff},
}

// colors returns the colour of every series.
func (f Figure) colors() []color.NRGBA {
	named := map[Color]bool{}
	for _, s := range f.Series {
		named[s.Color] = true
	}
	var free []Color
	for c := Blue; c < Gray; c++ {
		if !named[c] {
			free = append(free, c)
		}
	}
	if len(free) == 0 {
		free = []Color{Gray}
	}
	out, next := make([]color.NRGBA, len(f.Series)), 0
	for i, s := range f.Series {
		c := s.Color
		if c == Automatic {
			c = free[next%len(free)]
			next++
		}
		out[i] = rgb[c]
	}
	return out
}

// pale returns the colour as it is over white at an opacity, so that the picture
// has none of its own where formats differ in it.
func pale(c color.NRGBA, opacity float64) color.NRGBA {
	mix := func(v uint8) uint8 { return uint8(255 - opacity*(255-float64(v)) + 0.5) }
	return color.NRGBA{mix(c.R), mix(c.G), mix(c.B), 0xff}
}

// clear returns the colour at an opacity.
func clear(c color.NRGBA, opacity float64) color.NRGBA {
	c.A = uint8(255*opacity + 0.5)
	return c
}
