package reproduce

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// axes sets scales and ticks.
func (f Figure) axes(p *plot.Plot) {
	p.X.Tick.Marker, p.Y.Tick.Marker = even{}, even{}
	if f.LogX {
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, decades{}
	}
	if f.LogY {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, decades{}
	}
	if f.Range != [2]float64{} {
		p.Y.Min, p.Y.Max = f.Range[0], f.Range[1]
	} else if !f.LogY {
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

// decades are the ticks of a logarithmic axis: at 1, 2 and 5 times each power of
// ten, or at the powers alone on a long axis, with smaller ones between.
type decades struct{}

// Ticks returns the ticks.
func (decades) Ticks(low, high float64) []plot.Tick {
	long := high/low > 300
	var out []plot.Tick
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
		for k := 1; k <= 9; k++ {
			v := float64(k) * math.Pow(10, e)
			if v < low*(1-1e-9) || v > high*(1+1e-9) {
				continue
			}
			t := plot.Tick{Value: v}
			if k == 1 || !long && (k == 2 || k == 5) {
				t.Label = strconv.FormatFloat(v, 'g', 3, 64)
			}
			out = append(out, t)
		}
	}
	return out
}

// even are the ticks of a linear axis: four to nine at multiples of 1, 2 or 5
// times a power of ten.
type even struct{}

// Ticks returns the ticks.
func (even) Ticks(low, high float64) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10(high-low)))
	for _, part := range []float64{0.1, 0.2, 0.5} {
		if (high-low)/(part*step) <= 9 {
			step *= part
			break
		}
	}
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var out []plot.Tick
	for k := math.Ceil(low/step - 1e-9); k*step <= high+1e-9*step; k++ {
		out = append(out, plot.Tick{Value: k * step, Label: strconv.FormatFloat(k*step+0, 'f', digits, 64)})
	}
	return out
}
