package kernel

import (
	"syscall"
	"testing"
	"unsafe"
)

const pages = 1 << 18 // bytes before a guard page

// wall is memory that ends at a page that may be neither read nor written.
func wall(t *testing.T) []byte {
	t.Helper()
	page := syscall.Getpagesize()
	m, err := syscall.Mmap(-1, 0, pages+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(m) })
	if err := syscall.Mprotect(m[pages:], syscall.PROT_NONE); err != nil {
		t.Skip(err)
	}
	return m[:pages]
}

// last is the last n elements before the wall.
func last[T Float](w []byte, n int) []T {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&w[len(w)-n*size[T]()])), n)
}

// No kernel touches memory past the end of its slices.
func TestVectorWall(t *testing.T) {
	var walls [len(vecArgs[float32]{}.p)][]byte
	for i := range walls {
		walls[i] = wall(t)
	}
	eachPath(t, func(*testing.T) {
		for _, n := range sizes[1:] {
			for rows := 1; rows <= 3; rows++ {
				vectorWall[float32](&walls, n, rows)
				vectorWall[float64](&walls, n, rows)
			}
		}
	})
}

func vectorWall[T Float](walls *[len(vecArgs[float32]{}.p)][]byte, n, rows int) {
	for k := Op(0); k <= opExpShifted; k++ {
		out := make([]float64, rows)
		var v vecArgs[T]
		v.n, v.rows, v.sums = n*rows, 1, ptr64(out)
		for i, w := range walls {
			v.p[i] = ptr(last[T](w, n*rows))
		}
		runVec(k, &v)
		v.n, v.rows = n, 1
		runVec(k, &v)
	}
}

// Nor does the matrix product, whose writes before its slices TestGemm checks.
func TestGemmWall(t *testing.T) {
	var walls [4][]byte
	for i := range walls {
		walls[i] = wall(t)
	}
	eachPath(t, func(*testing.T) {
		for _, m := range []int{1, 2, 5, 7, 14, 15, 29} {
			for _, n := range []int{1, 3, 8, 10, 15, 16, 17, 31, 32, 33, 47, 50, 64, 65, 100, 161} {
				for _, k := range []int{1, 2, 3, 5, 33} {
					gemmWall[float32](&walls, m, k, n)
					gemmWall[float64](&walls, m, k, n)
				}
			}
		}
	})
}

func gemmWall[T Float](walls *[4][]byte, m, k, n int) {
	c, a := last[T](walls[0], m*n), last[T](walls[1], m*k)
	b, bias := last[T](walls[2], k*n), last[T](walls[3], n)
	var p Packed[T]
	p.Pack(b, k, n, n)
	p.PackTransposed(b, k, n, k)
	for _, v := range []View[T]{Rows(a, k), Transposed(a, m)} {
		for _, s := range []Start[T]{{}, {Bias: bias}, {Accumulate: true}} {
			GemmPacked(c, n, m, v, &p, s, nil)
			Gemm(c, n, m, v, b, k, n, n, s)
		}
	}
}

// Nor do the kernels that go over lines.
func TestLineWall(t *testing.T) {
	var walls [4][]byte
	for i := range walls {
		walls[i] = wall(t)
	}
	eachPath(t, func(*testing.T) {
		for _, n := range sizes[1:] {
			n = min(n, 130)
			lineWall[float32](&walls, n)
			lineWall[float64](&walls, n)
		}
	})
}

func lineWall[T Float](walls *[4][]byte, n int) {
	for _, m := range []int{2, 4} {
		for op := range Transform(numTransforms) {
			in, out := op.sizes(m)
			Winograd(op, m, Lines[T]{last[T](walls[0], 2*out*n), out * n, n}, Lines[T]{last[T](walls[1], 2*in*n), in * n, n}, 2, n)
		}
	}
	for _, cols := range []int{1, 5, 16, 33} {
		Transpose(last[T](walls[0], n*cols), n, last[T](walls[1], n*cols), cols, n, cols)
	}
	CopyRows(last[T](walls[0], 2*n), n, last[T](walls[1], 2*n), n, 2, n)
	CopyAlternate(last[T](walls[0], 2*n), n, last[T](walls[1], 4*n-1), 2*n, 2, n)
	Interleave(last[T](walls[0], 4*n), 2*n, last[T](walls[1], 2*n), last[T](walls[2], 2*n), n, 2, n)
	x, dx, y, g := last[T](walls[0], 8*n), last[T](walls[1], 8*n), last[T](walls[2], 2*n), last[T](walls[3], 2*n)
	MaxPool(y, x, 2, n, 4*n, 2*n)
	MaxPoolGrad(dx, x, y, g, 2, n, 4*n, 2*n)
	MeanPool(y, x, 2, n, 4*n, 2*n)
	MeanPoolGrad(dx, g, 2, n, 4*n, 2*n)
}

// Nor do the kernels that go over planes.
func TestPlaneWall(t *testing.T) {
	var walls [3][]byte
	for i := range walls {
		walls[i] = wall(t)
	}
	eachPath(t, func(*testing.T) {
		for m := range 15 {
			for _, n := range []int{1, 5, 16, 17, 33} {
				planeWall[float32](&walls, m+1, n)
				planeWall[float64](&walls, m+1, n)
			}
		}
	})
}

func planeWall[T Float](walls *[3][]byte, m, n int) {
	lanes := 64 / size[T]()
	rows, cols := NewOffsets([]int{5, 0, 2}), NewOffsets([]int{0, 7})
	k, width := rows.Len(), 2*Lanes[T]()
	GemmPlanes(last[T](walls[0], m*width), width, m, last[T](walls[1], m*k), k, last[T](walls[2], 5+7+Lanes[T]()), &rows, &cols, nil)
	size := 5 + 7 + Lanes[T]()
	PlaneMax(last[T](walls[0], width), last[T](walls[2], size), &rows, &cols)
	PlaneMaxGrad(last[T](walls[0], size), last[T](walls[2], size), last[T](walls[1], 2*width)[:width], last[T](walls[1], width), &rows, &cols)
	d := Dots{Samples: 2, Lines: 2, Width: n, ASample: 2 * n, BLine: n, BSample: 2 * n}
	read := 5 + 3*n + (n+lanes-1)/lanes*lanes
	PlaneDots(last[T](walls[0], m*k), k, m, last[T](walls[1], m*4*n), 4*n, last[T](walls[2], read), &rows, d)
}
