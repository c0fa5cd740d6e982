package datasets

import (
	"image/color"
	"math"
	"testing"
)

// The layout in pixels: samples of 2 rows and 3 columns, with a white gap of one
// pixel about each; three pixels a side by default, and about as many samples
// down as across.
func TestPictureLayout(t *testing.T) {
	x := make([]float64, 7*6)
	for i := range x {
		x[i] = float64(i%6) / 5 // a ramp from black to white
	}
	for _, c := range []struct {
		samples       int
		settings      PictureSettings
		width, height int
	}{
		{1, PictureSettings{}, 3*3 + 2, 2*3 + 2},
		{4, PictureSettings{}, 2*(3*3+1) + 1, 2*(2*3+1) + 1},
		{5, PictureSettings{}, 3*(3*3+1) + 1, 2*(2*3+1) + 1},
		{7, PictureSettings{}, 3*(3*3+1) + 1, 3*(2*3+1) + 1},
		{7, PictureSettings{Columns: 7, Zoom: 1}, 7*4 + 1, 3 + 1},
		{2, PictureSettings{Columns: 9, Zoom: 2}, 2*7 + 1, 4 + 2},
	} {
		im, err := Picture(x[:c.samples*6], []int{2, 3}, Normalization{}, c.settings)
		if err != nil {
			t.Fatal(err)
		}
		if b := im.Bounds(); b.Dx() != c.width || b.Dy() != c.height {
			t.Errorf("%d samples, %+v: got %d × %d, want %d × %d", c.samples, c.settings, b.Dx(), b.Dy(), c.width, c.height)
		}
	}
	im, err := Picture(x[:12], []int{2, 3}, Normalization{}, PictureSettings{Columns: 2, Zoom: 2})
	if err != nil {
		t.Fatal(err)
	}
	grey := func(v uint8) color.RGBA { return color.RGBA{v, v, v, 255} }
	for at, want := range map[[2]int]color.RGBA{
		{0, 0}: grey(255), {7, 1}: grey(255), {3, 5}: grey(255), // gaps
		{1, 1}: grey(0), {2, 2}: grey(0), {3, 1}: grey(51), {5, 1}: grey(102), {1, 3}: grey(153), {6, 4}: grey(255),
		{8, 1}: grey(0), {10, 1}: grey(51), // the second sample
	} {
		if got := im.At(at[0], at[1]); got != want {
			t.Errorf("pixel %v, got %v, want %v", at, got, want)
		}
	}
}

// It undoes the normalization, channel by channel, clips, and draws NaN in blue.
func TestPictureColours(t *testing.T) {
	n := Normalization{Mean: []float64{0.2, 0.4, 0.6}, Std: []float64{0.5, 0.25, 0.1}}
	// One row of four pixels in three planes.
	x := []float64{0, 1.6, -9, math.NaN(), 0, 2.4, -9, 0, 0, 9, -9, 0}
	im, err := Picture(x, []int{3, 1, 4}, n, PictureSettings{Zoom: 1})
	if err != nil {
		t.Fatal(err)
	}
	for column, want := range []color.RGBA{{51, 102, 153, 255}, {255, 255, 255, 255}, {0, 0, 0, 255}, {120, 160, 230, 255}} {
		if got := im.At(column+1, 1); got != want {
			t.Errorf("pixel %d, got %v, want %v", column, got, want)
		}
	}
}
