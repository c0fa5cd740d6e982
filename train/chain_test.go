package train_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// parameter makes a parameter of a value and a gradient.
func parameter(name string, axes graph.Axes, shape []int, value, grad []float64) *graph.Param {
	return &graph.Param{
		Name: name, Axes: axes,
		Value: tensor.New(tensor.WithShape(shape...), tensor.WithBacking(slices.Clone(value))),
		Grad:  tensor.New(tensor.WithShape(shape...), tensor.WithBacking(slices.Clone(grad))),
	}
}

func wantValues(t *testing.T, what string, got *tensor.Dense, want ...float64) {
	t.Helper()
	for i, x := range got.Float64s() {
		if math.Abs(x-want[i]) > 1e-12 {
			t.Errorf("%s, got %v, want %v", what, got.Float64s(), want)
			return
		}
	}
}

// The norm is that of all parameters together, and what is small stays to the bit.
func TestClip(t *testing.T) {
	a := parameter("a", 0, []int{2}, []float64{1, 1}, []float64{3, 0})
	b := parameter("b", 0, []int{1}, []float64{1}, []float64{-4})
	params := []*graph.Param{a, b}
	if err := (train.ClipNorm{Max: 5}).Step(params, 1); err != nil {
		t.Fatal(err)
	}
	wantValues(t, "a norm of 5", a.Grad, 3, 0)
	if err := (train.ClipNorm{Max: 1}).Step(params, 1); err != nil {
		t.Fatal(err)
	}
	wantValues(t, "clipped", a.Grad, 0.6, 0)
	wantValues(t, "clipped", b.Grad, -0.8)
	wantValues(t, "value", a.Value, 1, 1)
	if err := (train.ClipValue{Max: 0.7}).Step(params, 1); err != nil {
		t.Fatal(err)
	}
	wantValues(t, "within bounds", a.Grad, 0.6, 0)
	wantValues(t, "within bounds", b.Grad, -0.7)
	// Squares that overflow do not.
	b.Grad.Float64s()[0], a.Grad.Float64s()[0] = 1e300, 0
	if err := (train.ClipNorm{Max: 2}).Step(params, 1); err != nil {
		t.Fatal(err)
	}
	wantValues(t, "1e300", b.Grad, 2)
	b.Grad.Float64s()[0] = 0
	if err := (train.ClipNorm{Max: 2}).Step(params, 1); err != nil {
		t.Fatal(err)
	}
	wantValues(t, "zero", b.Grad, 0)
}

