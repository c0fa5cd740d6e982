package plot_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/plot"
)

// A stepper is data that a script of the page reads: numbers in 16 bits to within 1/65534 of
// the largest, what is not finite left out, and no text can end the script.
func TestStepper(t *testing.T) {
	panel := plot.StepperPanel{Title: "</script><b>", Values: [][]float64{{0, 1, -4}, {math.NaN(), 2.5, 4}}, Marks: []float64{1, 2, 3}, Shape: []int{3}}
	p := plot.Page{Sections: []plot.Section{{Blocks: []plot.Block{plot.Stepper{
		Unit: "step", Steps: []int{0, 5}, Curves: []plot.StepperCurve{{Name: "a", Y: []float64{1, math.Inf(1)}}}, Panels: []plot.StepperPanel{panel},
	}}}}}
	page := string(p.Encode())
	_, after, ok := strings.Cut(page, `<script type="application/json">`)
	text, rest, closed := strings.Cut(after, "</script>")
	if !ok || !closed || strings.Contains(text, "<") || strings.Count(rest, "</script>") != 1 {
		t.Fatalf("got %.300s", after)
	}
	var got struct {
		Steps  []int
		Curves []struct {
			Name string
			Y    []*float64
		}
		Panels []struct {
			Title, Data string
			Scale       float64
			Units       int
			Marks       []float64
		}
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if y := got.Curves[0].Y; *y[0] != 1 || y[1] != nil {
		t.Errorf("curve: got %v, want 1 and nothing", y)
	}
	g := got.Panels[0]
	if g.Title != panel.Title || g.Units != 3 || g.Scale != 4 || !cmp.Equal(g.Marks, panel.Marks) {
		t.Errorf("got %+v", g)
	}
	b, err := base64.StdEncoding.DecodeString(g.Data)
	if err != nil || len(b) != 12 {
		t.Fatalf("got %d bytes, %v", len(b), err)
	}
	for i, want := range []float64{0, 1, -4, 0, 2.5, 4} {
		x := 4 * float64(int16(binary.LittleEndian.Uint16(b[2*i:]))) / 32767
		if math.Abs(x-want) > 4./65534 {
			t.Errorf("number %d: got %v, want %v", i, x, want)
		}
	}
	if strings.Contains(string(plot.Page{}.Encode()), "<script") {
		t.Error("a page without a stepper has a script")
	}
}

// A gallery scales its pictures up, pixel by pixel, above their captions.
func TestGallery(t *testing.T) {
	p := plot.Page{Blocks: []plot.Block{plot.Gallery{Tiles: []plot.Tile{{
		PNG: []byte("picture"), Alt: "a <sample>", Caption: []plot.Span{{Text: "label 3 & more\n"}, {Text: "taken for 5", Style: plot.Bad}},
	}}}}}
	page := string(p.Encode())
	want := `<figure><img src="data:image/png;base64,cGljdHVyZQ==" alt="a &lt;sample&gt;"><figcaption>label 3 &amp; more` + "\n" + `<span class="bad">taken for 5</span></figcaption></figure>`
	if !strings.Contains(page, want) || !strings.Contains(page, "image-rendering: pixelated") {
		t.Errorf("the page has no %s", want)
	}
}
