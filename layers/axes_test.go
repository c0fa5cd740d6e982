package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// axesCases are the layers that custom layers are made of.
func axesCases() []layerCase {
	square := graph.Shape{3, 3}
	return []layerCase{
		{"softmax", layers.Softmax{}, []graph.Shape{{5}}, graph.Shape{5}},
		{"softmax of one", layers.Softmax{}, []graph.Shape{{1}}, graph.Shape{1}},
		{"softmax of rows", layers.Softmax{}, []graph.Shape{{2, 1, 4}}, graph.Shape{2, 1, 4}},
		{"softmax, causal", layers.Softmax{Causal: true}, []graph.Shape{{2, 3, 3}}, graph.Shape{2, 3, 3}},
		{"softmax, causal, of one", layers.Softmax{Causal: true}, []graph.Shape{{1, 1}}, graph.Shape{1, 1}},
		{"log-softmax", layers.LogSoftmax{}, []graph.Shape{{5}}, graph.Shape{5}},
		{"log-softmax of one", layers.LogSoftmax{}, []graph.Shape{{1}}, graph.Shape{1}},
		{"log-softmax of rows", layers.LogSoftmax{}, []graph.Shape{{3, 2}}, graph.Shape{3, 2}},
		{"slice", layers.Slice{From: 1, To: 4}, []graph.Shape{{5}}, graph.Shape{3}},
		{"slice of one unit", layers.Slice{To: 1}, []graph.Shape{{1}}, graph.Shape{1}},
		{"slice of one place", layers.Slice{Axis: 1, From: 2, To: 3}, []graph.Shape{{2, 3, 2}}, graph.Shape{2, 1, 2}},
		{"slice to the end", layers.Slice{Axis: 2, From: 1}, []graph.Shape{{2, 1, 3}}, graph.Shape{2, 1, 2}},
		{"permute", layers.Permute{Axes: []int{1, 0}}, []graph.Shape{{2, 3}}, graph.Shape{3, 2}},
		{"permute of one", layers.Permute{Axes: []int{0}}, []graph.Shape{{3}}, graph.Shape{3}},
		{"permute, channels last", layers.Permute{Axes: []int{2, 0, 1}}, []graph.Shape{{4, 3, 2}}, graph.Shape{2, 4, 3}},
		{"permute of axes of one", layers.Permute{Axes: []int{1, 2, 0}}, []graph.Shape{{1, 3, 1}}, graph.Shape{3, 1, 1}},
		{"pad", layers.Pad{Before: 1, After: 2}, []graph.Shape{{2}}, graph.Shape{5}},
		{"pad, inner axis", layers.Pad{Axis: 1, After: 1}, []graph.Shape{{2, 1, 3}}, graph.Shape{2, 2, 3}},
		{"pad nothing", layers.Pad{Axis: 1}, []graph.Shape{{2, 3}}, graph.Shape{2, 3}},
		{"batched product", layers.BatchedProduct{}, []graph.Shape{{2, 4}, {4, 3}}, graph.Shape{2, 3}},
		{"batched product, aᵀ", layers.BatchedProduct{TransposeA: true}, []graph.Shape{{4, 2}, {4, 3}}, graph.Shape{2, 3}},
		{"batched product, bᵀ", layers.BatchedProduct{TransposeB: true}, []graph.Shape{{2, 2, 4}, {2, 3, 4}}, graph.Shape{2, 2, 3}},
		{"batched product, aᵀ, bᵀ", layers.BatchedProduct{TransposeA: true, TransposeB: true}, []graph.Shape{{4, 2}, {3, 4}}, graph.Shape{2, 3}},
		{"batched product of ones", layers.BatchedProduct{}, []graph.Shape{{1, 1}, {1, 1}}, graph.Shape{1, 1}},
		{"batched product of a row", layers.BatchedProduct{}, []graph.Shape{{2, 1, 3}, {2, 3, 1}}, graph.Shape{2, 1, 1}},
		{"all of them", layers.Sequential{layers.Permute{Axes: []int{1, 0}}, layers.Softmax{Causal: true}, layers.Slice{From: 1}, layers.Pad{Axis: 1, Before: 1}}, []graph.Shape{square}, graph.Shape{2, 4}},
	}
}

