package graph

// Axes says what the axes of a parameter are. The network has no use for it; files
// of weights have, because frameworks store the same matrix in different orders.
type Axes int

// The orders of axes.
const (
	// AxesUnknown is a parameter whose layer does not say.
	AxesUnknown Axes = iota
	// AxesInOut is the matrix of x·W, (in, out).
	AxesInOut
	// AxesOutIn is the matrix of x·Wᵀ, (out, in).
	AxesOutIn
	// AxesTable has rows that are looked up or added, such as those of an
	// embedding: every framework stores it alike.
	AxesTable
	// AxesKernel is the kernel of a convolution, (out, in, rows, columns).
	AxesKernel
	// AxesKernelTransposed is that of a transposed convolution, (in, out, rows,
	// columns).
	AxesKernelTransposed
)
