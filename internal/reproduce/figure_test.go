package reproduce

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/plot"
)

func labels(ticks []plot.Tick) []string {
	var out []string
	for _, t := range ticks {
		if t.Label != "" {
			out = append(out, t.Label)
		}
	}
	return out
}

func TestAxisTicks(t *testing.T) {
	for _, tt := range []struct {
		ticker    plot.Ticker
		low, high float64
		want      []string
	}{
		{even{}, 0, 1, []string{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}},
		{even{}, 1, 3.4, []string{"1.0", "1.5", "2.0", "2.5", "3.0"}},
		{even{whole: true}, 1, 3.4, []string{"1", "2", "3"}},
		{even{whole: true}, -0.4, 25, []string{"0", "5", "10", "15", "20", "25"}},
		{decades{}, -4, math.Log10(0.002), []string{"0.0001", "0.0002", "0.0005", "0.001", "0.002"}},
		{decades{}, -5, 0, []string{"1e-05", "0.0001", "0.001", "0.01", "0.1", "1"}},
	} {
		if got := labels(tt.ticker.Ticks(tt.low, tt.high)); !slices.Equal(got, tt.want) {
			t.Errorf("%v from %g to %g: got %v, want %v", tt.ticker, tt.low, tt.high, got, tt.want)
		}
	}
}

// The axes of layers, and of the end of a path at 1, have the ticks that a reader
// looks for.
func TestAxes(t *testing.T) {
	layers := Figure{Lines: []Line{{Name: "a", X: []float64{1, 3}, Y: []float64{0, 1}}}}
	path := Figure{Lines: []Line{{Name: "a", X: []float64{0, 0.9999}, Y: []float64{0, 1}}}}
	for want, f := range map[string]Figure{"3": layers, "1.0": path} {
		p, _, err := f.plot()
		if err != nil {
			t.Fatal(err)
		}
		got := labels(p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max))
		if got[len(got)-1] != want || slices.Contains(got, "1.5") {
			t.Errorf("got ticks %v, want the last at %s", got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, tt := range []struct {
		s    Sample
		want string
	}{
		{Sample{Mean: 1, SEM: 2.52e-13}, "1.0000 ± 0.0000"},
		{Sample{Mean: 0.1786, SEM: 0.000932}, "0.1786 ± 0.0009"},
		{Sample{Mean: -194.06, SEM: 2.9696}, "-194.06 ± 2.97"},
		{Sample{Mean: 2.5e-5, SEM: 1e-6}, "2.5e-05 ± 1e-06"},
		{Sample{Mean: 0.5, SEM: math.NaN()}, "0.5000"},
	} {
		if got := tt.s.String(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
