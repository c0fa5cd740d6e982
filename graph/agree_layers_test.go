package graph_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// drawImageLayer draws a layer of images of a shape and the shape of what it
// makes.
func drawImageLayer(t *rapid.T, s graph.Shape) (graph.Layer, graph.Shape) {
	pair := func(label string, low, high int) layers.Pair {
		return layers.Pair{rapid.IntRange(low, high).Draw(t, label), rapid.IntRange(low, high).Draw(t, label)}
	}
	kernel, stride := pair("kernel", 1, 3), pair("stride", 1, 2)
	pad, out := layers.Pair{kernel[0] / 2, kernel[1] / 2}, graph.Shape{s[0], 0, 0}
	for k := range 2 {
		out[1+k] = (s[1+k]+2*pad[k]-kernel[k])/stride[k] + 1
	}
	channels := rapid.IntRange(1, 4).Draw(t, "channels")
	switch rapid.IntRange(0, 9).Draw(t, "image layer") {
	case 0:
		return layers.MaxPool2D{Kernel: kernel, Stride: stride, Pad: pad}, out
	case 1:
		return layers.AvgPool2D{Kernel: kernel, Stride: stride, Pad: pad, IgnorePad: rapid.Bool().Draw(t, "ignore pad")}, out
	case 2:
		return layers.GroupNorm{Groups: s[0], Eps: 0.1}, s
	case 3:
		return layers.BatchNorm{Eps: 0.1}, s
	case 4:
		return layers.Dropout{Rate: 0.3}, s
	case 5:
		return layers.Residual{Body: layers.Sequential{layers.Tanh{}, layers.Conv2D{Out: s[0], Kernel: layers.Pair{3}, Pad: layers.Pair{1}, Groups: s[0]}}}, s
	case 6:
		if s[1]*s[2] > 40 {
			return layers.ReLU{}, s
		}
		l := layers.ConvTranspose2D{Out: channels, Kernel: kernel, Stride: stride}
		return l, graph.Shape{channels, (s[1]-1)*stride[0] + kernel[0], (s[2]-1)*stride[1] + kernel[1]}
	case 7:
		return layers.Residual{
			Body: layers.Conv2D{Out: channels, Kernel: kernel, Stride: stride, Pad: pad},
			Skip: layers.Sequential{layers.AvgPool2D{Kernel: kernel, Stride: stride, Pad: pad}, layers.Conv2D{Out: channels, Kernel: layers.Pair{1}, NoBias: true}},
		}, graph.Shape{channels, out[1], out[2]}
	}
	return layers.Sequential{layers.Conv2D{Out: channels, Kernel: kernel, Stride: stride, Pad: pad}, layers.ReLU{}}, graph.Shape{channels, out[1], out[2]}
}

// drawSequenceLayer draws a layer that keeps the shape of a sequence. Two values
// that hardly differ are too steep to normalise for engines to agree in float32,
// whatever rounds first, so epsilon is large.
func drawSequenceLayer(t *rapid.T, s graph.Shape) graph.Layer {
	heads, causal := 1, rapid.Bool().Draw(t, "causal")
	if s[1]%2 == 0 && rapid.Bool().Draw(t, "two heads") {
		heads = 2
	}
	norm := layers.LayerNorm{Eps: 0.1, NoAffine: rapid.Bool().Draw(t, "not affine")}
	return rapid.SampledFrom([]graph.Layer{
		layers.Position{},
		norm,
		layers.Sequential{layers.Dense{Out: s[1]}, layers.Tanh{}},
		layers.MultiHeadAttention{Heads: heads, Causal: causal},
		layers.Residual{Body: layers.Sequential{norm, layers.MultiHeadAttention{Heads: heads, Causal: causal, NoBias: true}, layers.Dropout{Rate: 0.2}}},
		layers.Residual{Body: layers.Sequential{norm, layers.Dense{Out: 3}, layers.GELU{}, layers.Dense{Out: s[1]}}},
	}).Draw(t, "sequence layer")
}

// drawBody draws layers from one row of units to another.
func drawBody(t *rapid.T, out int) graph.Layer {
	var body layers.Sequential
	count := rapid.IntRange(1, 3).Draw(t, "layers")
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		s := graph.Shape{rapid.IntRange(1, 3).Draw(t, "channels"), rapid.IntRange(1, 5).Draw(t, "rows"), rapid.IntRange(1, 5).Draw(t, "columns")}
		body = layers.Sequential{layers.Dense{Out: s.Size()}, layers.Reshape{Shape: s}}
		for range count {
			var l graph.Layer
			l, s = drawImageLayer(t, s)
			body = append(body, l)
		}
		body = append(body, rapid.SampledFrom([]graph.Layer{layers.Flatten{}, layers.GlobalAvgPool{}}).Draw(t, "end"))
	case 1:
		s := graph.Shape{rapid.IntRange(1, 4).Draw(t, "length"), rapid.IntRange(1, 4).Draw(t, "width")}
		body = layers.Sequential{layers.Dense{Out: s.Size()}, layers.Reshape{Shape: s}}
		for range count {
			body = append(body, drawSequenceLayer(t, s))
		}
		body = append(body, layers.Flatten{})
	case 2:
		for range count {
			width := rapid.IntRange(1, 6).Draw(t, "width")
			body = append(body, layers.MaskedDense{Out: width, Radius: 0.6}, layers.BatchNorm{Eps: 0.1}, layers.Dropout{Rate: 0.2}, layers.SiLU{})
		}
	}
	return append(body, layers.Dense{Out: out})
}

