package reproduce

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestSummarize(t *testing.T) {
	s := Summarize([]float64{1, 2, 3, 6})
	if s.N != 4 || s.Mean != 3 || math.Abs(s.SEM-math.Sqrt(14.0/3/4)) > 1e-15 {
		t.Errorf("got %+v", s)
	}
	if s != Summarize([]float64{1, 2, 3, 6}) {
		t.Error("two calls differ")
	}
	if one := Summarize([]float64{5}); one.Mean != 5 || one.Low != 5 || one.High != 5 || !math.IsNaN(one.SEM) {
		t.Errorf("one value: got %+v", one)
	}
	if none := Summarize(nil); !math.IsNaN(none.Mean) || none.N != 0 {
		t.Errorf("no value: got %+v", none)
	}
	if same := Summarize([]float64{2, 2, 2}); same.Low != 2 || same.High != 2 || same.SEM != 0 {
		t.Errorf("equal values: got %+v", same)
	}
}

// Of a large normal sample the interval is the mean ± the standard error.
func TestBootstrapOfNormalSample(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	x := make([]float64, 400)
	for i := range x {
		x[i] = 7 + 3*rng.NormFloat64()
	}
	s := Summarize(x)
	if below, above := (s.Mean-s.Low)/s.SEM, (s.High-s.Mean)/s.SEM; math.Abs(below-1) > 0.08 || math.Abs(above-1) > 0.08 {
		t.Errorf("got an interval of -%.3f and +%.3f standard errors, want 1", below, above)
	}
}

func TestBatchError(t *testing.T) {
	nan := float32(math.NaN())
	y := []float32{
		1, 0, // right
		0, 1, // wrong
		1, 1, // a tie is wrong
		nan, 0, // so is NaN
		0, nan,
	}
	labels := []int{0, 0, 0, 1, 0}
	// Batches of 2: 1/2, 2/2, 1/1.
	if got, want := batchError(y, labels, 2, 2), (0.5+1+1)/3; math.Abs(got-want) > 1e-15 {
		t.Errorf("got %v, want %v", got, want)
	}
}
