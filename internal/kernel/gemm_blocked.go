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
	for i0 := 0; i0 < g.m; i0 += scratchRows {
		m := min(scratchRows, g.m-i0)
		g.copyRows(w, i0, k0, m)
		w.c = unsafe.Add(c, i0*w.ldc)
		g.panelMajor(w, m)
	}
}

// copyRows copies m ≤ scratchRows rows of the block of A to where w then reads them.
func (g *gemm[T]) copyRows(w *tileArgs, i0, k0, m int) {
	stride := scratchStride / size[T]()
	g.scratch.data = grown(g.scratch.data, scratchRows*stride)
	CopyRows(g.scratch.data, stride, g.a.Data[i0*g.a.Row+k0:], g.a.Row, m, w.k)
	w.a, w.aRow = ptr(g.scratch.data), scratchStride
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
