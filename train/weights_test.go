package train_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/safetensors"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// one returns a network of one prediction with that layer, its weights at 0.
func one(t *testing.T, l graph.Layer, in, out graph.Shape, p graph.Precision) *graph.Network {
	t.Helper()
	net, err := graph.New(graph.Declaration{
		Nodes:       []graph.Node{{Name: "x", Shape: in}, {Name: "y", Shape: out}},
		Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: l}},
	}, graph.Settings{Precision: p})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// store writes tensors to a file, with metadata of that layout unless it is empty.
func store(t *testing.T, layout string, tensors ...safetensors.Tensor) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.safetensors")
	f := safetensors.File{Tensors: tensors}
	if layout != "" {
		f.Metadata = map[string]string{"layout": layout}
	}
	if err := safetensors.WriteFile(path, f); err != nil {
		t.Fatal(err)
	}
	return path
}

// counted is a tensor of F32 with the elements 1, 2, 3 ...
func counted(name string, shape ...int) safetensors.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	out := safetensors.Tensor{Name: name, Shape: shape, F32: make([]float32, n)}
	for i := range out.F32 {
		out.F32[i] = float32(i + 1)
	}
	return out
}

func param(t *testing.T, net *graph.Network, name string) []float32 {
	t.Helper()
	p, err := net.Param(name)
	if err != nil {
		t.Fatal(err)
	}
	v := p.Values().Float32()
	return v
}

// Weights and buffers come back bit for bit, through every layout and with names
// of the file's own.
func TestSaveWeights(t *testing.T) {
	image := layers.Sequential{
		layers.Conv2D{Out: 3, Kernel: layers.Pair{3, 2}},
		layers.BatchNorm{},
		layers.ConvTranspose2D{Out: 5, Kernel: layers.Pair{2, 3}},
		layers.Flatten{},
		layers.Dense{Out: 4},
		layers.Dense{Out: 4, NoBias: true},
		layers.Dense{Out: 4, Transposed: true},
	}
	words := layers.Sequential{layers.Embedding{Symbols: 3, Width: 3}, layers.Position{}, layers.TransformerBlock{Heads: 3, Hidden: 3}}
	for name, declare := range map[string]func(graph.Precision) *graph.Network{
		"image": func(p graph.Precision) *graph.Network {
			return one(t, image, graph.Shape{2, 4, 4}, graph.Shape{4}, p)
		},
		"words": func(p graph.Precision) *graph.Network {
			return one(t, words, graph.Shape{3}, graph.Shape{3, 3}, p)
		},
	} {
		for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
			for _, s := range []train.WeightSettings{
				{},
				{Layout: train.LayoutPyTorch, Prefix: "model."},
				{Layout: train.LayoutKeras},
				{Names: map[string]string{"y/2/bias": "up.b", "y/0/bias": "?"}},
				{Layout: train.LayoutPyTorch, Axes: map[string][]int{"y/4/*eight": {0, 1}}},
			} {
				if name == "words" && (s.Names != nil || s.Axes != nil) {
					continue
				}
				net, fresh := declare(p), declare(p)
				path := filepath.Join(t.TempDir(), "w.safetensors")
				if err := s.Save(net, path); err != nil {
					t.Fatalf("%s, %+v: %v", name, s, err)
				}
				for _, v := range fresh.Params() {
					v.Value.Zero()
				}
				if err := s.Load(fresh, path); err != nil {
					t.Fatalf("%s, %+v: %v", name, s, err)
				}
				if !reflect.DeepEqual(weightBits(fresh), weightBits(net)) {
					t.Errorf("%s, %+v: the weights differ", name, s)
				}
				s.Layout = train.LayoutOfFile // the file says it
				// Unless Axes was used: then the file does not, and a square is refused.
				if err := s.Load(fresh, path); (err == nil) != (s.Axes == nil) {
					t.Errorf("%s, %+v: got error %v", name, s, err)
				}
				if !reflect.DeepEqual(weightBits(fresh), weightBits(net)) {
					t.Errorf("%s, %+v: the weights differ by the layout of the file", name, s)
				}
			}
		}
	}
}

