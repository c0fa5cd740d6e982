package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// eachPath runs f on every path of this machine.
func eachPath(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	best := bestPath()
	defer func() { active = best }()
	for p := Portable; p <= best; p++ {
		active = p
		t.Run(p.String(), f)
	}
}

// canary is what surrounds the buffers of guarded.
const canary = 12345

// guarded is a slice of n elements at an offset within a larger one full of canaries.
type guarded[T Float] struct {
	all  []T
	data []T
	off  int
}

func guard[T Float](n, off int) guarded[T] {
	g := guarded[T]{all: make([]T, n+64+off), off: 32 + off}
	for i := range g.all {
		g.all[i] = canary
	}
	g.data = g.all[g.off : g.off+n : g.off+n]
	return g
}

func (g guarded[T]) check(t *testing.T, what string) {
	t.Helper()
	for i, v := range g.all {
		if (i < g.off || i >= g.off+len(g.data)) && v != canary {
			t.Fatalf("%s: wrote out of bounds at %d of %d", what, i-g.off, len(g.data))
		}
	}
}

func fill[T Float](s []T, r *rand.Rand) {
	for i := range s {
		s[i] = T(r.NormFloat64())
	}
}

func seeded(a, b int) *rand.Rand { return rand.New(rand.NewPCG(uint64(a), uint64(b))) }

// near checks got against want with a tolerance in units of max(1, |want|).
func near[T Float](t *testing.T, what string, got, want []T, tol float64) {
	t.Helper()
	for i := range want {
		if d := math.Abs(float64(got[i] - want[i])); !(d <= tol*max(1, math.Abs(float64(want[i])))) {
			t.Fatalf("%s: element %d of %d: got %v, want %v", what, i, len(want), got[i], want[i])
		}
	}
}
