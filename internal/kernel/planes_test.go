package kernel

import (
	"math"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// The generator has these offsets as constants.
func TestPlaneArgsLayout(t *testing.T) {
	var v planeArgs
	for i, off := range []uintptr{
		unsafe.Offsetof(v.c), unsafe.Offsetof(v.a), unsafe.Offsetof(v.b), unsafe.Offsetof(v.bias),
		unsafe.Offsetof(v.rows), unsafe.Offsetof(v.cols), unsafe.Offsetof(v.ldc), unsafe.Offsetof(v.aRow),
		unsafe.Offsetof(v.k), unsafe.Offsetof(v.tiles), unsafe.Offsetof(v.vecs), unsafe.Offsetof(v.tail),
		unsafe.Offsetof(v.lines), unsafe.Offsetof(v.aRest), unsafe.Offsetof(v.bRest), unsafe.Offsetof(v.repeat),
		unsafe.Offsetof(v.aJump), unsafe.Offsetof(v.bJump),
	} {
		if off != uintptr(8*i) {
			t.Errorf("field %d is at %d", i, off)
		}
	}
}

func TestGemmPlanes(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		t.Run("f32", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkGemmPlanes[float32](r, t, 1e-4) }) })
		t.Run("f64", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkGemmPlanes[float64](r, t, 1e-13) }) })
	})
}

func checkGemmPlanes[T Float](r *rapid.T, t *testing.T, tol float64) {
	m, k := rapid.IntRange(1, 31).Draw(r, "m"), rapid.IntRange(0, 40).Draw(r, "k")
	tiles, pad := rapid.IntRange(1, 4).Draw(r, "tiles"), rapid.IntRange(0, 3).Draw(r, "pad")
	lanes := Lanes[T]()
	size := 300
	at := func(n int, what string) Offsets {
		return NewOffsets(rapid.SliceOfN(rapid.IntRange(0, size), n, n).Draw(r, what))
	}
	rows, cols := at(k, "rows"), at(2*tiles, "cols")
	n := cols.Len() * lanes
	ldc, lda := n+pad, k+pad
	a, b, bias := make([]T, m*lda), make([]T, rows.last+cols.last+lanes), make([]T, m)
	fill(a, seeded(m, k))
	fill(b, seeded(k, n))
	fill(bias, seeded(n, m))
	if rapid.Bool().Draw(r, "no bias") {
		bias = nil
	}
	c := guard[T]((m-1)*ldc+n, pad)
	GemmPlanes(c.data, ldc, m, a, lda, b, &rows, &cols, bias)
	c.check(t, "product")
	one := make([]T, n)
	for i := range m {
		want := make([]T, n)
		for j := range want {
			s := 0.0
			if bias != nil {
				s = float64(bias[i])
			}
			for l, place := range rows.at {
				s += float64(a[i*lda+l]) * float64(b[place+cols.at[j/lanes]+j%lanes])
			}
			want[j] = T(s)
		}
		got := c.data[i*ldc:][:n]
		near(t, "row", got, want, tol)
		var of []T
		if bias != nil {
			of = bias[i:]
		}
		GemmPlanes(one, n, 1, a[i*lda:], lda, b, &rows, &cols, of)
		if !slices.Equal(one, got) {
			r.Fatalf("row %d of %d has other bits alone", i, m)
		}
		for j := range pad {
			if at := i*ldc + n + j; at < len(c.data) && c.data[at] != canary {
				r.Fatalf("wrote between rows")
			}
		}
	}
}

func TestPlaneDots(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		t.Run("f32", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkPlaneDots[float32](r, t, 1e-4) }) })
		t.Run("f64", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkPlaneDots[float64](r, t, 1e-13) }) })
	})
}

