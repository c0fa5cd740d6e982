package kernel

import (
	"fmt"
	"math"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// The generator has these offsets as constants.
func TestTileArgsLayout(t *testing.T) {
	var v tileArgs
	for i, off := range []uintptr{
		unsafe.Offsetof(v.c), unsafe.Offsetof(v.a), unsafe.Offsetof(v.b), unsafe.Offsetof(v.bias), unsafe.Offsetof(v.ldc),
		unsafe.Offsetof(v.aRow), unsafe.Offsetof(v.aCol), unsafe.Offsetof(v.bRow), unsafe.Offsetof(v.bStep),
		unsafe.Offsetof(v.k), unsafe.Offsetof(v.tiles), unsafe.Offsetof(v.last), unsafe.Offsetof(v.init),
	} {
		if off != uintptr(8*i) {
			t.Errorf("field %d is at %d", i, off)
		}
	}
}

// product is a random product: its shape, strides and start.
type product struct {
	m, k, n                                         int
	ldc, lda, ldb                                   int
	transA, transB, packed, bias, accumulate, scrap bool
	seed                                            int
}

func drawProduct(t *rapid.T) product {
	dim := rapid.OneOf(rapid.IntRange(1, 40), rapid.IntRange(1, 300))
	p := product{m: dim.Draw(t, "m"), k: rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(0, 600)).Draw(t, "k"), n: dim.Draw(t, "n")}
	b := rapid.Bool()
	p.transA, p.transB, p.packed = b.Draw(t, "transA"), b.Draw(t, "transB"), b.Draw(t, "packed")
	p.bias, p.accumulate, p.scrap = b.Draw(t, "bias"), b.Draw(t, "accumulate"), b.Draw(t, "scratch")
	pad := rapid.IntRange(0, 9)
	p.ldc, p.lda, p.ldb = p.n+pad.Draw(t, "padC"), p.k+pad.Draw(t, "padA"), p.n+pad.Draw(t, "padB")
	if p.transA {
		p.lda += p.m - p.k
	}
	if p.transB && p.packed {
		p.ldb += p.k - p.n
	}
	p.seed = rapid.IntRange(0, 1<<30).Draw(t, "seed")
	return p
}

// operands are the matrices of a product, C between canaries.
type operands[T Float] struct {
	product
	a, b, bias []T
	c          guarded[T]
	view       View[T]
	start      Start[T]
}

func newOperands[T Float](p product) *operands[T] {
	r := seeded(p.seed, 1)
	rows, cols := p.m, p.k
	if p.transA {
		rows, cols = cols, rows
	}
	o := &operands[T]{product: p, bias: make([]T, p.n)}
	o.a = make([]T, max(0, (rows-1)*p.lda+cols))
	o.view = Rows(o.a, p.lda)
	if p.transA {
		o.view = Transposed(o.a, p.lda)
	}
	rows, cols = p.k, p.n
	if p.transB && p.packed {
		rows, cols = cols, rows
	}
	o.b = make([]T, max(0, (rows-1)*p.ldb+cols))
	o.c = guard[T]((p.m-1)*p.ldc+p.n, p.seed%5)
	for _, s := range [][]T{o.a, o.b, o.bias, o.c.data} {
		fill(s, r)
	}
	for i := range p.m - 1 {
		for j := p.n; j < p.ldc; j++ {
			o.c.data[i*p.ldc+j] = canary
		}
	}
	o.start.Accumulate = p.accumulate
	if p.bias {
		o.start.Bias = o.bias
	}
	return o
}

func (o *operands[T]) at(i, j int) T { // of B
	if o.transB && o.packed {
		return o.b[j*o.ldb+i]
	}
	return o.b[i*o.ldb+j]
}

// rows computes rows i0..i1 of the product.
func (o *operands[T]) rows(i0, i1 int) {
	var s *Scratch[T]
	if o.scrap {
		s = new(Scratch[T])
	}
	a := o.view
	if o.k > 0 {
		a.Data = a.Data[i0*a.Row:]
	}
	c := o.c.data[i0*o.ldc:]
	if !o.packed {
		Gemm(c, o.ldc, i1-i0, a, o.b, o.k, o.n, o.ldb, o.start)
		return
	}
	var p Packed[T]
	if o.transB {
		p.PackTransposed(o.b, o.k, o.n, o.ldb)
	} else {
		p.Pack(o.b, o.k, o.n, o.ldb)
	}
	GemmPacked(c, o.ldc, i1-i0, a, &p, o.start, s)
}

// reference computes element (i, j) and a bound of its rounding errors in float64.
func (o *operands[T]) reference(i, j int, before T) (sum, bound float64) {
	switch {
	case o.accumulate:
		sum = float64(before)
	case o.product.bias:
		sum = float64(o.bias[j])
	}
	bound = math.Abs(sum)
	for l := range o.k {
		p := float64(o.view.Data[i*o.view.Row+l*o.view.Col]) * float64(o.at(l, j))
		sum += p
		bound += math.Abs(p)
	}
	eps := 0x1p-24
	if size[T]() == 8 {
		eps = 0x1p-52
	}
	return sum, bound * eps * float64(o.k+2)
}

func checkProduct[T Float](t *rapid.T, tt *testing.T) {
	o := newOperands[T](drawProduct(t))
	before := append([]T(nil), o.c.data...)
	o.rows(0, o.m)
	o.c.check(tt, fmt.Sprintf("%+v", o.product))
	for i := range o.m {
		for j := range o.n {
			want, bound := o.reference(i, j, before[i*o.ldc+j])
			if got := float64(o.c.data[i*o.ldc+j]); !(math.Abs(got-want) <= bound) {
				t.Fatalf("%+v: C[%d,%d] = %v, want %v ± %v", o.product, i, j, got, want, bound)
			}
		}
		for j := o.n; j < o.ldc && i < o.m-1; j++ {
			if o.c.data[i*o.ldc+j] != canary {
				t.Fatalf("%+v: wrote between the rows at %d,%d", o.product, i, j)
			}
		}
	}
	// Any split of the rows gives the same bits.
	all := append([]T(nil), o.c.data...)
	copy(o.c.data, before)
	for i := 0; i < o.m; {
		next := rapid.IntRange(i+1, o.m).Draw(t, "rows")
		o.rows(i, next)
		i = next
	}
	for i := range all {
		if all[i] != o.c.data[i] {
			t.Fatalf("%+v: element %d depends on the number of rows", o.product, i)
		}
	}
}

func TestGemm(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		t.Run("f32", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkProduct[float32](r, t) }) })
		t.Run("f64", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkProduct[float64](r, t) }) })
	})
}

// AVX-512, AVX2 and packed or not give the same bits.
func TestGemmPathsAgree(t *testing.T) {
	best := bestPath()
	if best < AVX512 {
		t.Skip("needs both vector paths")
	}
	defer func() { active = best }()
	rapid.Check(t, func(t *rapid.T) {
		p := drawProduct(t)
		p.packed = true
		var all [2]*operands[float32]
		for i := range all {
			active = AVX2 + Path(i)
			all[i] = newOperands[float32](p)
			all[i].rows(0, p.m)
		}
		for i, v := range all[0].c.data {
			if v != all[1].c.data[i] {
				t.Fatalf("%+v: element %d differs between the paths", p, i)
			}
		}
	})
}
