package layers_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// count returns the values 1, 2, ... n.
func count(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i + 1)
	}
	return x
}

// Small images by hand.
func TestImageLayers(t *testing.T) {
	for _, tt := range []struct {
		name    string
		layer   graph.Layer
		in, out graph.Shape
		x, want []float64
	}{
		{
			"conv2d",
			layers.Conv2D{Out: 1, Kernel: pair(2), Weight: layers.Values{1, 10, 100, 1000}, Bias: layers.Values{0.5}},
			graph.Shape{1, 2, 3},
			graph.Shape{1, 1, 2},
			count(6),
			[]float64{5421.5, 6532.5},
		},
		{
			"conv2d, padded",
			layers.Conv2D{Out: 1, Kernel: pair(1, 3), Pad: pair(0, 1), NoBias: true, Weight: layers.Values{1, 10, 100}},
			graph.Shape{1, 1, 3},
			graph.Shape{1, 1, 3},
			count(3),
			[]float64{210, 321, 32},
		},
		{
			"conv2d, two channels",
			layers.Conv2D{Out: 2, Kernel: pair(1), NoBias: true, Weight: layers.Values{1, 10, 2, -1}},
			graph.Shape{2, 1, 2},
			graph.Shape{2, 1, 2},
			count(4),
			[]float64{31, 42, -1, 0},
		},
		{
			"conv2d, groups",
			layers.Conv2D{Out: 2, Kernel: pair(1), Groups: 2, Weight: layers.Values{10, 100}, Bias: layers.Values{1, 2}},
			graph.Shape{2, 1, 2},
			graph.Shape{2, 1, 2},
			count(4),
			[]float64{11, 21, 302, 402},
		},
		{
			"convtranspose2d",
			layers.ConvTranspose2D{Out: 1, Kernel: pair(1, 3), Stride: pair(1, 2), Weight: layers.Values{1, 10, 100}, Bias: layers.Values{0.5}},
			graph.Shape{1, 1, 2},
			graph.Shape{1, 1, 5},
			count(2),
			[]float64{1.5, 10.5, 102.5, 20.5, 200.5},
		},
		{
			"convtranspose2d, cut and extended",
			layers.ConvTranspose2D{Out: 1, Kernel: pair(1, 3), Stride: pair(1, 2), Pad: pair(0, 1), OutputPad: pair(0, 1), NoBias: true, Weight: layers.Values{1, 10, 100}},
			graph.Shape{1, 1, 2},
			graph.Shape{1, 1, 4},
			count(2),
			[]float64{10, 102, 20, 200},
		},
		{"maxpool2d", layers.MaxPool2D{Kernel: pair(2)}, graph.Shape{1, 2, 5}, graph.Shape{1, 1, 2}, []float64{1, 9, 3, 4, 99, 5, 6, 7, 8, 99}, []float64{9, 8}},
		{"maxpool2d, padding is no number", layers.MaxPool2D{Kernel: pair(1, 2), Pad: pair(0, 1), Stride: pair(1)}, graph.Shape{1, 1, 2}, graph.Shape{1, 1, 3}, []float64{-3, -4}, []float64{-3, -3, -4}},
		{"avgpool2d", layers.AvgPool2D{Kernel: pair(2, 1)}, graph.Shape{1, 2, 2}, graph.Shape{1, 1, 2}, count(4), []float64{2, 3}},
		{"avgpool2d, padded", layers.AvgPool2D{Kernel: pair(1, 2), Pad: pair(0, 1)}, graph.Shape{1, 1, 2}, graph.Shape{1, 1, 2}, count(2), []float64{0.5, 1}},
		{"avgpool2d, pad ignored", layers.AvgPool2D{Kernel: pair(1, 2), Pad: pair(0, 1), IgnorePad: true}, graph.Shape{1, 1, 2}, graph.Shape{1, 1, 2}, count(2), []float64{1, 2}},
		{"globalavgpool", layers.GlobalAvgPool{}, graph.Shape{2, 2, 2}, graph.Shape{2}, count(8), []float64{2.5, 6.5}},
		{"residual", layers.Residual{Body: layers.Scale{Factor: 10}}, graph.Shape{2}, graph.Shape{2}, count(2), []float64{11, 22}},
		{"residual, projected", layers.Residual{Body: layers.Flatten{}, Skip: layers.Sequential{layers.Scale{Factor: -3}, layers.Flatten{}}}, graph.Shape{1, 2}, graph.Shape{2}, count(2), []float64{-2, -4}},
		{"dense of a sequence", layers.Dense{Out: 1, Weight: layers.Values{1, 10}, Bias: layers.Values{0.5}}, graph.Shape{2, 2}, graph.Shape{2, 1}, count(4), []float64{21.5, 43.5}},
	} {
		equal(t, tt.name, predict(t, tt.layer, tt.in, tt.out, 1, tt.x), tt.want)
	}
}