func checkPlaneDots[T Float](r *rapid.T, t *testing.T, tol float64) {
	m, n := rapid.IntRange(1, 9).Draw(r, "m"), rapid.IntRange(1, 14).Draw(r, "n")
	d := Dots{
		Samples: rapid.IntRange(1, 3).Draw(r, "samples"),
		Lines:   rapid.IntRange(1, 4).Draw(r, "lines"),
		Width:   rapid.IntRange(1, 70).Draw(r, "width"),
	}
	pad := func() int { return rapid.IntRange(0, 5).Draw(r, "pad") }
	d.ASample, d.BLine = d.Lines*d.Width+pad(), d.Width+pad()
	d.BSample = d.Lines*d.BLine + pad()
	lda, ldc := d.Samples*d.ASample+pad(), n+pad()
	rows := NewOffsets(rapid.SliceOfN(rapid.IntRange(0, 50), n, n).Draw(r, "rows"))
	a, b := make([]T, m*lda), make([]T, rows.last+d.Samples*d.BSample+128)
	fill(a, seeded(m, n))
	fill(b, seeded(n, d.Width))
	c := guard[T]((m-1)*ldc+n, 1)
	clear(c.data)
	for range 2 {
		PlaneDots(c.data, ldc, m, a, lda, b, &rows, d)
	}
	c.check(t, "sums")
	for i := range m {
		want := make([]T, n)
		for j, at := range rows.at {
			s := 0.0
			for k := range d.Samples {
				for l := range d.Lines {
					for x := range d.Width {
						s += float64(a[i*lda+k*d.ASample+l*d.Width+x]) * float64(b[at+k*d.BSample+l*d.BLine+x])
					}
				}
			}
			want[j] = T(2 * s)
		}
		near(t, "row", c.data[i*ldc:][:n], want, 10*tol)
		one := make([]T, n)
		for range 2 {
			PlaneDots(one, n, 1, a[i*lda:], lda, b, &rows, d)
		}
		if !slices.Equal(one, c.data[i*ldc:][:n]) {
			r.Fatalf("row %d of %d has other bits alone", i, m)
		}
	}
}

func TestPlaneMax(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		t.Run("f32", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkPlaneMax[float32](r, t) }) })
		t.Run("f64", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkPlaneMax[float64](r, t) }) })
	})
}

func checkPlaneMax[T Float](r *rapid.T, t *testing.T) {
	lanes := Lanes[T]()
	k, tiles := rapid.IntRange(1, 10).Draw(r, "k"), rapid.IntRange(1, 3).Draw(r, "tiles")
	at := make([]int, k)
	for i := range at { // in order, as taps are
		at[i] = 3*i + rapid.IntRange(0, 2).Draw(r, "row")
	}
	places := make([]int, 2*tiles)
	for i := range places { // apart
		places[i] = i*(lanes+rapid.IntRange(0, 2).Draw(r, "gap")) + 2*i
	}
	rows, cols := NewOffsets(at), NewOffsets(places)
	n := cols.Len() * lanes
	b := make([]T, rows.last+cols.last+lanes)
	values := rapid.SampledFrom([]float64{-2, -1, 0, 1, 3, math.NaN(), math.Inf(1), math.Inf(-1)})
	for i := range b {
		b[i] = T(values.Draw(r, "b"))
	}
	y, dx, left := guard[T](n, k%5), guard[T](len(b), k%3), make([]T, n)
	fill(left, seeded(k, n))
	clear(dx.data)
	want := make([]T, len(b))
	PlaneMax(y.data, b, &rows, &cols)
	y.check(t, "maxima")
	for j := range n {
		place := cols.at[j/lanes] + j%lanes
		best := place + at[0]
		for _, row := range at {
			if v := b[place+row]; b[best] == b[best] && !(v <= b[best]) {
				best = place + row
			}
		}
		if got := y.data[j]; got != b[best] && (got == got || b[best] == b[best]) {
			r.Fatalf("maximum %d: got %v, want %v", j, got, b[best])
		}
		want[best] += left[j]
	}
	PlaneMaxGrad(dx.data, b, y.data, left, &rows, &cols)
	dx.check(t, "gradient")
	near(t, "gradient", dx.data, want, 1e-5)
}

// The kernels of one instruction set give the bits of the other.
func TestPlanesPathsAgree(t *testing.T) {
	best := bestPath()
	if best != AVX512 {
		t.Skip("this processor has no AVX-512")
	}
	defer func() { active = best }()
	t.Run("f32", planesPathsAgree[float32])
	t.Run("f64", planesPathsAgree[float64])
}

func planesPathsAgree[T Float](t *testing.T) {
	const m, n, k, width = 13, 64, 37, 45
	a, b := make([]T, m*200), make([]T, 1000)
	fill(a, seeded(1, 2))
	fill(b, seeded(3, 4))
	var products, dots [2][]T
	for i, path := range []Path{AVX2, AVX512} {
		active = path
		places, cols := make([]int, k), make([]int, n/Lanes[T]())
		for j := range places {
			places[j] = 11 * j
		}
		for j := range cols {
			cols[j] = j * Lanes[T]()
		}
		rows, all := NewOffsets(places), NewOffsets(cols)
		products[i], dots[i] = make([]T, m*n), make([]T, m*k)
		GemmPlanes(products[i], n, m, a, 200, b, &rows, &all, nil)
		PlaneDots(dots[i], k, m, a, 200, b, &rows, Dots{Samples: 2, Lines: 2, Width: width, ASample: 100, BLine: 50, BSample: 130})
	}
	if !slices.Equal(products[0], products[1]) {
		t.Error("products differ")
	}
	if !slices.Equal(dots[0], dots[1]) {
		t.Error("inner products differ")
	}
}
