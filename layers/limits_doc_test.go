package layers_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// Errors, at their limits; an empty want is none.
func TestLayerLimits(t *testing.T) {
	unit, sequence, image := []graph.Shape{{4}}, []graph.Shape{{3, 4}}, []graph.Shape{{2, 4, 4}}
	k := layers.Pair{2}
	for _, c := range []struct {
		layerCase
		want string
	}{
		{layerCase{"dropout of all", layers.Dropout{Rate: 1}, unit, graph.Shape{4}}, "up to, without, 1"},
		{layerCase{"dropout of nearly all", layers.Dropout{Rate: 0.999}, unit, graph.Shape{4}}, ""},
		{layerCase{"negative dropout", layers.Dropout{Rate: -0.1}, unit, graph.Shape{4}}, "Rate, got -0.1"},
		{layerCase{"too few values", layers.Dense{Out: 1, Weight: layers.Values{1, 2, 3}}, unit, graph.Shape{1}}, "got 3 numbers, want 4"},
		{layerCase{"too many values", layers.Dense{Out: 1, Weight: layers.Values{1, 2, 3, 4, 5}}, unit, graph.Shape{1}}, "got 5 numbers, want 4"},
		{layerCase{"causal, reading more", layers.MultiHeadAttention{Causal: true}, []graph.Shape{{2, 4}, {3, 4}}, graph.Shape{2, 4}}, "want equal lengths"},
		{layerCase{"causal, reading less", layers.MultiHeadAttention{Causal: true}, []graph.Shape{{3, 4}, {2, 4}}, graph.Shape{3, 4}}, "want equal lengths"},
		{layerCase{"not causal", layers.MultiHeadAttention{}, []graph.Shape{{3, 4}, {2, 4}}, graph.Shape{3, 4}}, ""},
		{layerCase{"heads", layers.MultiHeadAttention{Heads: 3}, sequence, graph.Shape{3, 4}}, "want a divisor of its width 4"},
		{layerCase{"no groups", layers.GroupNorm{}, unit, graph.Shape{4}}, "Groups, got 0"},
		{layerCase{"groups", layers.GroupNorm{Groups: 3}, unit, graph.Shape{4}}, "want a divisor of its 4 channels"},
		{layerCase{"axes", layers.LayerNorm{Axes: 2}, unit, graph.Shape{4}}, "want at most its number of axes"},
		{layerCase{"negative eps", layers.LayerNorm{Eps: -1}, unit, graph.Shape{4}}, "Eps, got -1"},
		{layerCase{"output pad of a stride", layers.ConvTranspose2D{Out: 1, Kernel: k, Stride: k, OutputPad: k}, image, graph.Shape{1, 10, 10}}, "want less than the stride"},
		{layerCase{"output pad below it", layers.ConvTranspose2D{Out: 1, Kernel: k, Stride: k, OutputPad: layers.Pair{1}}, image, graph.Shape{1, 9, 9}}, ""},
		{layerCase{"no kernel", layers.Conv2D{Out: 1}, image, graph.Shape{1, 4, 4}}, "Kernel"},
		{layerCase{"three numbers", layers.Conv2D{Out: 1, Kernel: layers.Pair{1, 1, 1}}, image, graph.Shape{1, 4, 4}}, "one number or two: rows, columns"},
		{layerCase{"no channels", layers.Conv2D{Kernel: k}, image, graph.Shape{1, 3, 3}}, "Out, got 0"},
		{layerCase{"symbols", layers.Embedding{Width: 2}, unit, graph.Shape{4, 2}}, "Symbols and Width, got 0 and 2"},
		{layerCase{"width", layers.Embedding{Symbols: 2}, unit, graph.Shape{4, 1}}, "Symbols and Width, got 2 and 0"},
		{layerCase{"no factor", layers.Scale{}, unit, graph.Shape{4}}, "Factor, got 0"},
		{layerCase{"one to add", layers.Add{}, unit, graph.Shape{4}}, "got 1 inputs, want at least 2"},
		{layerCase{"one to join", layers.Concat{}, unit, graph.Shape{4}}, "got 1 inputs, want at least 2"},
		{layerCase{"shared without a name", layers.Shared{Layer: layers.Dense{Out: 4}}, unit, graph.Shape{4}}, "Name is empty"},
		{layerCase{"no body", layers.Residual{}, unit, graph.Shape{4}}, "Body is nil"},
		{layerCase{"a skip of two", layers.Residual{Body: layers.Add{}}, []graph.Shape{{4}, {4}}, graph.Shape{4}}, "residual: got 2 inputs, want 1"},
		{layerCase{"lists and radius", layers.MaskedDense{Out: 1, Radius: 1, Connections: [][]int{{0}}}, unit, graph.Shape{1}}, "want one of the two"},
		{layerCase{"neither", layers.MaskedDense{Out: 1}, unit, graph.Shape{1}}, "want one of the two"},
		{layerCase{"negative hidden", layers.TransformerBlock{Hidden: -1}, sequence, graph.Shape{3, 4}}, "Hidden, got -1"},
	} {
		_, err := graph.New(c.declare(), graph.Settings{})
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: got error %v, want none", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got error %v, want one with %q", c.name, err, c.want)
		}
	}
}

