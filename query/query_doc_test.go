package query_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/query"
)

var labels = [][]float32{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}

// Candidates are scored by what is known alone: of a word of which units 0 and 3
// are known, ½(w₀−μ₀)² + ½(w₃−μ₃)², whatever stands in the others; and what is
// known may differ from sample to sample.
func TestScoreOfWhatIsKnown(t *testing.T) {
	a := asker(t, words(t, nil), settings)
	q := query.Question{
		Samples: 2,
		Clamp:   map[string][]float32{"word": {1, 9, -9, 0, 0, 7, 7, 2}},
		Known:   map[string][]bool{"word": {true, false, false, true}},
	}
	before := slices.Clone(q.Clamp["word"])
	scores, err := a.Score(ctx, q, "label", labels)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "scores of the first", scores[0], []float64{0, 0.5, 2.5}, 1e-6)
	near(t, "scores of the second", scores[1], []float64{2.5, 2, 0}, 1e-6)
	if keys := slices.Collect(maps.Keys(q.Clamp)); len(keys) != 1 || !slices.Equal(q.Clamp["word"], before) {
		t.Errorf("the question was changed: it clamps %q to %v", keys, q.Clamp)
	}

	q.Known["word"] = []bool{true, false, false, true, false, true, false, false}
	if scores, err = a.Score(ctx, q, "label", labels); err != nil {
		t.Fatal(err)
	}
	near(t, "scores of the first", scores[0], []float64{0, 0.5, 2.5}, 1e-6)
	near(t, "scores of the second", scores[1], []float64{18, 18, 24.5}, 1e-6)
}

// SkipEnergies leaves energies out of answers, and scores as they are.
func TestSkipEnergies(t *testing.T) {
	s := settings
	s.SkipEnergies = true
	a := asker(t, words(t, nil), s)
	q := query.Question{Samples: 1, Clamp: map[string][]float32{"word": {1, 1, 0, 0}}}
	if answer := ask(t, a, q); answer.Energies() != nil || answer.TermEnergies != nil {
		t.Errorf("energies, got %v, want none", answer.Energies())
	}
	scores, err := a.Score(ctx, q, "label", labels)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "scores", scores[0], []float64{0, 1, 3}, 1e-12)
}

// Batches of 64 by default, each with a separate start.
func TestBatchDefaults(t *testing.T) {
	net := words(t, nil)
	q := func(samples int) query.Question {
		return query.Question{Samples: samples, Clamp: map[string][]float32{"word": make([]float32, 4*samples)}}
	}
	for samples, want := range map[int]int{1: 1, 64: 1, 65: 2, 129: 3} {
		if got := len(ask(t, asker(t, net, settings), q(samples)).Relaxations); got != want {
			t.Errorf("%d samples: got %d batches, want %d", samples, got, want)
		}
	}
	s := settings
	s.Batch, s.Start, s.Relax.Steps, s.Seed = 1, graph.Start{Std: 1}, 1, 3
	label := node(t, ask(t, asker(t, net, s), q(3)), "label")
	if slices.Equal(label[:3], label[3:6]) || slices.Equal(label[3:6], label[6:]) {
		t.Errorf("three batches start at %v, want starts of their own", label)
	}
	if again := node(t, ask(t, asker(t, net, s), q(3)), "label"); !slices.Equal(again, label) {
		t.Error("the same question starts elsewhere")
	}
}
