package plot_test

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-be841da4/prospect/plot"
)

// all is a figure with everything that can be in one.
func all() plot.Figure {
	ours := plot.Series{Name: "ours", Label: "ours, one image at a time", Color: plot.Blue}
	ours.AddInterval(0.01, 0.3, 0.28, 0.33)
	ours.AddInterval(0.1, 0.2, 0.19, math.NaN())
	ours.AddInterval(1, math.NaN(), math.NaN(), math.NaN())
	theirs := plot.Series{Name: "theirs", Color: plot.Blue, Reference: true, Square: true}
	theirs.AddInterval(0.01, 0.31, 0.3, 0.32)
	theirs.AddInterval(1, 0.21, 0.2, 0.22)
	curve := plot.Series{Name: "curve", Kind: plot.Curve, X: []float64{0.01, 0.1, 1}, Y: []float64{0.2, 0.3, 0.4}, Low: []float64{0.1, 0.2, 0.3}, High: []float64{0.3, 0.4, 0.5}}
	dots, _ := plot.Dots("each seed", plot.Blue, []float64{0.01, 0.1}, [][]float64{{0.29, 0.31}, {0.2}})
	dots.Columns = []plot.Column{{Name: "seed", Values: []string{"0", "1", "0"}}, {Name: "rule", Values: []string{"pc"}}}
	return plot.Figure{
		Name: "all", Title: "Everything <&>", X: plot.Axis{Label: "learning rate", Log: true}, Y: plot.Axis{Label: "test error", Max: 1},
		Series: []plot.Series{dots, curve, theirs, ours},
	}
}

func bars() plot.Figure {
	f := plot.Figure{Name: "bars", X: plot.Axis{Label: "rule", Names: []string{"pc", "bp"}}, Y: plot.Axis{Label: "error"}}
	for _, name := range []string{"a", "b"} {
		s := plot.Series{Name: name, Kind: plot.Bars, Reference: name == "b"}
		s.AddInterval(0, 0.2, 0.1, 0.3)
		s.AddInterval(1, 0.4, 0.35, 0.45)
		f.Series = append(f.Series, s)
	}
	return f
}

func encode(t *testing.T, f plot.Figure, format plot.Format) []byte {
	t.Helper()
	b, err := f.Encode(format)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The picture has the size and the resolution it says, and room for its labels.
func TestPNG(t *testing.T) {
	for _, tt := range []struct {
		f             plot.Figure
		width, height float64
	}{
		{all(), 17, 10},
		{bars(), 17, 10},
		{plot.Figure{Width: 8, Height: 5}, 8, 5},
		{plot.Figure{}, 17, 10},
	} {
		c, err := png.DecodeConfig(bytes.NewReader(encode(t, tt.f, plot.PNG)))
		if err != nil {
			t.Fatal(err)
		}
		if w, h := float64(c.Width)/300*2.54, float64(c.Height)/300*2.54; math.Abs(w-tt.width) > 0.02 || math.Abs(h-tt.height) > 0.02 {
			t.Errorf("%s: got %.2f by %.2f cm at 300 dpi, want %g by %g", tt.f.Name, w, h, tt.width, tt.height)
		}
	}
	many := plot.Figure{Height: 4}
	for i := range 30 {
		many.Series = append(many.Series, plot.Series{Name: fmt.Sprint("series ", i), X: []float64{0, 1}, Y: []float64{0, 1}})
	}
	c, _ := png.DecodeConfig(bytes.NewReader(encode(t, many, plot.PNG)))
	if h := float64(c.Height) / 300 * 72; h < 30*8.5 {
		t.Errorf("30 labels stand on %.0f points, want as much as they need", h)
	}
}

// What is in the figure is in the picture; numbers that are not finite are not.
func TestSVG(t *testing.T) {
	svg := string(encode(t, all(), plot.SVG))
	for _, want := range []string{
		"Everything &lt;&amp;&gt;", ">learning rate<", ">test error<", ">ours, one image at a time<", ">theirs<", ">curve<", ">each seed<",
		">0.01<", ">0.1<", ">1<", "sans-serif", "#0072B2", "stroke-dasharray",
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("the picture has no %s", want)
		}
	}
	if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
		t.Error("the picture has a number that is not finite")
	}
	second := all()
	second.Series[3].Label = "-"
	if svg := string(encode(t, second, plot.SVG)); strings.Contains(svg, "one image") || strings.Contains(svg, ">ours<") || strings.Contains(svg, ">-<") {
		t.Error("a series without a label has one")
	}
	for _, want := range []string{">pc<", ">bp<", ">error<", ">0.0<"} {
		if !strings.Contains(string(encode(t, bars(), plot.SVG)), want) {
			t.Errorf("the bars have no %s", want)
		}
	}
}

