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
	optimizer func(decay float64) train.Optimizer
	decay     float64
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
		c.decay = 0.01
	}
	c.optimizer = drawOptimizer(t)
	return c
}

// drawOptimizer draws an optimizer of an ensemble: what makes it with a decay.
func drawOptimizer(t *rapid.T) func(decay float64) train.Optimizer {
	all := rapid.Bool().Draw(t, "decay all")
	beta := rapid.SampledFrom([]float64{0, 0.5}).Draw(t, "beta")
	switch rapid.SampledFrom([]string{"sgd", "sgd", "momentum", "nesterov", "adam", "adamw"}).Draw(t, "optimizer") {
	case "momentum":
		return func(decay float64) train.Optimizer {
			return &train.Momentum{Beta: beta, Dampening: 0.2, WeightDecay: decay, DecayAll: all}
		}
	case "nesterov":
		return func(decay float64) train.Optimizer {
			return &train.Momentum{Beta: beta, Nesterov: true, WeightDecay: decay, DecayAll: all}
		}
	case "adam":
		return func(decay float64) train.Optimizer {
			return &train.Adam{Beta1: beta, WeightDecay: decay, DecayAll: all}
		}
	case "adamw":
		return func(decay float64) train.Optimizer {
			return &train.AdamW{Beta1: beta, WeightDecay: decay, DecayAll: all}
		}
	}
	return func(decay float64) train.Optimizer { return &train.SGD{WeightDecay: decay, DecayAll: all} }
}

// size is the number of samples of an update: every third has more.
func (c ensembleCase) size(update int) int {
	if update%3 == 1 {
		return c.batch + 2
	}
	return c.batch
}

// data draws a batch of a node.
func (c ensembleCase) data(net *graph.Network, node string, member, update int) []float32 {
	d, _ := net.Node(node)
	rng := rand.New(rand.NewPCG(c.seed+uint64(member), uint64(update)<<8+uint64(len(node))))
	out := make([]float32, c.size(update)*d.Shape.Size())
	for i := range out {
		out[i] = float32(rng.NormFloat64())
	}
	for _, p := range c.decl.Predictions {
		if _, ok := p.Energy.(energy.CrossEntropy); ok && p.Of == node {
			clear(out)
			for s := range c.size(update) {
				out[s*d.Shape.Size()+rng.IntN(d.Shape.Size())] = 1
			}
		}
	}
	return out
}

// rates of a member: one for each parameter, some of them 0 with SGD, which has no
// moments that follow.
func (c ensembleCase) rates(net *graph.Network, member int) []float64 {
	_, sgd := c.optimizer(0).(*train.SGD)
	var out []float64
	for i := range net.Params() {
		factor := 1 + member%3
		if sgd {
			factor = (member + i) % 4
		}
		out = append(out, c.rate*float64(factor)/3)
	}
	return out
}

// decayOf is the weight decay of a member.
func (c ensembleCase) decayOf(member int) float64 { return c.decay * float64(member%3) }

// relax changes the relaxation of a rule to that of a member.
func (c ensembleCase) relax(rule train.Rule, member int) (*train.Prospective, bool) {
	p, ok := rule.(*train.Prospective)
	if !ok {
		return nil, false
	}
	d := p.Relax.Control.(relax.Discount)
	d.Size *= 1 + 0.1*float64(member%3)
	d.Factor *= 1 - 0.1*float64(member%2)
	p.Relax.Control = d
	p.Relax.Steps += member % 3
	return p, true
}

