package analysis_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/analysis"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// The loss of each batch is a mean over its own samples. By hand: weights 0, targets
// 1 and 1 at (1, 0): every loss is ½; one step of rate 0.25 moves the output to 0.5,
// where the learned loss is ⅛. Of the four others two share the input with target 1
// (⅛ each after), one has target −1 (9/8), one is orthogonal (½).
func TestInterferenceAtUnequalBatchSizes(t *testing.T) {
	net := newNet(t, models.MLP{Widths: []int{2, 1}, NoBias: true, Init: layers.Constant{}})
	learned := &train.Batch{Size: 2, Values: map[string][]float32{"x": {1, 0, 1, 0}, "y": {1, 1}}}
	other := &train.Batch{Size: 4, Values: map[string][]float32{"x": {1, 0, 1, 0, 1, 0, 0, 1}, "y": {1, 1, -1, 1}}}
	s := step(&train.Backprop{}, .25) // the loss is a sum over samples: −∂/∂w = 2
	got, err := analysis.Interference(context.Background(), net, s, learned, other, "y")
	if err != nil {
		t.Fatal(err)
	}
	before, after := .5, (1./8+1./8+9./8+1./2)/4
	if want := (after - before) / (1./2 - 1./8); math.Abs(got-want) > 1e-7 {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Without a change of the learned loss there is nothing to compare with, even if the
// other changed.
func TestInterferenceOfNothingLearned(t *testing.T) {
	net := newNet(t, models.MLP{Widths: []int{2, 1}, NoBias: true, Init: layers.Constant{}})
	b := func(x1, x2, y float32) *train.Batch {
		return &train.Batch{Size: 1, Values: map[string][]float32{"x": {x1, x2}, "y": {y}}}
	}
	got, err := analysis.Interference(context.Background(), net, step(&train.Backprop{}, .5), b(1, 0, 0), b(0, 1, 1), "y")
	if err != nil || !math.IsNaN(got) {
		t.Errorf("got %v, %v, want NaN", got, err)
	}
	if _, err := analysis.Interference(context.Background(), net, step(&train.Backprop{}, .5), b(1, 0, 1), &train.Batch{Size: 1, Values: map[string][]float32{"x": {1, 1}}}, "y"); err == nil {
		t.Error("want an error for a batch that does not clamp the output")
	}
}

func TestMeanAndAlignmentOfNothing(t *testing.T) {
	if got := analysis.Mean(nil); !math.IsNaN(got) {
		t.Errorf("mean of nothing: got %v, want NaN", got)
	}
	if got := analysis.Mean([]float64{1, 2, 6}); got != 3 {
		t.Errorf("mean: got %v, want 3", got)
	}
	got := analysis.Alignment(3, []float64{0, 1, 2}, []float64{0, 3, 3}, []float64{5, 1, 3})
	if !math.IsNaN(got[0]) || !math.IsNaN(got[1]) || got[2] != 1 {
		t.Errorf("alignment: got %v, want NaN where nothing changed, NaN where all was right, and 1", got)
	}
}

// quadratic is ½xᵀHx of one activity, as a problem.
type quadratic struct {
	h    *mat.SymDense
	x, g []float64
	fail int // evaluation that fails, counted down; 0 for none
}

func (q *quadratic) Activities() []relax.Activity {
	return []relax.Activity{{Name: "x", Samples: 1, X: relax.Float64(q.x), Grad: relax.Float64(q.g)}}
}

func (q *quadratic) Terms() []string { return []string{"quadratic"} }

var errBroken = errors.New("broken")

func (q *quadratic) Evaluate(energies []float64) (float64, error) {
	if q.fail--; q.fail == 0 {
		return 0, errBroken
	}
	x := mat.NewVecDense(len(q.x), q.x)
	g := mat.NewVecDense(len(q.g), q.g)
	g.MulVec(q.h, x)
	energies[0] = mat.Dot(x, g) / 2
	return energies[0], nil
}

func TestCurvatureWhereItIsNotConvex(t *testing.T) {
	for _, tt := range []struct {
		name            string
		diagonal        []float64
		step, condition float64
		positive        bool
	}{
		{"flat", []float64{0, 0}, math.Inf(1), math.Inf(1), false},
		{"a hill", []float64{-4, -1}, math.Inf(1), math.Inf(1), false},
		{"a saddle", []float64{4, -1}, .5, math.Inf(1), false},
		{"a valley", []float64{4, 0}, .5, math.Inf(1), false},
		{"a bowl", []float64{4, .5}, .5, 8, true},
	} {
		q := &quadratic{h: mat.NewSymDense(2, []float64{tt.diagonal[0], 0, 0, tt.diagonal[1]}), x: []float64{3, -2}, g: make([]float64, 2)}
		c, err := analysis.NewCurvature(q, 0)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(q.x, []float64{3, -2}) || q.g[0] != 3*tt.diagonal[0] || q.g[1] != -2*tt.diagonal[1] {
			t.Errorf("%s: the state came back as %v with gradient %v", tt.name, q.x, q.g)
		}
		if got := c.LargestStep(); got != tt.step && !(math.Abs(got-tt.step) < 1e-8) {
			t.Errorf("%s: largest step, got %v, want %v", tt.name, got, tt.step)
		}
		if got := c.Condition(); got != tt.condition && !(math.Abs(got-tt.condition) < 1e-6) {
			t.Errorf("%s: condition, got %v, want %v", tt.name, got, tt.condition)
		}
		err = c.Equilibrium(q)
		if tt.positive != (err == nil) {
			t.Errorf("%s: equilibrium: got error %v", tt.name, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "not positive definite") || !slices.Equal(q.x, []float64{3, -2})) {
			t.Errorf("%s: got error %v and the state %v", tt.name, err, q.x)
		}
	}
	q := &quadratic{h: mat.NewSymDense(1, []float64{1}), x: []float64{3}, g: make([]float64, 1), fail: 2}
	if _, err := analysis.NewCurvature(q, 0); !errors.Is(err, errBroken) || q.x[0] != 3 {
		t.Errorf("got error %v and x = %v, want the problem's error and the state as it was", err, q.x)
	}
	for _, h := range []float64{-1, math.NaN(), math.Inf(1)} {
		if _, err := analysis.NewCurvature(&quadratic{h: q.h, x: q.x, g: q.g}, h); err == nil {
			t.Errorf("h = %v: want an error", h)
		}
	}
}

// A zero h means 1e-5: x⁴ has the difference quotient 12x² + 4h² there.
func TestCurvatureStep(t *testing.T) {
	for h, want := range map[float64]float64{0: 4e-10, .1: .04} {
		x, g := []float64{0}, []float64{0}
		p := &quartic{x, g}
		c, err := analysis.NewCurvature(p, h)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Hessian.At(0, 0); math.Abs(got-want) > 1e-6*want {
			t.Errorf("h = %v: got %v, want %v", h, got, want)
		}
	}
}

type quartic struct{ x, g []float64 }

func (q *quartic) Activities() []relax.Activity {
	return []relax.Activity{{Name: "x", Samples: 1, X: relax.Float64(q.x), Grad: relax.Float64(q.g)}}
}

func (q *quartic) Terms() []string { return []string{"quartic"} }

func (q *quartic) Evaluate(energies []float64) (float64, error) {
	q.g[0] = 4 * math.Pow(q.x[0], 3)
	energies[0] = math.Pow(q.x[0], 4)
	return energies[0], nil
}

func TestHealthOfNaN(t *testing.T) {
	nan := math.NaN()
	healthy := [][]float64{{0, 2}, {.5, 1}}
	for name, tt := range map[string]struct {
		values [][]float64
		want   bool
	}{
		"healthy":            {healthy, true},
		"one state":          {healthy[:1], false},
		"ends in NaN":        {[][]float64{{0, 2}, {.5, 1}, {nan, nan}}, false},
		"hidden is NaN":      {[][]float64{{0, 2}, {nan, 1}}, false},
		"hidden does not":    {[][]float64{{1, 2}, {1, 1}}, false},
		"loss does not":      {[][]float64{{0, 2}, {-1, 2}}, false},
		"the total does not": {[][]float64{{0, 2}, {1, 1}}, false},
	} {
		e := analysis.Energies{Terms: []string{"h", "y"}, Clamped: []bool{false, true}, Values: tt.values}
		if got := e.Health(); got.Healthy() != tt.want {
			t.Errorf("%s: got %+v, want healthy %v", name, got, tt.want)
		}
	}
	e := analysis.Energies{Terms: []string{"y"}, Clamped: []bool{true}, Values: [][]float64{{1}, {2}, {2}, {3}, {0}}}
	if got := e.Health().Rises; got != 2 {
		t.Errorf("rises, got %d, want 2", got)
	}
}

// A recorder of the caller's is replaced, and what was recorded before a relaxation
// fails comes with the error.
func TestTraceEnergiesOfAFailure(t *testing.T) {
	net := newNet(t, models.MLP{Widths: []int{1, 1, 2}, NoBias: true, Init: layers.Constant{Value: 1}})
	var mine relax.Trace
	settings := relax.Settings{Steps: 2000, Control: relax.Constant{Size: 1e3}, Recorder: &mine}
	e, err := analysis.TraceEnergies(context.Background(), net, settings, onesBatch())
	if !errors.Is(err, relax.ErrDiverged) {
		t.Fatalf("got error %v, want relax.ErrDiverged", err)
	}
	if n := len(e.Values); n < 10 || n >= 2000 || e.Values[0][1] != .5 {
		t.Errorf("got %d states, want those before the failure, from the loss ½ on", n)
	}
	if len(e.Terms) != 2 || mine.Len() != 0 {
		t.Errorf("got terms %v and %d states in the caller's recorder, want h1, y and none", e.Terms, mine.Len())
	}
}

// A step takes the optimizer's own learning rate, and no rule or optimizer is an error.
func TestStepWantsRuleAndOptimizer(t *testing.T) {
	net := newNet(t, models.MLP{Widths: []int{2, 1}})
	before := parameters(net)
	for _, s := range []analysis.Step{{}, {Rule: &train.Backprop{}}, {Optimizer: &train.SGD{}, Rate: 1}, {Rule: &train.Backprop{}, Optimizer: &train.SGD{}}} {
		if err := s.Take(context.Background(), net, batch(t, net, 1, 1)); err == nil || !slices.Equal(parameters(net), before) {
			t.Errorf("%+v: got error %v, want one and no change", s, err)
		}
	}
}

// What Forward and Path return is the caller's own.
func TestCopiesBelongToTheCaller(t *testing.T) {
	net, err := models.MLP{Widths: []int{2, 2}}.New(graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	b := batch(t, net, 1, 1)
	f, err := analysis.NewForward(net, b, "y")
	if err != nil {
		t.Fatal(err)
	}
	first, err := f.Predict(b, "y")
	if err != nil {
		t.Fatal(err)
	}
	first[0] = 1e9
	second, err := f.Node("y")
	if err != nil || second[0] == 1e9 {
		t.Errorf("got %v, %v, want what the network holds", second, err)
	}
	p := analysis.NewPath(net)
	p.Lengths()[0] = 7
	if got := p.Lengths()[0]; got != 0 {
		t.Errorf("length, got %v, want 0", got)
	}
}

// Disturbance counts only what moved away from its target.
func TestDisturbanceCountsLossesAlone(t *testing.T) {
	got := analysis.Disturbance(1, []float64{0, 1, 5}, []float64{1, 3, 4}, []float64{1, 1, 1})
	if !slices.Equal(got, []float64{2}) {
		t.Errorf("got %v, want [2]: the first and third came nearer", got)
	}
}

// The index by its formula, over three samples: from the feedforward activities
// before and after, and those of a relaxation under the old weights.
func TestProspectiveIndexByHand(t *testing.T) {
	ctx := context.Background()
	net := newNet(t, models.MLP{Widths: []int{3, 5, 4, 2}, Activation: layers.Tanh{}})
	b := batch(t, net, 3, 9)
	settings := relax.Settings{Steps: 30, Control: relax.Constant{Size: .1}}
	s := step(&train.Backprop{}, .3)
	f, err := analysis.NewForward(net, b, "y")
	if err != nil {
		t.Fatal(err)
	}
	read := func() map[string][]float64 {
		t.Helper()
		if err := f.Run(b); err != nil {
			t.Fatal(err)
		}
		out := map[string][]float64{}
		for _, name := range []string{"h1", "h2", "y"} {
			if out[name], err = f.Node(name); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	start := read()
	session, err := net.Session(3, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	relaxed := map[string][]float64{}
	for name, data := range b.Values {
		if err := session.Clamp(name, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := session.Initialize(graph.Start{}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := relax.Run(ctx, session, settings); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"h1", "h2", "y"} {
		x, err := session.Activity(name)
		if err != nil {
			t.Fatal(err)
		}
		relaxed[name] = slices.Clone(x.Float64())
	}
	index, err := analysis.ProspectiveIndex(ctx, net, settings, s, b, "y")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Take(ctx, net, b); err != nil {
		t.Fatal(err)
	}
	end := read()
	for _, n := range index {
		width := len(start[n.Node]) / 3
		for k, got := range n.Cosines {
			var moved, foreseen []float64
			for i := k * width; i < (k+1)*width; i++ {
				moved = append(moved, end[n.Node][i]-start[n.Node][i])
				foreseen = append(foreseen, relaxed[n.Node][i]-start[n.Node][i])
			}
			if want := analysis.Cosine(moved, foreseen); math.Abs(got-want) > 1e-9 {
				t.Errorf("%s, sample %d: got %v, want %v", n.Node, k, got, want)
			}
		}
	}
}

// What was packed for the old weights is packed anew when they come back.
func TestRestoreIsSeenByTheNetwork(t *testing.T) {
	net, err := models.MLP{Widths: []int{64, 64, 32}}.New(graph.Settings{Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	b := batch(t, net, 16, 1)
	session, err := net.Session(16, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range b.Values {
		if err := session.Clamp(name, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := session.Initialize(graph.Start{}, nil); err != nil {
		t.Fatal(err)
	}
	energy := func() float64 {
		t.Helper()
		e, err := session.Evaluate(make([]float64, 2))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	before := energy()
	saved := analysis.Save(net)
	if err := step(&train.Backprop{}, .01).Take(context.Background(), net, b); err != nil {
		t.Fatal(err)
	}
	changed := energy()
	saved.Restore()
	if after := energy(); before == changed || before != after {
		t.Errorf("energy, got %v, after learning %v, restored %v", before, changed, after)
	}
}
