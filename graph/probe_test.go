package graph_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// gated predicts μ = σ(x·W) ⊙ x and names the gate, its mean, its weight, and the
// square of its input, which the prediction does not need.
type gated struct{ probe bool }

func (g gated) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x := in[0]
	w, err := b.Param(graph.ParamSpec{Name: "w", Shape: graph.Shape{x.Shape()[1], x.Shape()[1]}, Init: layers.Normal{Std: 1}})
	if err != nil {
		return nil, err
	}
	gate := gorgonia.Must(gorgonia.Sigmoid(gorgonia.Must(gorgonia.Mul(x, w))))
	if g.probe {
		mean := gorgonia.Must(gorgonia.Mean(gate))
		square := gorgonia.Must(gorgonia.Square(x))
		for _, p := range []struct {
			name string
			node *gorgonia.Node
		}{{"gate", gate}, {"gate", gate}, {"mean", mean}, {"w", w}, {"square", square}, {"gate", square}} {
			if err := b.Sub("inner").Probe(p.name, p.node); err != nil {
				return nil, err
			}
		}
	}
	return gorgonia.HadamardProd(gate, x)
}

// gates declares x(3) → h(3) → y(3), the second through a gate.
func gates(probe bool) graph.Declaration {
	return graph.Declaration{
		Nodes: []graph.Node{node("x", 3), node("h", 3), node("y", 3)},
		Predictions: []graph.Prediction{
			dense("h", 3, "x"),
			{Of: "y", From: []string{"h"}, Layer: gated{probe}},
		},
	}
}

// wantGate is σ(h·W), by loops.
func wantGate(net *graph.Network, h []float64) []float64 {
	p, err := net.Param("y/w")
	if err != nil {
		panic(err)
	}
	w := make([]float64, 9)
	for i := range w {
		if f := p.Values().Float32(); f != nil {
			w[i] = float64(f[i])
		} else {
			d := p.Values().Float64()
			w[i] = d[i]
		}
	}
	out := make([]float64, len(h))
	for i := range out {
		sum := 0.0
		for k := range 3 {
			sum += h[i/3*3+k] * w[k*3+i%3]
		}
		out[i] = 1 / (1 + math.Exp(-sum))
	}
	return out
}

// prober is a session of any kind.
type prober interface {
	Probe(name string) (graph.Probe, error)
}

