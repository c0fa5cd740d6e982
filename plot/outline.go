package plot

import (
	"image/color"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgpdf"
)

// outlined is a PDF whose text is drawn as outlines: the fonts that gonum puts into
// a PDF have no letters but those of western Europe, no φ and no →.
type outlined struct{ *vgpdf.Canvas }

// SetColor sets the colour. gonum gives a PDF colours that are darkened by their
// opacity already, and the opacity as well.
func (o outlined) SetColor(c color.Color) {
	if c == nil {
		c = color.Black
	}
	o.Canvas.SetColor(straight{c})
}

// straight is a colour that is not darkened by its opacity.
type straight struct{ color.Color }

// RGBA implements color.Color, but for the opacity.
func (s straight) RGBA() (r, g, b, a uint32) {
	c := color.NRGBA64Model.Convert(s.Color).(color.NRGBA64)
	return uint32(c.R), uint32(c.G), uint32(c.B), uint32(c.A)
}

// FillString draws a text. A letter that the font does not have is left out.
func (o outlined) FillString(f font.Face, at vg.Point, s string) {
	units := fixed.Int26_6(f.Face.UnitsPerEm()) // so that coordinates are the font's own
	scale := f.Font.Size / vg.Length(units)
	var buffer sfnt.Buffer
	var previous sfnt.GlyphIndex
	var path vg.Path
	for i, letter := range []rune(s) {
		glyph, err := f.Face.GlyphIndex(&buffer, letter)
		if err != nil {
			continue
		}
		if i > 0 {
			if kern, err := f.Face.Kern(&buffer, previous, glyph, units, 0); err == nil {
				at.X += vg.Length(kern) * scale
			}
		}
		if segments, err := f.Face.LoadGlyph(&buffer, glyph, units, nil); err == nil {
			path = appendGlyph(path, segments, at, scale)
		}
		if advance, err := f.Face.GlyphAdvance(&buffer, glyph, units, 0); err == nil {
			at.X += vg.Length(advance) * scale
		}
		previous = glyph
	}
	if len(path) > 0 {
		o.Fill(path)
	}
}

// appendGlyph appends the outline of a letter that stands at a point.
func appendGlyph(path vg.Path, segments sfnt.Segments, at vg.Point, scale vg.Length) vg.Path {
	to := func(p fixed.Point26_6) vg.Point { // y of a font goes down
		return vg.Point{X: at.X + vg.Length(p.X)*scale, Y: at.Y - vg.Length(p.Y)*scale}
	}
	for i, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if i > 0 {
				path.Close()
			}
			path.Move(to(s.Args[0]))
		case sfnt.SegmentOpLineTo:
			path.Line(to(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			path.QuadTo(to(s.Args[0]), to(s.Args[1]))
		case sfnt.SegmentOpCubeTo:
			path.CubeTo(to(s.Args[0]), to(s.Args[1]), to(s.Args[2]))
		}
	}
	if len(segments) > 0 {
		path.Close()
	}
	return path
}
