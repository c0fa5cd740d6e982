// Package kernel holds the inner loops of relaxation: matrix products with packed
// weights, element-wise functions, prediction errors and gradients, reductions and
// optimizer steps, on slices of float32 and float64.
//
// Each has an AVX-512 and an AVX2+FMA implementation, in assembly that package gen
// writes with avo, and [Active] says which is in use; other processors run plain Go.
// Functions that return a bool report whether the active path has a kernel and leave
// their arguments alone if not: the portable path has none, and float64 has none for
// transcendental functions. All other functions run everywhere.
//
// Slices are checked once per call; a slice that is too short panics. A destination may
// be one of the arguments but must not overlap them otherwise. Only a [Packed] or a
// [Scratch] allocates or retains memory.
//
// # Reproducibility
//
// AVX-512 and AVX2 give the same bits for every function. Sums have a fixed order that
// depends only on the length of a row, so a batch may be split into rows anywhere: a
// row of a product, or the sum of a row, does not depend on the rows around it. The
// portable path rounds differently.
//
// # Errors of the float32 functions
//
// [Functions] gives the error bounds, in units in the last place of the exact value,
// over all arguments; TestUlp measures them. The results for ±0, ±∞ and NaN are those
// of package math, or the limits. Exponentials below 2⁻¹²⁶ are flushed to 0, as are
// results computed from them, because operations on subnormal numbers take a hundred
// cycles each. Functions that cancel, such as GELU, have an absolute bound where they
// are small.
//
// # Micro-kernels of the matrix product
//
// A tile of C, of 14 rows and two 16-lane vectors of columns (AVX2: 6 rows and two
// 8-lane vectors), stays in registers for up to 4 KB of k. Each row of B is loaded once
// per tile; the elements of A are broadcast operands of the FMAs. Where C is at most
// two 512-bit vectors wide, several sums over k run in parallel, because a single row
// would be bound by the latency of the FMA.
package kernel

//go:generate go run ./gen
