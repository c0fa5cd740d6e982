package query_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/query"
	"github.com/seed-be841da4/prospect/relax"
)

var ctx = context.Background()

// settings converge to five digits on the networks here.
var settings = query.Settings{Relax: relax.Settings{
	Steps: 2000, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 1e-7, MinSteps: 1},
}}

// words declares label(3) → word(4), linear: row c of the weights is the word of
// label c.
func words(t *testing.T, change func(d *graph.Declaration)) *graph.Network {
	t.Helper()
	d := graph.Declaration{
		Nodes: []graph.Node{{Name: "label", Shape: graph.Shape{3}}, {Name: "word", Shape: graph.Shape{2, 2}}},
		Predictions: []graph.Prediction{{Of: "word", From: []string{"label"}, Layer: layers.Sequential{
			layers.Dense{Out: 4, NoBias: true, Weight: layers.Values{1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 2}},
			layers.Reshape{Shape: graph.Shape{2, 2}},
		}}},
	}
	if change != nil {
		change(&d)
	}
	net, err := graph.New(d, graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func asker(t *testing.T, net *graph.Network, s query.Settings) *query.Asker {
	t.Helper()
	a, err := query.New(net, s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func ask(t *testing.T, a *query.Asker, q query.Question) *query.Answer {
	t.Helper()
	answer, err := a.Ask(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tolerance) {
			t.Fatalf("%s: got %v, want %v", what, got, want)
		}
	}
}

func node(t *testing.T, a *query.Answer, name string) []float64 {
	t.Helper()
	v, err := a.Node(name)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// One network in every direction, each with its closed form.
func TestDirections(t *testing.T) {
	a := asker(t, words(t, nil), settings)

	generated := ask(t, a, query.Question{Samples: 2, Clamp: map[string][]float32{"label": {0, 1, 0, 0, 0, 1}}})
	near(t, "generated", node(t, generated, "word"), []float64{0, 1, 1, 0, 0, 0, 0, 2}, 1e-6)
	near(t, "energy of what it made itself", generated.Energies(), []float64{0, 0}, 1e-12)
	if !generated.Converged() || generated.Steps() != 1 {
		t.Errorf("converged %v after %d steps, want true after MinSteps: the feedforward pass is the minimum", generated.Converged(), generated.Steps())
	}

	// The label of a word is the least-squares solution: exact for these.
	inferred := ask(t, a, query.Question{Samples: 2, Clamp: map[string][]float32{"word": {0, 1, 1, 0, 1, 1, 0, 4}}})
	near(t, "inferred", node(t, inferred, "label"), []float64{0, 1, 0, 1, 0, 2}, 1e-5)
	if largest, err := inferred.Largest("label"); err != nil || !slices.Equal(largest, []int{1, 2}) {
		t.Errorf("largest, got %v, %v, want 1 and 2", largest, err)
	}

	// Half of a word is known and the rest is filled in.
	filled := ask(t, a, query.Question{
		Samples: 1, Clamp: map[string][]float32{"word": {1, 1, 9, 6}},
		Known: map[string][]bool{"word": {true, true, false, true}},
	})
	near(t, "label", node(t, filled, "label"), []float64{1, 0, 3}, 1e-5)
	near(t, "filled in", node(t, filled, "word"), []float64{1, 1, 0, 6}, 1e-5)

	// Nothing is known.
	dream := ask(t, a, query.Question{Samples: 1})
	near(t, "dream", node(t, dream, "word"), make([]float64, 4), 1e-9)
}

// The energy left at the minimum is half the squared distance from what the
// network can make: (1, −1, 1, 0)/√3 is orthogonal to all of it.
func TestEnergies(t *testing.T) {
	a := asker(t, words(t, nil), settings)
	answer := ask(t, a, query.Question{Samples: 3, Clamp: map[string][]float32{"word": {1, 1, 0, 0, 1, -1, 1, 0, 3, -1, 1, 7}}})
	// (3, −1, 1, ·) has 5/√3 along the orthogonal direction.
	near(t, "energies", answer.Energies(), []float64{0, 1.5, 25. / 6}, 1e-6)

	// What the network makes of a word it cannot make is the projection.
	mu, err := a.Predict(answer, "word")
	if err != nil {
		t.Fatal(err)
	}
	near(t, "reconstruction", mu, []float64{1, 1, 0, 0, 0, 0, 0, 0, 4. / 3, 2. / 3, -2. / 3, 7}, 1e-5)
	if _, err := a.Predict(answer, "z"); err == nil {
		t.Error("the prediction of an unknown node is no error")
	}
	if _, err := a.Predict(answer, "label"); err == nil {
		t.Error("the prediction of a node that nothing predicts is no error")
	}

	scores, err := a.Score(ctx, query.Question{Samples: 2, Clamp: map[string][]float32{"word": {1, 1, 0, 0, 0, 0, 0, 1}}}, "label", [][]float32{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "scores of the first", scores[0], []float64{0, 1, 3}, 1e-12)
	near(t, "scores of the second", scores[1], []float64{1.5, 1.5, 0.5}, 1e-12)
}

// Cutting the samples into batches changes nothing, and neither does asking
// something else in between.
func TestBatches(t *testing.T) {
	net := words(t, nil)
	rng := rand.New(rand.NewPCG(1, 2))
	q := query.Question{Samples: 5, Clamp: map[string][]float32{"word": make([]float32, 20)}, Known: map[string][]bool{"word": make([]bool, 20)}}
	for i := range 20 {
		q.Clamp["word"][i] = float32(rng.NormFloat64())
		q.Known["word"][i] = rng.Float64() < 0.7
	}
	whole := ask(t, asker(t, net, settings), q)
	s := settings
	s.Batch = 2
	a := asker(t, net, s)
	for range 2 {
		parts := ask(t, a, q)
		if len(parts.Relaxations) != 3 {
			t.Fatalf("got %d relaxations, want 3", len(parts.Relaxations))
		}
		near(t, "word", node(t, parts, "word"), node(t, whole, "word"), 1e-5)
		near(t, "energies", parts.Energies(), whole.Energies(), 1e-6)
		ask(t, a, query.Question{Samples: 2})
	}
}

// An answer says when the steps did not suffice, and relaxing starts where Start
// says, the same every time.
func TestConvergence(t *testing.T) {
	net := words(t, nil)
	s := settings
	s.Relax.Steps = 3
	q := query.Question{Samples: 1, Clamp: map[string][]float32{"word": {1, 1, 0, 0}}}
	short := ask(t, asker(t, net, s), q)
	if short.Converged() || short.Steps() != 3 || !(short.GradNorm() > 1e-7) {
		t.Errorf("converged %v, steps %d, norm %v, want false, 3 and a large one", short.Converged(), short.Steps(), short.GradNorm())
	}
	s.Start.Std, s.Seed = 1, 5
	first, again := node(t, ask(t, asker(t, net, s), q), "label"), node(t, ask(t, asker(t, net, s), q), "label")
	s.Seed = 6
	other := node(t, ask(t, asker(t, net, s), q), "label")
	if !slices.Equal(first, again) || slices.Equal(first, other) {
		t.Errorf("got %v, %v and %v, want two equal and one different", first, again, other)
	}
}

// A node whose energy is linear in it is computed at the end, from the relaxed
// nodes and not from where they started.
func TestOutputs(t *testing.T) {
	net := words(t, func(d *graph.Declaration) {
		d.Nodes = append(d.Nodes, graph.Node{Name: "class", Shape: graph.Shape{3}})
		d.Predictions = append(d.Predictions, graph.Prediction{
			Of: "class", From: []string{"label"}, Energy: energy.CrossEntropy{},
			Layer: layers.Dense{Out: 3, NoBias: true, Weight: layers.Values{5, 0, 0, 0, 5, 0, 0, 0, 5}},
		})
	})
	q := query.Question{Samples: 1, Clamp: map[string][]float32{"word": {0, 1, 1, 0}}}
	answer := ask(t, asker(t, net, settings), q)
	e5 := math.Exp(5)
	near(t, "class", node(t, answer, "class"), []float64{1 / (e5 + 2), e5 / (e5 + 2), 1 / (e5 + 2)}, 1e-4)
	if !slices.Equal(answer.Terms, []string{"word"}) {
		t.Errorf("terms, got %q, want the word alone", answer.Terms)
	}
}

func TestErrors(t *testing.T) {
	plain := words(t, nil)
	linear := words(t, func(d *graph.Declaration) { d.Predictions[0].Energy = energy.Bernoulli{} })
	for _, c := range []struct {
		name string
		net  *graph.Network
		q    query.Question
		want []string
	}{
		{"no samples", plain, query.Question{}, []string{"Samples, got 0"}},
		{"unknown node", plain, query.Question{Samples: 1, Clamp: map[string][]float32{"z": nil}}, []string{`"z"`, `"label", "word"`}},
		{"data of another size", plain, query.Question{Samples: 2, Clamp: map[string][]float32{"word": make([]float32, 4)}}, []string{`"word"`, "got 4", "want 8 = 2 samples × shape [2 2]"}},
		{"known without data", plain, query.Question{Samples: 1, Known: map[string][]bool{"word": make([]bool, 4)}}, []string{`"word"`, "add it to Clamp"}},
		{"known of another size", plain, query.Question{
			Samples: 2, Clamp: map[string][]float32{"word": make([]float32, 8)}, Known: map[string][]bool{"word": make([]bool, 3)},
		}, []string{`"word"`, "got 3", "want 4", "or 8"}},
		{"known in part without a minimum", linear, query.Question{
			Samples: 1, Clamp: map[string][]float32{"word": make([]float32, 4)}, Known: map[string][]bool{"word": make([]bool, 4)},
		}, []string{`"word"`, "energy.Bernoulli", "Gaussian"}},
		{"not a number", plain, query.Question{Samples: 1, Clamp: map[string][]float32{"word": {0, 0, 0, float32(math.NaN())}}}, []string{`"word"`, "unit 3", "NaN"}},
		{"unknown output", plain, query.Question{Samples: 1, Outputs: []string{"z"}}, []string{`"z"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := asker(t, c.net, settings).Ask(ctx, c.q)
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want it to contain %q", err, want)
				}
			}
		})
	}
	a := asker(t, plain, settings)
	for _, c := range []struct {
		node       string
		candidates [][]float32
		want       string
	}{{"z", nil, `"z"`}, {"word", nil, "clamped already"}, {"label", [][]float32{{1}}, "candidate 0, got 1 numbers, want 3"}} {
		if _, err := a.Score(ctx, query.Question{Samples: 1, Clamp: map[string][]float32{"word": make([]float32, 4)}}, c.node, c.candidates); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Score of %q, got %v, want it to contain %q", c.node, err, c.want)
		}
	}
	if _, err := query.New(plain, query.Settings{}); err == nil || !strings.Contains(err.Error(), "Steps") {
		t.Errorf("settings without steps, got %v, want an error", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := a.Ask(cancelled, query.Question{Samples: 1, Clamp: map[string][]float32{"word": {1, 2, 3, 4}}}); err == nil {
		t.Error("a cancelled question is answered")
	}
}

func TestMasks(t *testing.T) {
	pattern := func(known []bool) string {
		var b strings.Builder
		for _, k := range known {
			b.WriteByte(map[bool]byte{true: '#', false: '.'}[k])
		}
		return b.String()
	}
	for _, c := range []struct {
		shape graph.Shape
		side  query.Side
		want  string
	}{
		{graph.Shape{2, 5}, query.Left, "..###..###"},
		{graph.Shape{2, 5}, query.Right, "###..###.."},
		{graph.Shape{2, 2, 2}, query.Top, "..##..##"},
		{graph.Shape{3, 1}, query.Bottom, "##."},
	} {
		known, err := query.HideHalf(c.shape, c.side)
		if err != nil || pattern(known) != c.want {
			t.Errorf("%s of %v, got %s, %v, want %s", c.side, c.shape, pattern(known), err, c.want)
		}
	}
	for _, c := range []struct {
		shape graph.Shape
		side  query.Side
	}{{graph.Shape{4}, query.Left}, {graph.Shape{2, 2}, "middle"}} {
		if _, err := query.HideHalf(c.shape, c.side); err == nil {
			t.Errorf("%s of %v is no error", c.side, c.shape)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	known, err := query.HideRandom(10000, 0.3, rng)
	hidden := strings.Count(pattern(known), ".")
	if err != nil || hidden < 2800 || hidden > 3200 {
		t.Errorf("hidden at random, got %d of 10000, %v, want about 3000", hidden, err)
	}
	if _, err := query.HideRandom(1, 1.5, rng); err == nil {
		t.Error("a probability of 1.5 is no error")
	}
}
