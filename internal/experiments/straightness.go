package experiments

import "math"

// straightness is the distance from the first point to the last over the length
// of the path between them, at most 1; NaN if the path has no length.
func straightness(path [][2]float64) float64 {
	length := 0.0
	for i := 1; i < len(path); i++ {
		length += math.Hypot(path[i][0]-path[i-1][0], path[i][1]-path[i-1][1])
	}
	if length == 0 {
		return math.NaN()
	}
	last := len(path) - 1
	return math.Hypot(path[last][0]-path[0][0], path[last][1]-path[0][1]) / length
}
