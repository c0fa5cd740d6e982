package graph_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// shift is a layer that subtracts a buffer that follows the batch's mean of all
// values.
func shift(momentum float64) graph.Layer {
	return layerFunc(func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
		mean, err := gorgonia.Mean(in[0])
		if err != nil {
			return nil, err
		}
		if mean, err = gorgonia.Reshape(mean, []int{1}); err != nil {
			return nil, err
		}
		m, err := b.Buffer(graph.BufferSpec{Name: "mean", Shape: graph.Shape{1}, Batch: mean, Momentum: momentum})
		if err != nil {
			return nil, err
		}
		return gorgonia.BroadcastSub(in[0], gorgonia.Must(gorgonia.Reshape(m, []int{1, 1})), nil, []byte{0, 1})
	})
}

// Predictions that share parameters share the buffer, and both move it, in order.
func TestSharedBuffer(t *testing.T) {
	d := graph.Declaration{
		Nodes: []graph.Node{node("a", 2), node("b", 2), node("c", 2)},
		Predictions: []graph.Prediction{
			{Of: "b", From: []string{"a"}, Layer: shift(0.5)},
			{Of: "c", From: []string{"b"}, Layer: shift(0.5), Share: "b"},
		},
	}
	for _, e := range []graph.Engine{graph.Tape{}, graph.Compiled{}} {
		net := newNetwork(t, d, graph.Settings{Precision: graph.Float64, Engine: e})
		s := newSession(t, net, 2, graph.Roles{Clamped: []string{"a"}, Training: true})
		clamp(t, s, "a", []float64{1, 2, 3, 6}) // mean 3; b = a − 3 has mean 0
		initialize(t, s)
		if got := activity(t, s, "b"); !slices.Equal(got, []float64{-2, -1, 0, 3}) {
			t.Errorf("b: got %v", got)
		}
		learn(t, s)
		if len(net.Buffers()) != 1 || net.Buffers()[0].Name != "b/mean" {
			t.Fatalf("buffers: got %v, want b/mean alone", net.Buffers())
		}
		if got := net.Buffers()[0].Value.Float64s()[0]; got != (0+0.5*3)*0.5 {
			t.Errorf("%s: buffer: got %g, want 0.75", e.Name(), got)
		}
	}
}

// A program without its own pass reads what the buffer holds.
func TestBufferBeforeAPass(t *testing.T) {
	d := graph.Declaration{
		Nodes:       []graph.Node{node("a", 2), node("b", 2)},
		Predictions: []graph.Prediction{{Of: "b", From: []string{"a"}, Layer: shift(0.5)}},
	}
	net := newNetwork(t, d, f64)
	s := newSession(t, net, 1, graph.Roles{Clamped: []string{"a", "b"}, Training: true})
	clamp(t, s, "a", []float64{2, 4})
	clamp(t, s, "b", []float64{2, 4})
	e, _ := learn(t, s)
	if e != 0 || net.Buffers()[0].Value.Float64s()[0] != 0 {
		t.Errorf("before a pass: got energy %g and buffer %g, want 0 and 0", e, net.Buffers()[0].Value.Float64s()[0])
	}
	if err := s.Feedforward(); err != nil { // everything is clamped, yet the batch has a mean
		t.Fatal(err)
	}
	if e, _ = learn(t, s); e != 9 || net.Buffers()[0].Value.Float64s()[0] != 1.5 {
		t.Errorf("after a pass: got energy %g and buffer %g, want 9 and 1.5", e, net.Buffers()[0].Value.Float64s()[0])
	}
}

