package train_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// ensembleCase is a network with a rule and a number of members.
type ensembleCase struct {
	decl      graph.Declaration
	clamped   []string
	precision graph.Precision
	rule      func() train.Rule
	sgd       train.SGD
	batch     int
	members   int
	threads   int
	updates   int
	rate      float64
	seed      uint64
}

// drawEnsemble draws a network of one to three hidden nodes, with skips, one or two
// inputs, and layers, energies and rules of several kinds.
func drawEnsemble(t *rapid.T) ensembleCase {
	c := ensembleCase{
		precision: rapid.SampledFrom([]graph.Precision{graph.Float32, graph.Float64}).Draw(t, "precision"),
		batch:     rapid.SampledFrom([]int{1, 1, 2, 5}).Draw(t, "batch"),
		members:   rapid.SampledFrom([]int{1, 3, 16, 17, 100}).Draw(t, "members"),
		threads:   rapid.IntRange(1, 3).Draw(t, "threads"),
		updates:   rapid.IntRange(1, 4).Draw(t, "updates"),
		rate:      rapid.SampledFrom([]float64{0.01, 0.3}).Draw(t, "rate"),
		seed:      rapid.Uint64().Draw(t, "seed"),
	}
	width := rapid.SampledFrom([]int{1, 2, 3, 7, 16, 17, 33})
	layer := func(name string, out int) graph.Layer {
		dense := layers.Dense{Out: out, NoBias: rapid.Bool().Draw(t, name+" without bias")}
		switch rapid.SampledFrom([]string{"linear", "tanh", "sigmoid", "relu", "silu", "gelu", "before"}).Draw(t, name+" activation") {
		case "tanh":
			return layers.Sequential{layers.Tanh{}, dense}
		case "sigmoid":
			return layers.Sequential{layers.Sigmoid{}, dense}
		case "relu":
			return layers.Sequential{layers.ReLU{}, dense}
		case "silu":
			return layers.Sequential{layers.SiLU{}, dense}
		case "gelu":
			return layers.Sequential{layers.GELU{}, dense}
		case "before":
			return layers.Sequential{dense, layers.Tanh{}}
		}
		return dense
	}
	node := func(name string, width int) {
		c.decl.Nodes = append(c.decl.Nodes, graph.Node{Name: name, Shape: graph.Shape{width}})
	}
	node("x", width.Draw(t, "x"))
	c.clamped = []string{"x", "y"}
	from := []string{"x"}
	if rapid.Bool().Draw(t, "two inputs") {
		node("x2", width.Draw(t, "x2"))
		c.clamped = append(c.clamped, "x2")
		from = append(from, "x2")
	}
	hidden := rapid.IntRange(0, 3).Draw(t, "hidden")
	for i := range hidden + 1 {
		name := fmt.Sprintf("h%d", i+1)
		if i == hidden {
			name = "y"
		}
		w := width.Draw(t, name)
		node(name, w)
		in := []string{from[len(from)-1]}
		if len(from) > 1 && rapid.Bool().Draw(t, name+" skip") {
			in = append(in, from[rapid.IntRange(0, len(from)-2).Draw(t, name+" skip from")])
		}
		p := graph.Prediction{Of: name, From: in, Layer: layer(name, w)}
		if len(in) == 2 {
			p.Layer = layers.Sum{p.Layer, layer(name+"/2", w)}
		}
		switch rapid.SampledFrom([]string{"squared", "squared", "precision", "learned", "scalar", "laplace", "huber", "cross-entropy"}).Draw(t, name+" energy") {
		case "precision":
			p.Energy = energy.Gaussian{Precision: 2.5}
		case "learned":
			p.Energy = energy.Gaussian{Learned: energy.LearnedUnits}
		case "scalar":
			p.Energy = energy.Gaussian{Learned: energy.LearnedScalar}
		case "laplace":
			p.Energy = energy.Laplace{}
		case "huber":
			p.Energy = energy.Huber{}
		case "cross-entropy":
			if name == "y" {
				p.Energy = energy.CrossEntropy{}
			}
		}
		c.decl.Predictions = append(c.decl.Predictions, p)
		from = append(from, name)
	}
	steps := rapid.IntRange(1, 12).Draw(t, "steps")
	size := rapid.SampledFrom([]float64{0.05, 0.3}).Draw(t, "size")
	discount := rapid.SampledFrom([]float64{0.5, 0.9, 1}).Draw(t, "discount")
	average := rapid.Bool().Draw(t, "average")
	nudge := rapid.SampledFrom([]float64{0, 0, 0.25}).Draw(t, "nudge")
	if rapid.IntRange(0, 3).Draw(t, "backprop") == 0 {
		c.rule = func() train.Rule { return &train.Backprop{Average: average} }
	} else {
		state := rapid.SampledFrom([]train.State{train.LastState, train.BeforeLast}).Draw(t, "state")
		c.rule = func() train.Rule {
			r := train.Paper(steps, size, discount)
			r.State, r.Average, r.Nudge = state, average, nudge
			return r
		}
	}
	if rapid.Bool().Draw(t, "decay") {
		c.sgd.WeightDecay = 0.01
	}
	return c
}