func TestConstraints(t *testing.T) {
	value := []float64{1, -2, 3, -4, 5, -6}
	none := make([]float64, 6)
	for _, c := range []struct {
		name string
		o    train.Optimizer
		axes graph.Axes
		want []float64
	}{
		{"non-negative", train.NonNegative{}, graph.AxesInOut, []float64{1, 0, 3, 0, 5, 0}},
		{"non-negative of unknown axes", train.NonNegative{}, graph.AxesUnknown, []float64{1, 0, 3, 0, 5, 0}},
		// 2 units in, 3 out: half excite.
		{"Dale in×out", train.Dale{Excitatory: 0.5}, graph.AxesInOut, []float64{1, 0, 3, -4, 0, -6}},
		{"Dale by default", train.Dale{}, graph.AxesInOut, []float64{1, 0, 3, 0, 5, 0}}, // round(0.8·2) = 2
		{"Dale without excitation", train.Dale{NoneExcite: true}, graph.AxesInOut, []float64{0, -2, 0, -4, 0, -6}},
		{"Dale, all excite", train.Dale{Excitatory: 1}, graph.AxesInOut, []float64{1, 0, 3, 0, 5, 0}},
		// 3 units in, 2 out: round(0.5·3) = 2 columns excite.
		{"Dale out×in", train.Dale{Excitatory: 0.5}, graph.AxesOutIn, []float64{1, 0, 0, 0, 5, -6}},
		// Columns of in×out have the norms √17, √29, √45.
		{"max norm in×out", train.MaxNorm{Max: math.Sqrt(29)}, graph.AxesInOut, []float64{1, -2, 3 * math.Sqrt(29.0/45), -4, 5, -6 * math.Sqrt(29.0/45)}},
		// Rows of out×in have the norms √14, √77.
		{"max norm out×in", train.MaxNorm{Max: math.Sqrt(14)}, graph.AxesOutIn, []float64{1, -2, 3, -4 * math.Sqrt(14.0/77), 5 * math.Sqrt(14.0/77), -6 * math.Sqrt(14.0/77)}},
		{"norm exactly", train.MaxNorm{Max: 10, Exactly: true}, graph.AxesOutIn, []float64{
			1 * 10 / math.Sqrt(14), -2 * 10 / math.Sqrt(14), 3 * 10 / math.Sqrt(14), -4 * 10 / math.Sqrt(77), 5 * 10 / math.Sqrt(77), -6 * 10 / math.Sqrt(77),
		}},
		{"another parameter", train.NonNegative{Match: "v"}, graph.AxesInOut, value},
	} {
		p := parameter("h1/weight", c.axes, []int{2, 3}, value, none)
		bias := parameter("v", graph.AxesUnknown, []int{1}, []float64{-1}, []float64{0})
		if err := c.o.Step([]*graph.Param{p, bias}, 0.1); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		wantValues(t, c.name, p.Value, c.want...)
		if c.name == "another parameter" {
			wantValues(t, c.name, bias.Value, 0)
		} else {
			wantValues(t, c.name+": bias", bias.Value, -1)
		}
	}
	// Kernels: (out, in, rows, columns), and transposed (in, out, rows, columns).
	kernel := []float64{1, -1, 2, -2, 3, -3, 4, -4}
	p := parameter("conv/weight", graph.AxesKernel, []int{2, 2, 1, 2}, kernel, make([]float64, 8))
	if err := (train.Dale{Excitatory: 0.5}).Step([]*graph.Param{p}, 0.1); err != nil {
		t.Fatal(err)
	}
	wantValues(t, "Dale on a kernel", p.Value, 1, 0, 0, -2, 3, 0, 0, -4)
	p = parameter("conv/weight", graph.AxesKernelTransposed, []int{2, 2, 1, 2}, kernel, make([]float64, 8))
	if err := (train.Dale{Excitatory: 0.5}).Step([]*graph.Param{p}, 0.1); err != nil {
		t.Fatal(err)
	}
	wantValues(t, "Dale on a transposed kernel", p.Value, 1, 0, 2, 0, 0, -3, 0, -4)
}

