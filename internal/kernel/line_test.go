package kernel

import (
	"fmt"
	"math"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// The generator has these offsets as constants.
func TestLineArgsLayout(t *testing.T) {
	var v lineArgs
	for i, off := range []uintptr{
		unsafe.Offsetof(v.dst), unsafe.Offsetof(v.src), unsafe.Offsetof(v.aux), unsafe.Offsetof(v.more),
		unsafe.Offsetof(v.dstRow), unsafe.Offsetof(v.dstCol), unsafe.Offsetof(v.srcRow), unsafe.Offsetof(v.srcCol),
		unsafe.Offsetof(v.rows), unsafe.Offsetof(v.n), unsafe.Offsetof(v.dstTo), unsafe.Offsetof(v.srcTo),
	} {
		if off != uintptr(8*i) {
			t.Errorf("field %d is at %d", i, off)
		}
	}
}

// The maps compute a filter of three taps.
func TestWinogradIdentity(t *testing.T) {
	for _, m := range []int{2, 4} {
		for tap := range 3 {
			for d := range m + 2 {
				for y, row := range winogradMatrix(WinogradOutput, m) {
					got := 0.0
					for p, f := range row {
						got += f * winogradMatrix(WinogradKernel, m)[p][tap] * winogradMatrix(WinogradInput, m)[p][d]
					}
					if want := truth(d == y+tap); math.Abs(got-want) > 1e-14 {
						t.Errorf("F(%d, 3): output %d, tap %d, input %d: got %v, want %v", m, y, tap, d, got, want)
					}
				}
			}
		}
	}
}

func TestWinograd(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		t.Run("f32", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkWinograd[float32](r, t) }) })
		t.Run("f64", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkWinograd[float64](r, t) }) })
	})
}

func checkWinograd[T Float](t *rapid.T, tt *testing.T) {
	m, op := rapid.SampledFrom([]int{2, 4}).Draw(t, "m"), Transform(rapid.IntRange(0, numTransforms-1).Draw(t, "map"))
	rows, n := rapid.IntRange(1, 4).Draw(t, "rows"), rapid.IntRange(1, 70).Draw(t, "n")
	in, out := op.sizes(m)
	pad := rapid.IntRange(0, 5)
	lines := func(vectors int, what string) (Lines[T], int) {
		col := n + pad.Draw(t, what)
		row := vectors*col + pad.Draw(t, what)
		if rapid.Bool().Draw(t, what+" interleaved") {
			row = n + pad.Draw(t, what)
			col = rows*row + pad.Draw(t, what)
		}
		return Lines[T]{Row: row, Col: col}, (rows-1)*row + (vectors-1)*col + n
	}
	src, size := lines(in, "src")
	src.Data = make([]T, size)
	fill(src.Data, seeded(rows, n))
	dst, size := lines(out, "dst")
	g := guard[T](size, n%5)
	for i := range g.data {
		g.data[i] = canary
	}
	dst.Data = g.data
	Winograd(op, m, dst, src, rows, n)
	g.check(tt, "winograd")
	written := map[int]bool{}
	for r := range rows {
		for i, f := range winogradMatrix(op, m) {
			for k := range n {
				want, bound := 0.0, 0.0
				for j := range f {
					v := f[j] * float64(src.Data[r*src.Row+j*src.Col+k])
					want, bound = want+v, bound+math.Abs(v)
				}
				at := r*dst.Row + i*dst.Col + k
				written[at] = true
				if got := float64(dst.Data[at]); !(math.Abs(got-want) <= 4*epsilon[T]()*bound) {
					t.Fatalf("map %d of F(%d, 3), row %d, vector %d, number %d: got %v, want %v", op, m, r, i, k, got, want)
				}
			}
		}
	}
	for at, v := range dst.Data {
		if !written[at] && v != canary {
			t.Fatalf("wrote between the vectors at %d", at)
		}
	}
}

func epsilon[T Float]() float64 {
	if size[T]() == 8 {
		return 0x1p-52
	}
	return 0x1p-23
}

func TestTranspose(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		t.Run("f32", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkTranspose[float32](r, t) }) })
		t.Run("f64", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkTranspose[float64](r, t) }) })
	})
}

