package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// attention by loops: one sample of length l, one head after the other.
func attention(q, k, v []float64, l, m, width, heads int, causal bool) []float64 {
	y := make([]float64, l*width)
	d := width / heads
	for h := range heads {
		for i := range l {
			seen := m
			if causal {
				seen = i + 1
			}
			weights, total := make([]float64, seen), 0.0
			for j := range seen {
				score := 0.0
				for c := range d {
					score += q[i*width+h*d+c] * k[j*width+h*d+c]
				}
				weights[j] = math.Exp(score / math.Sqrt(float64(d)))
				total += weights[j]
			}
			for j, w := range weights {
				for c := range d {
					y[i*width+h*d+c] += w / total * v[j*width+h*d+c]
				}
			}
		}
	}
	return y
}

// linear is x·W + b, row by row.
func linear(x, w, b []float64) []float64 {
	in, out := len(w)/len(b), len(b)
	var y []float64
	for r := 0; r < len(x); r += in {
		for j := range out {
			sum := b[j]
			for i := range in {
				sum += x[r+i] * w[i*out+j]
			}
			y = append(y, sum)
		}
	}
	return y
}

// normalized is (x − mean)/√(variance + 1e-5), row by row.
func normalized(x []float64, width int) []float64 {
	y := make([]float64, len(x))
	for r := 0; r < len(x); r += width {
		mean, variance := 0.0, 0.0
		for _, v := range x[r : r+width] {
			mean += v / float64(width)
		}
		for _, v := range x[r : r+width] {
			variance += (v - mean) * (v - mean) / float64(width)
		}
		for i, v := range x[r : r+width] {
			y[r+i] = (v - mean) / math.Sqrt(variance+1e-5)
		}
	}
	return y
}

// feed returns the prediction of a layer with random parameters for one sample,
// and the parameters.
func feed(t *testing.T, c layerCase, x ...[]float64) ([]float64, map[string][]float64) {
	t.Helper()
	net, err := graph.New(c.declare(), graph.Settings{Precision: graph.Float64, Seed: 8})
	if err != nil {
		t.Fatal(err)
	}
	rng, params := rand.New(rand.NewPCG(1, 2)), map[string][]float64{}
	for _, p := range net.Params() {
		v := p.Values().Float64()
		for i := range v {
			v[i] += 0.3 * rng.NormFloat64()
		}
		params[p.Name] = v
	}
	net.ParamsChanged()
	r := graph.Roles{Outputs: []string{"out"}}
	for _, n := range net.Declaration().Nodes[1:] {
		r.Clamped = append(r.Clamped, n.Name)
	}
	s, err := net.Session(1, r)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range r.Clamped {
		if err := s.ClampFloat64(name, x[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		t.Fatal(err)
	}
	y, err := s.View("out")
	if err != nil {
		t.Fatal(err)
	}
	return y.Float64(), params
}

func waves(n int, phase float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 2 * math.Sin(1.7*float64(i)+phase)
	}
	return x
}

func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-12*math.Max(1, math.Abs(want[i]))) {
			t.Errorf("%s: number %d: got %.15g, want %.15g", what, i, got[i], want[i])
		}
	}
}

func TestAttention(t *testing.T) {
	for _, tt := range []struct {
		name                string
		l, m, width, wide   int // lengths and widths of what asks and of what is read
		heads, headsOrSmall int
		causal, cross       bool
	}{
		{"one head", 3, 3, 4, 4, 1, 0, false, false},
		{"two heads", 3, 3, 4, 4, 2, 2, false, false},
		{"causal", 4, 4, 6, 6, 3, 3, true, false},
		{"one position", 1, 1, 2, 2, 2, 2, true, false},
		{"one unit", 3, 3, 1, 1, 1, 1, false, false},
		{"cross", 2, 5, 4, 3, 2, 2, false, true},
		{"cross, causal", 3, 3, 4, 3, 2, 2, true, true},
	} {
		c := layerCase{layer: layers.MultiHeadAttention{Heads: tt.headsOrSmall, Causal: tt.causal}, in: []graph.Shape{{tt.l, tt.width}}, out: graph.Shape{tt.l, tt.width}}
		x := waves(tt.l*tt.width, 0)
		z, inputs := x, [][]float64{x}
		if tt.cross {
			z = waves(tt.m*tt.wide, 1)
			c.in, inputs = append(c.in, graph.Shape{tt.m, tt.wide}), append(inputs, z)
		}
		got, p := feed(t, c, inputs...)
		part := func(name string, x []float64) []float64 {
			return linear(x, p["out/"+name+"/weight"], p["out/"+name+"/bias"])
		}
		want := part("out", attention(part("query", x), part("key", z), part("value", z), tt.l, tt.m, tt.width, tt.heads, tt.causal))
		near(t, tt.name, got, want)
	}
}

