package conv

import "testing"

// The choice is the one that docs/bench/convolutions.md measures.
func TestAlgorithm(t *testing.T) {
	for _, c := range []struct {
		name                  string
		shape                 Shape
		forward, input, weigh Algorithm
	}{
		{"first", square(64, 3, 32, 128, 3, 1, 1), Direct, Direct, Direct},
		{"Winograd", square(64, 128, 16, 256, 3, 1, 1), Winograd4, Winograd4, Winograd4},
		{"stride 2", square(8, 16, 32, 32, 3, 2, 1), Direct, Direct, Direct},
		{"stride 2, small", square(16, 128, 8, 256, 3, 2, 1), Gathered, Gathered, Gathered},
		{"1×1", square(16, 64, 32, 128, 1, 1, 0), Direct, Direct, Direct},
		{"1×1 of odd size", square(16, 64, 14, 128, 1, 1, 0), Gathered, Gathered, Direct},
		{"1×1, small", square(16, 128, 8, 256, 1, 2, 0), Gathered, Gathered, Gathered},
		{"5×5 of odd size", square(16, 32, 14, 64, 5, 1, 2), Gathered, Gathered, Gathered},
		{"depthwise", grouped(square(16, 32, 32, 32, 3, 1, 1), 32), Direct, Direct, Direct},
	} {
		s := c.shape
		if got := New[float32](s, false).Algorithm(); got != c.forward {
			t.Errorf("%s: forward: got %v, want %v", c.name, got, c.forward)
		}
		if got := New[float32](s, true).Algorithm(); got != c.input {
			t.Errorf("%s: adjoint in the images: got %v, want %v", c.name, got, c.input)
		}
		if got := NewGradient[float32](s, 1).Algorithm(); got != c.weigh {
			t.Errorf("%s: adjoint in the weights: got %v, want %v", c.name, got, c.weigh)
		}
	}
}
