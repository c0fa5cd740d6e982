package conv

import "github.com/seed-be841da4/prospect/internal/kernel"

// Scratch is the workspace of one thread. The zero value allocates what is first needed.
type Scratch[T kernel.Float] struct {
	gemm   kernel.Scratch[T]
	parts  [numParts][]T
	packed kernel.Packed[T]
}

// The parts of a workspace.
const (
	partSource   = iota // images, channels last
	partPadded          // one image with its padding
	partLines           // between the two directions of a transform
	partInput           // transformed inputs, or rows of gathered ones
	partProduct         // their products with the weights
	partResult          // images, channels last
	partSum             // weight gradients
	partGradient        // what arrives at the result, half transformed
	partOther
	numParts
)

// part returns n numbers of a part of the workspace, which hold anything.
func (s *Scratch[T]) part(k, n int) []T {
	if len(s.parts[k]) < n {
		s.parts[k] = kernel.Aligned[T](n)
	}
	return s.parts[k][:n]
}

// padded is the distance of rows of n numbers that a matrix product reads side by side:
// an odd number of cache lines, so that they fall into different sets of the cache.
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