// data draws a batch of a node.
func (c ensembleCase) data(net *graph.Network, node string, member, update int) []float32 {
	d, _ := net.Node(node)
	rng := rand.New(rand.NewPCG(c.seed+uint64(member), uint64(update)<<8+uint64(len(node))))
	out := make([]float32, c.batch*d.Shape.Size())
	for i := range out {
		out[i] = float32(rng.NormFloat64())
	}
	for _, p := range c.decl.Predictions {
		if _, ok := p.Energy.(energy.CrossEntropy); ok && p.Of == node {
			clear(out)
			for s := range c.batch {
				out[s*d.Shape.Size()+rng.IntN(d.Shape.Size())] = 1
			}
		}
	}
	return out
}

// rates of a member: one for each parameter, some of them 0.
func (c ensembleCase) rates(net *graph.Network, member int) []float64 {
	var out []float64
	for i := range net.Params() {
		out = append(out, c.rate*float64((member+i)%4)/3)
	}
	return out
}

// alone trains a network as a member and returns its parameters and energy.
func (c ensembleCase) alone(net *graph.Network, member int) (params []float64, energy float64, err error) {
	if err := net.Reinitialize(uint64(member)); err != nil {
		return nil, 0, err
	}
	rule := c.rule()
	sgd := c.sgd
	b := &train.Batch{Size: c.batch, Values: map[string][]float32{}}
	for u := range c.updates {
		for _, name := range c.clamped {
			b.Values[name] = c.data(net, name, member, u)
		}
		stats, err := rule.Gradients(context.Background(), net, b)
		if err != nil {
			return nil, 0, err
		}
		energy = stats.Energy
		for i, rate := range c.rates(net, member) {
			if rate != 0 {
				if err := sgd.Step(net.Params()[i:i+1], rate); err != nil {
					return nil, 0, err
				}
			}
		}
		net.ParamsChanged()
	}
	for _, p := range net.Params() {
		params = p.Values().AppendTo(params)
	}
	return params, energy, nil
}