// odometer calls f for every index of a shape, in order.
func odometer(shape []int, f func(index []int)) {
	index := make([]int, len(shape))
	for range graph.Shape(shape).Size() {
		f(index)
		for k := len(shape) - 1; k >= 0; k-- {
			if index[k]++; index[k] < shape[k] {
				break
			}
			index[k] = 0
		}
	}
}

// place is where an index lies in a tensor, row by row.
func place(shape, index []int) int {
	at := 0
	for k, n := range shape {
		at = at*n + index[k]
	}
	return at
}

// naive computes what the layers of axesCases do, index by index.
func naive(t *testing.T, c layerCase, batch int, x ...[]float64) []float64 {
	t.Helper()
	in, out := c.in[0].Batched(batch), c.out.Batched(batch)
	y := make([]float64, graph.Shape(out).Size())
	odometer(out, func(o []int) {
		at, last := slices.Clone(o), len(o)-1
		v := &y[place(out, o)]
		switch l := c.layer.(type) {
		case layers.Slice:
			at[1+l.Axis] += l.From
			*v = x[0][place(in, at)]
		case layers.Permute:
			for i, a := range l.Axes {
				at[1+a] = o[1+i]
			}
			*v = x[0][place(in, at)]
		case layers.Pad:
			if at[1+l.Axis] -= l.Before; at[1+l.Axis] >= 0 && at[1+l.Axis] < in[1+l.Axis] {
				*v = x[0][place(in, at)]
			}
		case layers.Softmax, layers.LogSoftmax:
			causal, _ := l.(layers.Softmax)
			sum, own := 0.0, x[0][place(in, o)]
			for j := range in[last] {
				if at[last] = j; !causal.Causal || j <= o[last-1] {
					sum += math.Exp(x[0][place(in, at)] - own)
				}
			}
			switch _, log := l.(layers.LogSoftmax); {
			case log:
				*v = -math.Log(sum)
			case !causal.Causal || o[last] <= o[last-1]:
				*v = 1 / sum
			}
		case layers.BatchedProduct:
			b := c.in[1].Batched(batch)
			inner := in[last]
			if l.TransposeA {
				inner = in[last-1]
			}
			for k := range inner {
				ia, ib := slices.Clone(o), slices.Clone(o)
				ia[last], ib[last-1] = k, k
				if l.TransposeA {
					ia[last-1], ia[last] = k, o[last-1]
				}
				if l.TransposeB {
					ib[last-1], ib[last] = o[last], k
				}
				*v += x[0][place(in, ia)] * x[1][place(b, ib)]
			}
		default:
			t.Fatalf("%s: no loops for %T", c.name, c.layer)
		}
	})
	return y
}