func checkTranspose[T Float](t *rapid.T, tt *testing.T) {
	dim, pad := rapid.IntRange(1, 70), rapid.IntRange(0, 9)
	rows, cols := dim.Draw(t, "rows"), dim.Draw(t, "cols")
	lds, ldd := cols+pad.Draw(t, "lds"), rows+pad.Draw(t, "ldd")
	src := make([]T, (rows-1)*lds+cols)
	for i := range src {
		src[i] = T(i)
	}
	dst := guard[T]((cols-1)*ldd+rows, rows%5)
	for i := range dst.data {
		dst.data[i] = canary
	}
	Transpose(dst.data, ldd, src, lds, rows, cols)
	dst.check(tt, "transpose")
	for at, v := range dst.data {
		j, i := at/ldd, at%ldd
		want := T(canary)
		if i < rows {
			want = T(i*lds + j)
		}
		if v != want {
			t.Fatalf("%d×%d, rows %d and %d apart: element %d, %d: got %v, want %v", rows, cols, lds, ldd, i, j, v, want)
		}
	}
}

func TestCopyRows(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		rapid.Check(t, func(r *rapid.T) {
			rows, n := rapid.IntRange(1, 5).Draw(r, "rows"), rapid.IntRange(1, 70).Draw(r, "n")
			ldd, lds := n+rapid.IntRange(0, 9).Draw(r, "ldd"), rapid.IntRange(0, 80).Draw(r, "lds")
			src := make([]float32, (rows-1)*lds+n)
			fill(src, seeded(rows, n))
			dst := guard[float32]((rows-1)*ldd+n, n%5)
			for i := range dst.data {
				dst.data[i] = canary
			}
			CopyRows(dst.data, ldd, src, lds, rows, n)
			dst.check(t, "copy")
			for at, v := range dst.data {
				want := float32(canary)
				if at%ldd < n {
					want = src[at/ldd*lds+at%ldd]
				}
				if v != want {
					r.Fatalf("element %d: got %v, want %v", at, v, want)
				}
			}
		})
	})
}

func TestMaxPool(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		t.Run("f32", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkMaxPool[float32](r, t) }) })
		t.Run("f64", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkMaxPool[float64](r, t) }) })
	})
}

func checkMaxPool[T Float](t *rapid.T, tt *testing.T) {
	rows, n := rapid.IntRange(1, 5).Draw(t, "rows"), rapid.IntRange(1, 70).Draw(t, "n")
	row := 2*n + rapid.IntRange(0, 3).Draw(t, "row")
	pair := row + 2*n + rapid.IntRange(0, 3).Draw(t, "pair")
	last := (rows-1)*pair + row + 2*n
	x, dx := make([]T, last), guard[T](last, n%5)
	values := rapid.SampledFrom([]float64{-2, -1, 0, 1, 3, math.NaN(), math.Inf(1), math.Inf(-1)}) // with ties
	for i := range x {
		x[i] = T(values.Draw(t, "x"))
	}
	y, g := guard[T](rows*n, n%3), make([]T, rows*n)
	fill(g, seeded(rows, n))
	MaxPool(y.data, x, rows, n, pair, row)
	y.check(tt, "pool")
	MaxPoolGrad(dx.data, x, y.data, g, rows, n, pair, row)
	dx.check(tt, "pool gradient")
	for i := range rows {
		for j := range n {
			at := i*pair + 2*j
			places := [4]int{at, at + 1, at + row, at + row + 1}
			best := at
			for _, k := range places[1:] {
				if x[best] == x[best] && (x[k] > x[best] || x[k] != x[k]) {
					best = k
				}
			}
			if got := y.data[i*n+j]; got != x[best] && (got == got || x[best] == x[best]) {
				t.Fatalf("window %d, %d: got %v, want %v", i, j, got, x[best])
			}
			for _, k := range places {
				want := T(0)
				if k == best {
					want = g[i*n+j]
				}
				if dx.data[k] != want {
					t.Fatalf("gradient of window %d, %d at %d: got %v, want %v", i, j, k, dx.data[k], want)
				}
			}
		}
	}
}

func TestMeanPool(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		t.Run("f32", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkMeanPool[float32](r, t) }) })
		t.Run("f64", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkMeanPool[float64](r, t) }) })
	})
}

