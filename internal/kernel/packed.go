package kernel

// Packed is a matrix B (k×n) in the layout that GemmPacked reads: blocks of
// 4096/sizeof(T) rows, divided into panels two vectors wide, each stored row by row and
// padded with zeros on the right. The zero value is an empty matrix; packing again
// reuses the memory. Any number of goroutines may read it.
type Packed[T Float] struct {
	shape
	data []T
}

// Rows is k, the length of the sums.
func (p *Packed[T]) Rows() int { return p.k }

// Cols is n, the number of columns of the product.
func (p *Packed[T]) Cols() int { return p.n }

// Pack sets p to b, a row-major k×n matrix with rows ldb apart. It allocates only if
// the matrix is larger than any before.
func (p *Packed[T]) Pack(b []T, k, n, ldb int) {
	p.resize(k, n)
	p.PackRows(b, ldb, 0, k)
}

// PackRows packs rows lo … hi−1 into a p that Reset has prepared. Several goroutines
// may pack different rows.
func (p *Packed[T]) PackRows(b []T, ldb, lo, hi int) {
	if lo >= hi || p.n == 0 {
		return
	}
	k, n := p.k, p.n
	_ = b[(hi-1)*ldb+n-1]
	for k0 := lo / p.block * p.block; k0 < hi; k0 += p.block {
		rows := min(p.block, k-k0)
		for j := 0; j < n; j += p.width {
			dst := p.panel(k0, rows, j)
			w := min(p.width, n-j)
			for r := max(0, lo-k0); r < min(rows, hi-k0); r++ {
				row := dst[r*p.width : (r+1)*p.width]
				at := (k0+r)*ldb + j
				copy(row, b[at:at+w])
				clear(row[w:])
			}
		}
	}
}

// Reset makes p a k×n matrix of unspecified elements, to be set row by row.
func (p *Packed[T]) Reset(k, n int) { p.resize(k, n) }

// Place makes p a k×n matrix in the given memory, of [PackedSize] elements, which must
// be zero beyond column n. Reset and Pack keep the memory if it is large enough.
func (p *Packed[T]) Place(data []T, k, n int) {
	p.data = data[:PackedSize[T](k, n)]
	p.resize(k, n)
}

// PackedSize is the number of elements in the layout of a k×n matrix.
func PackedSize[T Float](k, n int) int {
	s := shapeOf[T](k, n)
	return k * s.panels * s.width
}

// Width is the number of columns of a panel.
func (p *Packed[T]) Width() int { return p.width }

// Row is the offset of columns j … j+Width−1 of row r, for j a multiple of Width; the
// same columns of the next row follow, unless it begins a block.
func (p *Packed[T]) Row(r, j int) int {
	k0 := r / p.block * p.block
	return k0*p.panels*p.width + j/p.width*p.step(r) + (r-k0)*p.width
}

// SetRow sets row r.
func (p *Packed[T]) SetRow(r int, row []T) {
	row = row[:p.n]
	at, step := p.Row(r, 0), p.step(r)
	for ; len(row) >= p.width; row = row[p.width:] {
		copy(p.data[at:at+p.width], row)
		at += step
	}
	if len(row) > 0 {
		clear(p.data[at+copy(p.data[at:at+p.width], row) : at+p.width])
	}
}

// Panel is the part of the layout that holds columns j … j+Width−1 of row r and of the
// following rows of its block.
func (p *Packed[T]) Panel(r, j int) []T {
	at := p.Row(r, j)
	return p.data[at : at+p.step(r)-r%p.block*p.width]
}

// step is the distance between panels in the block of row r.
func (p *Packed[T]) step(r int) int { return min(p.block, p.k-r/p.block*p.block) * p.width }

// PackTransposed sets p to bᵀ, where b is row-major n×k with rows ldb apart: column j
// of the packed matrix is row j of b.
func (p *Packed[T]) PackTransposed(b []T, k, n, ldb int) {
	p.resize(k, n)
	p.PackTransposedRows(b, ldb, 0, k)
}

// PackTransposedRows packs rows lo … hi−1 of bᵀ, like PackRows.
func (p *Packed[T]) PackTransposedRows(b []T, ldb, lo, hi int) {
	if lo >= hi || p.n == 0 {
		return
	}
	k, n := p.k, p.n
	_ = b[(n-1)*ldb+hi-1]
	for k0 := lo / p.block * p.block; k0 < hi; k0 += p.block {
		rows := min(p.block, k-k0)
		from, to := max(0, lo-k0), min(rows, hi-k0)
		for j := 0; j < n; j += p.width {
			dst := p.panel(k0, rows, j)[from*p.width : to*p.width]
			p.transposePanel(dst, b[j*ldb+k0+from:], min(p.width, n-j), to-from, ldb)
		}
	}
}

// transposePanel fills dst (rows × width) with the transpose of w rows of b.
func (p *Packed[T]) transposePanel(dst, b []T, w, rows, ldb int) {
	if w < p.width {
		clear(dst)
	}
	Transpose(dst, p.width, b, ldb, w, rows)
}

// resize prepares p for a k×n matrix.
func (p *Packed[T]) resize(k, n int) {
	p.shape = shapeOf[T](k, n)
	need := k * p.panels * p.width
	if cap(p.data) < need {
		p.data = Aligned[T](need)
	}
	p.data = p.data[:need]
}

// panel is the data of columns j.. in the block of rows that begins at k0.
func (p *Packed[T]) panel(k0, rows, j int) []T {
	at := k0*p.panels*p.width + j*rows
	return p.data[at : at+rows*p.width]
}

// fits reports whether a product of m rows is a single strip: the usual case at batch
// 1, which takes tens of nanoseconds and so gets a fast path.
func (p *Packed[T]) fits(m int) bool {
	return m > 0 && p.n > 0 && m <= p.rows && p.k <= p.block && p.k > 0 && active != Portable
}

// strip computes a product of one strip of rows.
func (p *Packed[T]) strip(c []T, ldc, m int, a *View[T], start *Start[T]) {
	_ = c[(m-1)*ldc+p.n-1]
	_ = a.Data[(m-1)*a.Row+(p.k-1)*a.Col]
	// Assigned field by field: a composite literal would be built elsewhere and copied,
	// which stalls on store forwarding.
	var v tileArgs
	v.c, v.a, v.b, v.k = ptr(c), ptr(a.Data), ptr(p.data), p.k
	v.ldc, v.aRow, v.aCol = ldc*size[T](), a.Row*size[T](), a.Col*size[T]()
	v.bRow, v.bStep = p.width*size[T](), p.k*p.width*size[T]()
	switch {
	case start.Accumulate:
		v.init = startC
	case start.Bias != nil:
		v.init, v.bias = startBias, ptr(start.Bias[:p.n])
	}
	strip[T](&p.shape, &v, m, true)
}
