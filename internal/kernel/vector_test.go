package kernel

import (
	"math"
	"testing"
	"unsafe"
)

// The generator has these offsets as constants.
func TestVecArgsLayout(t *testing.T) {
	var v vecArgs[float32]
	if unsafe.Offsetof(v.n) != 64 || unsafe.Offsetof(v.rows) != 72 || unsafe.Offsetof(v.sums) != 80 || unsafe.Offsetof(v.s) != 88 {
		t.Error("the fields of vecArgs are not where the generator expects them")
	}
}

var sizes = []int{0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 1000}

// interesting are values that go wrong first.
var interesting = []float64{
	0, math.Copysign(0, -1), 1, -1, 0.5, -0.5, 1e-8, -1e-8, 1e-30, -1e-30, 20, -20, 88, -88, 100, -100, 1000, -1000,
	1e10, -1e10, math.Inf(1), math.Inf(-1), math.NaN(),
}

// ulps is the distance of got to want in units of the last place of T.
func ulps[T Float](got T, want float64) float64 {
	w := T(want)
	if math.IsNaN(float64(got)) || math.IsNaN(want) {
		if math.IsNaN(float64(got)) && math.IsNaN(want) {
			return 0
		}
		return math.Inf(1)
	}
	if got == w {
		return 0
	}
	var unit float64
	if size[T]() == 4 {
		unit = float64(math.Nextafter32(float32(math.Abs(want)), math.MaxFloat32)) - math.Abs(float64(float32(math.Abs(want))))
		unit = max(unit, 0x1p-149)
	} else {
		unit = math.Nextafter(math.Abs(want), math.MaxFloat64) - math.Abs(want)
	}
	return math.Abs(float64(got)-want) / unit
}

type kernelCase struct {
	name   string
	op     Op
	args   int
	scalar float64
	single bool    // float32 only
	ulps   float64 // largest error
	abs    float64 // or absolute error
	want   func(a, b, c, s float64) float64
}

var kernelCases = []kernelCase{
	{"add scalar", AddScalar, 1, 0.3, false, 0.5, 0, func(a, _, _, s float64) float64 { return a + s }},
	{"sub scalar", SubScalar, 1, 0.3, false, 0.5, 0, func(a, _, _, s float64) float64 { return a - s }},
	{"mul scalar", MulScalar, 1, 0.3, false, 0.5, 0, func(a, _, _, s float64) float64 { return a * s }},
	{"div scalar", DivScalar, 1, 0.3, false, 0.5, 0, func(a, _, _, s float64) float64 { return a / s }},
	{"scalar sub", ScalarSub, 1, 0.3, false, 0.5, 0, func(a, _, _, s float64) float64 { return s - a }},
	{"scalar div", ScalarDiv, 1, 0.3, false, 0.5, 0, func(a, _, _, s float64) float64 { return s / a }},
	{"add", Add, 2, 0, false, 0.5, 0, func(a, b, _, _ float64) float64 { return a + b }},
	{"sub", Sub, 2, 0, false, 0.5, 0, func(a, b, _, _ float64) float64 { return a - b }},
	{"mul", Mul, 2, 0, false, 0.5, 0, func(a, b, _, _ float64) float64 { return a * b }},
	{"div", Div, 2, 0, false, 0.5, 0, func(a, b, _, _ float64) float64 { return a / b }},
	{"mul add", MulAdd, 3, 0, false, 0.5, 0, math3(func(a, b, c float64) float64 { return math.FMA(a, b, c) })},
	{"sub mul", SubMul, 3, 0, false, 0.5, 0, math3(func(a, b, c float64) float64 { return math.FMA(-b, c, a) })},
}

func math3(f func(a, b, c float64) float64) func(a, b, c, s float64) float64 {
	return func(a, b, c, _ float64) float64 { return f(a, b, c) }
}

// functionCases are the kernels of named functions.
func functionCases() []kernelCase {
	var out []kernelCase
	for f := range Functions() {
		out = append(out, kernelCase{
			name: f.Name, op: f.Op, args: 1, scalar: parameter, single: f.Single, ulps: f.ULP,
			abs:  max(f.Flush, f.ULP*f.Floor*0x1p-23),
			want: func(a, _, _, p float64) float64 { return reference(f.Name)(a, p) },
		})
	}
	return out
}

func TestElementwise(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, c := range append(functionCases(), kernelCases...) {
			testElementwise[float32](t, c)
			if !c.single {
				testElementwise[float64](t, c)
			}
		}
	})
}

