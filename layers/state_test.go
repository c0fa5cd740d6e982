package layers_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// session declares a network of a layer from node "in0" to "out" and returns a
// session with random values clamped to the input.
func session(t *testing.T, l graph.Layer, in, out graph.Shape, batch int, r graph.Roles) (*graph.Network, *graph.Session, []float64) {
	t.Helper()
	net, err := graph.New(layerCase{layer: l, in: []graph.Shape{in}, out: out}.declare(), graph.Settings{Precision: graph.Float64, Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	r.Clamped = append(r.Clamped, "in0")
	s, err := net.Session(batch, r)
	if err != nil {
		t.Fatal(err)
	}
	x := waves(batch*in.Size(), 0.2)
	if err := s.ClampFloat64("in0", x); err != nil {
		t.Fatal(err)
	}
	return net, s, x
}

// output initialises the session and returns its prediction.
func output(t *testing.T, s *graph.Session) []float64 {
	t.Helper()
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		t.Fatal(err)
	}
	y, err := s.View("out")
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(y.Float64())
}

// moments returns mean and biased variance of each of c channels of (n, c, places).
func moments(x []float64, c, places int) (mean, variance []float64) {
	mean, variance = make([]float64, c), make([]float64, c)
	n := float64(len(x) / c)
	for i, v := range x {
		mean[i/places%c] += v / n
	}
	for i, v := range x {
		d := v - mean[i/places%c]
		variance[i/places%c] += d * d / n
	}
	return mean, variance
}

func buffer(t *testing.T, net *graph.Network, name string) []float64 {
	t.Helper()
	b, err := net.Buffer(name)
	if err != nil {
		t.Fatal(err)
	}
	return b.Value.Float64s()
}

// Training goes by the batch and keeps its statistics while activities move; the
// running ones follow at the first Learn after each pass, and evaluation goes by
// them.
func TestBatchNorm(t *testing.T) {
	const batch, c, places = 3, 2, 4
	shape := graph.Shape{c, 2, 2}
	net, s, x := session(t, layers.BatchNorm{Momentum: 0.25, Eps: 0.01}, shape, shape, batch, graph.Roles{Training: true})
	mean, variance := moments(x, c, places)
	want := make([]float64, len(x))
	for i, v := range x {
		k := i / places % c
		want[i] = (v - mean[k]) / math.Sqrt(variance[k]+0.01)
	}
	near(t, "training", output(t, s), want)
	near(t, "running mean before an update", buffer(t, net, "out/mean"), []float64{0, 0})

	energies := make([]float64, 1)
	n := float64(batch * places)
	for k := range c {
		mean[k] *= 0.25
		variance[k] = 0.75 + 0.25*variance[k]*n/(n-1)
	}
	for range 2 { // the second of one pass changes nothing
		if _, err := s.Learn(energies); err != nil {
			t.Fatal(err)
		}
		near(t, "running mean", buffer(t, net, "out/mean"), mean)
		near(t, "running variance", buffer(t, net, "out/variance"), variance)
	}

	e, err := net.Session(batch, graph.Roles{Clamped: []string{"in0"}, Outputs: []string{"out"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.ClampFloat64("in0", x); err != nil {
		t.Fatal(err)
	}
	for i, v := range x {
		k := i / places % c
		want[i] = (v - mean[k]) / math.Sqrt(variance[k]+0.01)
	}
	near(t, "evaluation", output(t, e), want)
	output(t, s)
	if _, err := s.Learn(energies); err != nil {
		t.Fatal(err)
	}
	if buffer(t, net, "out/mean")[0] == mean[0] {
		t.Error("another pass and Learn did not move the running mean")
	}
	if err := net.Reinitialize(4); err != nil {
		t.Fatal(err)
	}
	near(t, "running variance of a network that starts anew", buffer(t, net, "out/variance"), []float64{1, 1})
}

// Samples are independent of one another while the statistics are frozen: moving
// one leaves the errors of the others as they are.
func TestBatchNormFrozen(t *testing.T) {
	net, err := graph.New(layerCase{layer: layers.BatchNorm{}, in: []graph.Shape{{2}}, out: graph.Shape{2}}.declare(), graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Session(3, graph.Roles{Training: true, Clamped: []string{"out"}})
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.View("in0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ClampFloat64("out", waves(6, 1)); err != nil {
		t.Fatal(err)
	}
	copy(in.Float64(), waves(6, 0))
	if err := s.Feedforward(); err != nil { // the target is clamped, yet its prediction reads the batch
		t.Fatal(err)
	}
	mean, variance := moments(waves(6, 0), 2, 1)
	energies := make([]float64, 1)
	check := func() {
		t.Helper()
		got, err := s.Evaluate(energies)
		if err != nil {
			t.Fatal(err)
		}
		want := 0.0
		for i, y := range waves(6, 1) {
			e := y - (in.At(i)-mean[i%2])/math.Sqrt(variance[i%2]+1e-5)
			want += e * e / 2
		}
		near(t, "energy", []float64{got}, []float64{want})
		each := make([]float64, 3)
		if err := s.SampleEnergies(each); err != nil {
			t.Fatal(err)
		}
		near(t, "sum over samples", []float64{each[0] + each[1] + each[2]}, []float64{want})
	}
	check()
	in.Set(0, 5)
	check()
}

// A batch of one value per channel uses the running statistics.
func TestBatchNormOfOne(t *testing.T) {
	net, s, x := session(t, layers.BatchNorm{}, graph.Shape{2}, graph.Shape{2}, 1, graph.Roles{Training: true})
	copy(buffer(t, net, "out/mean"), []float64{1, -1})
	net.ParamsChanged()
	scale := 1 / math.Sqrt(1+1e-5)
	near(t, "one sample", output(t, s), []float64{(x[0] - 1) * scale, (x[1] + 1) * scale})
	if _, err := s.Learn(make([]float64, 1)); err != nil {
		t.Fatal(err)
	}
	near(t, "running mean", buffer(t, net, "out/mean"), []float64{1, -1})
}

// Backprop differentiates through the batch's statistics: its gradients are the
// difference quotients of its loss.
func TestBatchNormBackprop(t *testing.T) {
	for _, engine := range []graph.Engine{graph.Compiled{}, graph.Tape{}} {
		d := graph.Declaration{
			Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{3}}, {Name: "h", Shape: graph.Shape{2, 2}}, {Name: "y", Shape: graph.Shape{2}}},
			Predictions: []graph.Prediction{
				{Of: "h", From: []string{"x"}, Layer: layers.Sequential{layers.Dense{Out: 4}, layers.Reshape{Shape: graph.Shape{2, 2}}, layers.BatchNorm{}, layers.Tanh{}}},
				{Of: "y", From: []string{"h"}, Layer: layers.Sequential{layers.Flatten{}, layers.Dense{Out: 2}, layers.BatchNorm{}}},
			},
		}
		net, err := graph.New(d, graph.Settings{Precision: graph.Float64, Seed: 2, Engine: engine})
		if err != nil {
			t.Fatal(err)
		}
		s, err := net.BackpropSession(4, graph.Roles{Clamped: []string{"x", "y"}, Training: true})
		if err != nil {
			t.Fatal(err)
		}
		for name, x := range map[string][]float64{"x": waves(12, 0), "y": waves(8, 1)} {
			if err := s.ClampFloat64(name, x); err != nil {
				t.Fatal(err)
			}
		}
		loss := func() float64 {
			l, err := s.Learn()
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		const h = 1e-6
		for _, p := range net.Params() {
			loss()
			v, g := p.Values().Float64(), p.Grads().Float64()
			grad := slices.Clone(g)
			for i, old := range v {
				v[i] = old + h
				net.ParamsChanged()
				up := loss()
				v[i] = old - h
				net.ParamsChanged()
				down := loss()
				v[i] = old
				net.ParamsChanged()
				if want := (up - down) / (2 * h); math.Abs(grad[i]-want) > 1e-6*math.Max(1, math.Abs(want)) {
					t.Errorf("%s: ∂L/∂%s[%d]: got %.9g, finite difference %.9g", engine.Name(), p.Name, i, grad[i], want)
				}
			}
		}
		if v := buffer(t, net, "y/2/variance"); v[0] == 1 {
			t.Error("backprop did not move the running variance")
		}
	}
}

func TestStateErrors(t *testing.T) {
	flat := graph.Shape{10}
	for _, tt := range []struct {
		layer graph.Layer
		in    []graph.Shape
		want  string
	}{
		{layers.Dropout{Rate: 1}, []graph.Shape{flat}, "dropout: Rate, got 1, want a probability from 0 up to, without, 1"},
		{layers.Dropout{Rate: math.NaN()}, []graph.Shape{flat}, "dropout: Rate, got NaN"},
		{layers.Dropout{Rate: 0.5}, []graph.Shape{flat, flat}, "dropout: got 2 inputs, want 1"},
		{layers.BatchNorm{Momentum: 1.5}, []graph.Shape{flat}, `batchnorm: buffer "mean": momentum, got 1.5, want a number from 0 to 1`},
		{layers.BatchNorm{Eps: math.Inf(1)}, []graph.Shape{flat}, "batchnorm: Eps, got +Inf, want a positive number"},
		{layers.BatchNorm{}, []graph.Shape{flat, flat}, "batchnorm: got 2 inputs, want 1"},
	} {
		wantError(t, tt.layer, tt.in, tt.want)
	}
	net, err := graph.New(layerCase{layer: layers.BatchNorm{}, in: []graph.Shape{flat}, out: flat}.declare(), graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := net.Buffer("out/median"); err == nil || !strings.Contains(err.Error(), `the buffers are "out/mean", "out/variance"`) {
		t.Errorf("unknown buffer: got %v", err)
	}
}