// A group's rate is the optimizer's own with another learning rate, and what is frozen
// stays to the bit.
func TestGroups(t *testing.T) {
	for name, make := range map[string]func() train.Optimizer{
		"sgd": func() train.Optimizer { return &train.SGD{WeightDecay: 0.1} }, "momentum": func() train.Optimizer { return &train.Momentum{} },
		"adam": func() train.Optimizer { return &train.Adam{} }, "adamw": func() train.Optimizer { return &train.AdamW{WeightDecay: 0.1} },
	} {
		params := func() []*graph.Param {
			return []*graph.Param{
				parameter("h1/weight", 0, []int{2}, []float64{1, -2}, []float64{0.5, 0.25}),
				parameter("h1/bias", 0, []int{1}, []float64{0.1}, []float64{-1}),
				parameter("y/weight", 0, []int{1}, []float64{3}, []float64{2}),
			}
		}
		grouped, fast, slow := params(), params(), params()
		c := train.Chain{train.Groups{{Match: "h1/bias", Freeze: true}, {Match: "h1", Rate: 0.1}}, make()}
		a, b := make(), make()
		for range 3 {
			for o, p := range map[train.Optimizer][]*graph.Param{a: fast, b: slow} {
				if err := o.Step(p, map[bool]float64{true: 0.2, false: 0.02}[o == a]); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.Step(grouped, 0.2); err != nil {
				t.Fatal(err)
			}
		}
		if name == "sgd" || name == "adamw" { // whose decay goes by the weight, which is another after the first step
			wantValues(t, name+": without a group", grouped[2].Value, fast[2].Value.Float64s()...)
		}
		wantValues(t, name+": slow", grouped[0].Value, slow[0].Value.Float64s()...)
		if got := grouped[1].Value.Float64s()[0]; got != 0.1 {
			t.Errorf("%s: frozen, got %v, want 0.1", name, got)
		}
	}
}

// A chain that cannot step says why.
func TestBadChains(t *testing.T) {
	p := []*graph.Param{parameter("h1/weight", graph.AxesInOut, []int{1, 1}, []float64{1}, []float64{1}), parameter("t", graph.AxesTable, []int{1, 1}, []float64{1}, []float64{1})}
	adam := &train.Adam{}
	for want, o := range map[string]train.Optimizer{
		"got no optimizer that moves":                       train.Chain{train.ClipNorm{Max: 1}},
		"optimizer 1, got nil":                              train.Chain{adam, nil},
		"Groups at 1 concerns the optimizer behind it":      train.Chain{adam, train.Groups{{Match: "h1"}}},
		"Groups at 0 concerns the optimizer behind it":      train.Chain{train.Groups{{Match: "h1"}}, train.ClipNorm{Max: 1}, adam},
		"stands alone, want it in a Chain":                  train.Groups{{Match: "h1"}},
		"clip norm: Max, got 0":                             train.ClipNorm{},
		"clip norm: Max, got +Inf":                          train.ClipNorm{Max: math.Inf(1)},
		"clip value: Max, got -1":                           train.ClipValue{Max: -1},
		"max norm: Max, got 0":                              train.MaxNorm{},
		"Dale: Excitatory, got 1.5":                         train.Dale{Excitatory: 1.5},
		`Match, got "h2", which is of no parameter`:         train.NonNegative{Match: "h2"},
		`"h2" matches no parameter`:                         train.Chain{train.Groups{{Match: "h2"}}, adam},
		`"h1/weight" matches no parameter, or none that an`: train.Chain{train.Groups{{Match: "h1"}, {Match: "h1/weight"}}, adam},
		"Rate, got -1":                                      train.Chain{train.Groups{{Match: "h1", Rate: -1}}, adam},
		"parameter t: its layer does not declare":           train.Dale{Match: "t"},
	} {
		if err := o.Step(p, 0.1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	trainer := train.Trainer{Network: network(t), Rule: &train.Backprop{}, Optimizer: train.ClipNorm{Max: 1}, Rate: 1, Epochs: 1}
	if err := trainer.Fit(t.Context(), glyphs(t)); err == nil || !strings.Contains(err.Error(), "which moves no parameter; put it into a Chain") {
		t.Errorf("got %v", err)
	}
}

// A chain's state is that of chains of the same optimizers alone.
func TestChainState(t *testing.T) {
	p := []*graph.Param{parameter("w", 0, []int{1}, []float64{1}, []float64{1})}
	c := train.Chain{train.ClipNorm{Max: 1}, &train.Adam{}, train.Chain{&train.Momentum{}}}
	if err := c.Step(p, 0.1); err != nil {
		t.Fatal(err)
	}
	s := c.State()
	if err := (train.Chain{train.ClipNorm{Max: 1}, &train.Adam{}, train.Chain{&train.Momentum{}}}).SetState(p, s); err != nil {
		t.Error(err)
	}
	for want, other := range map[string]train.Chain{
		"optimizer 1":                            {train.ClipNorm{Max: 1}, &train.Momentum{}, train.Chain{&train.Momentum{}}},
		"optimizer 2":                            {train.ClipNorm{Max: 1}, &train.Adam{}, train.Chain{&train.Adam{}}},
		"optimizer 0, *train.Adam, has no state": {&train.Adam{}, train.ClipNorm{Max: 1}, train.Chain{&train.Momentum{}}},
		"more optimizers than 2":                 {train.ClipNorm{Max: 1}, &train.Adam{}},
	} {
		if err := other.SetState(p, s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		for i, o := range other {
			if a, ok := o.(*train.Adam); ok && a.State().Steps != 0 {
				t.Errorf("%s: optimizer %d has changed", want, i)
			}
		}
	}
	if err := c.SetState(p, train.OptimizerState{Kind: "adam"}); err == nil || !strings.Contains(err.Error(), `got that of "adam", want that of a chain`) {
		t.Errorf("got %v", err)
	}
}

func network(t testing.TB) *graph.Network {
	t.Helper()
	net, err := models.MLP{Widths: []int{784, 8, 10}, Activation: layers.Tanh{}}.New(graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func glyphs(t testing.TB) train.Source {
	t.Helper()
	data, err := datasets.Load("glyphs", datasets.LoadSettings{Train: 60, Test: 10})
	if err != nil {
		t.Fatal(err)
	}
	return &train.Labelled{Data: data.Train, Settings: datasets.BatchSettings{Size: 10, Shuffle: true}}
}

// ErrStop ends a run without an error, from either hook, and a later Fit goes on.
func TestErrStop(t *testing.T) {
	for _, wrapped := range []bool{false, true} {
		stop := train.ErrStop
		if wrapped {
			stop = fmt.Errorf("good enough: %w", train.ErrStop)
		}
		tr := train.Trainer{Network: network(t), Rule: &train.Backprop{}, Optimizer: &train.SGD{}, Rate: 0.01, Epochs: 2}
		stopped := false
		tr.OnStep(1, func(_ context.Context, t *train.Trainer, _ train.Stats) error {
			if t.Progress.Updates == 4 && !stopped {
				stopped = true
				return stop
			}
			return nil
		})
		if err := tr.Fit(t.Context(), glyphs(t)); err != nil || tr.Progress.Updates != 4 || tr.Progress.Epoch != 0 {
			t.Errorf("got %v at %+v, want to stop after 4 updates", err, tr.Progress)
		}
		if err := tr.Fit(t.Context(), glyphs(t)); err != nil || tr.Progress.Updates != 12 || tr.Progress.Epoch != 2 {
			t.Errorf("got %v at %+v, want the rest", err, tr.Progress)
		}
	}
	tr := train.Trainer{Network: network(t), Rule: &train.Backprop{}, Optimizer: &train.SGD{}, Rate: 0.01, Epochs: 2}
	boom := errors.New("boom")
	tr.OnEpoch(func(context.Context, *train.Trainer, train.Stats) error { return boom })
	if err := tr.Fit(t.Context(), glyphs(t)); !errors.Is(err, boom) {
		t.Errorf("got %v, want the hook's error", err)
	}
}

func TestSchedules(t *testing.T) {
	for _, c := range []struct {
		schedule    train.Schedule
		step, total int
		want        float64
	}{
		{train.Linear{}, 0, 10, 1},
		{train.Linear{}, 5, 10, 0.5},
		{train.Linear{}, 10, 10, 0},
		{train.Linear{Floor: 0.2}, 5, 10, 0.6},
		{train.Linear{WarmUp: 0.4}, 0, 10, 0.2},
		{train.Linear{WarmUp: 0.4}, 3, 10, 0.8},
		{train.Linear{WarmUp: 0.4}, 4, 10, 1},
		{train.Linear{WarmUpSteps: 4, Floor: 1}, 9, 10, 1},
		{train.Linear{WarmUpSteps: 4}, 0, 0, 0.2},
		{train.Linear{WarmUpSteps: 4}, 100, 0, 1},
		{train.OneCycle{}, 0, 100, 0.04},
		{train.OneCycle{}, 15, 100, 0.52},
		{train.OneCycle{}, 30, 100, 1},
		{train.OneCycle{}, 65, 100, (1 + 1.0/250_000) / 2},
		{train.OneCycle{}, 100, 100, 1.0 / 250_000},
		{train.OneCycle{WarmUp: 0.5, Start: 0.5, Floor: 0.1}, 50, 100, 1},
		{train.OneCycle{WarmUp: 0.5, Start: 0.5, Floor: 0.1}, 0, 100, 0.5},
		{train.OneCycle{WarmUp: 0.5, Start: 0.5, Floor: 0.1}, 75, 100, 0.55},
		{train.OneCycle{}, 3, 0, 1},
	} {
		if got := c.schedule.Factor(c.step, c.total); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v at %d of %d: got %v, want %v", c.schedule, c.step, c.total, got, c.want)
		}
	}
}

// Gradients are clipped, the first layer is frozen, and the weights of the last are
// excitatory.
func ExampleChain() {
	o := train.Chain{
		train.ClipNorm{Max: 1},
		train.Groups{{Match: "h1", Freeze: true}, {Match: "*/bias", Rate: 2}},
		&train.Adam{},
		train.NonNegative{Match: "y/weight"},
	}
	fmt.Println(len(o), o.State().Kind)
	// Output: 4 chain[{"index":2,"kind":"adam","steps":0}]
}