// Their values agree with plain loops, on both engines.
func TestAxesLayers(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	for _, c := range axesCases() {
		if _, several := c.layer.(layers.Sequential); several {
			continue
		}
		for _, batch := range []int{1, 2} {
			for _, engine := range []graph.Engine{graph.Tape{}, graph.Compiled{}} {
				net, err := graph.New(c.declare(), graph.Settings{Precision: graph.Float64, Engine: engine})
				if err != nil {
					t.Fatal(err)
				}
				roles, x := graph.Roles{Outputs: []string{"out"}}, [][]float64{}
				for i := range c.in {
					roles.Clamped = append(roles.Clamped, fmt.Sprintf("in%d", i))
				}
				s, err := net.Session(batch, roles)
				if err != nil {
					t.Fatal(err)
				}
				for i, name := range roles.Clamped {
					data := make([]float64, batch*c.in[i].Size())
					for k := range data {
						data[k] = 3 * rng.NormFloat64()
					}
					x = append(x, data)
					if err := s.ClampFloat64(name, data); err != nil {
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
				near(t, fmt.Sprintf("%s, %s at batch %d", c.name, engine.Name(), batch), y.Float64(), naive(t, c, batch, x...))
			}
		}
	}
}

func TestAxesErrors(t *testing.T) {
	seq, flat := graph.Shape{3, 4}, graph.Shape{10}
	for _, tt := range []struct {
		layer graph.Layer
		in    []graph.Shape
		want  string
	}{
		{layers.Softmax{}, []graph.Shape{flat, flat}, "softmax: got 2 inputs, want 1"},
		{layers.Softmax{Causal: true}, []graph.Shape{seq}, "softmax: Causal, got an input of shape [3 4] for each sample, want square matrices"},
		{layers.Softmax{Causal: true}, []graph.Shape{{2}}, "softmax: Causal, got an input of shape [2]"},
		{layers.LogSoftmax{}, []graph.Shape{flat, flat}, "log-softmax: got 2 inputs, want 1"},
		{layers.Slice{Axis: 2}, []graph.Shape{seq}, "slice: Axis, got 2 for an input of shape [3 4] for each sample, want one of its axes, counted from 0"},
		{layers.Slice{Axis: -1}, []graph.Shape{seq}, "slice: Axis, got -1"},
		{layers.Slice{Axis: 1, From: 2, To: 5}, []graph.Shape{seq}, "slice: From and To, got 2 and 5 for axis 1 of an input of shape [3 4] for each sample, want at least one of its 4 places"},
		{layers.Slice{From: 2, To: 2}, []graph.Shape{seq}, "slice: From and To, got 2 and 2"},
		{layers.Slice{From: -1}, []graph.Shape{seq}, "slice: From and To, got -1 and 0"},
		{layers.Slice{From: 3}, []graph.Shape{seq}, "slice: From and To, got 3 and 0"},
		{layers.Permute{}, []graph.Shape{seq}, "permute: Axes, got [] for an input of shape [3 4] for each sample, want each of its axes once"},
		{layers.Permute{Axes: []int{0, 0}}, []graph.Shape{seq}, "permute: Axes, got [0 0]"},
		{layers.Permute{Axes: []int{1, 2}}, []graph.Shape{seq}, "permute: Axes, got [1 2]"},
		{layers.Permute{Axes: []int{1, 0, 2}}, []graph.Shape{seq}, "permute: Axes, got [1 0 2]"},
		{layers.Pad{Axis: 1}, []graph.Shape{flat}, "pad: Axis, got 1"},
		{layers.Pad{Before: -1, After: 2}, []graph.Shape{flat}, "pad: Before and After, got -1 and 2, want 0 to"},
		{layers.Pad{Before: 1 << 28}, []graph.Shape{flat}, "pad: shape of the prediction, got [268435466]"},
		{layers.BatchedProduct{}, []graph.Shape{seq}, "batched product: got 1 inputs, want 2"},
		{layers.BatchedProduct{}, []graph.Shape{flat, flat}, "batched product: inputs, got shapes (2, 10) and (2, 10), samples first, want matrices"},
		{layers.BatchedProduct{}, []graph.Shape{seq, {1, 4, 3}}, "batched product: inputs, got shapes (2, 3, 4) and (2, 1, 4, 3)"},
		{layers.BatchedProduct{}, []graph.Shape{{2, 3, 4}, {3, 4, 2}}, "want matrices along the last two axes and equal axes before them"},
		{layers.BatchedProduct{}, []graph.Shape{seq, seq}, "batched product: inputs, got shapes [3 4] and [3 4] for each sample, which sum over axes of 4 and 3"},
		{layers.BatchedProduct{TransposeA: true}, []graph.Shape{seq, {4, 3}}, "which sum over axes of 3 and 4"},
	} {
		wantError(t, tt.layer, tt.in, tt.want)
	}
}
