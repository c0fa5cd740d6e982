package plot_test

import (
	"bytes"
	"image/png"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/plot"
)

// paths counts the lines of a colour that are drawn through n points or more.
func paths(t *testing.T, f plot.Figure, hex string, n int) int {
	t.Helper()
	found := 0
	for _, path := range regexp.MustCompile(`<path d="([^"]*)"\s+style="([^"]*)"`).FindAllStringSubmatch(string(encode(t, f, plot.SVG)), -1) {
		if strings.Contains(path[2], "stroke:"+hex) && strings.Count(path[1], "L") >= n-1 {
			found++
		}
	}
	return found
}

func four() plot.Series {
	return plot.Series{Name: "s", Color: plot.Blue, Label: "-", X: []float64{0, 1, 2, 3}, Y: []float64{1, 3, 2, 4}}
}

// Numbers are joined, categories are not, segments are where they are asked for.
func TestSegments(t *testing.T) {
	names := plot.Axis{Names: []string{"a", "b", "c", "d"}}
	for _, c := range []struct {
		x       plot.Axis
		segment int
		whole   int // lines through four points
		pairs   int // lines through two or more
	}{
		{plot.Axis{}, 0, 1, 1},
		{plot.Axis{}, 2, 0, 2},
		{names, 0, 0, 0},
		{names, 2, 0, 2},
		{names, 3, 0, 1}, // and a point that is alone
	} {
		s := four()
		s.Segment = c.segment
		f := plot.Figure{X: c.x, Series: []plot.Series{s}}
		if whole, pairs := paths(t, f, "#0072B2", 4), paths(t, f, "#0072B2", 2); whole != c.whole || pairs != c.pairs {
			t.Errorf("names %v, segment %d: got %d lines through four points and %d through two, want %d and %d", c.x.Names, c.segment, whole, pairs, c.whole, c.pairs)
		}
	}
	s := four()
	s.Segment = -1
	if _, err := (plot.Figure{Series: []plot.Series{s}}).Encode(plot.SVG); err == nil || !strings.Contains(err.Error(), "points of a segment, got -1") {
		t.Errorf("got %v", err)
	}
}

// Single measurements are drawn and are not in CSV; those of a curve are lines, and
// there is no band beside them.
func TestEach(t *testing.T) {
	s := four()
	before := encode(t, plot.Figure{Series: []plot.Series{s}}, plot.SVG)
	s.Each = [][]float64{{1, 1.5}, {3, math.NaN()}, nil, {4, 4.5}}
	f := plot.Figure{Series: []plot.Series{s}}
	after := encode(t, f, plot.SVG)
	if got := bytes.Count(after, []byte("fill-opacity")) - bytes.Count(before, []byte("fill-opacity")); got != 5 {
		t.Errorf("got %d pale dots more, want one for each of the 5 numbers", got)
	}
	with, err := plot.CSV(f)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(with), "1.5") {
		t.Errorf("CSV has single measurements:\n%s", with)
	}
	s.Kind, s.Low, s.High = plot.Curve, []float64{0, 2, 1, 3}, []float64{2, 4, 3, 5}
	s.Each = [][]float64{{1, 2}, {1, 2}, {1, 2}, {1, 2}}
	if got := strings.Count(string(encode(t, plot.Figure{Series: []plot.Series{s}}, plot.SVG)), "#99C7E0"); got != 2 {
		t.Errorf("got %d pale lines, want one for each of two", got)
	}
	s.Each = s.Each[:1]
	if _, err := (plot.Figure{Series: []plot.Series{s}}).Encode(plot.SVG); err == nil || !strings.Contains(err.Error(), "those of 1 points, want of 4") {
		t.Errorf("got %v", err)
	}
}

// A picture has at most 256 colours, the most frequent ones as they are, and is as small
// as that makes it.
func TestSmallPNG(t *testing.T) {
	file := encode(t, all(), plot.PNG)
	im, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if r, g, b, _ := im.At(0, 0).RGBA(); r&g&b != 0xffff {
		t.Errorf("the corner is %x %x %x, want white", r, g, b)
	}
	if len(file) > 100_000 {
		t.Errorf("got %d bytes, want a third of the 180,000 that all colours take", len(file))
	}
}