// A unit is connected up to the radius, that included: of two units on either
// side, laid out at ¼ and ¾, the distance is ½.
func TestRadiusIsIncluded(t *testing.T) {
	for _, c := range []struct {
		radius float64
		want   [][]int
	}{{0.5, [][]int{{0, 1}, {0, 1}}}, {0.499, [][]int{{0}, {1}}}} {
		got, err := layers.Neighbours(graph.Shape{2}, graph.Shape{2}, c.radius)
		if err != nil || !slices.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("radius %g: got %v, %v, want %v", c.radius, got, err, c.want)
		}
	}
	// Three units at 1/6, 1/2, 5/6 read two at ¼ and ¾: 1/12, 1/4, 7/12 away.
	got, err := layers.Neighbours(graph.Shape{2}, graph.Shape{3}, 0.26)
	if want := [][]int{{0}, {0, 1}, {1}}; err != nil || !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("two to three: got %v, %v, want %v", got, err, want)
	}
	// On a grid the radius is along each axis.
	got, err = layers.Neighbours(graph.Shape{2, 2}, graph.Shape{1, 2}, 0.3)
	if want := [][]int{{0, 2}, {1, 3}}; err != nil || !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("grid: got %v, %v, want %v", got, err, want)
	}
	if _, err := layers.Neighbours(graph.Shape{2}, graph.Shape{2, 2}, 1); err == nil {
		t.Error("grids of different axes: want an error")
	}
}

// The defaults of a batch normalisation: a momentum of 0.1 and an ε of 1e-5.
func TestBatchNormDefaults(t *testing.T) {
	const batch = 5
	shape := graph.Shape{2}
	net, s, x := session(t, layers.BatchNorm{}, shape, shape, batch, graph.Roles{Training: true})
	mean, variance := moments(x, 2, 1)
	want := make([]float64, len(x))
	for i, v := range x {
		want[i] = (v - mean[i%2]) / math.Sqrt(variance[i%2]+1e-5)
	}
	near(t, "training", output(t, s), want)
	near(t, "running variance at first", buffer(t, net, "out/variance"), []float64{1, 1})
	if _, err := s.Learn(make([]float64, 1)); err != nil {
		t.Fatal(err)
	}
	for k := range mean {
		mean[k] *= 0.1
		variance[k] = 0.9 + 0.1*variance[k]*batch/(batch-1)
	}
	near(t, "running mean", buffer(t, net, "out/mean"), mean)
	near(t, "running variance", buffer(t, net, "out/variance"), variance)
}

