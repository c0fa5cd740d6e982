package kernel

// View is a matrix in memory by strides: element (i, j) is Data[i*Row+j*Col]. Row = ld,
// Col = 1 is a row-major matrix, Row = 1, Col = ld the transpose of one.
type View[T Float] struct {
	Data     []T
	Row, Col int
}

// Rows is the row-major matrix with rows ld apart.
func Rows[T Float](data []T, ld int) View[T] { return View[T]{data, ld, 1} }

// Transposed is the transpose of the row-major matrix with rows ld apart.
func Transposed[T Float](data []T, ld int) View[T] { return View[T]{data, 1, ld} }

// Start says what a product is added to; the zero value is nothing.
type Start[T Float] struct {
	Bias       []T  // a row vector of n elements for every row of C; nil for none
	Accumulate bool // C itself; Bias is ignored then
}

// Scratch is the workspace of a large product: a block of A in the order in which it is
// read. The zero value allocates when it is first needed; each goroutine needs its own.
type Scratch[T Float] struct{ data []T }

// GemmPacked computes a product with a packed matrix,
//
//	C = S + A·B     C: m×n (rows ldc apart)   A: m×k   B: k×n
//
// where S is zero, the bias in every row, or C itself.
//
// Every element is a chain of fused multiply-adds over k that begins with S (for n ≤ 32
// float32 or 16 float64: of two or four such chains over every second or fourth k, then
// added), in an order that depends on n and k alone: a row of C has the same bits
// whatever m is, and AVX-512 and AVX2 give the same bits. The portable path rounds
// products, too, unless the compiler fuses them.
//
// C must not overlap A. s may be nil: then large products are slower.
func GemmPacked[T Float](c []T, ldc, m int, a View[T], p *Packed[T], start Start[T], s *Scratch[T]) {
	if p.fits(m) {
		p.strip(c, ldc, m, &a, &start)
		return
	}
	g := gemm[T]{shape: p.shape, c: c, ldc: ldc, m: m, a: a, b: p.data, scratch: s}
	g.run(&start)
}

// Gemm computes the same product, with the same bits, for a row-major B (k×n, rows ldb
// apart) that is not packed: faster than packing when m is small, or when B is used
// once.
func Gemm[T Float](c []T, ldc, m int, a View[T], b []T, k, n, ldb int, start Start[T]) {
	if k > 0 && n > 0 {
		_ = b[(k-1)*ldb+n-1]
	}
	g := gemm[T]{shape: shapeOf[T](k, n), c: c, ldc: ldc, m: m, a: a, b: b, ldb: ldb}
	g.run(&start)
}
