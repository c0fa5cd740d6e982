package train_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// contrastiveNets are small networks with "x" and "y" at the ends, whose free equilibria
// are not their feedforward values, but that of the chain of squared errors.
func contrastiveNets(t *testing.T) map[string]graph.Declaration {
	t.Helper()
	tanh, leak := layers.Tanh{}, energy.L2{Weight: 1}
	weight := layers.Normal{Std: 0.4}
	dense := func(out int) layers.Dense { return layers.Dense{Out: out, Weight: weight, Bias: weight} }
	pair := energy.Hopfield{Activation: tanh}
	squared, err := models.MLP{Widths: []int{3, 4, 2}, Activation: tanh, Init: weight}.Declaration()
	if err != nil {
		t.Fatal(err)
	}
	lateral := layers.Sequential{tanh, layers.MaskedDense{Out: 3, Connections: [][]int{{1, 2}, {0, 2}, {0, 1}}, NoBias: true, Weight: layers.Normal{Std: 0.2}}}
	return map[string]graph.Declaration{
		"chain of squared errors": squared,
		"chain": {
			Nodes: []graph.Node{node("x", 3), {Name: "h1", Shape: graph.Shape{4}, Prior: leak}, {Name: "h2", Shape: graph.Shape{3}, Prior: leak}, node("y", 2)},
			Predictions: []graph.Prediction{
				{Of: "h1", From: []string{"x"}, Layer: dense(4), Energy: pair},
				{Of: "h2", From: []string{"h1"}, Layer: layers.Sequential{tanh, dense(3)}, Energy: pair},
				{Of: "y", From: []string{"h2"}, Layer: layers.Sequential{tanh, dense(2)}},
			},
		},
		"convolution": {
			Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{1, 4, 4}}, {Name: "h1", Shape: graph.Shape{2, 3, 3}, Prior: leak}, {Name: "h2", Shape: graph.Shape{3}, Prior: leak}, node("y", 2)},
			Predictions: []graph.Prediction{
				{Of: "h1", From: []string{"x"}, Layer: layers.Conv2D{Out: 2, Kernel: []int{2, 2}, Weight: weight}, Energy: pair},
				{Of: "h2", From: []string{"h1"}, Layer: layers.Sequential{tanh, layers.Flatten{}, dense(3)}, Energy: pair},
				{Of: "y", From: []string{"h2"}, Layer: layers.Sequential{tanh, dense(2)}, Energy: energy.CrossEntropy{}},
			},
		},
		"skips": {
			Nodes: []graph.Node{node("x", 3), {Name: "h1", Shape: graph.Shape{3}, Prior: leak}, {Name: "h2", Shape: graph.Shape{3}, Prior: leak}, node("y", 2)},
			Predictions: []graph.Prediction{
				{Of: "h1", From: []string{"x"}, Layer: dense(3)},
				{Of: "h2", From: []string{"h1", "x"}, Layer: layers.Sum{layers.Sequential{tanh, dense(3)}, layers.Dense{Out: 3, NoBias: true, Weight: weight}}, Energy: pair},
				{Of: "y", From: []string{"h2", "h1"}, Layer: layers.Sum{layers.Sequential{tanh, dense(2)}, layers.Dense{Out: 2, NoBias: true, Weight: weight}}},
			},
		},
		"lateral": {
			Nodes: []graph.Node{node("x", 3), {Name: "h", Shape: graph.Shape{3}, Prior: leak}, node("y", 2)},
			Predictions: []graph.Prediction{
				{Of: "h", From: []string{"x"}, Layer: dense(3)},
				{Of: "h", From: []string{"h"}, Layer: lateral, Energy: pair},
				{Of: "y", From: []string{"h"}, Layer: layers.Sequential{tanh, dense(2)}},
			},
		},
	}
}

func node(name string, width int) graph.Node {
	return graph.Node{Name: name, Shape: graph.Shape{width}}
}

// contrastiveCase returns a network and a batch of two samples, whose targets are a
// distribution.
func contrastiveCase(t *testing.T, d graph.Declaration, engine graph.Engine) (*graph.Network, *train.Batch) {
	t.Helper()
	net, err := graph.New(d, graph.Settings{Precision: graph.Float64, Seed: 4, Engine: engine})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	x, err := net.Node("x")
	if err != nil {
		t.Fatal(err)
	}
	b := &train.Batch{Size: 2, Values: map[string][]float32{"y": {0.25, 0.75, 1, 0}}}
	for range 2 * x.Shape.Size() {
		b.Values["x"] = append(b.Values["x"], float32(rng.NormFloat64()))
	}
	return net, b
}

