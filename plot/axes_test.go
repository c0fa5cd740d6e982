package plot

import (
	"math"
	"slices"
	"testing"

	gonum "gonum.org/v1/plot"
)

func named(ticks []gonum.Tick) []string {
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
		ticker    gonum.Ticker
		low, high float64
		want      []string
	}{
		{even{}, 0, 1, []string{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}},
		{even{}, 1, 3.4, []string{"1.0", "1.5", "2.0", "2.5", "3.0"}},
		{even{whole: true}, 1, 3.4, []string{"1", "2", "3"}},
		{even{whole: true}, -0.4, 25, []string{"0", "5", "10", "15", "20", "25"}},
		{decades{}, -4, math.Log10(0.002), []string{"0.0001", "0.0002", "0.0005", "0.001", "0.002"}},
		{decades{}, math.Log10(90), math.Log10(6100), []string{"100", "200", "500", "1000", "2000", "5000"}},
		{decades{}, 5, 8, []string{"100000", "1e6", "1e7", "1e8"}},
		{decades{}, -5, 0, []string{"1e−5", "0.0001", "0.001", "0.01", "0.1", "1"}},
	} {
		if got := named(tt.ticker.Ticks(tt.low, tt.high)); !slices.Equal(got, tt.want) {
			t.Errorf("%v from %g to %g: got %v, want %v", tt.ticker, tt.low, tt.high, got, tt.want)
		}
	}
}

// The axes of layers, and of the end of a path at 1, have the ticks that a reader
// looks for.
func TestAxes(t *testing.T) {
	layers := Figure{Series: []Series{{Name: "a", X: []float64{1, 3}, Y: []float64{0, 1}}}}
	path := Figure{Series: []Series{{Name: "a", X: []float64{0, 0.9999}, Y: []float64{0, 1}}}}
	for want, f := range map[string]Figure{"3": layers, "1.0": path} {
		p, err := f.plot()
		if err != nil {
			t.Fatal(err)
		}
		got := named(p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max))
		if got[len(got)-1] != want || slices.Contains(got, "1.5") {
			t.Errorf("got ticks %v, want the last at %s", got, want)
		}
	}
}
