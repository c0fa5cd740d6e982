package kernel

import "unsafe"

// Float is an element type of the kernels.
type Float interface{ float32 | float64 }

// Path is an implementation of the kernels, named for its instruction set.
type Path uint8

const (
	// Portable is plain Go, for every processor.
	Portable Path = iota
	// AVX2 uses 256-bit vectors and FMA.
	AVX2
	// AVX512 uses 512-bit vectors (F, DQ, BW and VL).
	AVX512
)

// String returns the path's name: portable, avx2 or avx512.
func (p Path) String() string {
	return [...]string{"portable", "avx2", "avx512"}[p]
}

// active is the path in use: the best one of this processor. Only tests change it.
var active = bestPath()

// Active returns the path in use.
func Active() Path { return active }

// size is the size of T in bytes.
func size[T Float]() int {
	var x T
	return int(unsafe.Sizeof(x))
}

// ptr is the address of the first element, nil for an empty slice.
func ptr[T Float](s []T) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }

// ptr64 is ptr for row sums.
func ptr64(s []float64) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }
