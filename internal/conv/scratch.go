package conv

import "github.com/seed-be841da4/prospect/internal/kernel"

// Scratch is the workspace of one goroutine. The zero value allocates on first use.
type Scratch[T kernel.Float] struct {
	gemm   kernel.Scratch[T]
	parts  [numParts][]T
	packed kernel.Packed[T]
}

// The parts of a workspace.
const (
	partSource   = iota // images, channels last
	partPadded          // one image with its padding
	partLines           // a transform after its first direction
	partInput           // transformed or gathered inputs
	partProduct         // their products with the weights
	partResult          // images, channels last
	partSum             // weight gradients
	partGradient        // output gradient after the first direction
	partOther
	numParts
)

// part returns n elements of a part of the workspace, not initialised.
func (s *Scratch[T]) part(k, n int) []T {
	if len(s.parts[k]) < n {
		s.parts[k] = kernel.Aligned[T](n)
	}
	return s.parts[k][:n]
}

// padded is the stride of rows of n elements that a matrix product reads in parallel:
// an odd number of cache lines, so that they fall into different cache sets.
func padded[T kernel.Float](n int) int {
	line := 64 / sizeOf[T]()
	lines := (n + line - 1) / line
	return (lines | 1) * line
}

func sizeOf[T kernel.Float]() int {
	if _, ok := any(T(0)).(float32); ok {
		return 4
	}
	return 8
}