// The same figure is the same bytes, at any time.
func TestSameBytes(t *testing.T) {
	for _, format := range []plot.Format{plot.PNG, plot.SVG, plot.PDF} {
		a := encode(t, all(), format)
		if format == plot.PDF && !testing.Short() {
			time.Sleep(1100 * time.Millisecond) // a PDF has the second in it
		}
		if b := encode(t, all(), format); !bytes.Equal(a, b) {
			t.Errorf("%s: two pictures of one figure differ", format)
		}
	}
	if pdf := encode(t, all(), plot.PDF); !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.Contains(pdf, []byte("%%EOF")) {
		t.Error("the PDF is none")
	}
}

func TestSave(t *testing.T) {
	dir := t.TempDir()
	for name, start := range map[string]string{"a.png": "\x89PNG", "b.SVG": "<?xml", "c.pdf": "%PDF", "d.csv": "figure,series"} {
		if err := all().Save(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.HasPrefix(b, []byte(start)) {
			t.Errorf("%s: got %.10q, %v", name, b, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 4 {
		t.Errorf("got %v, want four files", left)
	}
	for path, want := range map[string]string{filepath.Join(dir, "a.jpg"): `ending, got ".jpg"`, filepath.Join(dir, "no", "a.csv"): "no such file"} {
		if err := all().Save(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
}

func TestCSV(t *testing.T) {
	got, err := plot.CSV(all(), bars())
	if err != nil {
		t.Fatal(err)
	}
	const want = `figure,series,seed,rule,x,y,low,high
all,each seed,0,pc,0.01,0.29,,
all,each seed,1,pc,0.01,0.31,,
all,each seed,0,pc,0.1,0.2,,
all,curve,,,0.01,0.2,0.1,0.3
all,curve,,,0.1,0.3,0.2,0.4
all,curve,,,1,0.4,0.3,0.5
all,theirs,,,0.01,0.31,0.3,0.32
all,theirs,,,1,0.21,0.2,0.22
all,ours,,,0.01,0.3,0.28,0.33
all,ours,,,0.1,0.2,0.19,
all,ours,,,1,,,
bars,a,,,pc,0.2,0.1,0.3
bars,a,,,bp,0.4,0.35,0.45
bars,b,,,pc,0.2,0.1,0.3
bars,b,,,bp,0.4,0.35,0.45
`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestErrors(t *testing.T) {
	with := func(s plot.Series) plot.Figure { return plot.Figure{Name: "f", Series: []plot.Series{s}} }
	two := []float64{1, 2}
	for want, f := range map[string]plot.Figure{
		"2 numbers of x and 0 of y":       with(plot.Series{Name: "s", X: two}),
		"0 below and 2 above":             with(plot.Series{Name: "s", X: two, Y: two, High: two}),
		"1 below and 2 above":             with(plot.Series{Name: "s", X: two, Y: two, Low: two[:1], High: two}),
		"kind, got 4":                     with(plot.Series{Name: "s", Kind: 4}),
		"colour, got 9":                   with(plot.Series{Name: "s", Color: 9}),
		`column "seed": cells, got 3`:     with(plot.Series{Name: "s", X: two, Y: two, Columns: []plot.Column{{Name: "seed", Values: make([]string, 3)}}}),
		"range, got 2 to 1":               {Name: "f", X: plot.Axis{Label: "a", Min: 2, Max: 1}},
		"got -1 to 1 on an axis of loga":  {Name: "f", Y: plot.Axis{Label: "a", Log: true, Min: -1, Max: 1}},
		"size, got -1 by 0 cm":            {Name: "f", Width: -1},
		"size, got 0 by 101 cm, want at ": {Name: "f", Height: 101},
	} {
		_, err := f.Encode(plot.SVG)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `plot: figure "f"`) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
		if _, again := plot.CSV(f); again == nil {
			t.Errorf("CSV: want an error with %q", want)
		}
	}
	if _, err := all().Encode("gif"); err == nil || !strings.Contains(err.Error(), `got "gif", want png, svg or pdf`) {
		t.Errorf("got %v", err)
	}
	if _, err := plot.Dots("s", plot.Blue, two, nil); err == nil || !strings.Contains(err.Error(), "those of 0 places, want 2") {
		t.Errorf("got %v", err)
	}
}

// Figures of which nothing can be drawn are empty axes.
func TestNothingToDraw(t *testing.T) {
	nan := []float64{math.NaN(), math.Inf(1)}
	for _, kind := range []plot.Kind{plot.Lines, plot.Curve, plot.Points, plot.Bars} {
		for _, log := range []bool{false, true} {
			for _, x := range [][]float64{nil, nan[:1], nan, {0, -1}, {1, 1}} {
				s := plot.Series{Name: "s", Kind: kind, X: x, Y: x, Low: x, High: x}
				f := plot.Figure{Series: []plot.Series{s}, X: plot.Axis{Log: log}, Y: plot.Axis{Log: log}}
				if svg := string(encode(t, f, plot.SVG)); strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
					t.Errorf("kind %d, %v: the picture has a number that is not finite", kind, x)
				}
			}
		}
	}
}
