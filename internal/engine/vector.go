package engine

import "github.com/seed-be841da4/prospect/internal/kernel"

// float is the precision of a unit.
type float interface{ float32 | float64 }

// vector is the table of element-wise kernels of one precision. A kernel may overwrite
// its arguments.
type vector[T float] struct {
	vv       [numBinary]func(dst, a, b []T)                     // a ∘ b
	vs       [numBinary]func(dst, a []T, s T)                   // a ∘ s
	sv       [numBinary]func(dst []T, s T, b []T)               // s ∘ b
	un       [numFuncs]func(dst, a []T, p T)                    // F(a)
	fma      func(dst, c, a, b []T)                             // c + a·b
	fms      func(dst, c, a, b []T)                             // c − a·b
	sms      func(dst []T, s T, a, b []T)                       // s − a·b
	descend  func(x, g []T, s T)                                // x − s·g, product and difference rounded separately
	err      func(sums []float64, e, x, mu []T, rows, cols int) // e = x − μ, Σ e² of each row
	gradient func(f kernel.Op, dst, e, y, g []T)                // e − f′·g, f′ from y = f(x)
	log      func(dst, a []T)                                   // log-softmax of one row
	lgr      func(dst, y, g []T)                                // its derivative, one row
}

// portable returns kernels in plain Go.
func portable[T float]() *vector[T] {
	v := &vector[T]{
		fma: func(dst, c, a, b []T) {
			for i := range dst {
				dst[i] = c[i] + T(a[i]*b[i])
			}
		},
		fms: func(dst, c, a, b []T) {
			for i := range dst {
				dst[i] = c[i] - T(a[i]*b[i])
			}
		},
		sms: func(dst []T, s T, a, b []T) {
			for i := range dst {
				dst[i] = s - T(a[i]*b[i])
			}
		},
		descend: func(x, g []T, s T) {
			for i := range x {
				x[i] -= T(s * g[i])
			}
		},
		err:      errorLoop[T],
		gradient: gradientLoop[T],
		log:      logSoftmaxRow[T],
		lgr:      logSoftmaxGradRow[T],
	}
	for f := range numBinary {
		v.vv[f], v.vs[f], v.sv[f] = binaryLoops[T](f)
	}
	for f := range numFuncs {
		v.un[f] = func(dst, a []T, p T) {
			for i, x := range a {
				dst[i] = T(f.At(float64(x), float64(p)))
			}
		}
	}
	return v
}

// binaryLoops returns the three loops of a binary function, specialised for arithmetic.
func binaryLoops[T float](f Binary) (vv func(dst, a, b []T), vs func(dst, a []T, s T), sv func(dst []T, s T, b []T)) {
	at := func(a, b T) T { return T(f.At(float64(a), float64(b))) }
	switch f {
	case Add:
		at = func(a, b T) T { return a + b }
	case Sub:
		at = func(a, b T) T { return a - b }
	case Mul:
		at = func(a, b T) T { return a * b }
	case Div:
		at = func(a, b T) T { return a / b }
	}
	vv = func(dst, a, b []T) {
		for i := range dst {
			dst[i] = at(a[i], b[i])
		}
	}
	vs = func(dst, a []T, s T) {
		for i := range dst {
			dst[i] = at(a[i], s)
		}
	}
	sv = func(dst []T, s T, b []T) {
		for i := range dst {
			dst[i] = at(s, b[i])
		}
	}
	return vv, vs, sv
}

func sumOf[T float](a []T) float64 {
	s := 0.0
	for _, x := range a {
		s += float64(x)
	}
	return s
}

func errorLoop[T float](sums []float64, e, x, mu []T, rows, cols int) {
	for i := range e[:rows*cols] {
		e[i] = x[i] - mu[i]
	}
	kernel.RowDots(sums, e, e, rows, cols)
}

func gradientLoop[T float](f kernel.Op, dst, e, y, g []T) {
	for i, v := range y[:len(dst)] {
		d := 1 - T(v*v)
		if f == kernel.Sigmoid {
			d = v - T(v*v)
		}
		dst[i] = e[i] - T(d*g[i])
	}
}
