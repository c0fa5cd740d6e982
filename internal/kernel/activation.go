package kernel

import "math"

// Identity is the activation f(x) = x of the fused kernels; it is no kernel.
const Identity = Op(255)

// FromValue reports whether the derivative of an activation is known from its
// value y = f(x): then the fused kernels take y where others take d = f′(x).
//
//	Identity 1   Tanh 1−y²   Sigmoid y−y²   ReLU [y>0]   LeakyReLU [y>0] or slope   HardTanh [|y|<1]
//
// GELU, SiLU and Softplus need d.
func FromValue(f Op) bool { return f != GELU && f != SiLU && f != Softplus }

// Both computes y = f(x) and d = f′(x), where slope is that of LeakyReLU. y or d
// may be x. At a kink, d is the derivative on the left; at ±1 of HardTanh, 0.
func Both[T Float](f Op, y, d, x []T, slope T) {
	if len(x) == 0 {
		return
	}
	_, _ = y[len(x)-1], d[len(x)-1]
	var v vecArgs[T]
	v.p[0], v.p[1], v.p[2], v.n, v.s[0] = ptr(y), ptr(d), ptr(x), len(x), slope
	if k, ok := bothID(f); ok && runVec(k, &v) {
		return
	}
	for i, a := range x {
		y[i], d[i] = valueSlope(f, a, slope)
	}
}

func bothID(f Op) (id, bool) {
	switch f {
	case Tanh:
		return idTanhBoth, true
	case Sigmoid:
		return idSigmoidBoth, true
	case ReLU:
		return idReluBoth, true
	case LeakyReLU:
		return idLeakyReluBoth, true
	case HardTanh:
		return idHardTanhBoth, true
	case GELU:
		return idGELUBoth, true
	case SiLU:
		return idSiLUBoth, true
	case Softplus:
		return idSoftplusBoth, true
	}
	return 0, false
}

// valueSlope is f and f′ in plain Go.
func valueSlope[T Float](f Op, a, slope T) (y, d T) {
	x := float64(a)
	switch f {
	case Identity:
		return a, 1
	case Tanh:
		y = T(math.Tanh(x))
	case Sigmoid:
		y = T(sigmoid(x))
	case ReLU:
		y = max(a, 0)
	case LeakyReLU:
		y = a
		if !(a > 0) {
			y = slope * a
		}
		return y, slopeFrom(f, a, slope)
	case HardTanh:
		y = min(max(a, -1), 1)
	case GELU:
		phi := 0.5 * math.Erfc(-x/math.Sqrt2)
		low := max(x, -64)
		c := min(low, 64)
		return T(low * phi), T(phi + c*math.Exp(-c*c/2)/math.Sqrt(2*math.Pi))
	case SiLU:
		s := sigmoid(x)
		low := max(x, -1000)
		return T(low * s), T(s + min(low, 1000)*s*(1-s))
	case Softplus:
		return T(max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))), T(sigmoid(x))
	default:
		panic("kernel: not an activation")
	}
	return y, slopeFrom(f, y, slope)
}

// slopeFrom is f′ from y = f(x).
func slopeFrom[T Float](f Op, y, slope T) T {
	switch f {
	case Tanh:
		return 1 - y*y
	case Sigmoid:
		return y - y*y
	case ReLU:
		slope = 0
	case HardTanh:
		return indicator[T](y < 1 && y > -1)
	case Identity:
		return 1
	}
	if y > 0 {
		return 1
	}
	return slope
}

func indicator[T Float](b bool) T {
	if b {
		return 1
	}
	return 0
}

// sigmoid is 1/(1+e⁻ˣ) without overflow.
func sigmoid(x float64) float64 {
	z := math.Exp(-math.Abs(x))
	if x < 0 {
		return z / (1 + z)
	}
	return 1 / (1 + z)
}
