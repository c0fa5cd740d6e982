package graph

// Axes is the order of a parameter's axes. The network does not use it; weight files
// do, because frameworks store the same matrix in different orders.
type Axes int

// The orders of axes.
const (
	// AxesUnknown is the order of a parameter whose layer does not declare it.
	AxesUnknown Axes = iota
	// AxesInOut is the matrix of x·W, (in, out).
	AxesInOut
	// AxesOutIn is the matrix of x·Wᵀ, (out, in).
	AxesOutIn
	// AxesTable has rows that are looked up or added, such as the rows of an embedding;
	// its order is the same in every framework.
	AxesTable
	// AxesKernel is the kernel of a convolution, (out, in, rows, columns).
	AxesKernel
	// AxesKernelTransposed is the kernel of a transposed convolution, (in, out, rows,
	// columns).
	AxesKernelTransposed
)
