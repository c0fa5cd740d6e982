package train_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Sorts of networks that rules are tried on, by where their randomness is.
const (
	chain    = "chain"    // of dense layers
	linear   = "linear"   // the same without activation functions
	dropout  = "dropout"  // masks, running statistics and a learned precision
	latent   = "latent"   // a node that starts at random
	langevin = "langevin" // a chain whose relaxation is noisy
)

// ruleCase is a rule on a sort of network. Make takes a recorder that sees every
// relaxation step, or nil.
type ruleCase struct {
	rule, net string
	make      func(relax.Recorder) train.Rule
}

// ruleCases are all rules on all networks they take.
func ruleCases() (cases []ruleCase) {
	add := func(name string, make func(relax.Recorder) train.Rule, nets ...string) {
		for _, net := range nets {
			cases = append(cases, ruleCase{name, net, make})
		}
	}
	settings := func(r relax.Recorder) relax.Settings {
		return relax.Settings{Steps: 5, Control: relax.Discount{Size: 0.1, Factor: 0.5}, Recorder: r, SkipFinal: true}
	}
	search := func(r relax.Recorder) relax.Settings {
		return relax.Settings{Steps: 3, Solver: &relax.LBFGS{}, Control: relax.Armijo{Initial: 1}, Recorder: r}
	}
	noisy := func(r relax.Recorder) relax.Settings {
		s := settings(r)
		s.Solver = &relax.Langevin{Temperature: 1e-3, Seed: 7}
		return s
	}
	start := graph.Start{Std: 0.3}
	settling := baselines.Settling{Steps: 4, Size: 0.1}

	add("prospective", func(r relax.Recorder) train.Rule {
		return &train.Prospective{Relax: settings(r), Start: start, Seed: 3}
	}, chain, dropout, latent)
	add("prospective", func(r relax.Recorder) train.Rule { return &train.Prospective{Relax: noisy(r)} }, langevin)
	add("before last", func(r relax.Recorder) train.Rule {
		return &train.Prospective{Relax: settings(r), State: train.BeforeLast, Nudge: 0.5, Average: true}
	}, chain)
	add("errors", func(r relax.Recorder) train.Rule {
		return &train.Prospective{Relax: search(r), Coordinates: train.Errors}
	}, chain, dropout)
	add("incremental", func(r relax.Recorder) train.Rule {
		return &train.Interleaved{Relax: settings(r), Start: start, Seed: 3}
	}, chain, dropout, latent)
	add("incremental", func(r relax.Recorder) train.Rule { return &train.Interleaved{Relax: noisy(r)} }, langevin)
	add("spans", func(r relax.Recorder) train.Rule {
		return &train.Interleaved{Relax: settings(r), Activities: train.When{{From: 0, Until: 3}}, Weights: train.When{{From: 2, Until: 4}}}
	}, chain, dropout)
	add("repeated", func(relax.Recorder) train.Rule { return &train.Repeated{Rule: &train.Backprop{}, Times: 3} }, chain, dropout)
	add("repeated incremental", func(r relax.Recorder) train.Rule {
		return &train.Repeated{Rule: &train.Interleaved{Relax: noisy(r), Start: start}, Times: 2}
	}, langevin, dropout, latent)
	add("contrastive", func(r relax.Recorder) train.Rule {
		return &train.Contrastive{Relax: settings(r), Start: start, Seed: 3}
	}, chain, dropout, latent)
	add("contrastive", func(r relax.Recorder) train.Rule {
		return &train.Contrastive{Relax: noisy(r), Nudging: train.Positive, Average: true}
	}, langevin)
	add("clamping", func(r relax.Recorder) train.Rule {
		return &train.Contrastive{Relax: settings(r), Nudging: train.Clamping}
	}, chain)
	add("backprop", func(relax.Recorder) train.Rule { return &train.Backprop{} }, chain, dropout)
	add("fixed predictions", func(r relax.Recorder) train.Rule { return &train.FixedPredictions{Relax: settings(r)} }, chain)
	add("multipliers", func(r relax.Recorder) train.Rule {
		return &train.AugmentedLagrangian{Relax: settings(r), Rounds: 2}
	}, chain)
	add("z-il", func(relax.Recorder) train.Rule { return &train.ZIL{} }, chain, "dropout alone")
	add("target propagation", func(relax.Recorder) train.Rule { return &baselines.TargetPropagation{} }, linear)
	add("fixed prediction", func(relax.Recorder) train.Rule { return &baselines.FixedPrediction{Steps: 4, Size: 0.5} }, chain)
	add("generec", func(relax.Recorder) train.Rule { return &baselines.GeneRec{Settling: settling} }, chain)
	add("hopfield", func(relax.Recorder) train.Rule { return &baselines.Hopfield{Settling: settling} }, chain)
	add("almeida-pineda", func(relax.Recorder) train.Rule { return &baselines.AlmeidaPineda{Settling: settling} }, chain)
	add("a rule of one's own", func(relax.Recorder) train.Rule { return &ownRule{} }, chain, dropout)
	add("a learner of one's own", func(relax.Recorder) train.Rule { return &ownLearner{} }, chain, dropout)
	return cases
}

