package analysis

import "math"

// Cosine is the cosine of the angle between two vectors of equal length,
//
//	cos(a, b) = Σ a_i b_i / (‖a‖·‖b‖)
//
// and NaN if one of them is zero.
func Cosine(a, b []float64) float64 {
	dot, aa, bb := 0.0, 0.0, 0.0
	for i, x := range a {
		dot += x * b[i]
		aa += x * x
		bb += b[i] * b[i]
	}
	if aa == 0 || bb == 0 {
		return math.NaN()
	}
	return dot / (math.Sqrt(aa) * math.Sqrt(bb))
}

// Degrees is the angle of a cosine in degrees: 0 for 1, 180 for −1. A cosine beyond ±1
// by rounding counts as ±1.
func Degrees(cosine float64) float64 {
	return math.Acos(max(-1, min(1, cosine))) * 180 / math.Pi
}

// Mean is the mean of x, NaN if it is empty.
func Mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// cosines returns for each sample cos(b − a, d − c), all (samples, width) row-major.
func cosines(samples int, a, b, c, d []float64) []float64 {
	out := make([]float64, samples)
	width := len(a) / samples
	p, q := make([]float64, width), make([]float64, width)
	for n := range out {
		for i := range width {
			k := n*width + i
			p[i], q[i] = b[k]-a[k], d[k]-c[k]
		}
		out[n] = Cosine(p, q)
	}
	return out
}