// The buffers are part of it, and the functions are the settings of zero.
func TestSaveWeightsBuffers(t *testing.T) {
	trainer, source := statefulTrainer(t, &train.Backprop{})
	trainer.Epochs = 1
	if err := trainer.Fit(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := train.SaveWeights(trainer.Network, path); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.ReadFile(path)
	if err != nil || f.Metadata["layout"] != "prospect" {
		t.Errorf("metadata, got %v (%v), want the layout", f.Metadata, err)
	}
	fresh, _ := statefulTrainer(t, &train.Backprop{})
	if err := train.LoadWeights(fresh.Network, path); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(weightBits(fresh.Network), weightBits(trainer.Network)) || !reflect.DeepEqual(bufferValues(fresh.Network), bufferValues(trainer.Network)) {
		t.Error("weights or buffers differ")
	}
	trainer.Network.Params()[0].Value.Float32s()[1] = float32(math.Inf(1))
	before, _ := os.ReadFile(path)
	if err := train.SaveWeights(trainer.Network, path); err == nil || !strings.Contains(err.Error(), "element 1 is infinite") {
		t.Errorf("got %v, want an error that names the element", err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the old file has changed")
	}
}

// A matrix and two kernels as the frameworks store them: which element of the file
// arrives where.
func TestLayouts(t *testing.T) {
	at := func(shape []int, index ...int) float32 { // of counted
		n := 0
		for k, i := range index {
			n = n*shape[k] + i
		}
		return float32(n + 1)
	}
	dense := one(t, layers.Dense{Out: 3, NoBias: true}, graph.Shape{2}, graph.Shape{3}, graph.Float32)
	conv := one(t, layers.Conv2D{Out: 3, Kernel: layers.Pair{2, 2}, NoBias: true}, graph.Shape{2, 3, 3}, graph.Shape{3, 2, 2}, graph.Float32)
	up := one(t, layers.ConvTranspose2D{Out: 3, Kernel: layers.Pair{2, 2}, NoBias: true}, graph.Shape{2, 2, 2}, graph.Shape{3, 3, 3}, graph.Float32)
	table := one(t, layers.Embedding{Symbols: 3, Width: 3}, graph.Shape{2}, graph.Shape{2, 3}, graph.Float32)
	for _, c := range []struct {
		name   string
		net    *graph.Network
		layout train.Layout
		shape  []int
		index  func(i, j, k, l int) []int // of the file, for an index of the network
	}{
		{"dense", dense, train.LayoutProspect, []int{2, 3}, func(i, j, _, _ int) []int { return []int{i, j} }},
		{"dense", dense, train.LayoutKeras, []int{2, 3}, func(i, j, _, _ int) []int { return []int{i, j} }},
		{"dense", dense, train.LayoutPyTorch, []int{3, 2}, func(i, j, _, _ int) []int { return []int{j, i} }},
		{"conv", conv, train.LayoutPyTorch, []int{3, 2, 2, 2}, func(i, j, k, l int) []int { return []int{i, j, k, l} }},
		{"conv", conv, train.LayoutKeras, []int{2, 2, 2, 3}, func(o, i, k, l int) []int { return []int{k, l, i, o} }},
		{"up", up, train.LayoutPyTorch, []int{2, 3, 2, 2}, func(i, j, k, l int) []int { return []int{i, j, k, l} }},
		{"up", up, train.LayoutKeras, []int{2, 2, 3, 2}, func(i, o, k, l int) []int { return []int{k, l, o, i} }},
		{"table", table, train.LayoutPyTorch, []int{3, 3}, func(i, j, _, _ int) []int { return []int{i, j} }},
	} {
		path := store(t, "", counted("y/weight", c.shape...))
		if err := (train.WeightSettings{Layout: c.layout}).Load(c.net, path); err != nil {
			t.Errorf("%s of %v: %v", c.name, c.layout, err)
			continue
		}
		p := c.net.Params()[0]
		want := append([]int(p.Value.Shape()), 1, 1)
		n := 0
		for i := range want[0] {
			for j := range want[1] {
				for k := range want[2] {
					for l := range want[3] {
						if got, want := p.Value.Float32s()[n], at(c.shape, c.index(i, j, k, l)...); got != want {
							t.Fatalf("%s of %v: element %d, got %v, want %v", c.name, c.layout, n, got, want)
						}
						n++
					}
				}
			}
		}
	}
}

// A square matrix of a file that does not name its layout is not guessed.
func TestSquareIsNotGuessed(t *testing.T) {
	net := one(t, layers.Dense{Out: 2, NoBias: true}, graph.Shape{2}, graph.Shape{2}, graph.Float32)
	silent := store(t, "", counted("y/weight", 2, 2))
	before := weightBits(net)
	err := train.LoadWeights(net, silent)
	if err == nil || !strings.Contains(err.Error(), "reads in two ways") || !strings.Contains(err.Error(), "set Layout") || !strings.Contains(err.Error(), silent) {
		t.Errorf("got %v, want an error that names the file and asks for Layout", err)
	}
	if !reflect.DeepEqual(weightBits(net), before) {
		t.Error("the weights have changed")
	}
	for _, c := range []struct {
		settings train.WeightSettings
		path     string
		want     []float32
	}{
		{train.WeightSettings{Layout: train.LayoutProspect}, silent, []float32{1, 2, 3, 4}},
		{train.WeightSettings{Layout: train.LayoutPyTorch}, silent, []float32{1, 3, 2, 4}},
		{train.WeightSettings{Axes: map[string][]int{"*": {1, 0}}}, silent, []float32{1, 3, 2, 4}},
		{train.WeightSettings{}, store(t, "pytorch", counted("y/weight", 2, 2)), []float32{1, 3, 2, 4}},
		{train.WeightSettings{}, store(t, "prospect", counted("y/weight", 2, 2)), []float32{1, 2, 3, 4}},
	} {
		if err := c.settings.Load(net, c.path); err != nil || !reflect.DeepEqual(param(t, net, "y/weight"), c.want) {
			t.Errorf("%+v: got %v (%v), want %v", c.settings, param(t, net, "y/weight"), err, c.want)
		}
	}
	cube := one(t, layers.Conv2D{Out: 3, Kernel: layers.Pair{3, 3}, NoBias: true}, graph.Shape{3, 3, 3}, graph.Shape{3, 1, 1}, graph.Float32)
	if err := train.LoadWeights(cube, store(t, "", counted("y/weight", 3, 3, 3, 3))); err == nil || !strings.Contains(err.Error(), "reads in two ways") {
		t.Errorf("a kernel of equal axes, got %v, want an error", err)
	}
	// One row, or an element alone, is the same either way; so is what every
	// framework stores alike.
	for _, c := range []struct {
		layer   graph.Layer
		in, out graph.Shape
		shape   []int
	}{
		{layers.Dense{Out: 1, NoBias: true}, graph.Shape{1}, graph.Shape{1}, []int{1, 1}},
		{layers.Dense{Out: 3, NoBias: true}, graph.Shape{1}, graph.Shape{3}, []int{1, 3}},
		{layers.Embedding{Symbols: 2, Width: 2}, graph.Shape{2}, graph.Shape{2, 2}, []int{2, 2}},
	} {
		if err := train.LoadWeights(one(t, c.layer, c.in, c.out, graph.Float32), store(t, "", counted("y/weight", c.shape...))); err != nil {
			t.Errorf("%v: %v", c.shape, err)
		}
	}
}

// A state_dict of Python, with BF16, F16, F64, an integer of shape [], truth values
// and a tensor without elements, computes here what it computes there.
func TestLoadsPython(t *testing.T) {
	const folder = "../internal/safetensors/testdata/"
	var want struct{ X, Y []float64 }
	text, err := os.ReadFile(folder + "linear.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for p, tolerance := range map[graph.Precision]float64{graph.Float32: 1e-6, graph.Float64: 1e-14} {
		net, err := models.MLP{Widths: []int{2, 3, 3}, Activation: layers.Tanh{}}.New(graph.Settings{Precision: p})
		if err != nil {
			t.Fatal(err)
		}
		settings := train.WeightSettings{
			Layout: train.LayoutPyTorch, Prefix: "model.", Convert: true, Skip: []string{"*.num_batches_*", "model.mask"},
			Names: map[string]string{"h1/weight": "fc1.weight", "h1/bias": "fc1.bias", "y/1/weight": "fc2.weight", "y/1/bias": "fc2.bias"},
		}
		if err := settings.Load(net, folder+"linear.safetensors"); err != nil {
			t.Fatal(err)
		}
		s, err := net.Session(4, graph.Roles{Clamped: []string{"x"}})
		if err != nil {
			t.Fatal(err)
		}
		if p == graph.Float64 {
			err = s.ClampFloat64("x", want.X)
		} else {
			err = s.Clamp("x", singles(want.X))
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Feedforward(); err != nil {
			t.Fatal(err)
		}
		got, err := s.Activity("y")
		if err != nil {
			t.Fatal(err)
		}
		for i, y := range want.Y {
			if math.Abs(got.At(i)-y) > tolerance {
				t.Errorf("%v: output %d, got %v, want %v", p, i, got.At(i), y)
			}
		}
	}
}

func singles(xs []float64) []float32 {
	out := make([]float32, len(xs))
	for i, x := range xs {
		out[i] = float32(x)
	}
	return out
}

// raw writes a file of one tensor whose bytes are given.
func raw(t *testing.T, dtype string, shape []int, data ...byte) string {
	t.Helper()
	dims, err := json.Marshal(shape)
	if err != nil {
		t.Fatal(err)
	}
	head := `{"y/bias":{"dtype":"` + dtype + `","shape":` + string(dims) + `,"data_offsets":[0,` + strconv.Itoa(len(data)) + `]}}`
	path := filepath.Join(t.TempDir(), "file.safetensors")
	text := append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), data...)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Types convert on request only, to the nearest, and never to a non-finite value.
func TestConvert(t *testing.T) {
	bias := func(t safetensors.Tensor) safetensors.Tensor { t.Name, t.Shape = "y/bias", []int{2}; return t }
	net := map[graph.Precision]*graph.Network{}
	for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
		net[p] = one(t, layers.Dense{Out: 2}, graph.Shape{1}, graph.Shape{2}, p)
	}
	for _, c := range []struct {
		name    string
		path    string
		p       graph.Precision
		want    []float64
		request bool // whether it needs Convert
		err     string
	}{
		{"F64 to float32", store(t, "", bias(safetensors.Tensor{F64: []float64{0.1, -1 - 0x1p-24}})), graph.Float32, []float64{float64(float32(0.1)), -1}, true, ""},
		{"F64 beyond float32", store(t, "", bias(safetensors.Tensor{F64: []float64{0, 1e300}})), graph.Float32, nil, true, "element 1, got 1e+300, which is beyond float32"},
		{"F32 to float64", store(t, "", bias(safetensors.Tensor{F32: []float32{0.1, 2}})), graph.Float64, []float64{float64(float32(0.1)), 2}, true, ""},
		{"I64", store(t, "", bias(safetensors.Tensor{I64: []int64{-3, 1<<24 + 1}})), graph.Float32, []float64{-3, 1 << 24}, true, ""},
		{"U64", store(t, "", bias(safetensors.Tensor{U64: []uint64{1 << 63, 0}})), graph.Float64, []float64{0x1p63, 0}, true, ""},
		{"U8", store(t, "", bias(safetensors.Tensor{U8: []uint8{255, 0}})), graph.Float32, []float64{255, 0}, true, ""},
		{"BOOL", store(t, "", bias(safetensors.Tensor{Bool: []bool{true, false}})), graph.Float32, []float64{1, 0}, true, ""},
		{"F16", raw(t, "F16", []int{2}, 0x01, 0x00, 0x00, 0xc0), graph.Float32, []float64{0x1p-24, -2}, false, ""},
		{"F16 to float64", raw(t, "F16", []int{2}, 0x01, 0x00, 0x00, 0xc0), graph.Float64, []float64{0x1p-24, -2}, true, ""},
		{"BF16", raw(t, "BF16", []int{2}, 0x01, 0x00, 0x80, 0x3f), graph.Float32, []float64{0x1p-133, 1}, false, ""},
		{"F16 of infinity", raw(t, "F16", []int{2}, 0x00, 0x00, 0x00, 0x7c), graph.Float32, nil, false, "tensor y/bias: element 1 is infinite"},
		{"BF16 of NaN", raw(t, "BF16", []int{2}, 0xc0, 0x7f, 0x00, 0x00), graph.Float32, nil, false, "tensor y/bias: element 0 is NaN"},
		{"F8", raw(t, "F8_E4M3", []int{2}, 0x38, 0x38), graph.Float32, nil, false, `tensor "y/bias": dtype, got F8_E4M3`},
	} {
		settings := train.WeightSettings{Keep: []string{"y/weight"}}
		n := net[c.p]
		before := weightBits(n)
		err := settings.Load(n, c.path)
		if c.request {
			if err == nil || !strings.Contains(err.Error(), "set Convert") || !strings.Contains(err.Error(), c.path) {
				t.Errorf("%s: got %v, want an error that names Convert", c.name, err)
			}
			settings.Convert = true
			err = settings.Load(n, c.path)
		}
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), c.path) {
				t.Errorf("%s: got %v, want an error with %q", c.name, err, c.err)
			}
			if !reflect.DeepEqual(weightBits(n), before) {
				t.Errorf("%s: the weights have changed", c.name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		p, _ := n.Param("y/bias")
		for i, w := range c.want {
			got := 0.0
			if v := p.Values().Float32(); v != nil {
				got = float64(v[i])
			} else {
				v := p.Values().Float64()
				got = v[i]
			}
			if got != w {
				t.Errorf("%s: element %d, got %v, want %v", c.name, i, got, w)
			}
		}
	}
}

// Every mistake names the file and what to set, and changes nothing.
func TestLoadWeightsRefuses(t *testing.T) {
	net := one(t, layers.Dense{Out: 3}, graph.Shape{2}, graph.Shape{3}, graph.Float32)
	w, b := counted("y/weight", 2, 3), counted("y/bias", 3)
	for _, c := range []struct {
		name     string
		settings train.WeightSettings
		layout   string
		tensors  []safetensors.Tensor
		want     []string
	}{
		{"missing", train.WeightSettings{}, "", []safetensors.Tensor{w}, []string{`parameter y/bias is missing as "y/bias"`, "the file has y/weight", "Names", "Keep"}},
		{"missing by its prefix", train.WeightSettings{Prefix: "net."}, "", []safetensors.Tensor{w, b}, []string{`missing as "net.y/weight"`, "set Prefix"}},
		{"skipped", train.WeightSettings{Skip: []string{"*bias"}}, "", []safetensors.Tensor{w, b}, []string{"y/bias is missing"}},
		{"extra", train.WeightSettings{}, "", []safetensors.Tensor{w, b, counted("fc", 1)}, []string{"got parameter fc, which the network lacks", "Skip"}},
		{"transposed", train.WeightSettings{}, "", []safetensors.Tensor{counted("y/weight", 3, 2), b}, []string{"got float32 (3, 2), want float32 (2, 3)", "fits in the layout pytorch: set Layout"}},
		{"not transposed", train.WeightSettings{Layout: train.LayoutPyTorch}, "", []safetensors.Tensor{w, b}, []string{"got float32 (2, 3), want float32 (2, 3)", "fits in the layout prospect"}},
		{"other size", train.WeightSettings{}, "", []safetensors.Tensor{counted("y/weight", 2, 4), b}, []string{"got float32 (2, 4), want float32 (2, 3)", "another size"}},
		{"other rank", train.WeightSettings{}, "", []safetensors.Tensor{counted("y/weight", 6), b}, []string{"want float32 (2, 3)", "another layer"}},
		{"no elements", train.WeightSettings{}, "", []safetensors.Tensor{counted("y/weight", 0, 3), b}, []string{"got float32 (0, 3)"}},
		{"contradiction", train.WeightSettings{Layout: train.LayoutPyTorch}, "prospect", []safetensors.Tensor{w, b}, []string{`got "prospect", but Layout is pytorch`, "leave Layout empty"}},
		{"layout of the future", train.WeightSettings{}, "fortran", []safetensors.Tensor{w, b}, []string{`got "fortran"`, "set Layout"}},
		{"unknown name", train.WeightSettings{Names: map[string]string{"z": "w"}}, "", []safetensors.Tensor{w, b}, []string{`no "z"`, "y/weight, y/bias"}},
		{"pattern of nothing", train.WeightSettings{Axes: map[string][]int{"z*": {1, 0}}}, "", []safetensors.Tensor{w, b}, []string{`"z*" matches no name`}},
		{"axes twice", train.WeightSettings{Axes: map[string][]int{"*weight": {1, 1}}}, "", []safetensors.Tensor{w, b}, []string{"got [1 1], want each axis"}},
		{"axes of another rank", train.WeightSettings{Axes: map[string][]int{"*": {1, 0}}}, "", []safetensors.Tensor{counted("y/weight", 3, 2), b}, []string{"got [1 0] for y/bias, which has 1"}},
		{"two patterns", train.WeightSettings{Axes: map[string][]int{"*weight": {1, 0}, "y/w*": {0, 1}}}, "", []safetensors.Tensor{w, b}, []string{`"*weight" and "y/w*" both match`}},
		{"no such layout", train.WeightSettings{Layout: 9}, "", []safetensors.Tensor{w, b}, []string{"Layout, got 9"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := weightBits(net)
			err := c.settings.Load(net, store(t, c.layout, c.tensors...))
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want an error with %q", err, want)
				}
			}
			if !reflect.DeepEqual(weightBits(net), before) {
				t.Error("the weights have changed")
			}
		})
	}
}