// The transposed convolution is the adjoint: ⟨conv(x), y⟩ = ⟨x, convᵀ(y)⟩.
func TestConvTransposeIsTheAdjoint(t *testing.T) {
	small, large := graph.Shape{2, 3, 2}, graph.Shape{3, 5, 5}
	w := make(layers.Values, 2*3*3*2)
	for i := range w {
		w[i] = math.Sin(float64(i))
	}
	conv := layers.Conv2D{Out: 2, Kernel: pair(3, 2), Stride: pair(2, 3), Pad: pair(1), NoBias: true, Weight: w}
	back := layers.ConvTranspose2D{Out: 3, Kernel: pair(3, 2), Stride: pair(2, 3), Pad: pair(1), OutputPad: pair(0, 2), NoBias: true, Weight: w}
	x, y := make([]float64, large.Size()), make([]float64, small.Size())
	for i := range x {
		x[i] = math.Cos(float64(2 * i))
	}
	for i := range y {
		y[i] = math.Cos(float64(3*i + 1))
	}
	dot := func(a, b []float64) (sum float64) {
		for i := range a {
			sum += a[i] * b[i]
		}
		return sum
	}
	left, right := dot(predict(t, conv, large, small, 1, x), y), dot(x, predict(t, back, small, large, 1, y))
	if math.Abs(left-right) > 1e-13*math.Abs(left) || left == 0 {
		t.Errorf("⟨conv(x), y⟩ = %g, ⟨x, convᵀ(y)⟩ = %g", left, right)
	}
}

// Fans are counts of connections, by which initialisers scale.
func TestConvolutionFans(t *testing.T) {
	bound := func(l graph.Layer, in, out graph.Shape) float64 {
		d := layerCase{layer: l, in: []graph.Shape{in}, out: out}.declare()
		net, err := graph.New(d, graph.Settings{Precision: graph.Float64})
		if err != nil {
			t.Fatal(err)
		}
		v := net.Params()[0].Values().Float64()
		top := 0.0
		for _, x := range v {
			top = max(top, math.Abs(x))
		}
		return top
	}
	for _, tt := range []struct {
		layer   graph.Layer
		in, out graph.Shape
		want    float64
	}{
		{layers.Conv2D{Out: 64, Kernel: pair(3), Groups: 2, Pad: pair(1)}, graph.Shape{32, 4, 4}, graph.Shape{64, 4, 4}, 1 / math.Sqrt(16*9)},
		{layers.ConvTranspose2D{Out: 32, Kernel: pair(4), Stride: pair(2), Pad: pair(1)}, graph.Shape{64, 2, 2}, graph.Shape{32, 4, 4}, 1 / math.Sqrt(64*16/4)},
	} {
		if got := bound(tt.layer, tt.in, tt.out); got > tt.want || got < 0.99*tt.want {
			t.Errorf("%T: largest weight, got %g, want just below 1/√fan-in = %g", tt.layer, got, tt.want)
		}
	}
}