// A session that evaluates sees running statistics which another one moves, though
// it has run before.
func TestEvaluationSeesMovedBuffers(t *testing.T) {
	shape := graph.Shape{3, 4, 4}
	l := layers.Sequential{layers.Conv2D{Out: 3, Kernel: layers.Pair{3}, Pad: layers.Pair{1}}, layers.BatchNorm{}}
	for _, engine := range []graph.Engine{graph.Tape{}, graph.Compiled{}} {
		net, err := graph.New(layerCase{layer: l, in: []graph.Shape{shape}, out: shape}.declare(), graph.Settings{Precision: graph.Float64, Seed: 4, Engine: engine})
		if err != nil {
			t.Fatal(err)
		}
		sessions := map[bool]*graph.Session{}
		for _, training := range []bool{false, true} {
			if sessions[training], err = net.Session(2, graph.Roles{Clamped: []string{"in0"}, Training: training}); err != nil {
				t.Fatal(err)
			}
			if err := sessions[training].ClampFloat64("in0", waves(2*shape.Size(), 0.2)); err != nil {
				t.Fatal(err)
			}
		}
		before := output(t, sessions[false])
		output(t, sessions[true])
		if _, err := sessions[true].Learn(make([]float64, 1)); err != nil {
			t.Fatal(err)
		}
		after := output(t, sessions[false])
		fresh, err := net.Session(2, graph.Roles{Clamped: []string{"in0"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := fresh.ClampFloat64("in0", waves(2*shape.Size(), 0.2)); err != nil {
			t.Fatal(err)
		}
		if slices.Equal(after, before) {
			t.Errorf("%s: the session did not see that the buffers moved", engine.Name())
		}
		near(t, engine.Name(), after, output(t, fresh))
	}
}

// Each half of a block drops what it adds to its input, in training alone.
func TestBlockDropsBothHalves(t *testing.T) {
	const rate = 0.6
	shape := graph.Shape{5, 8}
	x := waves(shape.Size(), 0.3)
	for _, half := range []string{"attention", "mlp"} {
		d := layerCase{layer: layers.TransformerBlock{Heads: 2, Hidden: 6, Dropout: rate}, in: []graph.Shape{shape}, out: shape}.declare()
		net, err := graph.New(d, graph.Settings{Precision: graph.Float64, Seed: 4})
		if err != nil {
			t.Fatal(err)
		}
		silent := map[string]string{"attention": "out/mlp/body/3/", "mlp": "out/attention/body/1/out/"}[half] // the other half adds nothing
		r := rand.New(rand.NewPCG(1, 2))
		for _, p := range net.Params() {
			v := p.Values().Float64()
			for i := range v {
				if v[i] += 0.3 * r.NormFloat64(); strings.HasPrefix(p.Name, silent) {
					v[i] = 0
				}
			}
		}
		net.ParamsChanged()
		added := map[bool][]float64{}
		for _, training := range []bool{false, true} {
			s, err := net.Session(1, graph.Roles{Clamped: []string{"in0"}, Training: training})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.ClampFloat64("in0", x); err != nil {
				t.Fatal(err)
			}
			for i, y := range output(t, s) {
				added[training] = append(added[training], y-x[i])
			}
		}
		dropped := 0
		for i, want := range added[false] {
			switch got := added[true][i]; {
			case math.Abs(got) < 1e-14 && math.Abs(want) > 1e-9:
				dropped++
			case math.Abs(got-want/(1-rate)) > 1e-12:
				t.Errorf("%s, element %d: adds %v in training, want 0 or %v", half, i, got, want/(1-rate))
			}
		}
		if dropped < 12 || dropped > 36 { // 24 of 40 on average
			t.Errorf("%s: dropped %d of %d, want about %g", half, dropped, len(x), rate*float64(len(x)))
		}
	}
}

// The default activation and width of a block's perceptron give the same values
// as those spelled out.
func TestBlockDefaults(t *testing.T) {
	c := layerCase{layer: layers.TransformerBlock{}, in: []graph.Shape{{3, 4}}, out: graph.Shape{3, 4}}
	spelled := c
	spelled.layer = layers.TransformerBlock{Heads: 1, Hidden: 16, Activation: layers.GELU{}}
	got, _ := feed(t, c, waves(12, 0.1))
	want, params := feed(t, spelled, waves(12, 0.1))
	near(t, "block", got, want)
	if n := len(params["out/mlp/body/1/weight"]); n != 4*16 {
		t.Errorf("weights of the perceptron: got %d, want 4 times 16", n)
	}
}