func probe(t testing.TB, s prober, name string) graph.Probe {
	t.Helper()
	p, err := s.Probe(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// checkGates compares all probes of gates with loops over the activity of h.
func checkGates(t *testing.T, what string, net *graph.Network, s prober, h []float64) {
	t.Helper()
	tolerance := 1e-12
	if net.Settings().Precision == graph.Float32 {
		tolerance = 1e-6
	}
	want, mean, square := wantGate(net, h), 0.0, make([]float64, len(h))
	for i, v := range want {
		mean += v / float64(len(want))
		square[i] = h[i] * h[i]
	}
	gate := probe(t, s, "y/inner/gate")
	near(t, what+": gate", values(gate.Value), want, tolerance)
	if wantShape := []int{len(h) / 3, 3}; !slices.Equal(gate.Shape, wantShape) || gate.Name != "y/inner/gate" {
		t.Errorf("%s: got %s of shape %v, want %v", what, gate.Name, gate.Shape, wantShape)
	}
	near(t, what+": mean", values(probe(t, s, "y/inner/mean").Value), []float64{mean}, tolerance)
	near(t, what+": square", values(probe(t, s, "y/inner/square").Value), square, tolerance)
	near(t, what+": second of a name", values(probe(t, s, "y/inner/gate#2").Value), square, tolerance)
	if got := probe(t, s, "y/inner/w"); got.Value.Len() != 9 || !slices.Equal(got.Shape, []int{3, 3}) {
		t.Errorf("%s: parameter: got %d numbers of shape %v", what, got.Value.Len(), got.Shape)
	}
	if single := gate.Value.Float32() != nil; single != (net.Settings().Precision == graph.Float32) {
		t.Errorf("%s: got %v, want the network's precision", what, gate.Value)
	}
}

// Probes can be read after every kind of evaluation, at any batch size, on both
// engines, and show the activities and parameters of now.
func TestProbe(t *testing.T) {
	for _, engine := range []graph.Engine{graph.Tape{}, graph.Compiled{}} {
		for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
			for _, batch := range []int{1, 4} {
				t.Run(fmt.Sprint(engine.Name(), p, batch), func(t *testing.T) {
					net := newNetwork(t, gates(true), graph.Settings{Precision: p, Seed: 4, Engine: engine})
					rng := rand.New(rand.NewPCG(3, 4))
					s := newSession(t, net, batch, graph.Roles{Clamped: []string{"x", "y"}})
					clamp(t, s, "x", randn(rng, 3*batch))
					clamp(t, s, "y", randn(rng, 3*batch))
					checkGates(t, "before anything", net, s, make([]float64, 3*batch))
					initialize(t, s)
					checkGates(t, "after the pass", net, s, activity(t, s, "h"))
					euler(t, s, 5, 0.1)
					checkGates(t, "after steps", net, s, activity(t, s, "h"))
					if _, err := relax.Run(context.Background(), s, relax.Settings{Steps: 3, Control: relax.Constant{Size: 0.1}}); err != nil {
						t.Fatal(err)
					}
					checkGates(t, "after steps in one pass", net, s, activity(t, s, "h"))
					learn(t, s)
					checkGates(t, "after learning", net, s, activity(t, s, "h"))
					w, err := net.Param("y/w")
					if err != nil {
						t.Fatal(err)
					}
					if f := w.Values().Float32(); f != nil {
						f[1]++
					} else {
						f := w.Values().Float64()
						f[1]++
					}
					net.ParamsChanged()
					checkGates(t, "with other weights", net, s, activity(t, s, "h"))

					e, err := s.ErrorCoordinates()
					if err != nil {
						t.Fatal(err)
					}
					if err := e.Load(); err != nil {
						t.Fatal(err)
					}
					checkGates(t, "in error coordinates", net, e, activity(t, s, "h"))

					forward := newSession(t, net, batch, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
					x := activity(t, s, "x")
					clamp(t, forward, "x", x)
					initialize(t, forward)
					h := activity(t, forward, "h")
					checkGates(t, "of an output", net, forward, h)

					bp, err := net.BackpropSession(batch, graph.Roles{Clamped: []string{"x", "y"}})
					if err != nil {
						t.Fatal(err)
					}
					if err := bp.ClampFloat64("x", x); err != nil {
						t.Fatal(err)
					}
					if _, err := bp.Learn(); err != nil {
						t.Fatal(err)
					}
					checkGates(t, "of backprop", net, bp, h)
				})
			}
		}
	}
}

// A network with probes, read or not, computes the same bits as one without.
func TestProbeChangesNothing(t *testing.T) {
	for _, engine := range []graph.Engine{graph.Tape{}, graph.Compiled{}} {
		var want []float64
		for _, read := range []struct{ probe, read bool }{{false, false}, {true, false}, {true, true}} {
			net := newNetwork(t, gates(read.probe), graph.Settings{Seed: 4, Engine: engine})
			s := newSession(t, net, 2, graph.Roles{Clamped: []string{"x", "y"}})
			clamp(t, s, "x", []float64{1, 2, 3, -1, 0, 1})
			clamp(t, s, "y", []float64{3, 2, 1, 0, 1, -1})
			initialize(t, s)
			var got []float64
			for range 4 {
				got = append(got, euler(t, s, 1, 0.1))
				if read.read {
					probe(t, s, "y/inner/gate")
					probe(t, s, "y/inner/mean")
				}
			}
			_, g := learn(t, s)
			got = append(append(got, activity(t, s, "h")...), g...)
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, %+v: got %v, want %v", engine.Name(), read, got, want)
			}
		}
	}
}

// The result belongs to the caller.
func TestProbeIsACopy(t *testing.T) {
	s := newSession(t, newNetwork(t, gates(true), f64), 1, graph.Roles{Clamped: []string{"x", "y"}})
	first := probe(t, s, "y/inner/gate")
	clamp(t, s, "x", []float64{5, 5, 5})
	initialize(t, s)
	probe(t, s, "y/inner/gate")
	near(t, "first reading", values(first.Value), []float64{0.5, 0.5, 0.5}, 0)
	w := probe(t, s, "y/inner/w")
	w.Value.Fill(0)
	if p, _ := s.Network().Param("y/w"); p.Value.Data().([]float64)[0] == 0 {
		t.Error("writing into a probe has changed a parameter")
	}
}

func TestProbeErrors(t *testing.T) {
	net := newNetwork(t, gates(true), f64)
	s := newSession(t, net, 1, graph.Roles{Clamped: []string{"x", "y"}})
	_, err := s.Probe("gate")
	mentions(t, err, `probe "gate": not found; the probes are "y/inner/gate", "y/inner/mean", "y/inner/w", "y/inner/square", "y/inner/gate#2"`)
	if got := net.Probes(); len(got) != 5 || got[0] != "y/inner/gate" {
		t.Errorf("got probes %q", got)
	}
	_, err = newSession(t, newNetwork(t, chain(), f64), 1, graph.Roles{}).Probe("a")
	mentions(t, err, `probe "a": not found; no layer of the network has probes`)

	// Of two predictions of a node backprop takes one.
	d := gates(true)
	d.Predictions = append(d.Predictions, graph.Prediction{Name: "again", Of: "h", From: []string{"h"}, Layer: gated{true}})
	net = newNetwork(t, d, f64)
	bp, err := net.BackpropSession(1, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = bp.Probe("again/inner/gate")
	mentions(t, err, `probe "again/inner/gate": its prediction is not computed in this session`)

	for want, build := range map[string]func(b *graph.Builder, x *gorgonia.Node) error{
		"probe without a name":     func(b *graph.Builder, x *gorgonia.Node) error { return b.Probe("", x) },
		`probe "y/n": node is nil`: func(b *graph.Builder, x *gorgonia.Node) error { return b.Probe("n", nil) },
	} {
		d := gates(false)
		d.Predictions[1].Layer = layerFunc(func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
			return in[0], build(b, in[0])
		})
		_, err := graph.New(d, f64)
		mentions(t, err, want)
	}
}

// Predictions that share parameters have separate probes.
func TestProbesOfSharedPredictions(t *testing.T) {
	d := gates(true)
	d.Nodes = append(d.Nodes, node("z", 3))
	d.Predictions = append(d.Predictions, graph.Prediction{Of: "z", From: []string{"y"}, Layer: gated{true}, Share: "y"})
	net := newNetwork(t, d, f64)
	s := newSession(t, net, 1, graph.Roles{Clamped: []string{"x", "y", "z"}})
	clamp(t, s, "y", []float64{1, -2, 3})
	initialize(t, s)
	near(t, "gate of z", values(probe(t, s, "z/inner/gate").Value), wantGate(net, []float64{1, -2, 3}), 1e-12)
	near(t, "gate of y", values(probe(t, s, "y/inner/gate").Value), wantGate(net, activity(t, s, "h")), 1e-12)
}

// In training a probe sees the noise of the update and the statistics of its batch.
func TestProbeInTraining(t *testing.T) {
	for _, engine := range []graph.Engine{graph.Tape{}, graph.Compiled{}} {
		d := graph.Declaration{
			Nodes: []graph.Node{node("x", 6), node("h", 6)},
			Predictions: []graph.Prediction{{Of: "h", From: []string{"x"}, Layer: layerFunc(func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
				y, err := layers.Sequential{layers.BatchNorm{}, layers.Dropout{Rate: 0.5}}.Build(b, in...)
				if err != nil {
					return nil, err
				}
				return y, b.Probe("out", y)
			})}},
		}
		for _, training := range []bool{true, false} {
			s := newSession(t, newNetwork(t, d, graph.Settings{Precision: graph.Float64, Engine: engine}), 4, graph.Roles{Clamped: []string{"x"}, Training: training})
			clamp(t, s, "x", randn(rand.New(rand.NewPCG(1, 2)), 24))
			for range 2 {
				initialize(t, s)
				got := values(probe(t, s, "h/out").Value)
				near(t, fmt.Sprintf("%s, training %v", engine.Name(), training), got, activity(t, s, "h"), 1e-14)
				if dropped := slices.Contains(got, 0); dropped != training {
					t.Errorf("training %v: got %v", training, got)
				}
			}
		}
	}
}

