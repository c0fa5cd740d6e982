package kernel

import "unsafe"

const (
	// scratchRows is the number of rows of A copied at a time.
	scratchRows = 140
	// scratchStride is the stride of the copied rows in bytes: an odd number of cache
	// lines, so that the rows of a strip fall into different cache sets.
	scratchStride = blockBytes + 64
	// largeB is the size in bytes of a block of B beyond which the panels become the
	// outer loop, so that B is not read again for every strip of rows.
	largeB = 3 << 18
)

// large reports whether the panels of a block of B are the outer loop.
func (g *gemm[T]) large() bool {
	return g.ldb == 0 && g.sp == 1 && g.m > g.rows && g.n*min(g.k, g.block)*size[T]() >= largeB
}

// largeBlock computes a block of k panel by panel, so that each panel is fetched once
// for all rows. Rows of A with a stride that is a multiple of 256 bytes conflict in the
// L1 cache, so they are copied first.
func (g *gemm[T]) largeBlock(w *tileArgs, k0 int) {
	c := w.c
	if g.scratch == nil || g.a.Col != 1 || w.aRow%256 != 0 || g.n < 4*g.width {
		g.panelMajor(w, g.m)
		return
	}
	s := g.scratch
	stride := scratchStride / size[T]()
	if s.data == nil {
		s.data = Aligned[T](scratchRows * stride)
	}
	w.a, w.aRow = ptr(s.data), scratchStride
	for i0 := 0; i0 < g.m; i0 += scratchRows {
		m := min(scratchRows, g.m-i0)
		for i := range m {
			at := (i0+i)*g.a.Row + k0
			copy(s.data[i*stride:], g.a.Data[at:at+w.k])
		}
		w.c = unsafe.Add(c, i0*w.ldc)
		g.panelMajor(w, m)
	}
}

// panelMajor computes m rows, starting at v.a and v.c, panel by panel.
func (g *gemm[T]) panelMajor(v *tileArgs, m int) {
	w := *v
	w.tiles = 1
	strips := (m + g.rows - 1) / g.rows
	for j, panel := 0, 0; j < g.n; j, panel = j+g.width, panel+1 {
		w.moveTo(v, panel, g.width*size[T]())
		cols := min(g.width, g.n-j)
		family := tileS1V2
		w.last = cols - g.lanes
		if cols <= g.lanes {
			family, w.last = tileS1V1, cols
		}
		c := w.c
		for i, left := 0, strips; i < m; left-- {
			rows := (m - i + left - 1) / left
			w.a, w.c = unsafe.Add(v.a, i*w.aRow), unsafe.Add(c, i*w.ldc)
			runTile[T](family*16+rows, &w)
			i += rows
		}
	}
}
