package plot_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg/draw"

	"github.com/seed-be841da4/prospect/plot"
)

// decode returns the pixels of a PNG.
func decode(t *testing.T, file []byte, err error) image.Image {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	im, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// checkers is a sheet of one picture of two by two pixels, black and white, and a gap.
func checkers(t *testing.T) plot.Sheet {
	t.Helper()
	one, err := plot.Pixels([]float64{0, 1, 1, 0}, 2)
	if err != nil {
		t.Fatal(err)
	}
	return plot.Sheet{
		Name: "checkers", Title: "two of them", Rows: []string{"first", "second"}, Columns: []string{"left", "right"}, Side: 2,
		Pictures: [][]image.Image{{one, one}, {one, nil}},
	}
}

// Pixels are squares of a whole number of dots, with sharp edges: a picture of black and
// white has no grey in it.
func TestSheetIsSharp(t *testing.T) {
	s := checkers(t)
	s.Title, s.Rows, s.Columns = "", nil, nil
	file, err := s.Encode(plot.PNG)
	im := decode(t, file, err)
	counts := map[color.Color]int{}
	for y := range im.Bounds().Dy() {
		for x := range im.Bounds().Dx() {
			counts[color.GrayModel.Convert(im.At(x, y))]++
		}
	}
	black, white := counts[color.Gray{}], counts[color.Gray{Y: 255}]
	if black+white != im.Bounds().Dx()*im.Bounds().Dy() {
		t.Errorf("got %d colours, want black and white alone", len(counts))
	}
	const dots = 236 / 2 // of a pixel: the whole ones of 2 cm at 300 dpi, by two
	if want := 3 * 2 * dots * dots; black != want {
		t.Errorf("got %d black dots, want %d: three pictures with two pixels of %d by %[3]d", black, want, dots)
	}
}

// Names of rows and columns and the title are on the sheet, in every format.
func TestSheetNames(t *testing.T) {
	svg, err := checkers(t).Encode(plot.SVG)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">first<", ">second<", ">left<", ">right<", ">two of them<", "data:image/png"} {
		if !bytes.Contains(svg, []byte(want)) {
			t.Errorf("no %s on the sheet", want)
		}
	}
	dir := t.TempDir()
	for _, ending := range []string{".png", ".svg", ".pdf"} {
		if err := checkers(t).Save(filepath.Join(dir, "a"+ending)); err != nil {
			t.Error(err)
		}
	}
	if err := checkers(t).Save(filepath.Join(dir, "a.csv")); err == nil || !strings.Contains(err.Error(), "want .png, .svg or .pdf") {
		t.Errorf("a sheet as CSV: got %v", err)
	}
}

func TestSheetErrors(t *testing.T) {
	for want, change := range map[string]func(*plot.Sheet){
		"no pictures":                    func(s *plot.Sheet) { s.Pictures = nil },
		"names of rows, got 1, want 2":   func(s *plot.Sheet) { s.Rows = s.Rows[:1] },
		"names of columns, got 3, want ": func(s *plot.Sheet) { s.Columns = make([]string, 3) },
		"side, got -1 cm":                func(s *plot.Sheet) { s.Side = -1 },
		"side, got 60 cm":                func(s *plot.Sheet) { s.Side = 60 },
	} {
		s := checkers(t)
		change(&s)
		if _, err := s.Encode(plot.PNG); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `plot: sheet "checkers"`) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for _, columns := range []int{0, 3} {
		if _, err := plot.Pixels(make([]float64, 4), columns); err == nil {
			t.Errorf("4 numbers in %d columns: got no error", columns)
		}
	}
}

// Numbers beyond 0 and 1 are black and white, those that are none have a colour.
func TestPixels(t *testing.T) {
	im, err := plot.Pixels([]float64{-1, 0.5, 2, math.NaN()}, 4)
	if err != nil {
		t.Fatal(err)
	}
	for x, want := range []color.NRGBA{{0, 0, 0, 255}, {128, 128, 128, 255}, {255, 255, 255, 255}, {0x8f, 0xb8, 0xd8, 255}} {
		if got := im.At(x, 0); got != want {
			t.Errorf("pixel %d: got %v, want %v", x, got, want)
		}
	}
}

func TestDrawing(t *testing.T) {
	d := plot.Drawing{Name: "d", Width: 3, Height: 2, Paint: func(c draw.Canvas) {
		c.SetColor(plot.Vermilion)
		c.Fill(c.Rectangle.Path())
	}}
	file, err := d.Encode(plot.PNG)
	im := decode(t, file, err)
	if b := im.Bounds(); math.Abs(float64(b.Dx())-3*300/2.54) > 2 || math.Abs(float64(b.Dy())-2*300/2.54) > 2 {
		t.Errorf("got %v dots, want 3 by 2 cm at 300 dpi", b)
	}
	if r, g, b, _ := im.At(9, 9).RGBA(); r>>8 != 0xd5 || g>>8 != 0x5e || b != 0 {
		t.Errorf("got %x %x %x, want the vermilion of the palette", r>>8, g>>8, b>>8)
	}
	d.Width = 101
	if _, err := d.Encode(plot.PNG); err == nil || !strings.Contains(err.Error(), `plot: drawing "d": size, got 101`) {
		t.Errorf("got %v", err)
	}
}
