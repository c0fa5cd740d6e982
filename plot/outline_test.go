package plot

import (
	"bytes"
	"image/color"
	"testing"
)

func TestStraightColor(t *testing.T) {
	for _, c := range []color.NRGBA{{200, 100, 0, 64}, {1, 2, 3, 255}} {
		r, g, b, a := straight{c}.RGBA()
		if got := (color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), uint8(a >> 8)}); got != c {
			t.Errorf("got %v, want %v", got, c)
		}
	}
}

// A PDF needs no font: every letter is drawn, whatever its alphabet.
func TestPDFHasNoFont(t *testing.T) {
	size := map[string]int{}
	for _, title := range []string{"", "φ → ½", "\U0010fffd"} {
		b, err := Figure{Title: title, Series: []Series{{Name: "s", X: []float64{1}, Y: []float64{1}}}}.Encode(PDF)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte("/FontFile")) || bytes.Contains(b, []byte("/BaseFont")) {
			t.Errorf("title %q: the PDF has a font", title)
		}
		size[title] = len(b)
	}
	if size["φ → ½"] < size[""]+100 {
		t.Errorf("got %d bytes with a title of Greek and %d without, want its outlines", size["φ → ½"], size[""])
	}
}
