package demo

import "math"

// Point is a place on the canvas, whose side is 1.
type Point [2]float64

// How a digit lies in the picture, in pixels: those of glyphs are about 16 high.
const (
	side     = 28
	height   = 17
	halfLine = 1.05
)

// Picture draws lines, each along its points, 28 × 28, black 0 to white 1. They are
// moved to the middle and scaled to one height, as the digits that the network knows,
// with lines of one width. Without points it is black.
func Picture(lines [][]Point) []float32 {
	out := make([]float32, side*side)
	low, high := Point{math.Inf(1), math.Inf(1)}, Point{math.Inf(-1), math.Inf(-1)}
	for _, line := range lines {
		for _, p := range line {
			for k := range p {
				low[k], high[k] = min(low[k], p[k]), max(high[k], p[k])
			}
		}
	}
	if low[0] > high[0] {
		return out
	}
	extent := max(high[0]-low[0], high[1]-low[1])
	scale := height / max(extent, 0.1) // a dot stays one
	place := func(p Point) (x, y float64) {
		return side/2 + scale*(p[0]-(low[0]+high[0])/2), side/2 + scale*(p[1]-(low[1]+high[1])/2)
	}
	for i := range out {
		px, py := float64(i%side)+0.5, float64(i/side)+0.5
		nearest := math.Inf(1)
		for _, line := range lines {
			for k := range line {
				ax, ay := place(line[max(0, k-1)])
				bx, by := place(line[k])
				nearest = min(nearest, distance(px, py, ax, ay, bx, by))
			}
		}
		out[i] = float32(max(0, min(1, halfLine+0.5-nearest)))
	}
	return out
}

// distance is that of (px, py) from the segment a to b.
func distance(px, py, ax, ay, bx, by float64) float64 {
	dx, dy := bx-ax, by-ay
	t := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		t = max(0, min(1, ((px-ax)*dx+(py-ay)*dy)/length))
	}
	return math.Hypot(px-ax-t*dx, py-ay-t*dy)
}
