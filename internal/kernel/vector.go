package kernel

import (
	"iter"
	"slices"
	"unsafe"
)

// Op is the index of an element-wise kernel. Vector1 … Vector3 run it with one to three
// arguments and report whether the active path has it; if not, the caller computes in
// plain Go.
type Op uint8

// Function is a kernel of [Vector1] that computes a named function. The table is
// written by package gen.
type Function struct {
	// Name is the function's name in package engine.
	Name string
	// Op is the kernel. A parameter of the function is the scalar of [Vector1].
	Op Op
	// Single means that there is no kernel for float64.
	Single bool
	// ULP bounds the error, in units in the last place of the exact value, or of Floor
	// where that is smaller. Zero means correctly rounded.
	ULP, Floor float64
	// Flush is the magnitude below which results may be 0, where an exponential would
	// be subnormal.
	Flush float64
}

// Functions yields the kernels of named functions.
func Functions() iter.Seq[Function] { return slices.Values(functions[:]) }

// vecArgs are the arguments of an element-wise kernel. The generator knows the
// offsets of the fields.
type vecArgs[T Float] struct {
	p    [8]unsafe.Pointer // slices of n·rows elements
	n    int               // elements per row
	rows int               // rows; 1 for kernels without a reduction
	sums unsafe.Pointer    // one float64 per row
	s    [12]T             // scalars
}

// Vector1 computes dst = f(a), where f may take a scalar. dst may be a.
func Vector1[T Float](op Op, dst, a []T, s T) bool {
	if len(dst) == 0 {
		return true
	}
	_ = a[len(dst)-1]
	var v vecArgs[T]
	v.p[0], v.p[1], v.n, v.s[0] = ptr(dst), ptr(a), len(dst), s
	return runVec(op, &v)
}

// Vector2 computes dst = f(a, b). dst may be a or b.
func Vector2[T Float](op Op, dst, a, b []T) bool {
	if len(dst) == 0 {
		return true
	}
	_, _ = a[len(dst)-1], b[len(dst)-1]
	var v vecArgs[T]
	v.p[0], v.p[1], v.p[2], v.n = ptr(dst), ptr(a), ptr(b), len(dst)
	return runVec(op, &v)
}

// Vector3 computes dst = f(a, b, c). dst may be any of them.
func Vector3[T Float](op Op, dst, a, b, c []T) bool {
	if len(dst) == 0 {
		return true
	}
	_, _, _ = a[len(dst)-1], b[len(dst)-1], c[len(dst)-1]
	var v vecArgs[T]
	v.p[0], v.p[1], v.p[2], v.p[3], v.n = ptr(dst), ptr(a), ptr(b), ptr(c), len(dst)
	return runVec(op, &v)
}