// alone trains a network as a member and returns its parameters and energy.
func (c ensembleCase) alone(net *graph.Network, member int) (params []float64, energy float64, err error) {
	if err := net.Reinitialize(uint64(member)); err != nil {
		return nil, 0, err
	}
	rule, optimizer := c.rule(), c.optimizer(c.decayOf(member))
	c.relax(rule, member)
	b := &train.Batch{Values: map[string][]float32{}}
	for u := range c.updates {
		b.Size = c.size(u)
		for _, name := range c.clamped {
			b.Values[name] = c.data(net, name, member, u)
		}
		stats, err := rule.Gradients(context.Background(), net, b)
		if err != nil {
			return nil, 0, err
		}
		energy = stats.Energy
		rates := c.rates(net, member)
		if _, ok := optimizer.(*train.SGD); !ok {
			if err := optimizer.Step(net.Params(), rates[0]); err != nil {
				return nil, 0, err
			}
			rates = nil
		}
		for i, rate := range rates {
			if rate != 0 {
				if err := optimizer.Step(net.Params()[i:i+1], rate); err != nil {
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
		learner, err := train.NewEnsemble(e, c.rule(), c.optimizer(0.5), c.batch, c.clamped...)
		if err != nil {
			t.Fatal(err)
		}
		larger, err := learner.Sized(c.batch + 2)
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
			if err := learner.SetWeightDecay(m, c.decayOf(m)); err != nil {
				t.Fatal(err)
			}
			if err := learner.SetRates(m, c.rates(net, m)...); err != nil {
				t.Fatal(err)
			}
			if p, ok := c.relax(c.rule(), m); ok {
				if err := learner.SetRelax(m, p.Relax); err != nil {
					t.Fatal(err)
				}
			}
		}
		for u := range c.updates {
			l := learner
			if c.size(u) != c.batch {
				l = larger
			}
			for m := range c.members {
				for _, name := range c.clamped {
					if err := l.Clamp(m, name, c.data(net, name, m, u)); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := l.Learn(context.Background()); err != nil {
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
		"rule, got *train.ZIL":     &train.ZIL{},
		"Steps: want at least 1":   &train.Prospective{},
		"Relax.Solver, got":        paper(func(r *train.Prospective) { r.Relax.Solver = &relax.Momentum{Beta: 0.5} }),
		"Relax.Control, got":       paper(func(r *train.Prospective) { r.Relax.Control = relax.Armijo{Initial: 1} }),
		"Relax.Stop, got":          paper(func(r *train.Prospective) { r.Relax.Stop = relax.GradientNorm{Tolerance: 1} }),
		"Stages, got 1, want none": paper(func(r *train.Prospective) { r.Stages = []train.Stage{{Relax: r.Relax}} }),
		"Relax.Precision, got": paper(func(r *train.Prospective) {
			r.Relax.Control, r.Relax.Precision = relax.Constant{Size: 0.1}, relax.Spiking{Peak: 2}
		}),
		"Relax.Recorder, got":               paper(func(r *train.Prospective) { r.Relax.Recorder = &relax.Trace{} }),
		"Coordinates, got errors":           paper(func(r *train.Prospective) { r.Coordinates = train.Errors }),
		"Start.Std, got 1, want 0":          paper(func(r *train.Prospective) { r.Start.Std = 1 }),
		"train: ensemble: Nudge, got 1e-30": paper(func(r *train.Prospective) { r.Nudge = 1e-30 }),
	} {
		if _, err := train.NewEnsemble(e, rule, &train.SGD{}, 1, "x", "y"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for want, o := range map[string]train.Optimizer{
		"train: SGD: WeightDecay, got -1, want ":      &train.SGD{WeightDecay: -1},
		"train: Momentum: Beta, got 2":                &train.Momentum{Beta: 2},
		"train: Adam: Beta1, got 1":                   &train.Adam{Beta1: 1},
		"train: AdamW: Epsilon, got -1":               &train.AdamW{Epsilon: -1},
		"ensemble: optimizer, got train.Chain, want ": train.Chain{&train.Adam{}},
	} {
		if _, err := train.NewEnsemble(e, &train.Backprop{}, o, 1, "x", "y"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	learner, err := train.NewEnsemble(e, &train.Backprop{}, &train.AdamW{WeightDecay: 0.1}, 1, "x", "y")
	if err != nil {
		t.Fatal(err)
	}
	relaxing, err := train.NewEnsemble(e, train.Paper(4, 0.1, 0.5), &train.SGD{}, 1, "x", "y")
	if err != nil {
		t.Fatal(err)
	}
	for want, err := range map[string]error{
		"member, got 2, want 0 to 1":      learner.SetRates(2, 1),
		"rates, got 2, want 1 or 4":       learner.SetRates(0, 1, 1),
		"learning rate, got -1":           learner.SetRates(0, -1),
		"WeightDecay, got 10·0.1, want":   learner.SetRates(0, 10),
		"WeightDecay, got -1, want 0":     learner.SetWeightDecay(0, -1),
		"rule, got *train.Backprop":       learner.SetRelax(0, relax.Settings{}),
		"Steps: want at least 1":          relaxing.SetRelax(0, relax.Settings{}),
		"got 3, want 0 to 1":              relaxing.SetRelax(3, relax.Settings{}),
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

// A member whose moments overflow learns no more, though its weights are finite.
func TestEnsembleMoments(t *testing.T) {
	net, err := models.MLP{Widths: []int{1, 1}, NoBias: true}.New(graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := graph.NewEnsemble(net, 2)
	if err != nil {
		t.Fatal(err)
	}
	learner, err := train.NewEnsemble(e, &train.Backprop{}, &train.Adam{}, 1, "x", "y")
	if err != nil {
		t.Fatal(err)
	}
	for m, x := range []float32{1, 1e12} {
		for _, err := range []error{learner.SetRates(m, 0.1), learner.Clamp(m, "x", []float32{x}), learner.Clamp(m, "y", []float32{-x})} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := learner.Learn(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := learner.Err(1); learner.Err(0) != nil || err == nil || !strings.Contains(err.Error(), "second moment of y/weight") {
		t.Errorf("got %v and %v, want none and the second moment", learner.Err(0), err)
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
	for _, c := range []struct {
		train.Rule
		train.Optimizer
	}{
		{train.Paper(4, 0.1, 0.5), &train.SGD{}}, {&train.Backprop{}, &train.Momentum{}}, {train.Paper(4, 0.1, 0.5), &train.AdamW{}},
	} {
		learner, err := train.NewEnsemble(e, c.Rule, c.Optimizer, 1, "x", "y")
		if err != nil {
			t.Fatal(err)
		}
		if err := learner.SetRates(7, 0.1); err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		if n := testing.AllocsPerRun(5, func() {
			if err := learner.Learn(ctx); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%T, %T: got %v allocations, want 0", c.Rule, c.Optimizer, n)
		}
	}
}
