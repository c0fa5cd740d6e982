package train_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// mlp returns a float64 MLP without biases.
func mlp(t *testing.T, m models.MLP, seed uint64) *graph.Network {
	t.Helper()
	m.NoBias = true
	net, err := m.New(graph.Settings{Precision: graph.Float64, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// path trains on one sample and returns what read sees before every update.
func path(t *testing.T, net *graph.Network, rule train.Rule, lr float64, x, y []float32, updates int, read func() []float64) [][]float64 {
	t.Helper()
	b := &train.Batch{Size: 1, Values: map[string][]float32{"x": x, "y": y}}
	opt := &train.SGD{}
	var out [][]float64
	for range updates {
		out = append(out, read())
		if _, err := rule.Gradients(context.Background(), net, b); err != nil {
			t.Fatal(err)
		}
		if err := opt.Step(net.Params(), lr); err != nil {
			t.Fatal(err)
		}
		net.ParamsChanged()
	}
	return out
}

// output reads the feedforward prediction of y for an input.
func output(t *testing.T, net *graph.Network, x []float32) func() []float64 {
	t.Helper()
	s, err := net.Session(1, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
	if err != nil {
		t.Fatal(err)
	}
	return func() []float64 {
		if err := s.Clamp("x", x); err != nil {
			t.Fatal(err)
		}
		if err := s.Feedforward(); err != nil {
			t.Fatal(err)
		}
		y, err := s.Activity("y")
		if err != nil {
			t.Fatal(err)
		}
		out := make([]float64, y.Len())
		for i := range out {
			out[i] = y.At(i)
		}
		return out
	}
}

// digits4 formats values as the paper's tables print them.
func digits4(x []float64) string {
	s := ""
	for _, v := range x {
		s += fmt.Sprintf("%.4f ", v+0) // +0 turns −0 into 0
	}
	return s
}

// Song et al. 2024, Fig. 3a: a 1-1-2 linear net with all weights 1 unlearns one
// output while the other is already right.
func TestInterferenceGoldenPath(t *testing.T) {
	golden := map[string]map[int][]float64{
		"pc": {1: {1, 1}, 2: {.8504, .9748}, 3: {.7300, .9563}, 4: {.6318, .9436}, 7: {.4248, .9316}},
		"bp": {1: {1, 1}, 2: {.6400, .8000}, 3: {.5145, .7612}, 4: {.4446, .7632}, 7: {.3251, .8365}},
	}
	for name, rule := range map[string]train.Rule{"pc": train.Paper(128, 0.1, 0.5), "bp": &train.Backprop{}} {
		net := mlp(t, models.MLP{Widths: []int{1, 1, 2}, Init: layers.Constant{Value: 1}}, 0)
		x := []float32{1}
		got := path(t, net, rule, 0.2, x, []float32{0, 1}, 64, output(t, net, x))
		for it, want := range golden[name] {
			if digits4(got[it-1]) != digits4(want) {
				t.Errorf("%s, iteration %d: got %s, want %s", name, it, digits4(got[it-1]), digits4(want))
			}
		}
		lowest := 1.0
		for _, y := range got {
			lowest = math.Min(lowest, y[1])
		}
		if want := map[string]float64{"pc": .9316, "bp": .7612}[name]; math.Abs(lowest-want) > 5e-5 {
			t.Errorf("%s: lowest correct output: got %.4f, want %.4f", name, lowest, want)
		}
	}
}

// Song et al. 2024, the 1-2-2 energy machine: the second layer is fixed at
// diag(1, 2), the hidden weights start at 0.
func TestEnergyMachineGoldenPath(t *testing.T) {
	tests := []struct {
		name string
		rule train.Rule
		lr   float64
		want [][]float64
	}{
		{"pc", train.Paper(128, 0.1, 0.8), 1.3969543147208123, [][]float64{{0, 0}, {.6985, .5588}, {.9091, .4931}}},
		{"bp", &train.Backprop{}, 0.4, [][]float64{{0, 0}, {.4, .8}, {.64, .32}}},
	}
	for _, tt := range tests {
		net := mlp(t, models.MLP{Widths: []int{1, 2, 2}}, 0)
		first, second := net.Params()[0], net.Params()[1]
		w1 := first.Values().Float64()
		w2 := second.Values().Float64()
		copy(w1, []float64{0, 0})
		copy(w2, []float64{1, 0, 0, 2})
		net.ParamsChanged()
		b := &train.Batch{Size: 1, Values: map[string][]float32{"x": {1}, "y": {1, 1}}}
		for i, want := range tt.want {
			if digits4(w1) != digits4(want) {
				t.Errorf("%s, step %d: got %s, want %s", tt.name, i, digits4(w1), digits4(want))
			}
			if _, err := tt.rule.Gradients(context.Background(), net, b); err != nil {
				t.Fatal(err)
			}
			if err := (&train.SGD{}).Step([]*graph.Param{first}, tt.lr); err != nil {
				t.Fatal(err)
			}
			net.ParamsChanged()
		}
	}
}

// randomBatch draws one batch for a network's x and y.
func randomBatch(net *graph.Network, size int, rng *rand.Rand) *train.Batch {
	b := &train.Batch{Size: size, Values: map[string][]float32{}}
	for _, name := range []string{"x", "y"} {
		n, err := net.Node(name)
		if err != nil {
			panic(err)
		}
		data := make([]float32, size*n.Shape.Size())
		for i := range data {
			data[i] = float32(rng.NormFloat64())
		}
		b.Values[name] = data
	}
	return b
}

// gradients returns copies of all parameter gradients of a rule.
func gradients(t *testing.T, net *graph.Network, rule train.Rule, b *train.Batch) [][]float64 {
	t.Helper()
	if _, err := rule.Gradients(context.Background(), net, b); err != nil {
		t.Fatal(err)
	}
	var out [][]float64
	for _, p := range net.Params() {
		out = append(out, paramGrad(p))
	}
	return out
}

func paramGrad(p *graph.Param) []float64 {
	if g := p.Grads().Float64(); g != nil {
		return slices.Clone(g)
	}
	g := p.Grads().Float32()
	out := make([]float64, len(g))
	for i, v := range g {
		out[i] = float64(v)
	}
	return out
}

// Without a hidden node there is nothing to relax: both rules are the same, bit
// for bit, in both precisions.
func TestNoHiddenNodeIsBackprop(t *testing.T) {
	for _, precision := range []graph.Precision{graph.Float32, graph.Float64} {
		net, err := models.MLP{Widths: []int{5, 3}}.New(graph.Settings{Precision: precision, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		b := randomBatch(net, 4, rand.New(rand.NewPCG(1, 2)))
		pc := gradients(t, net, train.Paper(16, 0.1, 0.5), b)
		bp := gradients(t, net, &train.Backprop{}, b)
		for i := range pc {
			if !slices.Equal(pc[i], bp[i]) {
				t.Errorf("%v: gradients of parameter %d differ", precision, i)
			}
		}
	}
}

// deepTanh is a random tanh net with five weight matrices.
func deepTanh(t *testing.T) *graph.Network {
	return mlp(t, models.MLP{
		Widths: []int{4, 6, 5, 7, 3, 2}, Activation: layers.Tanh{}, Init: layers.XavierNormal{Gain: 5.0 / 3},
	}, 5)
}

// Z-IL: with γ = 1 and W_l stepped at t = L−l only, predictive coding is
// backprop. Source: Song, Lukasiewicz, Xu, Bogacz, NeurIPS 2020.
func TestZILIsBackprop(t *testing.T) {
	net := deepTanh(t)
	b := randomBatch(net, 3, rand.New(rand.NewPCG(1, 2)))
	bp := gradients(t, net, &train.Backprop{}, b)
	s := clampedSession(t, net, b)
	energies := make([]float64, len(s.Terms()))
	params := net.Params()
	const lr = 0.1
	before := make([][]float64, len(params))
	for i, p := range params {
		w := p.Values().Float64()
		before[i] = slices.Clone(w)
	}
	for step := range params {
		if _, err := s.Learn(energies); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Evaluate(energies); err != nil {
			t.Fatal(err)
		}
		for _, a := range s.Activities() {
			a.X.AddScaled(-1, a.Grad)
		}
		if err := (&train.SGD{}).Step(params[len(params)-1-step:][:1], lr); err != nil {
			t.Fatal(err)
		}
		net.ParamsChanged()
	}
	for i, p := range params {
		w := p.Values().Float64()
		for j := range w {
			want := before[i][j] - lr*bp[i][j]
			if math.Abs(w[j]-want) > 1e-12 {
				t.Fatalf("%s[%d]: got %.17g, want %.17g", p.Name, j, w[j], want)
			}
		}
	}
}

// clampedSession clamps the batch and starts at the feedforward values.
func clampedSession(t *testing.T, net *graph.Network, b *train.Batch) *graph.Session {
	t.Helper()
	s, err := net.Session(b.Size, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range b.Values {
		if err := s.Clamp(name, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// After one activity step of size γ, the error of the last hidden node is γ
// times backprop's: its weights' gradient is γ times backprop's.
func TestFirstStepIsScaledBackprop(t *testing.T) {
	const gamma = 0.3
	net := deepTanh(t)
	b := randomBatch(net, 3, rand.New(rand.NewPCG(8, 2)))
	bp := gradients(t, net, &train.Backprop{}, b)
	rule := &train.Prospective{Relax: relax.Settings{Steps: 1, Control: relax.Constant{Size: gamma}}}
	pc := gradients(t, net, rule, b)
	last := len(pc) - 2 // predicts the last hidden node
	for j := range pc[last] {
		if math.Abs(pc[last][j]-gamma*bp[last][j]) > 1e-14 {
			t.Errorf("element %d: got %.17g, want %.17g", j, pc[last][j], gamma*bp[last][j])
		}
	}
}

// The equilibrium of a linear network is the solution of linear equations. For
// rows h = (h1, h2) of hidden activities of x → h1 → h2 → y, all linear,
//
//	h1·(I + W2·W2ᵀ) − h2·W2ᵀ         = x·W1 + b1 − b2·W2ᵀ
//	−h1·W2 + h2·(I + W3·W3ᵀ)         = b2 + (y − b3)·W3ᵀ
func TestLinearEquilibrium(t *testing.T) {
	net, err := models.MLP{Widths: []int{3, 5, 4, 2}}.New(graph.Settings{Precision: graph.Float64, Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	b := randomBatch(net, 2, rand.New(rand.NewPCG(4, 4)))
	s := clampedSession(t, net, b)
	result, err := relax.Run(context.Background(), s, relax.Settings{
		Steps: 20000, Control: relax.Constant{Size: 0.2}, Stop: relax.GradientNorm{Tolerance: 1e-12},
	})
	if err != nil || result.Status != relax.Converged {
		t.Fatalf("got %v, %v, want convergence", result, err)
	}
	want := denseEquilibrium(net, b)
	h1, h2 := s.Activities()[0].X, s.Activities()[1].X
	for i := range 2 {
		for j := range 9 {
			got := 0.0
			if j < 5 {
				got = h1.At(i*5 + j)
			} else {
				got = h2.At(i*4 + j - 5)
			}
			if math.Abs(got-want.At(i, j)) > 1e-9 {
				t.Errorf("sample %d, unit %d: got %.12g, want %.12g", i, j, got, want.At(i, j))
			}
		}
	}
}

// denseEquilibrium solves the equations of TestLinearEquilibrium.
func denseEquilibrium(net *graph.Network, b *train.Batch) *mat.Dense {
	param := func(i, rows, cols int) *mat.Dense {
		w := net.Params()[i].Values().Float64()
		return mat.NewDense(rows, cols, slices.Clone(w))
	}
	data := func(name string, cols int) *mat.Dense {
		m := mat.NewDense(b.Size, cols, nil)
		for i, v := range b.Values[name] {
			m.Set(i/cols, i%cols, float64(v))
		}
		return m
	}
	w1, w2, w3 := param(0, 3, 5), param(2, 5, 4), param(4, 4, 2)
	rows := func(m *mat.Dense) *mat.Dense { // repeats a bias for every sample
		_, c := m.Dims()
		out := mat.NewDense(b.Size, c, nil)
		for i := range b.Size {
			out.SetRow(i, m.RawRowView(0))
		}
		return out
	}
	b1, b2, b3 := rows(param(1, 1, 5)), rows(param(3, 1, 4)), rows(param(5, 1, 2))

	a := mat.NewDense(9, 9, nil) // h·A = c
	for i := range 9 {
		a.Set(i, i, 1)
	}
	var ww mat.Dense
	ww.Mul(w2, w2.T())
	add(a, 0, 0, 1, &ww)
	add(a, 5, 0, -1, w2.T())
	add(a, 0, 5, -1, w2)
	ww.Reset()
	ww.Mul(w3, w3.T())
	add(a, 5, 5, 1, &ww)

	c := mat.NewDense(b.Size, 9, nil)
	var m mat.Dense
	m.Mul(data("x", 3), w1)
	add(c, 0, 0, 1, &m)
	add(c, 0, 0, 1, b1)
	m.Reset()
	m.Mul(b2, w2.T())
	add(c, 0, 0, -1, &m)
	add(c, 0, 5, 1, b2)
	y := data("y", 2)
	y.Sub(y, b3)
	m.Reset()
	m.Mul(y, w3.T())
	add(c, 0, 5, 1, &m)

	var ht mat.Dense // Aᵀ·hᵀ = cᵀ
	if err := ht.Solve(a.T(), c.T()); err != nil {
		panic(err)
	}
	return mat.DenseCopyOf(ht.T())
}

// add adds f·m to the block of dst at (i, j).
func add(dst *mat.Dense, i, j int, f float64, m mat.Matrix) {
	r, c := m.Dims()
	for k := range r {
		for l := range c {
			dst.Set(i+k, j+l, dst.At(i+k, j+l)+f*m.At(k, l))
		}
	}
}