// toEquilibrium relaxes as far as float64 goes.
var toEquilibrium = relax.Settings{Steps: 20000, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 1e-13, MinSteps: 1}}

// equilibriumLoss returns a function that computes the energy of the output at the
// minimum of all other energies.
func equilibriumLoss(t *testing.T, net *graph.Network, b *train.Batch) func() float64 {
	t.Helper()
	s, err := net.Session(b.Size, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range b.Values {
		if err := s.Clamp(name, v); err != nil {
			t.Fatal(err)
		}
	}
	energies := make([]float64, len(s.Terms()))
	return func() float64 {
		if err := s.SetCoefficient("y", 0); err != nil {
			t.Fatal(err)
		}
		if err := s.Initialize(graph.Start{}, nil); err != nil {
			t.Fatal(err)
		}
		if r, err := relax.Run(context.Background(), s, toEquilibrium); err != nil || r.Status != relax.Converged {
			t.Fatalf("free equilibrium, got %+v, %v, want convergence", r, err)
		}
		if err := s.SetCoefficient("y", 1); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Evaluate(energies); err != nil {
			t.Fatal(err)
		}
		return energies[slices.Index(s.Terms(), "y")]
	}
}

// lossGradient is the gradient of the loss at the free equilibrium, by differences.
func lossGradient(t *testing.T, net *graph.Network, b *train.Batch) (g []float64) {
	t.Helper()
	const h = 1e-4
	loss := equilibriumLoss(t, net, b)
	for _, p := range net.Params() {
		w := p.Values()
		for i := range w.Len() {
			at, f := w.At(i), [4]float64{}
			for k, x := range []float64{-2 * h, -h, h, 2 * h} {
				w.Set(i, at+x)
				net.ParamsChanged()
				f[k] = loss()
			}
			w.Set(i, at)
			net.ParamsChanged()
			g = append(g, (f[0]-8*f[1]+8*f[2]-f[3])/(12*h))
		}
	}
	return g
}

// contrastiveGradient returns the gradients of a rule.
func contrastiveGradient(t *testing.T, net *graph.Network, rule *train.Contrastive, b *train.Batch) (g []float64, s train.Stats) {
	t.Helper()
	s, err := rule.Gradients(context.Background(), net, b)
	if err != nil || s.Relaxation.Status != relax.Converged {
		t.Fatalf("%+v, %v, want convergence of all phases", s, err)
	}
	for _, p := range net.Params() {
		g = p.Grads().AppendTo(g)
	}
	return g, s
}

// apart returns the norm of a−b, relative to that of b, and the cosine.
func apart(a, b []float64) (distance, cosine float64) {
	var d, ab, aa, bb float64
	for i := range a {
		d += (a[i] - b[i]) * (a[i] - b[i])
		ab += a[i] * b[i]
		aa += a[i] * a[i]
		bb += b[i] * b[i]
	}
	return math.Sqrt(d / bb), ab / math.Sqrt(aa*bb)
}

// The centred rule goes to the gradient of the loss at the free equilibrium; halving the
// nudge halves the error if it is one-sided and quarters it if centred. Both engines.
func TestContrastiveIsGradient(t *testing.T) {
	for name, d := range contrastiveNets(t) {
		var want []float64
		for _, engine := range []graph.Engine{graph.Compiled{}, graph.Tape{}} {
			net, b := contrastiveCase(t, d, engine)
			if want == nil { // the weights are the same on both
				want = lossGradient(t, net, b)
			}
			g, s := contrastiveGradient(t, net, train.EquilibriumPropagation(1e-3, toEquilibrium), b)
			distance, cosine := apart(g, want)
			t.Logf("%s, %s: 1 − cosine %.1e, relative distance %.1e", name, engine.Name(), 1-cosine, distance)
			if !(cosine > 1-1e-6) || !(distance < 1e-4) {
				t.Errorf("%s, %s: cosine to the gradient, got %.9f, distance %g", name, engine.Name(), cosine, distance)
			}
			if loss := equilibriumLoss(t, net, b)(); math.Abs(s.Energy-loss) > 1e-9*loss || !slices.Equal(s.Terms, []string{"y"}) || s.Energies[0] != s.Energy {
				t.Errorf("%s: energy, got %v of %v, want the loss %v", name, s.Energy, s.Terms, loss)
			}
			for nudging, slope := range map[train.Nudging]float64{train.Positive: 1, train.Negative: 1, train.Centred: 2} {
				var off [2]float64
				for i, beta := range []float64{0.04, 0.02} {
					g, _ := contrastiveGradient(t, net, &train.Contrastive{Relax: toEquilibrium, Nudging: nudging, Nudge: beta}, b)
					off[i], _ = apart(g, want)
				}
				if got := math.Log2(off[0] / off[1]); math.Abs(got-slope) > 0.1 {
					t.Errorf("%s, %s, %v: the error goes with the nudge to the power %.3f, want %v", name, engine.Name(), nudging, got, slope)
				}
			}
		}
	}
}

// Phases are told apart, have their own settings and recorders, and one that has not
// converged is seen.
func TestContrastivePhases(t *testing.T) {
	net, b := contrastiveCase(t, contrastiveNets(t)["chain"], nil)
	second := relax.Settings{Steps: 2, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 1e-13, MinSteps: 1}}
	for nudging, want := range map[train.Nudging]string{
		train.Centred: "free negative positive", train.Positive: "free positive", train.Negative: "free negative", train.Clamping: "free clamped",
	} {
		rule := &train.Contrastive{Relax: toEquilibrium, Second: second, Nudging: nudging}
		if nudging == train.Clamping {
			d := contrastiveNets(t)["chain"]
			d.Nodes[3].Prior, d.Predictions[2].Energy = energy.L2{Weight: 1}, energy.Hopfield{Activation: layers.Tanh{}}
			net, b = contrastiveCase(t, d, nil)
		}
		s, err := rule.Gradients(context.Background(), net, b)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		steps := 0
		for i, p := range s.Phases {
			names = append(names, p.Name)
			steps += p.Relaxation.Steps
			if wanted := map[bool]relax.Status{true: relax.Converged, false: relax.StepLimit}[i == 0]; p.Relaxation.Status != wanted {
				t.Errorf("%v, %s phase: got %v, want %v", nudging, p.Name, p.Relaxation.Status, wanted)
			}
			if i > 0 && p.Relaxation.Steps != 2 {
				t.Errorf("%v, %s phase: steps, got %d, want 2", nudging, p.Name, p.Relaxation.Steps)
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%v: phases, got %s, want %s", nudging, got, want)
		}
		if s.Relaxation.Steps != steps || s.Relaxation.Status != relax.StepLimit || !s.Criterion {
			t.Errorf("%v: relaxation, got %+v, want %d steps without convergence", nudging, s.Relaxation, steps)
		}
		if got := rule.Travels(); got != 2 {
			t.Errorf("%v: travels, got %d, want 2", nudging, got)
		}
		net, b = contrastiveCase(t, contrastiveNets(t)["chain"], nil)
	}
}

// What cannot be learned is refused with a remedy; a nudge of zero is a tenth; an average
// divides by the batch size; a repeated call gives the same bits.
func TestContrastiveSettings(t *testing.T) {
	net, b := contrastiveCase(t, contrastiveNets(t)["chain"], nil)
	for _, c := range []struct {
		rule *train.Contrastive
		data map[string][]float32
		want string
	}{
		{&train.Contrastive{Relax: toEquilibrium, Nudge: -1}, b.Values, "Nudging: Negative"},
		{&train.Contrastive{Relax: toEquilibrium, Nudging: 9}, b.Values, "Nudging, got 9"},
		{&train.Contrastive{}, b.Values, "free phase"},
		{&train.Contrastive{Relax: toEquilibrium}, map[string][]float32{"x": b.Values["x"]}, "none of which is predicted"},
	} {
		_, err := c.rule.Gradients(context.Background(), net, &train.Batch{Size: 2, Values: c.data})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want an error with %q", err, c.want)
		}
	}
	rule := &train.Contrastive{Relax: toEquilibrium}
	first, _ := contrastiveGradient(t, net, rule, b)
	again, _ := contrastiveGradient(t, net, rule, b)
	tenth, _ := contrastiveGradient(t, net, &train.Contrastive{Relax: toEquilibrium, Nudge: 0.1}, b)
	if !slices.Equal(first, again) || !slices.Equal(first, tenth) {
		t.Error("the same batch gives other gradients")
	}
	mean, _ := contrastiveGradient(t, net, &train.Contrastive{Relax: toEquilibrium, Average: true}, b)
	for i := range mean {
		if math.Abs(2*mean[i]-first[i]) > 1e-12 {
			t.Errorf("average, got %v, want half of %v", mean[i], first[i])
		}
	}
	rule.Relax = relax.Settings{Steps: 20, Control: relax.Constant{Size: 0.1}}
	if n := testing.AllocsPerRun(20, func() {
		if _, err := rule.Gradients(context.Background(), net, b); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("allocations of an update, got %v, want 0", n)
	}
}
