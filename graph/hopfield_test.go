package graph_test

import (
	"context"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// hopfield is the energy of a continuous Hopfield network as a prior on the
// activity of its only node,
//
//	E = ¼Σ(x² − 1)² − ½·x·W·xᵀ
//
// which is negative at the patterns that W remembers.
type hopfield struct{ init graph.Initializer }

func (h hopfield) Build(b *graph.Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	n := x.Shape()[1]
	w, err := b.Param(graph.ParamSpec{Name: "weight", Shape: graph.Shape{n, n}, Init: h.init})
	if err != nil {
		return nil, err
	}
	xw := gorgonia.Must(gorgonia.Mul(x, w))
	pull := gorgonia.Must(gorgonia.Mul(b.Constant(0.5), gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(xw, x))))))
	off := gorgonia.Must(gorgonia.Sub(gorgonia.Must(gorgonia.Square(x)), b.Constant(1)))
	well := gorgonia.Must(gorgonia.Mul(b.Constant(0.25), gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Square(off))))))
	return gorgonia.Sub(well, pull)
}

// TestPriorsAlone: a network of a prior and nothing else learns patterns, by going
// down the energy of the data, and recalls them from half of them, on both engines.
func TestPriorsAlone(t *testing.T) {
	patterns := [][]float64{{1, 1, 1, 1, -1, -1, -1, -1}, {1, -1, 1, -1, 1, -1, 1, -1}}
	var results [][]float64
	for _, engine := range []graph.Engine{graph.Compiled{}, graph.Tape{}} {
		d := graph.Declaration{Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{8}, Prior: hopfield{}}}}
		net := newNetwork(t, d, graph.Settings{Precision: graph.Float64, Engine: engine})
		learned := newSession(t, net, 2, graph.Roles{Clamped: []string{"x"}, Training: true})
		clamp(t, learned, "x", slices.Concat(patterns...))
		if err := learned.Initialize(graph.Start{}, nil); err != nil {
			t.Fatal(err)
		}
		energies := make([]float64, 1)
		e, err := learned.Learn(energies)
		if err != nil || e != 0 || !slices.Equal(learned.Terms(), []string{"prior(x)"}) {
			t.Fatalf("%s: energy of the patterns before learning, got %v of %q, %v, want 0", engine.Name(), e, learned.Terms(), err)
		}
		w, g := net.Params()[0].Values().Float64(), net.Params()[0].Grads().Float64()
		for i := range w { // ∂E/∂W = −½ Σ xᵀx, Hebb's rule
			want := 0.0
			for _, p := range patterns {
				want -= p[i/8] * p[i%8] / 2
			}
			if g[i] != want {
				t.Fatalf("%s: ∂E/∂W[%d], got %v, want %v", engine.Name(), i, g[i], want)
			}
			w[i] -= 0.25 * g[i]
		}
		net.ParamsChanged()
		if e, err = learned.Learn(energies); err != nil || e != -8 { // −½·⅛·8² for each of two patterns
			t.Errorf("%s: energy of the patterns, got %v, %v, want -8", engine.Name(), e, err)
		}
		results = append(results, recall(t, net, patterns))
	}
	near(t, "compiled and tape", results[0], results[1], 1e-9)
	_, err := graph.New(graph.Declaration{Nodes: []graph.Node{node("x", 3)}}, f64)
	mentions(t, err, "no prediction and no prior")
}

// recall starts at distorted patterns and relaxes.
func recall(t *testing.T, net *graph.Network, patterns [][]float64) []float64 {
	t.Helper()
	s := newSession(t, net, 2, graph.Roles{})
	x, err := s.View("x")
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range slices.Concat(patterns...) {
		if i%4 == 1 {
			v = -0.1 * v // slightly wrong
		} else {
			v *= 0.3
		}
		x.Set(i, v)
	}
	r, err := relax.Run(context.Background(), s, relax.Settings{Steps: 500, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 1e-6}})
	if err != nil || r.Status != relax.Converged || !(r.Energy < 0) {
		t.Errorf("recall: got %+v, %v, want convergence to an energy below 0", r, err)
	}
	for i, want := range slices.Concat(patterns...) {
		if got := x.At(i); got*want < 0.5 {
			t.Errorf("unit %d of pattern %d, got %.3f, want the sign of %v", i%8, i/8, got, want)
		}
	}
	return slices.Clone(x.Float64())
}