// ownRule changes the weights itself before it looks whether it should stop.
type ownRule struct{ inner train.Backprop }

func (r *ownRule) SetUpdates(n uint64) { r.inner.SetUpdates(n) }

func (r *ownRule) Gradients(ctx context.Context, net *graph.Network, b *train.Batch) (train.Stats, error) {
	for _, p := range net.Params() {
		w := p.Values().Float32()
		for i := range w {
			w[i] *= 0.999
		}
	}
	net.ParamsChanged()
	if err := ctx.Err(); err != nil {
		return train.Stats{}, err
	}
	return r.inner.Gradients(ctx, net, b)
}

// ownLearner steps twice and looks in between.
type ownLearner struct{ ownRule }

func (r *ownLearner) Learn(ctx context.Context, net *graph.Network, b *train.Batch, step func() error) (stats train.Stats, err error) {
	for range 2 {
		if stats, err = r.inner.Gradients(ctx, net, b); err != nil {
			return stats, err
		}
		if err = step(); err != nil {
			return stats, err
		}
		if err = ctx.Err(); err != nil {
			return stats, err
		}
	}
	return stats, nil
}

func (r *ownLearner) SetUpdates(n uint64) { r.inner.SetUpdates(2 * n) }

// optimizerNames are all optimizers that move parameters, a chain of several, one of
// Gorgonia's and one that wraps another.
var optimizerNames = []string{"sgd", "momentum", "nesterov", "adam", "adamw", "chain", "wrapped adam", "gorgonia"}