func TestTransformerBlock(t *testing.T) {
	const l, width = 3, 4
	c := layerCase{layer: layers.TransformerBlock{Heads: 2, Hidden: 5, Causal: true, Activation: layers.Tanh{}}, in: []graph.Shape{{l, width}}, out: graph.Shape{l, width}}
	x := waves(l*width, 0.3)
	got, p := feed(t, c, x)
	get := func(name string) []float64 { return p["out/"+name] }
	norm := func(half string, x []float64) []float64 {
		y := normalized(x, width)
		for i := range y {
			y[i] = y[i]*get(half + "/body/0/scale")[i%width] + get(half + "/body/0/bias")[i%width]
		}
		return y
	}
	layer := func(name string, x []float64) []float64 { return linear(x, get(name+"/weight"), get(name+"/bias")) }
	n := norm("attention", x)
	a := "attention/body/1/"
	h := layer(a+"out", attention(layer(a+"query", n), layer(a+"key", n), layer(a+"value", n), l, l, width, 2, true))
	for i := range h {
		h[i] += x[i]
	}
	m := layer("mlp/body/1", norm("mlp", h))
	for i := range m {
		m[i] = math.Tanh(m[i])
	}
	want := layer("mlp/body/3", m)
	for i := range want {
		want[i] += h[i]
	}
	near(t, "block", got, want)
}

func TestNorms(t *testing.T) {
	x := waves(12, 0)
	got, p := feed(t, layerCase{layer: layers.LayerNorm{}, in: []graph.Shape{{3, 4}}, out: graph.Shape{3, 4}}, x)
	want := normalized(x, 4)
	for i := range want {
		want[i] = want[i]*p["out/scale"][i%4] + p["out/bias"][i%4]
	}
	near(t, "layer norm", got, want)

	got, p = feed(t, layerCase{layer: layers.LayerNorm{Axes: 2}, in: []graph.Shape{{2, 3, 2}}, out: graph.Shape{2, 3, 2}}, x)
	want = normalized(x, 6)
	for i := range want {
		want[i] = want[i]*p["out/scale"][i%6] + p["out/bias"][i%6]
	}
	near(t, "layer norm of two axes", got, want)

	got, p = feed(t, layerCase{layer: layers.GroupNorm{Groups: 2}, in: []graph.Shape{{4, 3}}, out: graph.Shape{4, 3}}, x)
	want = normalized(x, 6)
	for i := range want {
		want[i] = want[i]*p["out/scale"][i/3] + p["out/bias"][i/3]
	}
	near(t, "group norm", got, want)

	got, _ = feed(t, layerCase{layer: layers.GroupNorm{Groups: 1, NoAffine: true}, in: []graph.Shape{{12}}, out: graph.Shape{12}}, x)
	near(t, "group norm of units", got, normalized(x, 12))
	got, _ = feed(t, layerCase{layer: layers.LayerNorm{}, in: []graph.Shape{{1}}, out: graph.Shape{1}}, []float64{3})
	if len(got) != 1 || math.Abs(got[0]) > 1 {
		t.Errorf("layer norm of one unit: got %v, want its bias", got)
	}
}

