package experiments

import (
	"math"
	"testing"
)

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
	if got, want := batchError(y, labels, nil, 2, 2), (0.5+1+1)/3; math.Abs(got-want) > 1e-15 {
		t.Errorf("got %v, want %v", got, want)
	}
}