func optimizerNamed(t testing.TB, name string) train.Optimizer {
	t.Helper()
	switch name {
	case "wrapped adam":
		return &clipped{inner: &train.Adam{}}
	case "chain":
		return train.Chain{train.ClipNorm{Max: 0.5}, train.Groups{{Match: "*", Rate: 0.5}}, &train.Adam{}, train.MaxNorm{Max: 3}, &train.Momentum{}}
	case "gorgonia":
		return &train.GorgoniaSolver{Solver: gorgonia.NewVanillaSolver()}
	}
	s, err := kinds.Parse[train.Optimizer](kinds.Standard(), name+":weight_decay=1e-4")
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.New()
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// clipped is a custom optimizer: it clips every gradient to 1.
type clipped struct{ inner train.Optimizer }

func (o *clipped) Unwrap() train.Optimizer { return o.inner }

func (o *clipped) Step(params []*graph.Param, lr float64) error {
	for _, p := range params {
		g := p.Grads().Float32()
		for i := range g {
			g[i] = min(max(g[i], -1), 1)
		}
	}
	return o.inner.Step(params, lr)
}

// declared is the network of a case.
func declared(sort string) graph.Declaration {
	h := layers.Sequential{layers.Tanh{}, layers.Dense{Out: 5}}
	d := graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{8}}, {Name: "h1", Shape: graph.Shape{6}}, {Name: "h2", Shape: graph.Shape{5}}, {Name: "y", Shape: graph.Shape{4}}},
		Predictions: []graph.Prediction{
			{Of: "h1", From: []string{"x"}, Layer: layers.Dense{Out: 6}},
			{Of: "h2", From: []string{"h1"}, Layer: h},
			{Of: "y", From: []string{"h2"}, Layer: layers.Sequential{layers.Tanh{}, layers.Dense{Out: 4}}},
		},
	}
	switch sort {
	case linear:
		d.Predictions[1].Layer, d.Predictions[2].Layer = layers.Dense{Out: 5}, layers.Dense{Out: 4}
	case dropout, "dropout alone":
		d.Predictions[0].Layer = layers.Sequential{layers.Dense{Out: 6}, layers.BatchNorm{}}
		d.Predictions[1].Layer = layers.Sequential{layers.Tanh{}, layers.Dropout{Rate: 0.3}, layers.Dense{Out: 5}}
		if sort == dropout {
			d.Predictions[2].Energy = energy.Gaussian{Learned: energy.LearnedUnits}
		}
	case latent:
		d.Nodes = append(d.Nodes, graph.Node{Name: "z", Shape: graph.Shape{3}})
		d.Predictions = append(d.Predictions, graph.Prediction{Name: "x|z", Of: "x", From: []string{"z"}, Layer: layers.Dense{Out: 8}})
	}
	return d
}

// trainerOf returns a trainer of a case and its data: batches of two sizes.
func (c ruleCase) trainer(t testing.TB, optimizer string, r relax.Recorder, epochs int) (*train.Trainer, train.Source) {
	t.Helper()
	net, err := graph.New(declared(c.net), graph.Settings{Seed: 3, Engine: graph.Compiled{Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(8, 9))
	var src batches
	for _, size := range []int{6, 6, 5, 6} {
		b := &train.Batch{Size: size, Values: map[string][]float32{}}
		for _, n := range []string{"x", "y"} {
			node, err := net.Node(n)
			if err != nil {
				t.Fatal(err)
			}
			for range size * node.Shape.Size() {
				b.Values[n] = append(b.Values[n], float32(rng.NormFloat64()))
			}
		}
		src = append(src, b)
	}
	rate := 0.002
	if c.net == linear { // the errors of target propagation are large
		rate = 1e-5
	}
	return &train.Trainer{
		Network: net, Rule: c.make(r), Optimizer: optimizerNamed(t, optimizer), Rate: rate,
		Schedule: train.Cosine{WarmUp: 0.1, Floor: 0.1}, Epochs: epochs,
	}, src
}

// stateOf is everything that a run goes on from.
func stateOf(tr *train.Trainer) (state []float64) {
	add := func(t *tensor.Dense) {
		for _, x := range t.Float32s() {
			state = append(state, float64(x))
		}
	}
	for _, p := range tr.Network.Params() {
		add(p.Value)
	}
	for _, b := range tr.Network.Buffers() {
		add(b.Value)
	}
	o := tr.Optimizer
	if w, ok := o.(train.Wrapper); ok {
		o = w.Unwrap()
	}
	if s, ok := o.(train.Stateful); ok {
		remembered := s.State()
		state = append(state, float64(remembered.Steps))
		var names []string
		for name := range remembered.Tensors {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			add(remembered.Tensors[name])
		}
	}
	p := tr.Progress
	return append(state, float64(p.Epoch), float64(p.Batch), float64(p.Updates), float64(p.RelaxSteps), float64(p.Samples), p.Energy)
}

func (c ruleCase) String() string { return strings.ReplaceAll(c.rule+" on "+c.net, " ", "-") }
