package reproduce

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// axes sets ranges and ticks.
func (f Figure) axes(p *plot.Plot) {
	p.X.Tick.Marker, p.Y.Tick.Marker = even{whole: f.whole()}, even{}
	if f.LogX {
		p.X.Tick.Marker = decades{}
	}
	if f.LogY {
		p.Y.Tick.Marker = decades{}
	}
	room := 0.02 * (p.X.Max - p.X.Min)
	p.X.Min, p.X.Max = p.X.Min-room, p.X.Max+room
	if f.Range != [2]float64{} {
		p.Y.Min, p.Y.Max = f.Range[0], f.Range[1]
	} else {
		room := 0.04 * (p.Y.Max - p.Y.Min)
		p.Y.Min, p.Y.Max = p.Y.Min-room, p.Y.Max+room
	}
	if len(f.Ticks) > 0 {
		ticks := make([]plot.Tick, len(f.Ticks))
		for i, name := range f.Ticks {
			ticks[i] = plot.Tick{Value: float64(i), Label: name}
		}
		p.X.Tick.Marker = plot.ConstantTicks(ticks)
		p.X.Min, p.X.Max = -0.3, float64(len(ticks))-0.7
	}
}

// whole reports whether the x axis counts: epochs, layers.
func (f Figure) whole() bool {
	for _, l := range f.Lines {
		for _, x := range l.X {
			if x != math.Trunc(x) {
				return false
			}
		}
	}
	return true
}

// decades are the ticks of an axis of logarithms: at 1, 2 and 5 times each power
// of ten, or at the powers alone on a long axis, with smaller ones between. The
// logarithms are taken before anything is drawn: gonum's own scale makes room for
// the label of the axis in the wrong place.
type decades struct{}

// Ticks returns the ticks.
func (decades) Ticks(low, high float64) []plot.Tick {
	long := high-low > 2.5
	var out []plot.Tick
	for e := math.Floor(low); e <= math.Ceil(high); e++ {
		for k := 1; k <= 9; k++ {
			v := float64(k) * math.Pow(10, e)
			t := plot.Tick{Value: math.Log10(v)}
			if t.Value < low-1e-9 || t.Value > high+1e-9 {
				continue
			}
			if k == 1 || !long && (k == 2 || k == 5) {
				t.Label = strconv.FormatFloat(v, 'g', 3, 64)
			}
			out = append(out, t)
		}
	}
	return out
}

// even are the ticks of a linear axis: four to nine at multiples of 1, 2 or 5
// times a power of ten, or fewer at whole numbers alone.
type even struct{ whole bool }

// Ticks returns the ticks.
func (e even) Ticks(low, high float64) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10(high-low)))
	for _, part := range []float64{0.1, 0.2, 0.5} {
		if (high-low)/(part*step) <= 9 {
			step *= part
			break
		}
	}
	if e.whole {
		step = max(1, step)
	}
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var out []plot.Tick
	for k := math.Ceil(low/step - 1e-9); k*step <= high+1e-9*step; k++ {
		out = append(out, plot.Tick{Value: k * step, Label: strconv.FormatFloat(k*step+0, 'f', digits, 64)})
	}
	return out
}
