package experiments

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
)

// pixels is a data set of normal numbers.
func pixels(t *testing.T, samples, size int) datasets.Dataset {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	x, labels := make([]float32, samples*size), make([]int, samples)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	for i := range labels {
		labels[i] = i % 10
	}
	d, err := datasets.NewFloats([]int{size}, 10, x, labels)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The closed form agrees with our relaxation to 1e-6, and the gradients of predictive
// coding turn to those of backpropagation as the network gets wider. With another
// parametrisation than the closed form's they do not agree.
func TestWidthDepth(t *testing.T) {
	data, before := pixels(t, 40, 24), 0.0
	for _, width := range []int{4, 32, 256} {
		s := PublishedWidthDepth(width, 7, "")
		s.Samples, s.Updates = 16, 2
		r, err := s.Run(context.Background(), data, 3)
		if err != nil {
			t.Fatal(err)
		}
		if !(r.Difference < 1e-6) || !r.Certified || !(r.Cosine > before) || !(r.Trained > before) {
			t.Errorf("width %d: got %+v, want the exact gradients, and a cosine above %g", width, r, before)
		}
		before = r.Cosine
		s.Parametrization, s.Updates = models.Standard, 0
		if r, err = s.Run(context.Background(), data, 3); err == nil && r.Difference < 1e-2 {
			t.Errorf("width %d: standard: got the difference %g, want it to be seen", width, r.Difference)
		}
		s = PublishedWidthDepth(width, 3, "tanh")
		s.Samples, s.Updates = 16, 0
		if r, err = s.Run(context.Background(), data, 3); err != nil || !r.Certified || !math.IsNaN(r.Difference) || !(r.Cosine > .5) {
			t.Errorf("width %d, tanh: got %+v, %v", width, r, err)
		}
	}
}

// The closed form is a point where every gradient in the activities is zero, and its
// energy is the sum of the squared errors there.
func TestLinearChain(t *testing.T) {
	net, err := models.MLP{Widths: []int{5, 4, 6, 3}, NoBias: true}.New(settings(graph.Float64, 7))
	if err != nil {
		t.Fatal(err)
	}
	chain, err := newLinearChain(net, func(layer int) (float64, bool) { return 0.5 + float64(layer), false })
	if err != nil {
		t.Fatal(err)
	}
	x, y := mat.NewDense(2, 5, nil), mat.NewDense(2, 3, []float64{1, 2, 3, -1, 0, 2})
	x.Set(0, 1, 1)
	x.Set(1, 4, -2)
	e, err := chain.equilibrium(x, y)
	if err != nil {
		t.Fatal(err)
	}
	energy := 0.0
	for l, eps := range e.errors {
		energy += math.Pow(mat.Norm(eps, 2), 2) / 2
		var d mat.Dense
		target := y
		if l < len(e.errors)-1 {
			target = e.activities[l+1]
		}
		d.Sub(target, chain[l].forward(e.activities[l]))
		d.Sub(&d, eps)
		if n := mat.Norm(&d, 2); n > 1e-12 {
			t.Errorf("error %d: is not activity minus prediction: off by %g", l, n)
		}
		if l == 0 {
			continue
		}
		var g mat.Dense // ∂E/∂x_l = ε_l − A·ε_{l+1}
		g.Mul(eps, chain[l].w.T())
		g.Scale(-chain[l].c, &g)
		g.Add(&g, e.errors[l-1])
		if n := mat.Norm(&g, 2); n > 1e-12 {
			t.Errorf("activity %d: gradient %g, want 0", l, n)
		}
	}
	if math.Abs(energy-e.energy) > 1e-12 || !(e.largest() > 1) {
		t.Errorf("energy %g, want %g; S %g", e.energy, energy, e.largest())
	}
}
