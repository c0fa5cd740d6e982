package kernel

// View is a strided matrix: element (i, j) is Data[i*Row+j*Col]. Row = ld, Col = 1 is a
// row-major matrix; Row = 1, Col = ld is the transpose of one.
type View[T Float] struct {
	Data     []T
	Row, Col int
}

// Rows returns the view of a row-major matrix with rows ld apart.
func Rows[T Float](data []T, ld int) View[T] { return View[T]{data, ld, 1} }

// Transposed returns the transpose of a row-major matrix with rows ld apart.
func Transposed[T Float](data []T, ld int) View[T] { return View[T]{data, 1, ld} }

// Start is the initial value of a product; the zero value means zero.
type Start[T Float] struct {
	Bias       []T  // n elements, added to every row of C; nil: none
	Accumulate bool // add to C; Bias is ignored
}

// Scratch is the workspace of large products: parts of A and B in the order in which
// they are read. The zero value allocates on first use; each goroutine needs one.
type Scratch[T Float] struct {
	data, b []T
	whole   Packed[T]
}

// GemmPacked computes the product with a packed matrix,
//
//	C = S + A·B     C: m×n (rows ldc apart)   A: m×k   B: k×n
//
// where S is zero, the bias in every row, or C itself.
//
// Every element is a chain of fused multiply-adds over k that starts from S (for n ≤ 32
// float32 or 16 float64: the sum of two or four such chains, over every second or
// fourth k), in an order that depends only on n and k: a row of C has the same bits for
// any m, and AVX-512 and AVX2 give the same bits. The portable path also rounds
// products, unless the compiler fuses them.
//
// C must not overlap A. s may be nil, which makes large products slower.
func GemmPacked[T Float](c []T, ldc, m int, a View[T], p *Packed[T], start Start[T], s *Scratch[T]) {
	if p.fits(m) {
		p.strip(c, ldc, m, &a, &start)
		return
	}
	g := gemm[T]{shape: p.shape, c: c, ldc: ldc, m: m, a: a, b: p.data, scratch: s}
	g.run(&start)
}

// Gemm computes the same product, with the same bits, for an unpacked row-major B (k×n,
// rows ldb apart). It is faster than packing when m is small or B is used once.
func Gemm[T Float](c []T, ldc, m int, a View[T], b []T, k, n, ldb int, start Start[T]) {
	if k > 0 && n > 0 {
		_ = b[(k-1)*ldb+n-1]
	}
	g := gemm[T]{shape: shapeOf[T](k, n), c: c, ldc: ldc, m: m, a: a, b: b, ldb: ldb}
	g.run(&start)
}
