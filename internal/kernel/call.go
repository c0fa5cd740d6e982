package kernel

// Call is a product whose operands stay where they are, ready to run: at batch 1 finding
// the kernel and its arguments takes as long as the product.
type Call[T Float] struct {
	kernel int
	args   tileArgs
}

// Prepare returns the product of [GemmPacked] for fixed operands, nil unless it is one
// call of a micro-kernel. The memory of p must not change; its elements may.
func (p *Packed[T]) Prepare(c []T, ldc, m int, a View[T], bias []T) *Call[T] {
	if !p.fits(m) || len(p.data) == 0 {
		return nil
	}
	_ = c[(m-1)*ldc+p.n-1]
	_ = a.Data[(m-1)*a.Row+(p.k-1)*a.Col]
	b := size[T]()
	x := &Call[T]{args: tileArgs{
		k: p.k, c: ptr(c), ldc: ldc * b, a: ptr(a.Data), aRow: a.Row * b, aCol: a.Col * b,
		b: ptr(p.data), bRow: p.width * b, bStep: p.k * p.width * b,
	}}
	if bias != nil {
		x.args.init, x.args.bias = startBias, ptr(bias[:p.n])
	}
	switch {
	case m == 1 && p.sp == 1:
		if p.panels < 2 || p.panels > 4 {
			return nil
		}
		x.kernel, x.args.last = tileWide*16+p.panels, p.n-(p.panels-1)*p.width
	case p.tiles > 0 && p.tailLast == 0:
		x.kernel, x.args.tiles, x.args.last = p.main*16+m, p.tiles, p.last
		if p.sp == 4 {
			x.args.bStep = p.lanes * b
		}
	case p.tiles == 0:
		x.kernel, x.args.tiles, x.args.last = p.tail*16+m, 1, p.tailLast
	default:
		return nil
	}
	return x
}

// Run computes the product.
func (x *Call[T]) Run() { runTile[T](x.kernel, &x.args) }
