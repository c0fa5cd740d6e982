// Package kernel holds the inner loops of relaxation: matrix products with packed
// weights, element-wise functions, prediction errors and gradients, reductions and
// optimizer steps, on slices of float32 and float64.
//
// Each is there for AVX-512 and for AVX2 with FMA, in assembly that package gen writes
// with avo, and [Active] says which is in use; elsewhere there is plain Go. Functions
// that return a bool report whether the active path has a kernel and leave their
// arguments alone if not: on the portable path, and for float64 with transcendental
// functions. All others run everywhere.
//
// Slices are checked in Go, once a call; a slice that is too short panics. Destinations
// may be one of the arguments but must not overlap them otherwise. Nothing allocates,
// but for what a [Packed] or a [Scratch] keeps, and nothing keeps its arguments.
//
// # Reproducibility
//
// AVX-512 and AVX2 give the same bits, of every function. Sums have a fixed order that
// depends on the length of a row alone, so a batch may be cut into rows anywhere: a row
// of a product, or the sum of a row, does not depend on the rows around it. The
// portable path rounds differently.
//
// # Errors of the float32 functions
//
// [Functions] says how large they are, in units in the last place of the true value,
// over all arguments; TestUlp measures them. The arguments ±0, ±∞ and NaN give what
// package math gives, and the limits of the others. Exponentials below 2⁻¹²⁶ are 0, and
// so is what is computed from them: subnormal numbers take a hundred cycles each.
// Functions that cancel, such as GELU, have an absolute bound where they are small.
//
// # The micro-kernels of the product
//
// A tile of C of 14 rows and two vectors of 16 columns (AVX2: 6 and two of 8) stays in
// registers for up to 4 KB of k. Each row of B is loaded once for the tile, the
// elements of A are broadcast operands of the FMAs. Where C is at most two 512-bit
// vectors wide, several sums over k run side by side, because a single row would wait
// for the latency of the FMA.
package kernel

//go:generate go run ./gen