// A scalar of the file is a parameter of one element; patterns leave the rest.
func TestLoadWeightsScalar(t *testing.T) {
	net := one(t, layers.Dense{Out: 1}, graph.Shape{2}, graph.Shape{1}, graph.Float32)
	path := store(t, "", safetensors.Tensor{Name: "a.b", Shape: []int{}, F32: []float32{5}})
	weight := append([]float32{}, param(t, net, "y/weight")...)
	settings := train.WeightSettings{Names: map[string]string{"y/bias": "b"}, Prefix: "a.", Keep: []string{"y/we*"}}
	if err := settings.Load(net, path); err != nil {
		t.Fatal(err)
	}
	if param(t, net, "y/bias")[0] != 5 || !reflect.DeepEqual(param(t, net, "y/weight"), weight) {
		t.Errorf("got %v and %v, want [5] and the weights of before", param(t, net, "y/bias"), param(t, net, "y/weight"))
	}
}

// Settings are plain data.
func TestWeightSettingsJSON(t *testing.T) {
	const text = `{"layout":"pytorch","prefix":"m.","names":{"a":"b"},"skip":["*.c"],"axes":{"d":[1,0]},"convert":true}`
	var s train.WeightSettings
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(s); err != nil || string(again) != text {
		t.Errorf("got %s (%v), want %s", again, err, text)
	}
	if err := json.Unmarshal([]byte(`{"layout":"torch"}`), &s); err == nil {
		t.Error("a layout of another name was read")
	}
}
