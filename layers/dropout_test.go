package layers_test

import (
	"math"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// One mask a relaxation, another one at the next update, the same one when that
// update is drawn again; none in evaluation.
func TestDropout(t *testing.T) {
	const rate, n = 0.3, 4000
	shape := graph.Shape{n}
	l := layers.Sequential{layers.Dropout{Rate: rate}, layers.Scale{Factor: 2}, layers.Dropout{Rate: rate}}
	mask := func(s *graph.Session, x []float64) []float64 {
		y := output(t, s)
		for i := range y {
			y[i] /= 2 * x[i]
		}
		return y
	}
	_, s, x := session(t, l, shape, shape, 2, graph.Roles{Training: true})
	first := mask(s, x)
	counts := map[float64]int{}
	for _, m := range first {
		counts[math.Round(m*1e6)/1e6]++
	}
	kept, full := math.Round(1e6/(1-rate)/(1-rate))/1e6, float64(2*n)
	if p := (1 - rate) * (1 - rate); len(counts) != 2 || math.Abs(float64(counts[kept])-p*full) > 5*math.Sqrt(p*(1-p)*full) {
		t.Errorf("numbers of the two masks: got %v, want 0, and %g at about %g of %g: the two are independent", counts, kept, p*full, full)
	}
	if slices.Equal(first[:n], first[n:]) {
		t.Error("two samples have one mask")
	}
	if err := s.Feedforward(); err != nil {
		t.Fatal(err)
	}
	y, err := s.View("out")
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range first {
		if y.At(i) != m*2*x[i] && math.Abs(y.At(i)/(2*x[i])-m) > 1e-12 {
			t.Fatal("the mask changed within a relaxation")
		}
	}
	second := mask(s, x)
	if slices.Equal(first, second) {
		t.Error("two updates have one mask")
	}
	s.SetUpdate(0)
	if !slices.Equal(mask(s, x), first) || !slices.Equal(mask(s, x), second) {
		t.Error("the same updates drew other masks")
	}
	_, other, _ := session(t, l, shape, shape, 2, graph.Roles{Training: true})
	other.SetUpdate(1)
	if !slices.Equal(mask(other, x), second) {
		t.Error("another session drew another mask for the same update")
	}
	_, s, _ = session(t, l, shape, shape, 2, graph.Roles{})
	for i, y := range output(t, s) {
		if y != 2*x[i] {
			t.Fatalf("evaluation: number %d: got %g, want %g", i, y, 2*x[i])
		}
	}
}

// Backprop draws at every Learn, and its gradient is that of the masked network.
func TestDropoutBackprop(t *testing.T) {
	d := layerCase{layer: layers.Sequential{layers.Dropout{Rate: 0.5}, layers.Dense{Out: 1, NoBias: true, Weight: layers.Constant{}}}, in: []graph.Shape{{200}}, out: graph.Shape{1}}.declare()
	net, err := graph.New(d, graph.Settings{Precision: graph.Float64, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.BackpropSession(1, graph.Roles{Clamped: []string{"in0", "out"}, Training: true})
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float64, 200)
	for i := range x {
		x[i] = 1
	}
	if err := s.ClampFloat64("in0", x); err != nil {
		t.Fatal(err)
	}
	if err := s.ClampFloat64("out", []float64{1}); err != nil {
		t.Fatal(err)
	}
	learn := func() []float64 {
		if _, err := s.Learn(); err != nil {
			t.Fatal(err)
		}
		g := net.Params()[0].Grads().Float64()
		return slices.Clone(g)
	}
	first := learn()
	dropped := 0
	for _, g := range first { // −mask
		if g == 0 {
			dropped++
		} else if g != -2 {
			t.Fatalf("gradient, got %g, want 0 or −2", g)
		}
	}
	if dropped < 65 || dropped > 135 {
		t.Errorf("dropped %d of 200, want about half", dropped)
	}
	if slices.Equal(learn(), first) {
		t.Error("two updates have one mask")
	}
	s.SetUpdate(0)
	if !slices.Equal(learn(), first) {
		t.Error("the same update drew another mask")
	}
}