func checkMeanPool[T Float](t *rapid.T, tt *testing.T) {
	rows, n := rapid.IntRange(1, 5).Draw(t, "rows"), rapid.IntRange(1, 70).Draw(t, "n")
	row := 2*n + rapid.IntRange(0, 3).Draw(t, "row")
	pair := row + 2*n + rapid.IntRange(0, 3).Draw(t, "pair")
	last := (rows-1)*pair + row + 2*n
	x, dx := make([]T, last), guard[T](last, n%5)
	fill(x, seeded(n, rows))
	y := guard[T](rows*n, n%3)
	MeanPool(y.data, x, rows, n, pair, row)
	y.check(tt, "pool")
	MeanPoolGrad(dx.data, y.data, rows, n, pair, row)
	dx.check(tt, "pool gradient")
	written := 0
	for i := range rows {
		for j := range n {
			at := i*pair + 2*j
			want := ((x[at] + x[at+row]) + (x[at+1] + x[at+row+1])) * 0.25
			if got := y.data[i*n+j]; got != want {
				t.Fatalf("window %d, %d: got %v, want %v", i, j, got, want)
			}
			for _, k := range [4]int{at, at + 1, at + row, at + row + 1} {
				if dx.data[k] != want*0.25 {
					t.Fatalf("gradient of window %d, %d at %d: got %v, want %v", i, j, k, dx.data[k], want*0.25)
				}
			}
			written += 4
		}
	}
	for _, v := range dx.data {
		if v == canary {
			written++
		}
	}
	if written != len(dx.data) {
		t.Fatal("wrote between windows")
	}
}

func BenchmarkTranspose(b *testing.B) {
	for _, s := range [][2]int{{256, 64}, {512, 16}, {128, 256}, {64, 256}} {
		b.Run(fmt.Sprintf("f32/%d×%d", s[0], s[1]), func(b *testing.B) {
			src, dst := Aligned[float32](s[0]*s[1]), Aligned[float32](s[0]*s[1])
			b.SetBytes(int64(8 * len(src)))
			for b.Loop() {
				Transpose(dst, s[0], src, s[1], s[0], s[1])
			}
		})
	}
}

func BenchmarkWinograd(b *testing.B) {
	names := []string{"input", "kernel", "output", "output-adjoint", "kernel-adjoint"}
	for _, m := range []int{2, 4} {
		for op := range Transform(numTransforms) {
			b.Run(fmt.Sprintf("f32/m=%d/%s", m, names[op]), func(b *testing.B) {
				const n, rows = 128, 4
				in, out := op.sizes(m)
				src := Lines[float32]{Aligned[float32](in * rows * n), n, rows * n}
				dst := Lines[float32]{Aligned[float32](out * rows * n), n, rows * n}
				b.SetBytes(int64(4 * (len(src.Data) + len(dst.Data))))
				for b.Loop() {
					Winograd(op, m, dst, src, rows, n)
				}
			})
		}
	}
}

func TestAlternate(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		t.Run("f32", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkAlternate[float32](r, t) }) })
		t.Run("f64", func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { checkAlternate[float64](r, t) }) })
	})
}

func checkAlternate[T Float](r *rapid.T, t *testing.T) {
	rows, n := rapid.IntRange(1, 4).Draw(r, "rows"), rapid.IntRange(1, 70).Draw(r, "n")
	ldd, lds := n+rapid.IntRange(0, 3).Draw(r, "pad"), 2*n+rapid.IntRange(-1, 3).Draw(r, "pad")
	src := make([]T, (rows-1)*lds+2*n-1)
	fill(src, seeded(rows, n))
	even := guard[T]((rows-1)*ldd+n, n%3)
	CopyAlternate(even.data, ldd, src, lds, rows, n)
	even.check(t, "copy")
	for i := range rows {
		for j := range ldd {
			at, want := i*ldd+j, T(canary)
			if j < n {
				want = src[i*lds+2*j]
			}
			if at < len(even.data) && even.data[at] != want {
				r.Fatalf("row %d, element %d: got %v, want %v", i, j, even.data[at], want)
			}
		}
	}
	odd := make([]T, len(even.data))
	fill(odd, seeded(n, rows))
	ld := 2*n + rapid.IntRange(0, 3).Draw(r, "pad")
	both := guard[T]((rows-1)*ld+2*n, n%3)
	Interleave(both.data, ld, even.data, odd, ldd, rows, n)
	both.check(t, "interleave")
	for i := range rows {
		for j := range ld {
			at, want := i*ld+j, T(canary)
			if j < 2*n {
				want = [...][]T{even.data, odd}[j%2][i*ldd+j/2]
			}
			if at < len(both.data) && both.data[at] != want {
				r.Fatalf("interleaved row %d, element %d: got %v, want %v", i, j, both.data[at], want)
			}
		}
	}
}
