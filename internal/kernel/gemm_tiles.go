package kernel

import "unsafe"

// The unsafe pointers below always point into their matrices: the garbage collector
// sees them, and a pointer past the end could keep another object alive.

// columns computes m rows of the block v over all columns.
func (g *gemm[T]) columns(v *tileArgs, m int) {
	a, c := v.a, v.c
	strips := (m + g.rows - 1) / g.rows
	for i, left := 0, strips; i < m; left-- {
		rows := (m - i + left - 1) / left
		v.a, v.c = unsafe.Add(a, i*v.aRow), unsafe.Add(c, i*v.ldc)
		strip[T](&g.shape, v, rows, g.ldb == 0)
		i += rows
	}
}

// strip computes the rows of one strip over all columns; v points to the first element
// of each matrix.
func strip[T Float](g *shape, v *tileArgs, rows int, packed bool) {
	if rows == 1 && g.sp == 1 && packed {
		wide[T](g, v)
		return
	}
	v.tiles, v.last = g.tiles, g.last
	if g.sp == 4 {
		v.bStep = g.lanes * size[T]()
	}
	if g.tiles > 0 {
		runTile[T](g.main*16+rows, v)
	}
	if g.tailLast > 0 {
		w := *v
		w.moveTo(v, g.tiles, g.width*size[T]())
		w.tiles, w.last = 1, g.tailLast
		runTile[T](g.tail*16+rows, &w)
	}
}

// wide computes one row, up to four panels at a time.
func wide[T Float](g *shape, v *tileArgs) {
	panels := (g.n + g.width - 1) / g.width
	w := *v
	for done := 0; done < panels; {
		now := min(panels-done, 4)
		if panels-done == 5 {
			now = 3
		}
		w.moveTo(v, done, g.width*size[T]())
		done += now
		w.last = g.width
		if done == panels {
			w.last = g.n - (panels-1)*g.width
		}
		runTile[T](tileWide*16+now, &w)
	}
}

// moveTo sets w to v advanced by a number of tiles; bytes is the width of a tile of C.
func (w *tileArgs) moveTo(v *tileArgs, tiles, bytes int) {
	w.b = unsafe.Add(v.b, tiles*v.bStep)
	w.c = unsafe.Add(v.c, tiles*bytes)
	if v.bias != nil {
		w.bias = unsafe.Add(v.bias, tiles*bytes)
	}
}