// Networks of every layer, in training and in evaluation, with free and clamped
// ends.
func TestCompiledAgreesOnRandomLayers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		width := func() int { return rapid.IntRange(1, 6).Draw(rt, "width") }
		a, b, c := width(), width(), width()
		d := graph.Declaration{
			Nodes: []graph.Node{node("a", a), node("b", b), node("c", c)},
			Predictions: []graph.Prediction{
				{Of: "b", From: []string{"a"}, Layer: drawBody(rt, b)},
				{Of: "c", From: []string{"a", "b"}, Layer: layers.Sequential{layers.Concat{}, drawBody(rt, c)}},
			},
		}
		r := graph.Roles{Training: rapid.Bool().Draw(rt, "training")}
		r.Clamped = rapid.SampledFrom([][]string{{"a", "c"}, {"c"}, {"a"}, nil}).Draw(rt, "clamped")
		p := rapid.SampledFrom([]graph.Precision{graph.Float32, graph.Float64}).Draw(rt, "precision")
		batch := rapid.SampledFrom([]int{1, 2, 5}).Draw(rt, "batch")
		seed := rapid.Uint64().Draw(rt, "seed")
		x := newPair(require{rt.Fatalf}, d, r, p, batch, seed, rapid.IntRange(1, 3).Draw(rt, "threads"))
		exact := newPair(require{rt.Fatalf}, d, r, graph.Float64, batch, seed, 1)
		for _, s := range []*graph.Session{x.a, x.b, exact.a} {
			rng := rand.New(rand.NewPCG(seed, 2))
			require{rt.Fatalf}.ok(s.Initialize(graph.Start{Std: 1}, rng))
			for _, f := range s.Activities() {
				for i := range f.X.Len() {
					f.X.Set(i, f.X.At(i)+float64(float32(rng.NormFloat64())))
				}
			}
		}
		// Rounding grows on the way.
		tol := tolerance(p)
		if p == graph.Float32 {
			tol = min(max(tol, 4*x.sensitivity(require{rt.Fatalf}, exact)), 100*tol)
		}
		x.compare(require{rt.Fatalf}, "at once", tol)
		x.descend(require{rt.Fatalf}, 10, 0.01)
		x.compare(require{rt.Fatalf}, "after 10 steps", 20*tol)
	})
}

// The gradient of a convolution's weights has the coefficient of its energy, constant or
// read at a refresh, and whatever else scales the error.
func TestCompiledAgreesOnScaledConvolutions(t *testing.T) {
	image := graph.Shape{2, 5, 5}
	for _, scale := range []float64{1, -0.3} {
		d := graph.Declaration{
			Nodes: []graph.Node{{Name: "x", Shape: image}, {Name: "y", Shape: graph.Shape{3, 5, 5}}},
			Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: layers.Sequential{
				layers.Conv2D{Out: 3, Kernel: layers.Pair{3}, Pad: layers.Pair{1}}, layers.Scale{Factor: scale},
			}}},
		}
		for _, c := range []float64{1, 0.7, 3, 0} {
			x := newPair(require{t.Fatalf}, d, graph.Roles{}, graph.Float64, 4, 1, 2)
			for _, s := range []*graph.Session{x.a, x.b} {
				require{t.Fatalf}.ok(s.SetCoefficient("y", c))
			}
			x.compare(require{t.Fatalf}, fmt.Sprintf("scale %g, coefficient %g", scale, c), 1e-12)
		}
	}
}

// sensitivity is how far rounding alone moves what [pairOf.compare] compares: the largest
// difference between the tape in float32 and in float64, against the largest number.
// Layer normalisation of rows of a few numbers may magnify rounding without bound.
func (x *pairOf) sensitivity(t require, exact *pairOf) float64 {
	d := 0.0
	add := func(a, b relax.Vector) {
		largest, off := 1.0, 0.0 // as closeTo has it
		for i := range a.Len() {
			largest, off = max(largest, math.Abs(b.At(i))), max(off, math.Abs(a.At(i)-b.At(i)))
		}
		d = max(d, off/largest)
	}
	ea, eb := make([]float64, len(x.a.Terms())), make([]float64, len(x.a.Terms()))
	_, err := x.a.Learn(ea)
	t.ok(err)
	_, err = exact.a.Learn(eb)
	t.ok(err)
	add(relax.Float64(ea), relax.Float64(eb))
	for i, p := range x.tape.Params() {
		add(gradOf(p), gradOf(exact.tape.Params()[i]))
	}
	_, err = x.a.Evaluate(ea)
	t.ok(err)
	_, err = exact.a.Evaluate(eb)
	t.ok(err)
	for i, a := range x.a.Activities() {
		add(a.Grad, exact.a.Activities()[i].Grad)
	}
	return d
}