func TestImageErrors(t *testing.T) {
	rgb, flat := graph.Shape{3, 8, 6}, graph.Shape{10}
	for _, tt := range []struct {
		layer graph.Layer
		in    []graph.Shape
		want  string
	}{
		{layers.Conv2D{Out: 4, Kernel: pair(3)}, []graph.Shape{flat}, "conv2d: input, got shape [10] for each sample, want three axes: channels, rows, columns; put layers.Reshape"},
		{layers.Conv2D{Out: 4, Kernel: pair(3)}, []graph.Shape{rgb, rgb}, "conv2d: got 2 inputs, want 1"},
		{layers.Conv2D{Kernel: pair(3)}, []graph.Shape{rgb}, "conv2d: Out, got 0, want at least 1 channel"},
		{layers.Conv2D{Out: 4}, []graph.Shape{rgb}, "conv2d: Kernel, got [], want at least 1"},
		{layers.Conv2D{Out: 4, Kernel: pair(1, 2, 3)}, []graph.Shape{rgb}, "conv2d: Kernel, got [1 2 3], want one number or two"},
		{layers.Conv2D{Out: 4, Kernel: pair(3), Stride: pair(0)}, []graph.Shape{rgb}, "conv2d: Stride, got [0], want at least 1"},
		{layers.Conv2D{Out: 4, Kernel: pair(3), Pad: pair(1, -1)}, []graph.Shape{rgb}, "conv2d: Pad, got [1 -1], want at least 0"},
		{layers.Conv2D{Out: 4, Kernel: pair(3), Dilation: pair(-1)}, []graph.Shape{rgb}, "conv2d: Dilation, got [-1], want at least 1"},
		{layers.Conv2D{Out: 4, Kernel: pair(3), Groups: 2}, []graph.Shape{rgb}, "conv2d: Groups, got 2 for 3 channels of input and 4 of output, want a divisor of both"},
		{layers.Conv2D{Out: 4, Kernel: pair(3), Groups: -1}, []graph.Shape{rgb}, "conv2d: Groups, got -1"},
		{layers.Conv2D{Out: 4, Kernel: pair(7)}, []graph.Shape{rgb}, "conv2d: input, got shape [3 8 6] for each sample: the window spans [7 7], but the input has only [8 6] with padding [0 0]; use a smaller kernel or more padding"},
		{layers.ConvTranspose2D{Out: 4, Kernel: pair(3), OutputPad: pair(1)}, []graph.Shape{rgb}, "convtranspose2d: OutputPad, got [1 1], want less than the stride [1 1]"},
		{layers.ConvTranspose2D{Out: 4, Kernel: pair(1), Pad: pair(3)}, []graph.Shape{rgb}, "convtranspose2d: input, got shape [3 8 6] for each sample, of which padding [3 3] leaves [2 0]; use less padding"},
		{layers.ConvTranspose2D{Kernel: pair(1)}, []graph.Shape{rgb}, "convtranspose2d: Out, got 0"},
		{layers.MaxPool2D{}, []graph.Shape{rgb}, "maxpool2d: Kernel, got [], want at least 1"},
		{layers.MaxPool2D{Kernel: pair(2)}, []graph.Shape{flat}, "maxpool2d: input, got shape [10]"},
		{layers.MaxPool2D{Kernel: pair(2), Pad: pair(2)}, []graph.Shape{rgb}, "lies in the padding alone"},
		{layers.AvgPool2D{Kernel: pair(9)}, []graph.Shape{rgb}, "avgpool2d: input, got shape [3 8 6] for each sample: the window spans [9 9]"},
		{layers.GlobalAvgPool{}, []graph.Shape{flat}, "globalavgpool: input, got shape [10] for each sample, want channels and at least one axis of places"},
		{layers.Residual{}, []graph.Shape{rgb}, "residual: Body is nil"},
		{
			layers.Residual{Body: layers.Sequential{layers.Conv2D{Out: 3, Kernel: pair(2)}}},
			[]graph.Shape{rgb},
			"residual: body, got shape [3 7 5] for each sample, want [3 8 6], the shape of the skip; give Skip a projection",
		},
		{layers.Residual{Body: layers.Add{}}, []graph.Shape{rgb, rgb}, "residual: got 2 inputs, want 1"},
		{layers.Residual{Body: layers.Sequential{layers.Conv2D{}}}, []graph.Shape{rgb}, "body (layers.Sequential): layer 0 (layers.Conv2D): layers: conv2d: Kernel"},
		{layers.Residual{Body: layers.Tanh{}, Skip: layers.Dense{}}, []graph.Shape{rgb}, "skip (layers.Dense): layers: dense: Out"},
		{layers.Add{}, []graph.Shape{rgb}, "add: got 1 inputs, want at least 2"},
		{layers.Add{}, []graph.Shape{rgb, flat}, "add: input 1, got shape [10] for each sample, want [3 8 6] like the first"},
		{layers.Concat{}, []graph.Shape{rgb}, "concat: got 1 inputs, want at least 2"},
		{layers.Concat{Axis: 1}, []graph.Shape{flat, flat}, "concat: Axis, got 1 for inputs of shape [10]"},
		{layers.Concat{}, []graph.Shape{flat, rgb}, "concat: input 1, got shape [3 8 6] for each sample, want [10] but for axis 0"},
		{layers.Concat{}, []graph.Shape{rgb, {3, 8, 5}}, "concat: input 1, got shape [3 8 5] for each sample, want [3 8 6] but for axis 0"},
		{layers.Scale{}, []graph.Shape{flat}, "scale: Factor, got 0, want a finite number other than 0"},
		{layers.Scale{Factor: math.Inf(1)}, []graph.Shape{flat}, "scale: Factor, got +Inf"},
	} {
		wantError(t, tt.layer, tt.in, tt.want)
	}
}

// wantError declares a network of a layer that does not fit.
func wantError(t *testing.T, l graph.Layer, in []graph.Shape, want string) {
	t.Helper()
	_, err := graph.New(layerCase{layer: l, in: in, out: graph.Shape{1}}.declare(), graph.Settings{})
	what := fmt.Sprintf("%T of %v", l, in)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want an error with %q", what, err, want)
	} else if !strings.HasPrefix(err.Error(), `graph: prediction "out" of node "out": `) {
		t.Errorf("%s: %v does not begin with what was being built", what, err)
	}
}
