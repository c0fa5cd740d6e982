package graph_test

import (
	"fmt"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// images is a network with enough channels for every way in which the compiled
// engine convolves, several blocks of samples, strides, skips and norms.
func images() graph.Declaration {
	conv := func(out, stride int) layers.Conv2D {
		return layers.Conv2D{Out: out, Kernel: layers.Pair{3}, Stride: layers.Pair{stride}, Pad: layers.Pair{1}}
	}
	shape := func(s ...int) graph.Shape { return s }
	return graph.Declaration{
		Nodes: []graph.Node{
			{Name: "x", Shape: shape(3, 9, 8)},
			{Name: "h1", Shape: shape(20, 9, 8)},
			{Name: "h2", Shape: shape(18, 4, 4)},
			{Name: "h3", Shape: shape(16, 2, 2)},
			{Name: "y", Shape: shape(5)},
		},
		Predictions: []graph.Prediction{
			{Of: "h1", From: []string{"x"}, Layer: layers.Sequential{conv(20, 1), layers.GELU{}}},
			{Of: "h2", From: []string{"h1"}, Layer: layers.Sequential{
				layers.Tanh{},
				layers.Residual{Body: layers.Sequential{conv(20, 1), layers.GroupNorm{Groups: 4, Eps: 0.1}}},
				conv(18, 1),
				layers.MaxPool2D{Kernel: layers.Pair{2}},
			}},
			{Of: "h3", From: []string{"h2"}, Layer: layers.Sequential{layers.Tanh{}, conv(16, 2), layers.GELU{}}},
			{Of: "y", From: []string{"h3"}, Layer: layers.Sequential{layers.GlobalAvgPool{}, layers.Dense{Out: 5}}},
		},
	}
}

func TestCompiledAgreesOnImages(t *testing.T) {
	for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
		for _, batch := range []int{1, 19} {
			t.Run(fmt.Sprintf("%v/batch=%d", p, batch), func(t *testing.T) {
				x := newPair(require{t.Fatalf}, images(), graph.Roles{Clamped: []string{"x", "y"}}, p, batch, 3, 2)
				tol := tolerance(p)
				x.compare(require{t.Fatalf}, "at once", tol)
				x.checkFused(require{t.Fatalf}, 0.01)
				x.descend(require{t.Fatalf}, 5, 0.01)
				x.compare(require{t.Fatalf}, "after 5 steps", tol)
			})
		}
	}
}

// The number of threads does not change a bit.
func TestImagesOnThreads(t *testing.T) {
	var want []float32
	for threads := 1; threads <= 3; threads++ {
		x := newPair(require{t.Fatalf}, images(), graph.Roles{Clamped: []string{"x", "y"}}, graph.Float32, 23, 3, threads)
		energies := make([]float64, len(x.b.Terms()))
		for range 2 {
			x.checkFused(require{t.Fatalf}, 0.01)
		}
		if _, err := x.b.Learn(energies); err != nil {
			t.Fatal(err)
		}
		var got []float32
		for _, p := range x.compiled.Params() {
			g := p.Grads().Float32()
			got = append(got, g...)
		}
		if threads == 1 {
			want = got
		}
		for i, v := range got {
			if v != want[i] {
				t.Fatalf("gradient %d on %d threads: got %v, want %v", i, threads, v, want[i])
			}
		}
	}
}
