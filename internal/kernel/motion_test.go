package kernel

import (
	"math"
	"testing"
)

// The steps of solvers have the bits of loops in plain Go.
func TestMotions(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, n := range sizes {
			testMotions[float32](t, n)
			testMotions[float64](t, n)
		}
	})
}

func testMotions[T Float](t *testing.T, n int) {
	t.Helper()
	const size, beta, beta2, epsilon = 0.1, 0.9, 0.999, 1e-3
	velocity := func(v, g T) T { return T(beta*v) + g }
	for name, c := range map[string]struct {
		run  func(x, m, v, g []T) bool
		want func(x, m, v, g T) (T, T, T)
	}{
		"heavy ball": {func(x, m, _, g []T) bool { return HeavyBall(x, m, g, size, beta) }, func(x, m, v, g T) (T, T, T) {
			m = velocity(m, g)
			return x - T(size*m), m, v
		}},
		"look ahead": {func(x, m, _, g []T) bool { return LookAhead(x, m, g, size, beta) }, func(x, m, v, g T) (T, T, T) {
			m = velocity(m, g)
			return x - T(size*(g+T(beta*m))), m, v
		}},
		"root mean square": {func(x, m, v, g []T) bool { return RootMeanSquare(x, m, v, g, size, beta, beta2, epsilon) }, func(x, m, v, g T) (T, T, T) {
			one := T(1)
			m = T(beta*m) + T((one-T(beta))*g)
			v = T(beta2*v) + T((one-T(beta2))*T(g*g))
			return x - T(size*m)/(T(math.Sqrt(float64(v)))+epsilon), m, v
		}},
	} {
		var s [4]guarded[T]
		for i := range s {
			s[i] = guard[T](n, i)
			fill(s[i].data, seeded(n, i))
		}
		x, m, v, g := s[0].data, s[1].data, s[2].data, s[3].data
		wantX, wantM, wantV := make([]T, n), make([]T, n), make([]T, n)
		for i := range n {
			v[i] = max(v[i], -v[i])
			wantX[i], wantM[i], wantV[i] = c.want(x[i], m[i], v[i], g[i])
		}
		if !c.run(x, m, v, g) {
			if active != Portable {
				t.Fatalf("%s: no kernel", name)
			}
			continue
		}
		near(t, name+" x", x, wantX, 0)
		near(t, name+" m", m, wantM, 0)
		near(t, name+" v", v, wantV, 0)
		for _, x := range s {
			x.check(t, name)
		}
	}
}