// TestEnsembleMembers: a member has the bits of a network alone.
func TestEnsembleMembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawEnsemble(t)
		net, err := graph.New(c.decl, graph.Settings{Precision: c.precision, Engine: graph.Compiled{Threads: c.threads}})
		if err != nil {
			t.Skip(err)
		}
		e, err := graph.NewEnsemble(net, c.members)
		if err != nil {
			t.Fatal(err)
		}
		learner, err := train.NewEnsemble(e, c.rule(), &c.sgd, c.batch, c.clamped...)
		if err != nil {
			t.Fatal(err)
		}
		for m := range c.members {
			if err := net.Reinitialize(uint64(m)); err != nil {
				t.Fatal(err)
			}
			if err := e.Load(m); err != nil {
				t.Fatal(err)
			}
			if err := learner.SetRates(m, c.rates(net, m)...); err != nil {
				t.Fatal(err)
			}
		}
		for u := range c.updates {
			for m := range c.members {
				for _, name := range c.clamped {
					if err := learner.Clamp(m, name, c.data(net, name, m, u)); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := learner.Learn(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		for m := range c.members {
			if c.members > 20 && m%7 > 0 {
				continue
			}
			want, energy, err := c.alone(net, m)
			if (err != nil) != (learner.Err(m) != nil) {
				t.Fatalf("member %d: error, got %v, want %v", m, learner.Err(m), err)
			}
			if err != nil {
				continue
			}
			var got []float64
			for i, p := range net.Params() {
				v := p.Values().MakeLike()
				if err := e.Param(m, i, v); err != nil {
					t.Fatal(err)
				}
				got = v.AppendTo(got)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("member %d of %d: parameters\ngot  %v\nwant %v", m, c.members, got, want)
			}
			if got := learner.Energy(m); got != energy {
				t.Fatalf("member %d: energy, got %v, want %v", m, got, energy)
			}
		}
	})
}

// What an ensemble cannot learn with is an error that names it.
func TestEnsembleRefuses(t *testing.T) {
	net, err := models.MLP{Widths: []int{2, 3, 1}}.New(graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := graph.NewEnsemble(net, 2)
	if err != nil {
		t.Fatal(err)
	}
	paper := func(change func(*train.Prospective)) train.Rule {
		r := train.Paper(4, 0.1, 0.5)
		change(r)
		return r
	}
	for want, rule := range map[string]train.Rule{
		"rule, got *train.ZIL":                   &train.ZIL{},
		"Steps: want at least 1":                 &train.Prospective{},
		"Relax.Solver, got":                      paper(func(r *train.Prospective) { r.Relax.Solver = &relax.Momentum{Beta: 0.5} }),
		"Relax.Control, got":                     paper(func(r *train.Prospective) { r.Relax.Control = relax.Armijo{Initial: 1} }),
		"Relax.Stop, got":                        paper(func(r *train.Prospective) { r.Relax.Stop = relax.GradientNorm{Tolerance: 1} }),
		"Relax.Recorder, got":                    paper(func(r *train.Prospective) { r.Relax.Recorder = &relax.Trace{} }),
		"Coordinates, got errors":                paper(func(r *train.Prospective) { r.Coordinates = train.Errors }),
		"Start.Std, got 1, want 0":               paper(func(r *train.Prospective) { r.Start.Std = 1 }),
		"train: ensemble: Nudge, got 1e-30":      paper(func(r *train.Prospective) { r.Nudge = 1e-30 }),
		"train: SGD: WeightDecay, got -1, want ": nil,
	} {
		sgd := &train.SGD{}
		if rule == nil {
			rule, sgd.WeightDecay = &train.Backprop{}, -1
		}
		if _, err := train.NewEnsemble(e, rule, sgd, 1, "x", "y"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	learner, err := train.NewEnsemble(e, &train.Backprop{}, &train.SGD{}, 1, "x", "y")
	if err != nil {
		t.Fatal(err)
	}
	for want, err := range map[string]error{
		"member, got 2, want 0 to 1":      learner.SetRates(2, 1),
		"rates, got 2, want 1 or 4":       learner.SetRates(0, 1, 1),
		"learning rate, got -1":           learner.SetRates(0, -1),
		"learning rate, got 1e+39":        learner.SetRates(0, 1e39),
		"train: ensemble: context cancel": learner.Learn(cancelled()),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// A member that diverges keeps its parameters and tells why; the others go on, as
// without it.
func TestEnsembleDivergence(t *testing.T) {
	net, err := models.MLP{Widths: []int{2, 3, 1}}.New(graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	param := func(e *graph.Ensemble, m int) []float64 {
		var out []float64
		for i, p := range net.Params() {
			v := p.Values().MakeLike()
			if err := e.Param(m, i, v); err != nil {
				t.Fatal(err)
			}
			out = v.AppendTo(out)
		}
		return out
	}
	run := func(wild float64) (e *graph.Ensemble, learner *train.Ensemble) {
		e, err := graph.NewEnsemble(net, 20)
		if err != nil {
			t.Fatal(err)
		}
		if learner, err = train.NewEnsemble(e, train.Paper(4, 0.1, 0.5), &train.SGD{}, 1, "x", "y"); err != nil {
			t.Fatal(err)
		}
		for m := range 20 {
			rate := 0.1
			if m == 7 {
				rate = wild
			}
			for _, err := range []error{
				learner.SetRates(m, rate), learner.Clamp(m, "x", []float32{float32(m) / 20, 1}), learner.Clamp(m, "y", []float32{2}),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 5 {
			before := param(e, 7)
			if err := learner.Learn(context.Background()); err != nil {
				t.Fatal(err)
			}
			if learner.Err(7) != nil && !slices.Equal(param(e, 7), before) {
				t.Errorf("member 7: got %v, want %v as before the update", param(e, 7), before)
			}
		}
		return e, learner
	}
	tame, calm := run(0.1)
	wild, learner := run(3e38)
	for m := range 20 {
		if calm.Err(m) != nil {
			t.Errorf("member %d: got %v", m, calm.Err(m))
		}
		if m == 7 {
			continue
		}
		if learner.Err(m) != nil || !slices.Equal(param(tame, m), param(wild, m)) {
			t.Errorf("member %d is not as without member 7; its error is %v", m, learner.Err(m))
		}
	}
	if err := learner.Err(7); !errors.Is(err, relax.ErrDiverged) {
		t.Errorf("member 7: got %v, want that it diverged", err)
	}
}

// Learning allocates nothing.
func TestEnsembleAllocates(t *testing.T) {
	net, err := models.MLP{Widths: []int{2, 3, 1}}.New(graph.Settings{Engine: graph.Compiled{Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	e, err := graph.NewEnsemble(net, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []train.Rule{train.Paper(4, 0.1, 0.5), &train.Backprop{}} {
		learner, err := train.NewEnsemble(e, rule, &train.SGD{}, 1, "x", "y")
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		if n := testing.AllocsPerRun(5, func() {
			if err := learner.Learn(ctx); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%T: got %v allocations, want 0", rule, n)
		}
	}
}
