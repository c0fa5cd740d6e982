package engine

import "math"

// logSoftmaxRow is xᵢ − m − log Σ exp(xⱼ − m) with m = max x.
func logSoftmaxRow[T float](dst, x []T) {
	top := x[0]
	for _, v := range x {
		top = max(top, v)
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(float64(v - top))
	}
	log := math.Log(sum)
	for i, v := range x {
		dst[i] = max(T(float64(v)-float64(top)-log), -largest[T]())
	}
}

// largest returns the largest finite value of T.
func largest[T float]() T {
	if x, ok := any(float32(math.MaxFloat32)).(T); ok {
		return x
	}
	return any(math.MaxFloat64).(T)
}

// logSoftmaxGradRow is gᵢ − exp(yᵢ) Σ gⱼ.
func logSoftmaxGradRow[T float](dst, y, g []T) {
	sum := sumOf(g)
	for i := range dst {
		dst[i] = T(float64(g[i]) - math.Exp(float64(y[i]))*sum)
	}
}
