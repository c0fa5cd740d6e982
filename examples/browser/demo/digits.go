package demo

import "math"

// Example returns the lines of a digit as a hand draws it, for who does not want to draw.
func Example(digit int) [][]Point {
	arc := func(cx, cy, rx, ry, from, to float64) []Point {
		var out []Point
		for i := range 25 {
			a := (from + (to-from)*float64(i)/24) * math.Pi / 180
			out = append(out, Point{cx + rx*math.Cos(a), cy + ry*math.Sin(a)})
		}
		return out
	}
	join := func(parts ...[]Point) []Point {
		var out []Point
		for _, p := range parts {
			out = append(out, p...)
		}
		return out
	}
	switch digit {
	case 0:
		return [][]Point{arc(0.5, 0.5, 0.2, 0.3, -90, 270)}
	case 1:
		return [][]Point{{{0.38, 0.32}, {0.52, 0.2}, {0.52, 0.8}}, {{0.38, 0.8}, {0.66, 0.8}}}
	case 2:
		return [][]Point{join(arc(0.5, 0.38, 0.18, 0.18, -170, 30), []Point{{0.32, 0.8}, {0.7, 0.8}})}
	case 3:
		return [][]Point{arc(0.47, 0.35, 0.18, 0.15, -150, 90), arc(0.47, 0.65, 0.2, 0.15, -90, 150)}
	case 4:
		return [][]Point{{{0.6, 0.8}, {0.6, 0.2}, {0.3, 0.62}, {0.72, 0.62}}}
	case 5:
		return [][]Point{{{0.66, 0.2}, {0.38, 0.2}, {0.36, 0.46}}, arc(0.46, 0.6, 0.2, 0.19, -120, 140)}
	case 6:
		return [][]Point{join(arc(0.66, 0.55, 0.34, 0.36, -95, -180), arc(0.5, 0.62, 0.18, 0.18, 180, -180))}
	case 7:
		return [][]Point{{{0.3, 0.2}, {0.7, 0.2}, {0.44, 0.8}}}
	case 8:
		return [][]Point{join(arc(0.5, 0.35, 0.15, 0.15, 90, 450), arc(0.5, 0.65, 0.19, 0.15, -90, 270))}
	}
	return [][]Point{join(arc(0.5, 0.38, 0.18, 0.18, 0, -360), arc(0.34, 0.45, 0.34, 0.36, 0, 85))}
}
