package train_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

var (
	transition  = []float64{0.9, 0.3, -0.2, 0.8} // x ← x·A of row vectors
	observation = []float64{1, 0.5, 0.2, -0.4, 0.3, 0.7}
	precisionX  = []float64{2, 0.5}
	precisionY  = []float64{4, 1, 0.25}
)

// tracker is a linear-Gaussian model of a time step.
func tracker(t testing.TB) *graph.Network {
	t.Helper()
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "previous", Shape: graph.Shape{2}}, {Name: "x", Shape: graph.Shape{2}}, {Name: "y", Shape: graph.Shape{3}}},
		Predictions: []graph.Prediction{
			{Of: "x", From: []string{"previous"}, Layer: layers.Dense{Out: 2, NoBias: true, Weight: layers.Values(transition)}, Energy: energy.Gaussian{PerUnit: precisionX}},
			{Of: "y", From: []string{"x"}, Layer: layers.Dense{Out: 3, NoBias: true, Weight: layers.Values(observation)}, Energy: energy.Gaussian{PerUnit: precisionY}},
		},
	}, graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// settled relaxes to equilibrium.
func settled() relax.Settings {
	return relax.Settings{Steps: 5000, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 1e-12}}
}

// posterior is the maximum a posteriori given the previous estimate, in closed form:
// (Π_x + C·Π_y·Cᵀ)·x = Π_x·(x'·A) + C·Π_y·y, and x'·A without observation.
func posterior(previous, y []float64) []float64 {
	a, c := mat.NewDense(2, 2, transition), mat.NewDense(2, 3, observation)
	var mu, right, x mat.VecDense
	mu.MulVec(a.T(), mat.NewVecDense(2, previous))
	if y == nil {
		return mu.RawVector().Data
	}
	px, py := mat.NewDiagDense(2, precisionX), mat.NewDiagDense(3, precisionY)
	var cp, left mat.Dense
	cp.Mul(c, py)
	left.Mul(&cp, c.T())
	left.Add(&left, px)
	right.MulVec(px, &mu)
	var seen mat.VecDense
	seen.MulVec(&cp, mat.NewVecDense(3, y))
	right.AddVec(&right, &seen)
	if err := x.SolveVec(&left, &right); err != nil {
		panic(err)
	}
	return x.RawVector().Data
}

// Two sequences at once: every step ends at the maximum a posteriori given the estimate
// of the step before, also where the observation is missing, and a sequence that begins
// anew begins at 0. The stats say that every relaxation converged.
func TestRolloutIsMAP(t *testing.T) {
	r := &train.Rollout{Network: tracker(t), Relax: settled(), Carry: map[string]string{"x": "previous"}}
	want := [][]float64{{0.5, -1}, {0, 0}}
	if err := r.SetState(map[string][]float64{"previous": {0.5, -1, 0, 0}}); err != nil {
		t.Fatal(err)
	}
	for step := range 12 {
		b := &train.Batch{Size: 2, Values: map[string][]float32{}}
		if step != 5 {
			y := make([]float32, 6)
			for i := range y {
				y[i] = float32(math.Sin(float64(7*step + 3*i)))
			}
			b.Values["y"] = y
		}
		if step == 8 {
			if err := r.ResetSamples(1); err != nil {
				t.Fatal(err)
			}
			want[1] = []float64{0, 0}
		}
		stats, err := r.Step(context.Background(), b)
		if err != nil {
			t.Fatal(err)
		}
		if !stats.Criterion || stats.Relaxation.Status != relax.Converged {
			t.Errorf("step %d: got %v, want convergence", step, stats.Relaxation.Status)
		}
		x, err := r.Activity("x")
		if err != nil {
			t.Fatal(err)
		}
		for k := range want {
			var y []float64
			if v := b.Values["y"]; v != nil {
				for _, f := range v[3*k : 3*k+3] {
					y = append(y, float64(f))
				}
			}
			want[k] = posterior(want[k], y)
			for i, v := range want[k] {
				if got := x.At(2*k + i); math.Abs(got-v) > 1e-9 {
					t.Errorf("step %d, sequence %d: got %v, want %v", step, k, got, v)
				}
			}
		}
	}
	r.Reset()
	if r.State() != nil {
		t.Error("Reset: there is a state")
	}
}

