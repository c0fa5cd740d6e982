package kernel

import (
	"fmt"
	"testing"
)

// A product with a matrix that is used once has the bits of the product with the packed
// one, whether B and A are packed on the way or not.
func TestGemmOnce(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		t.Run("f32", testGemmOnce[float32])
		t.Run("f64", testGemmOnce[float64])
	})
}

func testGemmOnce[T Float](t *testing.T) {
	for _, s := range []struct{ m, k, n int }{
		{1, 1, 1}, {1, 40, 70}, {3, 1, 50}, {14, 20, 33}, {15, 20, 1}, {15, 1, 33}, {31, 300, 1100}, {16, 1200, 530}, {40, 9, 65}, {64, 130, 10}, {29, 700, 513},
	} {
		for _, trans := range []struct{ a, b bool }{{}, {a: true}, {b: true}, {true, true}} {
			for _, start := range []string{"zero", "bias", "c"} {
				t.Run(fmt.Sprintf("%dx%dx%d/%+v/%s", s.m, s.k, s.n, trans, start), func(t *testing.T) {
					r := seeded(s.m, s.n)
					a, b, bias := make([]T, s.m*s.k), make([]T, s.k*s.n), make([]T, s.n)
					got := guard[T](s.m*s.n, 3)
					for _, x := range [][]T{a, b, bias, got.data} {
						fill(x, r)
					}
					want := append([]T(nil), got.data...)
					var p Packed[T]
					p.Pack(b, s.k, s.n, s.n)
					va, vb := Rows(a, s.k), Rows(b, s.n)
					if trans.a {
						va = Transposed(a, s.m)
					}
					if trans.b {
						p.PackTransposed(b, s.k, s.n, s.k)
						vb = Transposed(b, s.k)
					}
					from := Start[T]{Accumulate: start == "c"}
					if start == "bias" {
						from.Bias = bias
					}
					GemmPacked(want, s.n, s.m, va, &p, from, new(Scratch[T]))
					shape := ShapeOf[T](s.k, s.n)
					GemmOnce(got.data, s.n, s.m, va, vb, &shape, from, new(Scratch[T]))
					got.check(t, "C")
					for i := range want {
						if got.data[i] != want[i] {
							t.Fatalf("element %d, got %v, want %v", i, got.data[i], want[i])
						}
					}
				})
			}
		}
	}
}

// A step along an outer product has the bits of a step along the product.
func TestSGDOuter(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		t.Run("f32", testSGDOuter[float32])
		t.Run("f64", testSGDOuter[float64])
	})
}

func testSGDOuter[T Float](t *testing.T) {
	for _, rows := range []int{1, 2, 9} {
		for n := 1; n <= 140; n++ {
			r := seeded(rows, n)
			got, column, row, g := guard[T](rows*n, 2), make([]T, rows), make([]T, n), make([]T, rows*n)
			for _, x := range [][]T{got.data, column, row} {
				fill(x, r)
			}
			want := append([]T(nil), got.data...)
			shape := ShapeOf[T](1, n)
			GemmOnce(g, n, rows, Transposed(column, rows), Rows(row, n), &shape, Start[T]{}, nil)
			has := active != Portable && n%geometryOf[T]().lanes == 0
			if ok := SGDOuter(got.data, column, row, 0.1, 0.01); ok != has {
				t.Fatalf("%d×%d: has a kernel, got %v, want %v", rows, n, ok, has)
			}
			if has {
				SGD(want, g, 0.1, 0.01)
			}
			got.check(t, "w")
			for i := range want {
				if got.data[i] != want[i] {
					t.Fatalf("%d×%d: element %d, got %v, want %v", rows, n, i, got.data[i], want[i])
				}
			}
		}
	}
}
