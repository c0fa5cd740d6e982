package train_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// firstBatch returns the error of a source's first batch.
func firstBatch(s train.Source) error {
	for _, err := range s.Batches(0, 0) {
		return err
	}
	return nil
}

// TestZeroValues uses the zero value of every exported struct, and expects an error
// that says what is missing, or a harmless answer, and never a panic.
func TestZeroValues(t *testing.T) {
	ctx := context.Background()
	net := mlp(t, models.MLP{Widths: []int{3, 4, 2}, Activation: layers.Tanh{}}, 1)
	b := &train.Batch{Size: 1, Values: map[string][]float32{"x": {1, 2, 3}, "y": {1, 0}}}
	good := func() *train.Trainer {
		return &train.Trainer{Network: net, Rule: train.Paper(3, 0.1, 0.5), Optimizer: &train.SGD{}, Rate: 0.1, Epochs: 1}
	}
	gradients := func(r train.Rule) func() error {
		return func() error { _, err := r.Gradients(ctx, net, b); return err }
	}
	glyphs, err := datasets.Glyphs(datasets.GlyphSettings{N: 10})
	if err != nil {
		t.Fatal(err)
	}
	text, err := datasets.NewText("abcabcabc", 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	size := func(n int) datasets.BatchSettings { return datasets.BatchSettings{Size: n} }
	for name, c := range map[string]struct {
		do   func() error
		want string // empty: no error
	}{
		"Trainer.Fit":            {func() error { return new(train.Trainer).Fit(ctx, batches{b}) }, "Network, Rule and Optimizer"},
		"Trainer.Evaluate":       {func() error { _, err := new(train.Trainer).Evaluate(ctx, batches{b}, "y"); return err }, "network, got nil"},
		"Trainer.SaveCheckpoint": {func() error { return new(train.Trainer).SaveCheckpoint(t.TempDir()) }, "Network and Optimizer"},
		"Trainer.LoadCheckpoint": {func() error { return new(train.Trainer).LoadCheckpoint(t.TempDir()) }, "Network and Optimizer"},
		"Fit without source":     {func() error { return good().Fit(ctx, nil) }, "source, got nil"},
		"Labelled":               {func() error { return good().Fit(ctx, &train.Labelled{}) }, "Data is nil"},
		"Unlabelled":             {func() error { return good().Fit(ctx, &train.Unlabelled{}) }, "Data is nil"},
		"Sequences":              {func() error { return good().Fit(ctx, &train.Sequences{}) }, "want Data"},
		"Targeted":               {func() error { return good().Fit(ctx, &train.Targeted{}) }, "Data is nil"},
		"Pairs":                  {func() error { return good().Fit(ctx, &train.Pairs{}) }, "X and Y, got 0 and 0 rows"},
		"Augmented":              {func() error { return good().Fit(ctx, &train.Augmented{}) }, "Source and Changes"},
		"Evaluator.Regression":   {func() error { _, err := new(train.Evaluator).Regression(ctx, batches{b}); return err }, "NewEvaluator"},
		"Evaluator.Classification": {func() error {
			_, err := new(train.Evaluator).Classification(ctx, batches{b}, train.ClassificationSettings{})
			return err
		}, "NewEvaluator"},
		"Labelled, no size":       {func() error { return good().Fit(ctx, &train.Labelled{Data: glyphs}) }, "Settings.Size, got 0"},
		"Unlabelled, no size":     {func() error { return good().Fit(ctx, &train.Unlabelled{Data: glyphs}) }, "Settings.Size, got 0"},
		"Sequences, no size":      {func() error { return good().Fit(ctx, &train.Sequences{Data: text}) }, "Settings.Size, got 0"},
		"Labelled, size below 0":  {func() error { return firstBatch(&train.Labelled{Data: glyphs, Settings: size(-1)}) }, "Settings.Size, got -1"},
		"Sequences, size below 0": {func() error { return firstBatch(&train.Sequences{Data: text, Settings: size(-1)}) }, "Settings.Size, got -1"},
		"Labelled, huge size":     {func() error { return firstBatch(&train.Labelled{Data: glyphs, Settings: size(math.MaxInt)}) }, ""},
		"Sequences, huge size":    {func() error { return firstBatch(&train.Sequences{Data: text, Settings: size(math.MaxInt)}) }, ""},
		"Labelled, DropLast": {func() error {
			return good().Fit(ctx, &train.Labelled{Data: glyphs, Settings: datasets.BatchSettings{Size: 11, DropLast: true}})
		}, "at most the 10 samples"},
		"Labelled of Images{}":   {func() error { return firstBatch(&train.Labelled{Data: &datasets.Images{}, Settings: size(1)}) }, "got 0 samples"},
		"Labelled of Floats{}":   {func() error { return firstBatch(&train.Labelled{Data: &datasets.Floats{}, Settings: size(1)}) }, "got 0 samples"},
		"Unlabelled of Images{}": {func() error { return good().Fit(ctx, &train.Unlabelled{Data: &datasets.Images{}, Settings: size(1)}) }, "got 0 samples"},
		"Sequences of Text{}":    {func() error { return good().Fit(ctx, &train.Sequences{Data: &datasets.Text{}, Settings: size(1)}) }, "got 0 samples"},
		"Evaluator.Evaluate":     {func() error { _, err := new(train.Evaluator).Evaluate(ctx, batches{b}); return err }, "NewEvaluator"},
		"Evaluator.Compare":      {func() error { _, err := new(train.Evaluator).Compare(ctx, batches{b}); return err }, "NewEvaluator"},
		"NewEvaluator":           {func() error { _, err := train.NewEvaluator(nil, "y"); return err }, "network, got nil"},
		"Evaluate without source": {func() error {
			_, err := good().Evaluate(ctx, nil, "y")
			return err
		}, "source, got nil"},
		"Prospective":       {gradients(&train.Prospective{}), "Steps: want at least 1"},
		"Interleaved":       {gradients(&train.Interleaved{}), "at least one of the steps"},
		"Repeated":          {gradients(&train.Repeated{}), "want a rule"},
		"Repeated.Learn":    {func() error { _, err := train.Learn(ctx, net, &train.Repeated{}, &train.SGD{}, 0.1, b); return err }, "want a rule"},
		"Repeated.Fit":      {func() error { tr := good(); tr.Rule = &train.Repeated{}; return tr.Fit(ctx, batches{b}) }, "want a rule"},
		"Backprop":          {gradients(&train.Backprop{}), ""},
		"ZIL":               {gradients(&train.ZIL{}), ""},
		"GeneRec":           {gradients(&baselines.GeneRec{}), "Steps and Size"},
		"Hopfield":          {gradients(&baselines.Hopfield{}), "Steps and Size"},
		"AlmeidaPineda":     {gradients(&baselines.AlmeidaPineda{}), "Steps and Size"},
		"FixedPrediction":   {gradients(&baselines.FixedPrediction{}), "Steps and Size"},
		"TargetPropagation": {gradients(&baselines.TargetPropagation{}), "linear network"},
		"Batch":             {func() error { _, err := (&train.Backprop{}).Gradients(ctx, net, &train.Batch{}); return err }, "batch size, got 0"},
		"Batch of pc":       {func() error { _, err := train.Paper(3, 0.1, 0.5).Gradients(ctx, net, &train.Batch{}); return err }, "batch size, got 0"},
		"Batch by hand": {func() error {
			_, err := (&baselines.GeneRec{Settling: baselines.Settling{Steps: 1, Size: 1}}).Gradients(ctx, net, &train.Batch{})
			return err
		}, "batch, got"},
		"SGD":            {func() error { return new(train.SGD).Step(net.Params(), 0) }, "learning rate"},
		"SGD without":    {func() error { return new(train.SGD).Step([]*graph.Param{{}}, 0.1) }, "parameter"},
		"Momentum":       {func() error { return new(train.Momentum).Step(net.Params(), 0) }, "learning rate"},
		"Adam":           {func() error { return new(train.Adam).Step(net.Params(), 0) }, "learning rate"},
		"AdamW":          {func() error { return new(train.AdamW).Step(net.Params(), 0) }, "learning rate"},
		"GorgoniaSolver": {func() error { return new(train.GorgoniaSolver).Step(net.Params(), 0) }, ""},
		"Shortfall":      {func() error { _, err := train.FindShortfall(net, &train.Prospective{}, b, train.Stats{}); return err }, ""},
		"other values": {func() error {
			o, s := train.Observed{}, train.Shortfall{}
			o.MeanSteps()
			o.ConvergedShare()
			o.MeanEnergies()
			o.GradientNorms()
			if s.String() != "" {
				t.Errorf("Shortfall{}, got %q, want nothing", s)
			}
			_ = train.Progress{}.MeanEnergy()
			_ = train.Evaluation{}.Accuracy()
			train.Constant{}.Factor(0, 0)
			train.Cosine{}.Factor(0, 0)
			train.StepDecay{}.Factor(0, 0)
			_ = (&train.NonFiniteError{}).Error()
			return nil
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("panic: %v", r)
				}
			}()
			err := c.do()
			if c.want == "" && err != nil && name != "GorgoniaSolver" {
				t.Errorf("got %v, want no error", err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

// TestEvaluatorGoesByTheClampedNodes evaluates batches of one size that clamp
// different nodes.
func TestEvaluatorGoesByTheClampedNodes(t *testing.T) {
	d := graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{1}}, {Name: "h", Shape: graph.Shape{1}}, {Name: "y", Shape: graph.Shape{1}}},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: layers.Dense{Out: 1, NoBias: true, Weight: layers.Values{2}}},
			{Of: "y", From: []string{"h"}, Layer: layers.Dense{Out: 1, NoBias: true, Weight: layers.Values{3}}},
		},
	}
	net, err := graph.New(d, graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := train.NewEvaluator(net, "y")
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		values map[string][]float32
		want   float64 // y is 3h
	}{
		{map[string][]float32{"x": {1}, "y": {0}}, 18},
		{map[string][]float32{"x": {1}, "h": {1}, "y": {0}}, 4.5},
		{map[string][]float32{"x": {1}, "y": {0}}, 18},
		{map[string][]float32{"x": {5}, "h": {2}, "y": {0}}, 18},
	} {
		got, err := e.Compare(context.Background(), batches{{Size: 1, Values: c.values}})
		if err != nil || got.SquaredError != c.want {
			t.Errorf("batch %d: got %v, %v, want %v", i, got.SquaredError, err, c.want)
		}
	}
}