// Learning online steps the weights by the gradient at the equilibrium,
// ∂E/∂W = −Σ from ⊗ Π·ε, and a Rollout with the state of another goes on as it would.
func TestRolloutLearns(t *testing.T) {
	y := &train.Batch{Size: 1, Values: map[string][]float32{"y": {1, -2, 0.5}}}
	build := func() *train.Rollout {
		return &train.Rollout{Network: tracker(t), Relax: settled(), Carry: map[string]string{"x": "previous"}, Optimizer: &train.SGD{}, Rate: 0.1}
	}
	r := build()
	if err := r.SetState(map[string][]float64{"previous": {1, 2}}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Step(context.Background(), y); err != nil {
		t.Fatal(err)
	}
	x := posterior([]float64{1, 2}, []float64{1, -2, 0.5})
	w := r.Network.Params()[0].Values()
	for i, from := range []float64{1, 2} {
		for j := range 2 {
			mu := transition[j] + 2*transition[2+j]
			want := transition[2*i+j] + 0.1*from*precisionX[j]*(x[j]-mu)
			if got := w.At(2*i + j); math.Abs(got-want) > 1e-9 {
				t.Errorf("weight %d, %d: got %v, want %v", i, j, got, want)
			}
		}
	}
	other := build()
	for i, p := range other.Network.Params() {
		if err := p.SetValues(r.Network.Params()[i].Values()); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.SetState(r.State()); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*train.Rollout{r, other} {
		if _, err := r.Step(context.Background(), y); err != nil {
			t.Fatal(err)
		}
	}
	for i, p := range other.Network.Params() {
		if got, want := p.Values().AppendTo(nil), r.Network.Params()[i].Values().AppendTo(nil); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", p.Name, got, want)
		}
	}
}

// FromEstimate takes the steps of the published programs, from the estimate of before:
// after two of them, for two sequences, by hand. It has no effect on a clamped node.
func TestRolloutFromEstimate(t *testing.T) {
	const size = 0.1
	r := &train.Rollout{
		Network: tracker(t), Relax: relax.Settings{Steps: 2, Control: relax.Constant{Size: size}},
		Carry: map[string]string{"x": "previous"}, FromEstimate: true,
	}
	before := [][]float64{{0.5, -1}, {2, 3}}
	if err := r.SetState(map[string][]float64{"previous": {0.5, -1, 2, 3}}); err != nil {
		t.Fatal(err)
	}
	y := []float32{1, -2, 0.5, 0.25, 4, -1}
	if _, err := r.Step(context.Background(), &train.Batch{Size: 2, Values: map[string][]float32{"y": y}}); err != nil {
		t.Fatal(err)
	}
	got, err := r.Activity("x")
	if err != nil {
		t.Fatal(err)
	}
	for k, p := range before {
		x := slices.Clone(p)
		for range 2 {
			var next []float64
			for j := range 2 {
				g := precisionX[j] * (x[j] - p[0]*transition[j] - p[1]*transition[2+j])
				for o := range 3 {
					g -= observation[3*j+o] * precisionY[o] * (float64(y[3*k+o]) - x[0]*observation[o] - x[1]*observation[3+o])
				}
				next = append(next, x[j]-size*g)
			}
			x = next
		}
		for j, want := range x {
			if math.Abs(got.At(2*k+j)-want) > 1e-12 {
				t.Errorf("sequence %d: got %v, want %v", k, got.At(2*k+j), want)
			}
		}
	}
	clamped := &train.Batch{Size: 2, Values: map[string][]float32{"y": y, "x": {1, 2, 3, 4}}}
	if _, err := r.Step(context.Background(), clamped); err != nil {
		t.Fatal(err)
	}
	if got := r.State()["previous"]; !slices.Equal(got, []float64{1, 2, 3, 4}) {
		t.Errorf("clamped: got %v, want what it is clamped to", got)
	}
}

// Steps allocate nothing. A batch of another size or with other nodes, an Optimizer that
// comes later and another Carry have sessions of their own.
func TestRolloutSessions(t *testing.T) {
	r := &train.Rollout{Network: tracker(t), Relax: relax.Settings{Steps: 5, Control: relax.Constant{Size: 0.1}}, Carry: map[string]string{"x": "previous"}}
	step := func(b *train.Batch) {
		t.Helper()
		if _, err := r.Step(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	one := &train.Batch{Size: 1, Values: map[string][]float32{"y": {1, 2, 3}}}
	step(one)
	if n := testing.AllocsPerRun(20, func() { step(one) }); n != 0 {
		t.Errorf("a step allocates %v times, want 0", n)
	}
	step(&train.Batch{Size: 1})
	step(one)
	r.Reset()
	step(&train.Batch{Size: 2, Values: map[string][]float32{"y": {1, 2, 3, 4, 5, 6}}})
	r.Reset()
	before := r.Network.Params()[0].Values().At(0)
	r.Optimizer, r.Rate = &train.SGD{}, 0.1
	step(one)
	step(one)
	if r.Network.Params()[0].Values().At(0) == before {
		t.Error("an Optimizer that came later does not learn")
	}
	if n := testing.AllocsPerRun(20, func() { step(one) }); n != 0 {
		t.Errorf("a step that learns allocates %v times, want 0", n)
	}
	r.Carry = map[string]string{"previous": "x"}
	step(&train.Batch{Size: 1})
	x, err := r.Activity("x")
	if err != nil {
		t.Fatal(err)
	}
	if x.At(0) != 0 {
		t.Errorf("an input that is carried from now on, got %v, want 0", x.At(0))
	}
}

func TestRolloutErrors(t *testing.T) {
	net := tracker(t)
	y := map[string][]float32{"y": {1, 2, 3}}
	carry := map[string]string{"x": "previous"}
	for name, r := range map[string]*train.Rollout{
		"no network":   {Relax: settled(), Carry: carry},
		"no carry":     {Network: net, Relax: settled()},
		"no rate":      {Network: net, Relax: settled(), Carry: carry, Optimizer: &train.SGD{}},
		"shapes":       {Network: net, Relax: settled(), Carry: map[string]string{"y": "previous"}},
		"unknown node": {Network: net, Relax: settled(), Carry: map[string]string{"x": "z"}},
		"in the batch": {Network: net, Relax: settled(), Carry: map[string]string{"y": "y"}},
		"no steps":     {Network: net, Carry: carry},
	} {
		if _, err := r.Step(context.Background(), &train.Batch{Size: 1, Values: y}); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	r := &train.Rollout{Network: net, Relax: settled(), Carry: carry}
	if _, err := r.Activity("x"); err == nil {
		t.Error("Activity before Step: got no error")
	}
	if r.SetState(map[string][]float64{"x": {1, 2}}) == nil || r.ResetSamples(0) == nil {
		t.Error("state of another node, samples before Step: got no error")
	}
	if err := r.SetState(map[string][]float64{"previous": {1}}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Step(context.Background(), &train.Batch{Size: 1, Values: y}); err == nil {
		t.Error("state of a wrong size: got no error")
	}
	if _, err := (&train.Rollout{Network: net, Relax: settled(), Carry: carry}).Step(context.Background(), &train.Batch{Size: 1, Values: y}); err != nil {
		t.Error(err)
	}
}

// A state that is seen with noise as large as its own: the estimate is half way between
// prediction and observation.
func ExampleRollout() {
	identity := layers.Dense{Out: 1, NoBias: true, Weight: layers.Values{1}}
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "previous", Shape: graph.Shape{1}}, {Name: "x", Shape: graph.Shape{1}}, {Name: "y", Shape: graph.Shape{1}}},
		Predictions: []graph.Prediction{
			{Of: "x", From: []string{"previous"}, Layer: identity},
			{Of: "y", From: []string{"x"}, Layer: identity},
		},
	}, graph.Settings{Precision: graph.Float64})
	if err != nil {
		panic(err)
	}
	r := &train.Rollout{
		Network: net, Carry: map[string]string{"x": "previous"},
		Relax: relax.Settings{Steps: 100, Control: relax.Constant{Size: 0.2}},
	}
	for _, y := range []float32{8, 8, 8} {
		if _, err := r.Step(context.Background(), &train.Batch{Size: 1, Values: map[string][]float32{"y": {y}}}); err != nil {
			panic(err)
		}
		x, err := r.Activity("x")
		if err != nil {
			panic(err)
		}
		fmt.Printf("%.2f\n", x.At(0))
	}
	// Output:
	// 4.00
	// 6.00
	// 7.00
}
