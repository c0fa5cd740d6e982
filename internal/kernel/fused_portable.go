package kernel

import "unsafe"

// tileIDs are the kernels of an activation.
type tileIDs struct{ grad, step, stepError id }

func (t *Tile[T]) ids() tileIDs {
	switch t.F {
	case Identity:
		return tileIDs{step: idStepIdentity, stepError: idStepErrorIdentity}
	case Tanh:
		return tileIDs{idGradTanh, idStepTanh, idStepErrorTanh}
	case Sigmoid:
		return tileIDs{idGradSigmoid, idStepSigmoid, idStepErrorSigmoid}
	case ReLU:
		return tileIDs{idGradRelu, idStepRelu, idStepErrorRelu}
	case LeakyReLU:
		return tileIDs{idGradLeakyRelu, idStepLeakyRelu, idStepErrorLeakyRelu}
	case HardTanh:
		return tileIDs{idGradHardTanh, idStepHardTanh, idStepErrorHardTanh}
	case GELU:
		return tileIDs{idGradSlope, idStepGELU, idStepErrorGELU}
	case SiLU:
		return tileIDs{idGradSlope, idStepSiLU, idStepErrorSiLU}
	case Softplus:
		return tileIDs{idGradSlope, idStepSoftplus, idStepErrorSoftplus}
	}
	panic("kernel: not an activation")
}

// empty reports whether there is nothing to do but to clear the sums.
func (t *Tile[T]) empty(sums []float64) bool {
	if sums != nil {
		_ = sums[:t.Rows]
	}
	if t.Rows > 0 && t.Cols > 0 {
		return false
	}
	clear(sums)
	return true
}

// fill sets the shape in v: with sums row by row, without as one row.
func (t *Tile[T]) fill(v *vecArgs[T], sums []float64, sink *[1]float64) {
	v.n, v.rows, v.sums = t.Cols, t.Rows, ptr64(sums)
	if sums == nil {
		v.n, v.rows, v.sums = t.Rows*t.Cols, 1, ptr64(sink[:])
	}
}

// at is the address of a matrix of the tile's size.
func (t *Tile[T]) at(s []T) unsafe.Pointer { return ptr(s[:t.Rows*t.Cols]) }

// source is the buffer from which f′ is known.
func (t *Tile[T]) source() []T {
	if FromValue(t.F) {
		return t.Y
	}
	return t.D
}

// slope is f′(X) of element i.
func (t *Tile[T]) slope(i int) T {
	switch {
	case t.F == Identity:
		return 1
	case FromValue(t.F):
		return slopeFrom(t.F, t.Y[i], t.Slope)
	}
	return t.D[i]
}

// stepAt is Step for element i.
func (t *Tile[T]) stepAt(i int) T {
	t.X[i] -= t.Rate * (t.E[i] - t.slope(i)*t.G[i])
	if t.F == Identity {
		return 0
	}
	y, d := valueSlope(t.F, t.X[i], t.Slope)
	t.Y[i] = y
	if !FromValue(t.F) {
		t.D[i] = d
	}
	return 0
}

// each runs f on every element and sums the squares of its results row by row.
func (t *Tile[T]) each(sums []float64, f func(i int) T) {
	for r := range t.Rows {
		s := 0.0
		for i := r * t.Cols; i < (r+1)*t.Cols; i++ {
			v := float64(f(i))
			s += v * v
		}
		if sums != nil {
			sums[r] = s
		}
	}
}
