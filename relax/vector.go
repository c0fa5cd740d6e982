package relax

import (
	"fmt"
	"math"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// Vector is a flat view of float32 or float64 values, so that a solver is written once
// for both precisions. It refers to the slice it was made from and never copies it; a
// copy of a Vector is a second view of the same elements.
//
// Arithmetic is done in the precision of the elements, with one rounding after every
// product and one after every sum, never fused, so that the bits do not depend on the
// machine. Reductions accumulate in float64 in a fixed order.
//
// Operations on two vectors panic unless both have the same length and
// precision. The zero value is an empty vector.
type Vector struct {
	f32 []float32
	f64 []float64
}

// Float32 returns a view of x.
func Float32(x []float32) Vector { return Vector{f32: x} }

// Float64 returns a view of x.
func Float64(x []float64) Vector { return Vector{f64: x} }

// Len returns the number of elements.
func (v Vector) Len() int { return len(v.f32) + len(v.f64) }

// Float32 returns the underlying slice, or nil if it is of float64.
func (v Vector) Float32() []float32 { return v.f32 }

// Float64 returns the underlying slice, or nil if it is of float32.
func (v Vector) Float64() []float64 { return v.f64 }

// At returns element i.
func (v Vector) At(i int) float64 {
	if v.f32 != nil {
		return float64(v.f32[i])
	}
	return v.f64[i]
}

// Set sets element i to x, rounded to the vector's precision.
func (v Vector) Set(i int, x float64) {
	if v.f32 != nil {
		v.f32[i] = float32(x)
		return
	}
	v.f64[i] = x
}

// Slice returns a view of the elements i … j-1.
func (v Vector) Slice(i, j int) Vector {
	if v.f32 != nil {
		return Vector{f32: v.f32[i:j:j]}
	}
	return Vector{f64: v.f64[i:j:j]}
}

// SwapBlocks exchanges the elements i·n … (i+1)·n−1 with j·n … (j+1)·n−1.
func (v Vector) SwapBlocks(i, j, n int) {
	if v.f32 != nil {
		swapBlocks(v.f32, i*n, j*n, n)
	} else {
		swapBlocks(v.f64, i*n, j*n, n)
	}
}

// MakeLike returns a new vector of zeros with v's length and precision.
func (v Vector) MakeLike() Vector {
	if v.f32 != nil {
		return Vector{f32: make([]float32, len(v.f32))}
	}
	return Vector{f64: make([]float64, len(v.f64))}
}

// CopyFrom overwrites v with y, bit for bit.
func (v Vector) CopyFrom(y Vector) {
	v.mustMatch("CopyFrom", y)
	copy(v.f32, y.f32)
	copy(v.f64, y.f64)
}

// ConvertFrom overwrites v with y, of either precision, rounded to v's. It panics
// unless both have the same length.
func (v Vector) ConvertFrom(y Vector) {
	if v.Len() != y.Len() {
		panic(fmt.Sprintf("relax: vector: ConvertFrom: want equal lengths, got %v and %v", v, y))
	}
	copy(v.f32, y.f32)
	copy(v.f64, y.f64)
	if v.f32 != nil {
		for i, x := range y.f64 {
			v.f32[i] = float32(x)
		}
		return
	}
	for i, x := range y.f32 {
		v.f64[i] = float64(x)
	}
}

// AppendTo appends the elements to dst, widened to float64, and returns the extended
// slice.
func (v Vector) AppendTo(dst []float64) []float64 {
	dst = append(dst, v.f64...)
	for _, x := range v.f32 {
		dst = append(dst, float64(x))
	}
	return dst
}

// Fill sets every element to a.
func (v Vector) Fill(a float64) {
	fill(v.f32, float32(a))
	fill(v.f64, a)
}

// Scale multiplies every element by a, which is rounded to v's precision first.
func (v Vector) Scale(a float64) {
	scale(v.f32, float32(a))
	scale(v.f64, a)
}

// AddScaled adds a·y, where a is rounded to v's precision first:
//
//	v_i ← v_i + a·y_i
func (v Vector) AddScaled(a float64, y Vector) {
	v.mustMatch("AddScaled", y)
	addScaled(v.f32, float32(a), y.f32)
	addScaled(v.f64, a, y.f64)
}

// Dot returns Σ_i v_i·y_i, accumulated in float64 in a fixed order.
func (v Vector) Dot(y Vector) float64 {
	v.mustMatch("Dot", y)
	if v.f32 != nil {
		return dot(v.f32, y.f32)
	}
	return dot(v.f64, y.f64)
}

// MaxAbs returns max_i |v_i|: 0 for an empty vector, NaN if any element is NaN.
func (v Vector) MaxAbs() float64 {
	if v.f32 != nil {
		return maxAbs(v.f32)
	}
	return maxAbs(v.f64)
}

// FirstNonFinite returns the index of the first NaN or infinity, or -1 if every element
// is finite.
func (v Vector) FirstNonFinite() int {
	if v.f32 != nil {
		return firstNonFinite(v.f32)
	}
	return firstNonFinite(v.f64)
}

// String returns precision and length, never the elements.
func (v Vector) String() string {
	if v.f32 != nil {
		return fmt.Sprintf("float32[%d]", len(v.f32))
	}
	return fmt.Sprintf("float64[%d]", len(v.f64))
}

// matches reports whether v and y have the same length and precision.
func (v Vector) matches(y Vector) bool {
	return len(v.f32) == len(y.f32) && len(v.f64) == len(y.f64)
}

func (v Vector) mustMatch(op string, y Vector) {
	if !v.matches(y) {
		panic(fmt.Sprintf("relax: vector: %s: want equal lengths and precisions, got %v and %v", op, v, y))
	}
}

type float interface{ float32 | float64 }

func swapBlocks[T float](x []T, i, j, n int) {
	a, b := x[i:i+n], x[j:j+n]
	for k, v := range a {
		a[k], b[k] = b[k], v
	}
}

func fill[T float](x []T, a T) {
	for i := range x {
		x[i] = a
	}
}

// scale and addScaled use the vector kernels, which round in the same way.
func scale[T float](x []T, a T) {
	if kernel.Vector1(kernel.MulScalar, x, x, a) {
		return
	}
	for i := range x {
		x[i] *= a
	}
}

func addScaled[T float](x []T, a T, y []T) {
	y = y[:len(x)]
	if kernel.Vector1(kernel.Descend, x, y, -a) {
		return
	}
	for i := range x {
		// The conversion prevents fused multiply-add (Go spec, "Floating-point
		// operators"), which arm64 would otherwise use.
		x[i] += T(a * y[i])
	}
}

// dot keeps four partial sums, so that the additions overlap; the order is fixed.
func dot[T float](x, y []T) float64 {
	y = y[:len(x)]
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(x); i += 4 {
		s0 += float64(float64(x[i]) * float64(y[i]))
		s1 += float64(float64(x[i+1]) * float64(y[i+1]))
		s2 += float64(float64(x[i+2]) * float64(y[i+2]))
		s3 += float64(float64(x[i+3]) * float64(y[i+3]))
	}
	for ; i < len(x); i++ {
		s0 += float64(float64(x[i]) * float64(y[i]))
	}
	return (s0 + s1) + (s2 + s3)
}

func maxAbs[T float](x []T) float64 {
	m := 0.0
	for _, v := range x {
		m = max(m, math.Abs(float64(v)))
	}
	return m
}

// firstNonFinite uses that v-v is 0 for a finite v and NaN otherwise: the first pass
// has no branches, and the search runs only if a value is not finite.
func firstNonFinite[T float](x []T) int {
	var s0, s1, s2, s3, s4, s5, s6, s7 T
	rest := x
	for ; len(rest) >= 8; rest = rest[8:] {
		y := rest[:8:8]
		s0 += y[0] - y[0]
		s1 += y[1] - y[1]
		s2 += y[2] - y[2]
		s3 += y[3] - y[3]
		s4 += y[4] - y[4]
		s5 += y[5] - y[5]
		s6 += y[6] - y[6]
		s7 += y[7] - y[7]
	}
	for _, v := range rest {
		s0 += v - v
	}
	if s0+s1+s2+s3+s4+s5+s6+s7 == 0 {
		return -1
	}
	for i, v := range x {
		if v-v != 0 {
			return i
		}
	}
	return -1
}
