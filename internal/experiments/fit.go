package experiments

import "math"

func mean(x ...float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// affine returns the k and b of least Σ (k·x + b − y)². If all x are equal, k is
// 0 and b the mean of y.
func affine(x, y []float64) (k, b float64) {
	mx, my := mean(x...), mean(y...)
	sxx, sxy := 0.0, 0.0
	for i, v := range x {
		sxx += (v - mx) * (v - mx)
		sxy += (v - mx) * (y[i] - my)
	}
	if sxx != 0 {
		k = sxy / sxx
	}
	return k, my - k*mx
}

// correlation is Pearson's, NaN if all x or all y are equal.
func correlation(x, y []float64) float64 {
	mx, my := mean(x...), mean(y...)
	sxx, sxy, syy := 0.0, 0.0, 0.0
	for i, v := range x {
		sxx += (v - mx) * (v - mx)
		sxy += (v - mx) * (y[i] - my)
		syy += (y[i] - my) * (y[i] - my)
	}
	return sxy / math.Sqrt(sxx*syy)
}
