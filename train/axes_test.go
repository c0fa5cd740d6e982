package train_test

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/analysis"
	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// pictures are two images of a shape, in two classes.
func pictures(t *testing.T, shape ...int) datasets.Dataset {
	t.Helper()
	d, err := datasets.NewImages("pictures", shape, 2, make([]uint8, 2*graph.Shape(shape).Size()), []uint8{0, 1}, datasets.Normalization{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// reader declares x → y(2) with an x of a shape.
func reader(t *testing.T, shape ...int) *graph.Network {
	t.Helper()
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: shape}, {Name: "y", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{{
			Of: "y", From: []string{"x"}, Layer: layers.Sequential{layers.Flatten{}, layers.Dense{Out: 2}},
		}},
	}, graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// Images whose axes are in another order than the node's are refused by every rule,
// by evaluation and by analysis.
func TestAxesOfData(t *testing.T) {
	for _, tt := range []struct {
		data, node []int
		wrong      bool
	}{
		{[]int{4, 6, 3}, []int{3, 4, 6}, true},
		{[]int{20, 28}, []int{28, 20}, true},
		{[]int{3, 4, 6}, []int{3, 4, 6}, false},
		{[]int{3, 4, 6}, []int{72}, false},
		{[]int{72}, []int{3, 4, 6}, false},
		{[]int{4, 6}, []int{1, 4, 6}, false},
	} {
		net := reader(t, tt.node...)
		src := &train.Labelled{Data: pictures(t, tt.data...), Settings: datasets.BatchSettings{Size: 2}}
		for b, err := range src.Batches(0, 0) {
			if err != nil {
				t.Fatal(err)
			}
			errs := map[string]error{}
			for name, rule := range map[string]train.Rule{
				"prospective": &train.Prospective{Relax: relax.Settings{Steps: 1, Control: relax.Constant{Size: 0.1}}},
				"interleaved": &train.Interleaved{Relax: relax.Settings{Steps: 1, Control: relax.Constant{Size: 0.1}}},
				"z-il":        &train.ZIL{},
				"backprop":    &train.Backprop{},
			} {
				_, errs[name] = rule.Gradients(t.Context(), net, b)
			}
			forward, err := analysis.NewForward(net, b, "y")
			if err != nil {
				t.Fatal(err)
			}
			errs["analysis"] = forward.Run(b)
			e, err := train.NewEvaluator(net, "y")
			if err != nil {
				t.Fatal(err)
			}
			_, errs["evaluator"] = e.Evaluate(t.Context(), src)
			for name, err := range errs {
				if tt.wrong != (err != nil) || err != nil && !strings.Contains(err.Error(), `node "x": shape of the samples, got `) {
					t.Errorf("%s: %v into %v: got %v", name, tt.data, tt.node, err)
				}
			}
		}
	}
}

// Targets that an energy cannot mean end the first update with the error of Clamp.
func TestDomainOfSources(t *testing.T) {
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{4}}, {Name: "y", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{{
			Of: "y", From: []string{"x"}, Layer: layers.Dense{Out: 2}, Energy: energy.KullbackLeibler{},
		}},
	}, graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for encoding, want := range map[datasets.Encoding]string{
		datasets.ZeroOne():      "",
		datasets.MinusPlusOne(): `train: epoch 0, batch 0: graph: node "y": data of sample 0, unit 1, got -1, want a number from 0 to 1`,
	} {
		trainer := &train.Trainer{Network: net, Rule: &train.Backprop{}, Optimizer: &train.SGD{}, Rate: 0.1, Epochs: 1}
		err := trainer.Fit(t.Context(), &train.Labelled{Data: pictures(t, 4), Encoding: encoding, Settings: datasets.BatchSettings{Size: 2}})
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%v: got %v, want %q", encoding, err, want)
		}
	}
}

// Every source says the shapes of what it clamps.
func TestShapesOfSources(t *testing.T) {
	text, err := datasets.NewText("abcabcabc", 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	settings := datasets.BatchSettings{Size: 2}
	images := pictures(t, 3, 4, 6)
	for _, tt := range []struct {
		src  train.Source
		want map[string][]int
	}{
		{&train.Labelled{Data: images, Settings: settings}, map[string][]int{"x": {3, 4, 6}, "y": {2}}},
		{&train.Unlabelled{Data: images, Nodes: []string{"a", "b"}, Settings: settings}, map[string][]int{"a": {3, 4, 6}, "b": {3, 4, 6}}},
		{&train.Sequences{Data: text, Settings: settings}, map[string][]int{"x": {3}, "y": {3, 3}}},
	} {
		for b, err := range tt.src.Batches(0, 0) {
			if err != nil {
				t.Fatal(err)
			}
			if !maps.EqualFunc(b.Shapes, tt.want, slices.Equal) {
				t.Errorf("%T: got %v, want %v", tt.src, b.Shapes, tt.want)
			}
		}
	}
}

// Rules that are written out by hand look at the data as the others do.
func TestDataOfHandWrittenRules(t *testing.T) {
	net, err := graph.New(graph.Declaration{
		Nodes:       []graph.Node{{Name: "x", Shape: graph.Shape{4}}, {Name: "y", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: layers.Dense{Out: 2}}},
	}, graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	settling := baselines.Settling{Steps: 2, Size: 0.1}
	for _, rule := range []train.Rule{&baselines.TargetPropagation{}, &baselines.GeneRec{Settling: settling}, &baselines.Hopfield{Settling: settling}, &baselines.AlmeidaPineda{Settling: settling}} {
		b := &train.Batch{Size: 1, Values: map[string][]float32{"x": {1, 2, 3, 4}, "y": {1, 0}}, Shapes: map[string][]int{"x": {2, 2}}}
		if _, err := rule.Gradients(t.Context(), net, b); err != nil {
			t.Errorf("%T: %v", rule, err)
		}
		b.Shapes["x"] = []int{5}
		if _, err := rule.Gradients(t.Context(), net, b); err == nil || !strings.Contains(err.Error(), `node "x": shape of the samples, got [5]`) {
			t.Errorf("%T, other shape: got %v", rule, err)
		}
		b.Shapes = nil
		b.Values["y"] = []float32{1, float32(math.NaN())}
		if _, err := rule.Gradients(t.Context(), net, b); err == nil || !strings.Contains(err.Error(), `node "y": data of sample 0, unit 1, got NaN`) {
			t.Errorf("%T, NaN: got %v", rule, err)
		}
	}
}
