package kernel

import "unsafe"

// gemm is a product being computed.
type gemm[T Float] struct {
	shape
	c       []T
	ldc, m  int
	a       View[T]
	b       []T
	ldb     int  // 0 when b is packed
	trans   bool // b is the transpose of a row-major matrix
	groups  bool // panels are packed into the scratch
	scratch *Scratch[T]
	start   int
	bias    []T
}

func (g *gemm[T]) run(start *Start[T]) {
	if g.m <= 0 || g.n <= 0 {
		return
	}
	_ = g.c[(g.m-1)*g.ldc+g.n-1]
	if g.k > 0 {
		_ = g.a.Data[(g.m-1)*g.a.Row+(g.k-1)*g.a.Col]
	}
	switch {
	case start.Accumulate:
		g.start = startC
	case start.Bias != nil:
		g.start, g.bias = startBias, start.Bias[:g.n]
	}
	if active == Portable {
		g.portable()
		return
	}
	if g.k == 1 && g.start == startZero {
		g.outer()
		return
	}
	v := tileArgs{k: g.k, init: g.start, c: ptr(g.c), bias: ptr(g.bias), ldc: g.ldc * size[T]()}
	if g.k > 0 {
		v.a, v.b = ptr(g.a.Data), ptr(g.b)
		v.aRow, v.aCol = g.a.Row*size[T](), g.a.Col*size[T]()
		v.bRow, v.bStep = g.width*size[T](), min(g.k, g.block)*g.width*size[T]()
		if g.ldb != 0 {
			v.bRow, v.bStep = g.ldb*size[T](), g.width*size[T]()
		}
	}
	switch {
	case g.groups:
		g.panelGroups(&v)
	case g.k > g.block || g.large():
		g.blocks(&v)
	case g.m <= g.rows:
		strip[T](&g.shape, &v, g.m, g.ldb == 0)
	default:
		g.columns(&v, g.m)
	}
}

// blocks loops over the blocks of k. Each continues the sums that the previous block
// left in C; that is exact, since the sums are of type T.
func (g *gemm[T]) blocks(v *tileArgs) {
	for k0 := 0; k0 < g.k; k0 += g.block {
		w := *v
		w.k = min(g.block, g.k-k0)
		w.a = unsafe.Add(v.a, k0*v.aCol)
		w.b = unsafe.Add(v.b, k0*v.bRow)
		if g.ldb == 0 {
			w.b = unsafe.Add(v.b, k0*g.panels*v.bRow)
			w.bStep = w.k * v.bRow
		}
		if k0 > 0 {
			w.init = startC
		}
		if g.large() {
			g.largeBlock(&w, k0)
		} else {
			g.columns(&w, g.m)
		}
	}
}
