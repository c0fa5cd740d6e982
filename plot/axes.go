package plot

import (
	"math"
	"strconv"
	"strings"

	gonum "gonum.org/v1/plot"
)

// axes sets ranges and ticks.
func (f Figure) axes(p *gonum.Plot) {
	hasBars := false
	for _, s := range f.Series {
		hasBars = hasBars || s.Kind == Bars
	}
	f.X.set(&p.X, 0.02, f.whole())
	f.Y.set(&p.Y, 0.04, false)
	if hasBars && p.Y.Min < 0 && f.Y.Min == 0 && f.Y.Max == 0 && !f.negative() {
		p.Y.Min = 0 // no room below bars
	}
}

// set sets the range and the ticks of an axis whose numbers have been added. Room is
// the share of the range that is left free at both ends.
func (a Axis) set(to *gonum.Axis, room float64, whole bool) {
	switch {
	case a.Min != 0 || a.Max != 0:
		to.Min, to.Max = a.scaled(a.Min), a.scaled(a.Max)
	case len(a.Names) > 0:
		to.Min, to.Max = math.Min(-0.3, to.Min), math.Max(float64(len(a.Names))-0.7, to.Max)
	default:
		switch d := to.Max - to.Min; {
		case !(d >= 0): // no numbers
			to.Min, to.Max = 0, 1
		case d == 0:
			to.Min, to.Max = to.Min-0.5, to.Max+0.5
		default:
			to.Min, to.Max = to.Min-room*d, to.Max+room*d
		}
	}
	switch {
	case len(a.Names) > 0:
		ticks := make([]gonum.Tick, len(a.Names))
		for i, name := range a.Names {
			ticks[i] = gonum.Tick{Value: float64(i), Label: name}
		}
		to.Tick.Marker = gonum.ConstantTicks(ticks)
	case a.Log:
		to.Tick.Marker = decades{}
	default:
		to.Tick.Marker = even{whole: whole}
	}
}

// whole reports whether the x axis counts: epochs, layers.
func (f Figure) whole() bool {
	for _, s := range f.Series {
		for _, x := range s.X {
			if x != math.Trunc(x) {
				return false
			}
		}
	}
	return true
}

// negative reports whether a bar goes down.
func (f Figure) negative() bool {
	for _, s := range f.Series {
		for _, y := range s.Y {
			if y < 0 {
				return true
			}
		}
		for _, y := range s.Low {
			if y < 0 {
				return true
			}
		}
	}
	return false
}

// decades are the ticks of an axis of logarithms: at 1, 2 and 5 times each power
// of ten, or at the powers alone on a long axis, with smaller ones between. The
// logarithms are taken before anything is drawn: gonum's own scale makes room for
// the label of the axis in the wrong place.
type decades struct{}

// Ticks returns the ticks.
func (decades) Ticks(low, high float64) []gonum.Tick {
	long := high-low > 2.5
	var out []gonum.Tick
	for e := math.Floor(low); e <= math.Ceil(high); e++ {
		for k := 1; k <= 9; k++ {
			v := float64(k) * math.Pow(10, e)
			t := gonum.Tick{Value: math.Log10(v)}
			if t.Value < low-1e-9 || t.Value > high+1e-9 {
				continue
			}
			if k == 1 || !long && (k == 2 || k == 5) {
				t.Label = short(v)
			}
			out = append(out, t)
		}
	}
	return out
}

// short prints a number with six digits, "1000" as it is and "1e-5" not as "1e-05".
func short(v float64) string {
	s := strconv.FormatFloat(v, 'g', 6, 64)
	return minus(strings.NewReplacer("e-0", "e-", "e+0", "e", "e+", "e").Replace(s))
}

// minus returns a number with a minus sign in place of a hyphen.
func minus(s string) string { return strings.ReplaceAll(s, "-", "−") }

// even are the ticks of a linear axis: four to nine at multiples of 1, 2 or 5
// times a power of ten, or fewer at whole numbers alone.
type even struct{ whole bool }

// Ticks returns the ticks.
func (e even) Ticks(low, high float64) []gonum.Tick {
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
	var out []gonum.Tick
	for k := math.Ceil(low/step - 1e-9); k*step <= high+1e-9*step; k++ {
		out = append(out, gonum.Tick{Value: k * step, Label: minus(strconv.FormatFloat(k*step+0, 'f', digits, 64))})
	}
	return out
}
