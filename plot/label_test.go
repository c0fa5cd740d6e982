package plot

import (
	"testing"

	"gonum.org/v1/plot/vg"
	"pgregory.net/rapid"
)

// Labels keep their order, do not overlap, stay within if there is room, and stand
// where they want to if nothing is in the way.
func TestArrange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 8).Draw(t, "labels")
		want, heights := make([]vg.Length, n), make([]vg.Length, n)
		const low, high = 0, 300
		at := vg.Length(high)
		for i := range want {
			at = vg.Length(rapid.Float64Range(low, float64(at)).Draw(t, "want"))
			want[i], heights[i] = at, vg.Length(rapid.Float64Range(5, 30).Draw(t, "height"))
		}
		got := arrange(want, heights, low, high)
		free := true
		for i, y := range got {
			if y+heights[i]/2 > high+1e-9 || y-heights[i]/2 < low-1e-9 {
				t.Fatalf("label %d at %v leaves the picture: %v", i, y, got)
			}
			if i > 0 && got[i-1]-heights[i-1]/2 < y+heights[i]/2-1e-9 {
				t.Fatalf("labels %d and %d overlap: %v of heights %v", i-1, i, got, heights)
			}
			free = free && want[i]+heights[i]/2 <= high && want[i]-heights[i]/2 >= low && (i == 0 || want[i-1]-heights[i-1]/2 >= want[i]+heights[i]/2)
		}
		for i := range got {
			if free && (got[i]-want[i] > 1e-9 || want[i]-got[i] > 1e-9) {
				t.Fatalf("got %v, want %v, which is free", got, want)
			}
		}
	})
	if got := arrange([]vg.Length{100, 100}, []vg.Length{10, 10}, 0, 300); got[0] != 105 || got[1] != 95 {
		t.Errorf("got %v, want both as far from 100", got)
	}
}

func TestWrap(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"short", "short"},
		{"prospective configuration", "prospective configuration"},
		{"prospective configuration, task 0", "prospective\nconfiguration, task 0"},
		{"averyveryverylongwordthatcannotbebroken and", "averyveryverylongwordthatcannotbebroken\nand"},
	} {
		if got := wrap(tt.text, 25); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