func TestEmbeddingAndPosition(t *testing.T) {
	got, p := feed(t, layerCase{layer: layers.Embedding{Symbols: 5, Width: 2}, in: []graph.Shape{{3}}, out: graph.Shape{3, 2}}, []float64{4, 0, 4})
	w := p["out/weight"]
	near(t, "embedding", got, []float64{w[8], w[9], w[0], w[1], w[8], w[9]})

	x := waves(6, 0)
	got, p = feed(t, layerCase{layer: layers.Position{}, in: []graph.Shape{{3, 2}}, out: graph.Shape{3, 2}}, x)
	want := make([]float64, 6)
	for i := range want {
		want[i] = x[i] + p["out/weight"][i]
	}
	near(t, "position", got, want)
}

// The table of an embedding gets gradients, the symbols do not; a node of
// symbols that is free is an error.
func TestEmbeddingGradients(t *testing.T) {
	for _, data := range []bool{false, true} {
		d := graph.Declaration{
			Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{3}, Data: data}, {Name: "out", Shape: graph.Shape{3, 2}}},
			Predictions: []graph.Prediction{{Of: "out", From: []string{"x"}, Layer: layers.Sequential{
				layers.Embedding{Symbols: 4, Width: 2}, layers.Position{}, layers.MultiHeadAttention{Causal: true},
			}}},
		}
		gradcheck.Run(t, d, graph.Roles{Clamped: []string{"x"}}, gradcheck.Options{Symbols: map[string]int{"x": 4}})
		net, err := graph.New(d, graph.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		want := "graph: roles: "
		if _, err := net.Session(2, graph.Roles{}); err == nil || !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), "clamp it") && !data {
			t.Errorf("free symbols: got %v, want an error of the roles", err)
		}
		s, err := net.Session(2, graph.Roles{Clamped: []string{"x"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.ClampFloat64("x", []float64{0, 3, 3, 1, 0, 3}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Evaluate(make([]float64, 1)); err != nil {
			t.Fatal(err)
		}
		for _, symbol := range []float64{3.5, -1, 4} {
			want := fmt.Sprintf(`graph: node "x": data of sample 0, unit 2, got %v, want a whole number from 0 to 3`, symbol)
			if err := s.ClampFloat64("x", []float64{0, 3, symbol, 1, 0, 3}); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("symbol %v: got %v, want %s", symbol, err, want)
			}
		}
	}
}

func TestMaskedDense(t *testing.T) {
	w, b := layers.Values{1, 2, 3, 4, 5, 6}, layers.Values{10, 20}
	l := layers.MaskedDense{Out: 2, Connections: [][]int{{0, 2}, {}}, Weight: w, Bias: b}
	equal(t, "list", predict(t, l, graph.Shape{3}, graph.Shape{2}, 1, []float64{1, 100, 2}), []float64{21, 20})
	near4 := layers.MaskedDense{Out: 4, Radius: 0.3, NoBias: true, Weight: layers.Constant{Value: 1}}
	equal(t, "local", predict(t, near4, graph.Shape{4}, graph.Shape{4}, 1, []float64{1, 10, 100, 1000}), []float64{11, 111, 1110, 1100})
	half := layers.MaskedDense{Out: 2, Radius: 0.25, NoBias: true, Weight: layers.Constant{Value: 1}}
	equal(t, "local to fewer", predict(t, half, graph.Shape{4}, graph.Shape{2}, 1, []float64{1, 10, 100, 1000}), []float64{11, 1100})

	lists, err := layers.Neighbours(graph.Shape{2, 4}, graph.Shape{2, 2}, 0.3)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(lists); got != "[[0 1] [2 3] [4 5] [6 7]]" {
		t.Errorf("neighbours: got %v", got)
	}
	net, err := graph.New(layerCase{layer: layers.MaskedDense{Out: 3, Connections: [][]int{{0}, {1}, {0, 1}}}, in: []graph.Shape{{2}}, out: graph.Shape{3}}.declare(), graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	v := net.Params()[0].Values().Float64()
	if v[0] == 0 || v[1] != 0 || v[2] == 0 || v[3] != 0 || v[4] == 0 || v[5] == 0 {
		t.Errorf("initial weights: got %v, want zeros where there is no connection", v)
	}
}

// maskedAttention is attention with a mask of what is read.
func maskedAttention(l layers.MultiHeadAttention, length, read, width int) graph.Declaration {
	l.Mask = "mask"
	return graph.Declaration{
		Nodes: []graph.Node{
			{Name: "out", Shape: graph.Shape{length, width}}, {Name: "x", Shape: graph.Shape{length, width}},
			{Name: "z", Shape: graph.Shape{read, 3}}, {Name: "mask", Shape: graph.Shape{read}, Data: true},
		},
		Predictions: []graph.Prediction{{Of: "out", From: []string{"x", "z"}, Layer: l}},
	}
}

// Attention that leaves padding out is right by finite differences, also where all that a
// sample could read is padding.
func TestMaskedAttentionGradients(t *testing.T) {
	for _, c := range []struct {
		layer               layers.MultiHeadAttention
		length, read, width int
	}{
		{layers.MultiHeadAttention{Heads: 2}, 2, 4, 4},
		{layers.MultiHeadAttention{Causal: true}, 3, 3, 2},
		{layers.MultiHeadAttention{NoBias: true}, 1, 1, 1},
	} {
		gradcheck.Run(t, maskedAttention(c.layer, c.length, c.read, c.width), graph.Roles{Clamped: []string{"mask"}},
			gradcheck.Options{Batch: []int{1, 3, 5}, Symbols: map[string]int{"mask": 2}})
	}
}

// What is masked is not read, whatever it holds, in both precisions: the columns of the
// weights are 0, and the rest is as without it.
func TestMaskedAttention(t *testing.T) {
	for _, precision := range []graph.Precision{graph.Float32, graph.Float64} {
		run := func(d graph.Declaration, z, mask []float64) (y, weights []float64) {
			t.Helper()
			net, err := graph.New(d, graph.Settings{Precision: precision, Seed: 3})
			if err != nil {
				t.Fatal(err)
			}
			r := graph.Roles{Clamped: []string{"x", "z"}, Outputs: []string{"out"}}
			if mask != nil {
				r.Clamped = append(r.Clamped, "mask")
			}
			s, err := net.Session(1, r)
			if err != nil {
				t.Fatal(err)
			}
			for name, x := range map[string][]float64{"x": waves(8, 1), "z": z, "mask": mask} {
				if x == nil {
					continue
				}
				if err := s.ClampFloat64(name, x); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Initialize(graph.Start{}, nil); err != nil {
				t.Fatal(err)
			}
			out, err := s.View("out")
			if err != nil {
				t.Fatal(err)
			}
			probe, err := s.Probe("out/weights")
			if err != nil {
				t.Fatal(err)
			}
			return out.AppendTo(nil), probe.Value.AppendTo(nil)
		}
		z := waves(6, 2)
		padded := []float64{z[0], z[1], z[2], 1e30, -1e30, 1e30, z[3], z[4], z[5], 9, 9, 9}
		y, a := run(maskedAttention(layers.MultiHeadAttention{Heads: 2}, 2, 4, 4), padded, []float64{1, 0, 1, 0})
		alone := maskedAttention(layers.MultiHeadAttention{Heads: 2}, 2, 2, 4)
		alone.Nodes = alone.Nodes[:3]
		alone.Predictions[0].Layer = layers.MultiHeadAttention{Heads: 2}
		want, b := run(alone, z, nil)
		tolerance := 1e-14
		if precision == graph.Float32 {
			tolerance = 1e-6
		}
		for i := range want {
			if math.Abs(y[i]-want[i]) > tolerance {
				t.Errorf("%v: number %d, got %v, want %v", precision, i, y[i], want[i])
			}
		}
		for row := range 4 { // two heads, two positions
			if a[4*row+1] != 0 || a[4*row+3] != 0 || math.Abs(a[4*row]-b[2*row]) > tolerance {
				t.Errorf("%v: weights, got %v, want %v and zeros between", precision, a[4*row:4*row+4], b[2*row:2*row+2])
			}
		}
	}
}