func TestStateErrors(t *testing.T) {
	ask := func(f func(b *graph.Builder, x *gorgonia.Node) error) graph.Layer {
		return layerFunc(func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
			return in[0], f(b, in[0])
		})
	}
	buffer := func(specs ...graph.BufferSpec) graph.Layer {
		return ask(func(b *graph.Builder, _ *gorgonia.Node) error {
			for i, s := range specs {
				if _, err := b.SubIndex(i / 2).Buffer(s); err != nil {
					return err
				}
			}
			return nil
		})
	}
	one := graph.Shape{1}
	for _, tt := range []struct {
		want  string
		layer graph.Layer
	}{
		{"buffer without a name", buffer(graph.BufferSpec{Shape: one})},
		{`buffer "h/0/b": shape is empty, want at least one axis`, buffer(graph.BufferSpec{Name: "b"})},
		{`buffer "h/0/b": shape, got [0], want every axis at least 1`, buffer(graph.BufferSpec{Name: "b", Shape: graph.Shape{0}})},
		{`buffer "h/0/b": initial value 0, got +Inf`, buffer(graph.BufferSpec{Name: "b", Shape: one, Init: layers.Constant{Value: math.Inf(1)}})},
		{`shape of the batch's value, got (2, 3), want [1]`, ask(func(b *graph.Builder, x *gorgonia.Node) error {
			_, err := b.Buffer(graph.BufferSpec{Name: "b", Shape: one, Batch: x})
			return err
		})},
		{`parameter "h/b": a buffer has the same name`, ask(func(b *graph.Builder, _ *gorgonia.Node) error {
			if _, err := b.Buffer(graph.BufferSpec{Name: "b", Shape: one}); err != nil {
				return err
			}
			_, err := b.Param(graph.ParamSpec{Name: "b", Shape: one})
			return err
		})},
		{`buffer "h/b": a parameter has the same name`, ask(func(b *graph.Builder, _ *gorgonia.Node) error {
			if _, err := b.Param(graph.ParamSpec{Name: "b", Shape: one}); err != nil {
				return err
			}
			_, err := b.Buffer(graph.BufferSpec{Name: "b", Shape: one})
			return err
		})},
		{`parameter "h/w": FanIn and FanOut, got -1 and 0, want at least 1 (0 means the first and the last axis)`, ask(func(b *graph.Builder, _ *gorgonia.Node) error {
			_, err := b.Param(graph.ParamSpec{Name: "w", Shape: one, FanIn: -1})
			return err
		})},
		{`constant "c": shape, got [-1 -1], want every axis at least 1`, ask(func(b *graph.Builder, _ *gorgonia.Node) error {
			_, err := b.ConstantTensor("c", graph.Shape{-1, -1}, []float64{1})
			return err
		})},
		{`noise "": name or Draw is missing`, ask(func(b *graph.Builder, _ *gorgonia.Node) error {
			_, err := b.Noise(graph.NoiseSpec{Shape: []int{1}, Draw: layers.FanIn{}})
			return err
		})},
		{`noise "n": name or Draw is missing`, ask(func(b *graph.Builder, _ *gorgonia.Node) error {
			_, err := b.Noise(graph.NoiseSpec{Name: "n", Shape: []int{1}})
			return err
		})},
		{`noise "n": shape is empty`, ask(func(b *graph.Builder, _ *gorgonia.Node) error {
			_, err := b.Noise(graph.NoiseSpec{Name: "n", Draw: layers.FanIn{}})
			return err
		})},
	} {
		d := graph.Declaration{
			Nodes:       []graph.Node{node("x", 3), node("h", 3)},
			Predictions: []graph.Prediction{{Of: "h", From: []string{"x"}, Layer: tt.layer}},
		}
		_, err := graph.New(d, graph.Settings{})
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), `graph: prediction "h" of node "h": `) {
			t.Errorf("got %v, want an error of the prediction with %q", err, tt.want)
		}
	}
	b := layerFunc(func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
		spec := graph.BufferSpec{Name: "b", Shape: one}
		if b.Batch() == 5 {
			spec.Name = "late"
		}
		_, err := b.Buffer(spec)
		return in[0], err
	})
	net := newNetwork(t, graph.Declaration{
		Nodes:       []graph.Node{node("x", 3), node("h", 3)},
		Predictions: []graph.Prediction{{Of: "h", From: []string{"x"}, Layer: b}},
	}, graph.Settings{})
	if _, err := net.Session(5, graph.Roles{}); err == nil || !strings.Contains(err.Error(), `buffer "h/late": asked for after the network was declared`) {
		t.Errorf("a late buffer: got %v", err)
	}
}
