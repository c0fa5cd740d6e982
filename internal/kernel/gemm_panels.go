package kernel

import "unsafe"

const (
	// groupBytes bounds the panels of B that are packed at a time: they stay in the L2
	// cache while all rows of A pass.
	groupBytes = 1 << 19
	// minDepth is the least number of rows of B in a group: C is read and written once
	// for each.
	minDepth = 128
	// packFrom is the size in bytes, and packRow that of a row, from which a row-major B
	// is packed: it is read again for every strip of A, and its rows are so far apart
	// that a panel does not stay in the cache.
	packFrom, packRow = 1 << 20, 1 << 11
)

// Shape is k×n, the shape of B in a product of [GemmOnce], with what follows from it.
type Shape[T Float] struct{ shape }

// ShapeOf returns the shape of k×n matrices.
func ShapeOf[T Float](k, n int) Shape[T] { return Shape[T]{shapeOf[T](k, n)} }

// GemmOnce computes the product of [GemmPacked], with the same bits, for a B that is
// used once: row-major or the transpose of a row-major matrix. A large B is packed into
// s, in groups of panels, while it is multiplied. s may be nil unless B is transposed.
func GemmOnce[T Float](c []T, ldc, m int, a, b View[T], shape *Shape[T], start Start[T], s *Scratch[T]) {
	k, n := shape.k, shape.n
	g := gemm[T]{shape: shape.shape, c: c, ldc: ldc, m: m, a: a, b: b.Data, ldb: b.Row, scratch: s}
	g.trans = b.Col != 1
	if g.trans {
		g.ldb = b.Col
	}
	g.groups = s != nil && g.sp == 1 && m > g.rows && active != Portable &&
		(g.trans || k*n*size[T]() >= packFrom && n*size[T]() >= packRow)
	if g.trans && !g.groups {
		s.whole.PackTransposed(b.Data, k, n, b.Col)
		GemmPacked(c, ldc, m, a, &s.whole, start, s)
		return
	}
	if k > 0 && n > 0 {
		_ = b.Data[(k-1)*b.Row+(n-1)*b.Col]
	}
	g.run(&start)
}

// panelGroups computes the product in blocks of k and groups of panels of B. A block of
// a row-major B is short enough that the group has all columns, and its rows are read
// to their end; a transposed B is read row by row with the longest blocks.
func (g *gemm[T]) panelGroups(v *tileArgs) {
	s, bytes := g.scratch, size[T]()
	wide := g.panels * g.width
	depth := min(g.block, g.k)
	if !g.trans {
		depth = min(depth, max(minDepth, groupBytes/(wide*bytes)))
	}
	group := min(g.panels, max(1, groupBytes/(depth*g.width*bytes)))
	s.b = grown(s.b, group*depth*g.width)
	for k0 := 0; k0 < g.k; k0 += depth {
		w := *v
		w.k = min(depth, g.k-k0)
		w.bRow, w.bStep = g.width*bytes, w.k*g.width*bytes
		w.a = unsafe.Add(v.a, k0*v.aCol)
		if k0 > 0 {
			w.init = startC
		}
		for j := 0; j < g.n; j += group * g.width {
			cols := min(group*g.width, g.n-j)
			g.packPanels(s.b, k0, w.k, j, cols)
			w.b, w.c = ptr(s.b), unsafe.Add(v.c, j*bytes)
			if v.bias != nil {
				w.bias = unsafe.Add(v.bias, j*bytes)
			}
			g.group(w, k0, cols)
		}
	}
}

// packPanels packs columns j … j+cols−1 of rows k0 … k0+k−1 of B.
func (g *gemm[T]) packPanels(dst []T, k0, k, j, cols int) {
	end := j + cols
	if whole := cols / g.width; !g.trans {
		for l := range k {
			CopyRows(dst[l*g.width:], k*g.width, g.b[(k0+l)*g.ldb+j:], g.width, whole, g.width)
		}
		j, dst = j+whole*g.width, dst[whole*k*g.width:]
	}
	for ; j < end; j += g.width {
		cols := min(g.width, end-j)
		to := dst[:k*g.width]
		dst = dst[k*g.width:]
		if cols < g.width {
			clear(to)
		}
		if g.trans {
			Transpose(to, g.width, g.b[j*g.ldb+k0:], g.ldb, cols, k)
		} else {
			CopyRows(to, g.width, g.b[k0*g.ldb+j:], g.ldb, k, cols)
		}
	}
}

// group computes all rows of a group of packed panels, strip by strip.
func (g *gemm[T]) group(w tileArgs, k0, cols int) {
	sh := g.shape
	sh.divide(cols)
	a, c, aRow := w.a, w.c, w.aRow
	strips := (g.m + g.rows - 1) / g.rows
	for i, left := 0, strips; i < g.m; left-- {
		rows := (g.m - i + left - 1) / left
		w.a, w.c = unsafe.Add(a, i*aRow), unsafe.Add(c, i*w.ldc)
		g.packStrip(&w, i, k0, rows)
		strip[T](&sh, &w, rows, true)
		i += rows
	}
}

// packStrip copies rows i … i+rows−1 of A to where w then reads them.
func (g *gemm[T]) packStrip(w *tileArgs, i, k0, rows int) {
	s, k := g.scratch, w.k
	if g.a.Col == 1 {
		stride := k + 64/size[T]()
		s.data = grown(s.data, g.rows*stride)
		CopyRows(s.data, stride, g.a.Data[i*g.a.Row+k0:], g.a.Row, rows, k)
		w.a, w.aRow, w.aCol = ptr(s.data), stride*size[T](), size[T]()
		return
	}
	s.data = grown(s.data, k*stripWidth)
	for l := range k {
		at := (k0+l)*g.a.Col + i
		if at+stripWidth <= len(g.a.Data) {
			*(*[stripWidth]T)(s.data[l*stripWidth:]) = [stripWidth]T(g.a.Data[at:])
		} else {
			copy(s.data[l*stripWidth:(l+1)*stripWidth], g.a.Data[at:])
		}
	}
	w.a, w.aRow, w.aCol = ptr(s.data), size[T](), stripWidth*size[T]()
}

// stripWidth is the distance between the columns of a packed strip of a transposed A.
const stripWidth = 16

// grown returns a slice of at least n elements, s if it is one.
func grown[T Float](s []T, n int) []T {
	if len(s) < n {
		return Aligned[T](n)
	}
	return s
}
