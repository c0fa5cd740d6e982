package kernel

import (
	"math"
	"testing"
)

func TestOptimizers(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, n := range sizes {
			testOptimizers[float32](t, n, 1e-6)
			testOptimizers[float64](t, n, 1e-14)
		}
	})
}

func testOptimizers[T Float](t *testing.T, n int, tol float64) {
	t.Helper()
	adam := &AdamScalars[T]{0.01, 0.1, 0.9, 0.1, 0.999, 0.001, 1e-8, 10, 1000}
	momentum := &MomentumScalars[T]{0.01, 0.1, 0.9, 0.7}
	direction := func(m, v, g T) (d, mm, vv T) {
		mm, vv = 0.9*m+0.1*g, 0.999*v+0.001*g*g
		return mm * 10 / (T(math.Sqrt(float64(vv*1000))) + 1e-8), mm, vv
	}
	for _, c := range []struct {
		name string
		run  func(w, m, v, g []T) bool
		want func(w, m, v, g T) (T, T, T)
	}{
		{"sgd", func(w, _, _, g []T) bool { return SGD(w, g, 0.01, 0.1) }, func(w, m, v, g T) (T, T, T) { return w - 0.01*(g+0.1*w), m, v }},
		{"momentum", func(w, m, _, g []T) bool { return Momentum(w, m, g, momentum, false) }, func(w, m, v, g T) (T, T, T) {
			m = T(momentum.Momentum*m) + T(momentum.Keep*(g+T(momentum.Decay*w)))
			return w - T(momentum.Rate*m), m, v
		}},
		{"nesterov", func(w, m, _, g []T) bool { return Momentum(w, m, g, momentum, true) }, func(w, m, v, g T) (T, T, T) {
			g += T(momentum.Decay * w)
			m = T(momentum.Momentum*m) + T(momentum.Keep*g)
			return w - T(momentum.Rate*(g+T(momentum.Momentum*m))), m, v
		}},
		{"adam", func(w, m, v, g []T) bool { return Adam(w, m, v, g, adam) }, func(w, m, v, g T) (T, T, T) {
			d, m, v := direction(m, v, g+0.1*w)
			return w - 0.01*d, m, v
		}},
		{"adamw", func(w, m, v, g []T) bool { return AdamW(w, m, v, g, adam) }, func(w, m, v, g T) (T, T, T) {
			d, m, v := direction(m, v, g)
			return w - 0.01*(d+0.1*w), m, v
		}},
	} {
		var s [4]guarded[T]
		for i := range s {
			s[i] = guard[T](n, i)
			fill(s[i].data, seeded(n, i))
		}
		w, m, v, g := s[0].data, s[1].data, s[2].data, s[3].data
		wantW, wantM, wantV := make([]T, n), make([]T, n), make([]T, n)
		for i := range n {
			v[i] = max(v[i], -v[i])
			wantW[i], wantM[i], wantV[i] = c.want(w[i], m[i], v[i], g[i])
		}
		if !c.run(w, m, v, g) {
			continue // the portable path has none
		}
		tol := tol
		if c.name == "momentum" || c.name == "nesterov" {
			tol = 0 // the bits of plain Go
		}
		near(t, c.name+" w", w, wantW, tol)
		near(t, c.name+" m", m, wantM, tol)
		near(t, c.name+" v", v, wantV, tol)
		for _, x := range s {
			x.check(t, c.name)
		}
	}
}
