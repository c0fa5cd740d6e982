package kernel

import "testing"

// A prepared kernel has the bits of the call, also after its operands and its scalar have
// changed, and there is one exactly where the path has the kernel.
func TestVectorCall(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, c := range append(functionCases(), append(kernelCases, moreCases...)...) {
			testVectorCall[float32](t, c)
			testVectorCall[float64](t, c)
		}
		testFusedCalls[float32](t)
		testFusedCalls[float64](t)
	})
}

func testVectorCall[T Float](t *testing.T, c kernelCase) {
	t.Helper()
	for _, n := range sizes[1:] {
		r := seeded(n, c.args)
		want, got, in := make([]T, n), guard[T](n, 1), [3][]T{make([]T, n), make([]T, n), make([]T, n)}
		call := PrepareVector(c.op, got.data, in[:c.args]...)
		for range 2 {
			for _, x := range in {
				fill(x, r)
			}
			s, has := T(r.NormFloat64()), false
			switch c.args {
			case 1:
				has = Vector1(c.op, want, in[0], s)
			case 2:
				has = Vector2(c.op, want, in[0], in[1])
			case 3:
				has = Vector3(c.op, want, in[0], in[1], in[2])
			}
			if has != (call != nil) {
				t.Fatalf("%s: got a prepared kernel: %v, want %v", c.name, call != nil, has)
			}
			if !has {
				return
			}
			call.SetScalar(s)
			call.Run()
			got.check(t, c.name)
			sameBits(t, c.name, got.data, want)
		}
	}
}

func testFusedCalls[T Float](t *testing.T) {
	t.Helper()
	const rows = 3
	for _, cols := range sizes[1:] {
		n := rows * cols
		x, mu, y, got, want := make([]T, n), make([]T, n), make([]T, n), make([]T, n), make([]T, n)
		for k, s := range [][]T{x, mu, y} {
			fill(s, seeded(cols, k))
		}
		gotSums, wantSums := make([]float64, rows), make([]float64, rows)
		if call := PrepareError(gotSums, got, x, mu, rows, cols); ErrorEnergy(wantSums, want, x, mu, rows, cols) {
			call.Run()
			sameBits(t, "error", got, want)
			sameBits(t, "sums", gotSums, wantSums)
		} else if call != nil {
			t.Fatal("error: a prepared kernel that the path has not")
		}
		for _, f := range []Op{Tanh, Sigmoid} {
			if call := PrepareGradient(f, got, x, y, mu); GradientOf(f, want, x, y, mu) {
				call.Run()
				sameBits(t, "gradient", got, want)
			} else if call != nil {
				t.Fatal("gradient: a prepared kernel that the path has not")
			}
		}
	}
}

func sameBits[T Float](t *testing.T, what string, got, want []T) {
	t.Helper()
	for i, w := range want {
		if g := got[i]; g != w && (g == g || w == w) {
			t.Fatalf("%s: element %d of %d, got %v, want %v", what, i, len(want), g, w)
		}
	}
}