// axisSums predicts the sum of a cube over all of its axes and names its sums along
// the inner one, which Gorgonia gets wrong, and a branch that nothing else needs.
type axisSums struct{}

func (axisSums) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	inner, err := gorgonia.Sum(in[0], 2)
	if err != nil {
		return nil, err
	}
	if err := b.Probe("inner", inner); err != nil {
		return nil, err
	}
	root, err := gorgonia.InverseSqrt(in[0])
	if err != nil {
		return nil, err
	}
	if err := b.Probe("branch", gorgonia.Must(gorgonia.Mean(root, 2))); err != nil {
		return nil, err
	}
	return layers.Reshape{Shape: graph.Shape{6}}.Build(b, inner)
}

// What a probe shows is right where Gorgonia's operation is not.
func TestProbeOfReplacedOperations(t *testing.T) {
	for _, e := range []graph.Engine{graph.Tape{}, graph.Compiled{}} {
		net := newNetwork(t, graph.Declaration{
			Nodes:       []graph.Node{{Name: "x", Shape: graph.Shape{2, 3, 3}}, node("y", 6)},
			Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: axisSums{}}},
		}, graph.Settings{Precision: graph.Float64, Engine: e})
		s := newSession(t, net, 1, graph.Roles{Clamped: []string{"x"}})
		x := make([]float64, 18)
		for i := range x {
			x[i] = float64(i + 1)
		}
		clamp(t, s, "x", x)
		if err := s.Initialize(graph.Start{}, nil); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]func(a, b, c float64) float64{
			"inner":  func(a, b, c float64) float64 { return a + b + c },
			"branch": func(a, b, c float64) float64 { return (1/math.Sqrt(a) + 1/math.Sqrt(b) + 1/math.Sqrt(c)) / 3 },
		} {
			p, err := s.Probe("y/" + name)
			if err != nil {
				t.Fatal(err)
			}
			var sums []float64
			for i := range 6 {
				at := i/3*9 + i%3
				sums = append(sums, want(x[at], x[at+3], x[at+6]))
			}
			near(t, e.Name()+": "+name, values(p.Value), sums, 1e-14)
		}
	}
}
