package engine

import (
	"math"

	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// vectors returns the kernels of the active instruction set, or plain Go where it has
// none.
func vectors[T float]() *vector[T] {
	v := portable[T]()
	if kernel.Active() == kernel.Portable {
		return v
	}
	for f, op := range arithmeticKernels {
		v.vv[f] = func(dst, a, b []T) { kernel.Vector2(op.vv, dst, a, b) }
		v.vs[f] = func(dst, a []T, s T) { kernel.Vector1(op.vs, dst, a, s) }
		v.sv[f] = func(dst []T, s T, b []T) { kernel.Vector1(op.sv, dst, b, s) }
	}
	for f := range numFuncs {
		op, ok := functionKernel(f)
		if !ok {
			continue
		}
		slow := v.un[f]
		v.un[f] = func(dst, a []T, p T) {
			if !kernel.Vector1(op, dst, a, p) {
				slow(dst, a, p)
			}
		}
	}
	v.un[Own(ops.ReLUD)] = func(dst, a []T, _ T) { kernel.Vector1(kernel.LeakyReLUSlope, dst, a, 0) }
	v.un[InverseSqrt] = func(dst, a []T, _ T) {
		kernel.Vector1(kernel.Sqrt, dst, a, 0)
		kernel.Vector1(kernel.Reciprocal, dst, dst, 0)
	}
	v.fma = func(dst, c, a, b []T) { kernel.Vector3(kernel.MulAdd, dst, a, b, c) }
	v.fms = func(dst, c, a, b []T) { kernel.Vector3(kernel.SubMul, dst, c, a, b) }
	v.sms = func(dst []T, s T, a, b []T) {
		if s == 1 && len(dst) > 0 && &a[0] == &b[0] && kernel.Vector1(kernel.TanhSlope, dst, a, 0) {
			return
		}
		kernel.Vector2(kernel.Mul, dst, a, b)
		kernel.Vector1(kernel.ScalarSub, dst, dst, s)
	}
	v.descend = func(x, g []T, s T) { kernel.Vector1(kernel.Descend, x, g, s) }
	v.err = func(sums []float64, e, x, mu []T, rows, cols int) { kernel.ErrorEnergy(sums, e, x, mu, rows, cols) }
	v.gradient = func(f kernel.Op, dst, e, y, g []T) { kernel.GradientOf(f, dst, e, y, g) }
	v.log = vectorLogSoftmax(v.log)
	v.lgr = vectorLogSoftmaxGrad(v.lgr)
	return v
}

// arithmeticKernels take a and b, a and a scalar, and a scalar and b.
var arithmeticKernels = map[Binary]struct{ vv, vs, sv kernel.Op }{
	Add:          {kernel.Add, kernel.AddScalar, kernel.AddScalar},
	Sub:          {kernel.Sub, kernel.SubScalar, kernel.ScalarSub},
	Mul:          {kernel.Mul, kernel.MulScalar, kernel.MulScalar},
	Div:          {kernel.Div, kernel.DivScalar, kernel.ScalarDiv},
	Less:         {kernel.Less, kernel.LessScalar, kernel.GreaterScalar},
	LessEqual:    {kernel.LessEqual, kernel.LessEqualScalar, kernel.GreaterEqualScalar},
	Greater:      {kernel.Greater, kernel.GreaterScalar, kernel.LessScalar},
	GreaterEqual: {kernel.GreaterEqual, kernel.GreaterEqualScalar, kernel.LessEqualScalar},
	Equal:        {kernel.Equal, kernel.EqualScalar, kernel.EqualScalar},
	NotEqual:     {kernel.NotEqual, kernel.NotEqualScalar, kernel.NotEqualScalar},
}

// functionKernel returns the kernel of a function by name. A function without a kernel
// for the precision is computed in float64 by [Func.At] and rounded once.
func functionKernel(f Func) (op kernel.Op, ok bool) {
	for k := range kernel.Functions() {
		if k.Name == f.String() {
			return k.Op, true
		}
	}
	return 0, false
}

// vectorLogSoftmax computes the sum of the exponentials first, then the log-softmax.
func vectorLogSoftmax[T float](slow func(dst, x []T)) func(dst, x []T) {
	limit := largest[T]()
	return func(dst, x []T) {
		var top [1]float64
		kernel.RowMaxima(top[:], x, 1, len(x))
		sum, ok := kernel.ExpShifted(dst, x, T(top[0]))
		if !ok {
			slow(dst, x)
			return
		}
		// Two subtractions: the shift by the maximum is exact near it, but the sum of
		// both is not.
		kernel.Vector1(kernel.SubScalar, dst, x, T(top[0]))
		kernel.Vector1(kernel.SubScalar, dst, dst, T(math.Log(sum)))
		kernel.Vector1(kernel.MaxScalar, dst, dst, -limit) // finite, however far apart the logits are
	}
}

func vectorLogSoftmaxGrad[T float](slow func(dst, y, g []T)) func(dst, y, g []T) {
	return func(dst, y, g []T) {
		var sum [1]float64
		kernel.RowSums(sum[:], g, 1, len(g))
		if len(dst) > 0 && &dst[0] == &g[0] || !kernel.Vector1(kernel.Exp, dst, y, 0) {
			slow(dst, y, g)
			return
		}
		kernel.Vector1(kernel.MulScalar, dst, dst, T(sum[0]))
		kernel.Vector2(kernel.Sub, dst, g, dst)
	}
}
