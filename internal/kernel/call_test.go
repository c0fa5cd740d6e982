package kernel

import "testing"

// A prepared product has the bits of GemmPacked, also after B has changed.
func TestCall(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		t.Run("f32", testCall[float32])
		t.Run("f64", testCall[float64])
	})
}

func testCall[T Float](t *testing.T) {
	prepared := 0
	for _, m := range []int{1, 2, 5} {
		for _, k := range []int{1, 7, 32} {
			for n := 1; n <= 130; n++ {
				for _, bias := range [][]T{nil, make([]T, n)} {
					r := seeded(m, n)
					a, b, want := make([]T, m*k), make([]T, k*n), make([]T, m*n)
					got := guard[T](m*n, 1)
					fill(a, r)
					fill(bias, r)
					var p Packed[T]
					p.Reset(k, n)
					call := p.Prepare(got.data, n, m, Rows(a, k), bias)
					if call == nil {
						continue
					}
					prepared++
					fill(b, r)
					p.PackRows(b, n, 0, k)
					GemmPacked(want, n, m, Rows(a, k), &p, Start[T]{Bias: bias}, nil)
					call.Run()
					got.check(t, "C")
					for i := range want {
						if got.data[i] != want[i] {
							t.Fatalf("%d×%d×%d: element %d, got %v, want %v", m, k, n, i, got.data[i], want[i])
						}
					}
				}
			}
		}
	}
	if (prepared > 0) != (active != Portable) {
		t.Errorf("prepared %d products", prepared)
	}
}
