package train_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// lines returns lines in their order, in batches of a size.
func lines(t *testing.T, text string, length, size int) *train.Lines {
	t.Helper()
	data, err := datasets.NewLines(text, length, []rune("\nabc"))
	if err != nil {
		t.Fatal(err)
	}
	return &train.Lines{Data: data, Settings: datasets.BatchSettings{Size: size}}
}

func TestLinesBatches(t *testing.T) {
	src := lines(t, "ab\nc\n", 4, 2)
	if src.Steps() != 1 || (&train.Lines{}).Steps() != 0 {
		t.Errorf("got %d batches", src.Steps())
	}
	for b, err := range src.Batches(0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if want := []int{1, 2, 0, -1, 3, 0, -1, -1}; !slices.Equal(b.Labels, want) {
			t.Errorf("labels, got %v, want %v", b.Labels, want)
		}
		if want := []float32{1, 1, 1, 0, 1, 1, 0, 0}; !slices.Equal(b.Values["mask"], want) {
			t.Errorf("mask, got %v, want %v", b.Values["mask"], want)
		}
		if want := []float32{0, 1, 2, 0, 0, 3, 0, 0}; !slices.Equal(b.Values["x"], want) {
			t.Errorf("x, got %v, want %v", b.Values["x"], want)
		}
		for i, label := range b.Labels {
			row := []float32{0, 0, 0, 0}
			if label >= 0 {
				row[label] = 1
			}
			if got := b.Values["y"][4*i : 4*i+4]; !slices.Equal(got, row) {
				t.Errorf("y of place %d, got %v, want %v", i, got, row)
			}
		}
	}
	for _, bad := range []*train.Lines{{}, {Data: src.Data, Mask: "x", Settings: src.Settings}, {Data: src.Data}} {
		for _, err := range bad.Batches(0, 0) {
			if err == nil || !strings.HasPrefix(err.Error(), "train: source") {
				t.Errorf("got %v", err)
			}
		}
	}
}

// Every rule gets from a batch of lines the sum of what it gets from each of them alone,
// in a network no longer than it, and a test counts and measures the same places.
func TestRulesOnLines(t *testing.T) {
	text := []string{"abcab", "c", "bba"}
	model := models.Transformer{Symbols: 4, Width: 6, Heads: 2, Depth: 1, Hidden: 5, Masked: true}
	for name, rule := range map[string]func() train.Rule{
		"pc": func() train.Rule {
			return &train.Prospective{Relax: relax.Settings{Steps: 5, Control: relax.Constant{Size: 0.1}}}
		},
		"errors": func() train.Rule {
			return &train.Prospective{Coordinates: train.Errors, Relax: relax.Settings{Steps: 5, Control: relax.Constant{Size: 0.1}}}
		},
		"bp": func() train.Rule { return &train.Backprop{} },
	} {
		network := func(length int) *graph.Network {
			m := model
			m.Length = length
			net, err := m.New(graph.Settings{Precision: graph.Float64, Seed: 3})
			if err != nil {
				t.Fatal(err)
			}
			return net
		}
		gradients := func(net *graph.Network, src *train.Lines) (energy float64, e train.Evaluation) {
			t.Helper()
			for b, err := range src.Batches(0, 0) {
				if err != nil {
					t.Fatal(err)
				}
				stats, err := rule().Gradients(t.Context(), net, b)
				if err != nil {
					t.Fatal(err)
				}
				energy = stats.Energy
			}
			evaluator, err := train.NewEvaluator(net, "y")
			if err != nil {
				t.Fatal(err)
			}
			if e, err = evaluator.Evaluate(t.Context(), src); err != nil {
				t.Fatal(err)
			}
			return energy, e
		}
		long := network(8)
		energy, all := gradients(long, lines(t, strings.Join(text, "\n"), 8, 3))
		var sum, wrong, squared, places float64
		sums := map[string][]float64{}
		for _, line := range text {
			net := network(len(line) + 1)
			for _, p := range net.Params() {
				from, err := long.Param(p.Name)
				if err != nil {
					t.Fatal(err)
				}
				copy(p.Values().Float64(), from.Values().Float64())
			}
			net.ParamsChanged()
			e, one := gradients(net, lines(t, line, 0, 1))
			n := float64(len(line) + 1)
			sum, wrong, squared, places = sum+e, wrong+one.Error*n, squared+one.SquaredError, places+n
			for _, p := range net.Params() {
				if sums[p.Name] == nil {
					q, err := long.Param(p.Name)
					if err != nil {
						t.Fatal(err)
					}
					sums[p.Name] = make([]float64, q.Grads().Len())
				}
				for i := range p.Grads().Len() {
					sums[p.Name][i] += p.Grads().At(i)
				}
			}
		}
		for what, pair := range map[string][2]float64{
			"energy": {energy, sum}, "error": {all.Error, wrong / places}, "squared error": {all.SquaredError, squared / 3},
		} {
			if !(math.Abs(pair[0]-pair[1]) <= 1e-12*math.Max(1, math.Abs(pair[1]))) {
				t.Errorf("%s: %s, got %v, want %v", name, what, pair[0], pair[1])
			}
		}
		for _, p := range long.Params() {
			for i, want := range sums[p.Name] {
				if got := p.Grads().At(i); !(math.Abs(got-want) <= 1e-12*math.Max(1, p.Grads().MaxAbs())) {
					t.Fatalf("%s: gradient of %s, number %d, got %v, want %v", name, p.Name, i, got, want)
				}
			}
		}
	}
}