func testElementwise[T Float](t *testing.T, c kernelCase) {
	t.Helper()
	for _, n := range sizes {
		for off := range 3 {
			dst := guard[T](n, off)
			var in [3][]T
			r := seeded(n, off)
			for k := range in {
				g := guard[T](n, off+k)
				in[k] = g.data
				for i := range in[k] {
					in[k][i] = T(4 * r.NormFloat64())
					if r.IntN(8) == 0 {
						in[k][i] = T(interesting[r.IntN(len(interesting))])
					}
				}
			}
			s := T(c.scalar)
			ok := false
			switch c.args {
			case 1:
				ok = Vector1(c.op, dst.data, in[0], s)
			case 2:
				ok = Vector2(c.op, dst.data, in[0], in[1])
			case 3:
				ok = Vector3(c.op, dst.data, in[0], in[1], in[2])
			}
			dst.check(t, c.name)
			if active == Portable {
				if ok && n > 0 {
					t.Fatalf("%s: the portable path claims a kernel", c.name)
				}
				continue
			}
			if !ok {
				t.Fatalf("%s: no kernel", c.name)
			}
			for i, got := range dst.data {
				a, b, d := float64(in[0][i]), float64(in[1][i]), float64(in[2][i])
				if a != a && stepwise(c.name, c.ulps) {
					continue
				}
				want := c.want(a, b, d, float64(s))
				if u := ulps(got, want); u > c.ulps+0.01 && !(math.Abs(float64(got)-want) <= c.abs) {
					t.Fatalf("%s(%v, %v, %v; %v) of %d: got %v, want %v, %.2f ulp", c.name, a, b, d, s, n, got, T(want), u)
				}
			}
		}
	}
}

// The instruction sets give the same bits.
func TestPathsAgree(t *testing.T) {
	best := bestPath()
	if best != AVX512 {
		t.Skip("this machine has one vector path at most")
	}
	defer func() { active = best }()
	a, b := make([]float32, 1000), make([]float32, 1000)
	fill(a, seeded(1, 1))
	fill(b, seeded(1, 2))
	for _, c := range append(functionCases(), kernelCases...) {
		var out [2][]float32
		for k, p := range []Path{AVX2, AVX512} {
			active = p
			out[k] = make([]float32, len(a))
			switch c.args {
			case 1:
				Vector1(c.op, out[k], a, float32(c.scalar))
			case 2:
				Vector2(c.op, out[k], a, b)
			case 3:
				Vector3(c.op, out[k], a, b, a)
			}
		}
		for i := range a {
			if x, y := out[0][i], out[1][i]; math.Float32bits(x) != math.Float32bits(y) {
				t.Errorf("%s(%v): AVX2 %v, AVX-512 %v", c.name, a[i], x, y)
				break
			}
		}
	}
}

func TestReductions(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		testReductions[float32](t, 1e-6)
		testReductions[float64](t, 1e-14)
	})
}

func testReductions[T Float](t *testing.T, tol float64) {
	t.Helper()
	for _, cols := range sizes {
		for _, rows := range []int{0, 1, 2, 5} {
			a, b := guard[T](rows*cols, cols%3), guard[T](rows*cols, 1)
			fill(a.data, seeded(rows, cols))
			fill(b.data, seeded(cols, rows))
			sums, dots, maxima := guard[float64](rows, 0), guard[float64](rows, 0), guard[float64](rows, 0)
			RowSums(sums.data, a.data, rows, cols)
			RowDots(dots.data, a.data, b.data, rows, cols)
			RowMaxima(maxima.data, a.data, rows, cols)
			sums.check(t, "row sums")
			dots.check(t, "row dots")
			maxima.check(t, "row maxima")
			for r := range rows {
				s, d, m, norm := 0.0, 0.0, math.Inf(-1), 1.0
				for j := range cols {
					x, y := float64(a.data[r*cols+j]), float64(b.data[r*cols+j])
					s, d, m, norm = s+x, d+x*y, max(m, x), norm+math.Abs(x)+math.Abs(x*y)
				}
				if math.Abs(s-sums.data[r]) > tol*norm || math.Abs(d-dots.data[r]) > tol*norm || m != maxima.data[r] {
					t.Fatalf("row %d of %d×%d: got Σ %v, dot %v, max %v, want %v, %v, %v", r, rows, cols, sums.data[r], dots.data[r], maxima.data[r], s, d, m)
				}
			}
			if cols > 0 && rows > 0 {
				testBad(t, a.data, rows, cols)
			}
		}
	}
}

// testBad puts NaN and infinity at every place in turn.
func testBad[T Float](t *testing.T, a []T, rows, cols int) {
	t.Helper()
	if !Finite(a) {
		t.Fatalf("%d numbers: finite ones are not", len(a))
	}
	for i := range a {
		if i > 100 && i%97 != 0 {
			continue
		}
		old := a[i]
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			a[i] = T(bad)
			if Finite(a) {
				t.Fatalf("%d numbers: %v at %d was not found", len(a), bad, i)
			}
		}
		a[i] = T(math.NaN())
		m := make([]float64, rows)
		RowMaxima(m, a, rows, cols)
		if !math.IsNaN(m[i/cols]) {
			t.Fatalf("%d×%d: the maximum of a row with NaN at %d: got %v", rows, cols, i, m[i/cols])
		}
		a[i] = old
	}
}

func TestColumnSums(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, cols := range sizes {
			a, out := make([]float32, 5*cols), guard[float32](cols, 1)
			fill(a, seeded(cols, 9))
			half := cols / 2
			ColumnSums(out.data, a, 5, cols, 0, half)
			ColumnSums(out.data, a, 5, cols, half, cols)
			out.check(t, "column sums")
			for j := range cols {
				var s float32
				for r := range 5 {
					s += a[r*cols+j]
				}
				if out.data[j] != s {
					t.Fatalf("column %d of %d: got %v, want %v", j, cols, out.data[j], s)
				}
			}
		}
	})
}
