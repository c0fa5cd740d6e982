package datasets

import (
	"image/color"
	"math"
	"strings"
	"testing"
)

// A picture shows the pixels that a normalised data set was made of.
func TestPicture(t *testing.T) {
	pixels := []uint8{0, 50, 100, 150, 200, 255, 10, 20, 30, 40, 60, 70}
	norm := Normalization{Scale: 1. / 255, Mean: []float64{0.5, 0.4, 0.3}, Std: []float64{0.2, 0.3, 0.4}}
	for _, c := range []struct {
		shape   []int
		samples int
	}{{[]int{2, 3}, 2}, {[]int{1, 3, 2}, 2}, {[]int{3, 2, 2}, 1}, {[]int{1, 1}, 12}} {
		channels := 1
		if len(c.shape) == 3 {
			channels = c.shape[0]
		}
		n := norm
		n.Mean, n.Std = n.Mean[:channels], n.Std[:channels]
		im, err := NewImages("toy", c.shape, 1, pixels, make([]uint8, c.samples), n)
		if err != nil {
			t.Fatal(err)
		}
		var x []float64
		for i := range c.samples {
			row := make([]float32, 12/c.samples)
			im.Read(i, row)
			for _, v := range row {
				x = append(x, float64(v))
			}
		}
		picture, err := Picture(x, c.shape, n, PictureSettings{Columns: 2, Zoom: 2})
		if err != nil {
			t.Fatal(err)
		}
		rows, columns := c.shape[len(c.shape)-2], c.shape[len(c.shape)-1]
		across := min(2, c.samples)
		if b := picture.Bounds(); b.Dx() != across*(2*columns+1)+1 || b.Dy() != (c.samples+across-1)/across*(2*rows+1)+1 {
			t.Errorf("%v: got a picture of %v", c.shape, b)
		}
		for k := range c.samples {
			for i := range rows * columns {
				want := color.RGBA{A: 255}
				plane := pixels[k*channels*rows*columns:]
				want.R = plane[i]
				if want.G, want.B = plane[i], plane[i]; channels == 3 {
					want.G, want.B = plane[rows*columns+i], plane[2*rows*columns+i]
				}
				px, py := k%across*(2*columns+1)+1+i%columns*2+1, k/across*(2*rows+1)+1+i/columns*2+1
				if got := picture.At(px, py); got != want {
					t.Errorf("%v: sample %d, pixel %d: got %v, want %v", c.shape, k, i, got, want)
				}
			}
		}
	}
	picture, err := Picture([]float64{math.NaN(), -3, 7}, []int{1, 3}, Normalization{}, PictureSettings{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []color.RGBA{{120, 160, 230, 255}, {0, 0, 0, 255}, {255, 255, 255, 255}} {
		if got := picture.At(2+3*i, 2); got != want {
			t.Errorf("pixel %d: got %v, want %v", i, got, want)
		}
	}
}

func TestPictureErrors(t *testing.T) {
	for _, c := range []struct {
		x     int
		shape []int
		s     PictureSettings
		want  string
	}{
		{4, []int{4}, PictureSettings{}, "want [rows columns]"},
		{8, []int{2, 2, 2}, PictureSettings{}, "1 or 3 channels"},
		{5, []int{2, 2}, PictureSettings{}, "got 5 numbers, want samples of 4"},
		{0, []int{2, 2}, PictureSettings{}, "got 0 numbers"},
		{4, []int{2, 0}, PictureSettings{}, "[2 0]"},
		{4, []int{2, 2}, PictureSettings{Zoom: -1}, "got 0 and -1"},
		{4, []int{2, 2}, PictureSettings{Zoom: 1 << 14}, "draw fewer"},
	} {
		if _, err := Picture(make([]float64, c.x), c.shape, Normalization{}, c.s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d numbers of %v, got %v, want it to contain %q", c.x, c.shape, err, c.want)
		}
	}
}
