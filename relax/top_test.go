package relax

import (
	"math"
	"testing"
)

// The largest eigenvalue of c on the diagonal and b beside it is c + 2b·cos(π/(n+1)), and
// the elements of its vector are as sin(kπ/(n+1)). There the middle of Gershgorin's
// interval is an eigenvalue of a part of the matrix.
func TestTopOfEqualElements(t *testing.T) {
	for n := 1; n <= 9; n++ {
		alpha, beta := make([]float64, n), make([]float64, n)
		for i := range alpha {
			alpha[i], beta[i] = 2, 0.5
		}
		square := 0.0
		for k := 1; k <= n; k++ {
			square += math.Pow(math.Sin(float64(k)*math.Pi/float64(n+1)), 2)
		}
		value, last := top(alpha, beta)
		want, share := 2+math.Cos(math.Pi/float64(n+1)), math.Sin(math.Pi/float64(n+1))/math.Sqrt(square)
		if math.Abs(value-want) > 1e-12 || math.Abs(math.Abs(last)-share) > 1e-9 {
			t.Errorf("%d elements: got %v with %v, want %v with %v", n, value, last, want, share)
		}
	}
}
