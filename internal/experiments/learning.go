package experiments

import (
	"context"
	"hash/fnv"
	"math/rand/v2"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Rule names a learning rule.
type Rule string

// The rules of the simulations.
const (
	PC            Rule = "pc"       // prospective configuration
	BP            Rule = "bp"       // backpropagation
	TP            Rule = "tp"       // target propagation, in linear nets
	GeneRec       Rule = "generec"  // contrastive Hebbian learning
	Hopfield      Rule = "hopfield" // the same without leak
	AlmeidaPineda Rule = "ap"       // recurrent backpropagation

	GaussianFilter Rule = "gaussian-filter" // closed form, learned precisions
	FixedFilter    Rule = "fixed-filter"    // the same with precisions of 1
)

// Learning is how a network learns: a rule, its learning rate, and how
// prospective configuration relaxes. Gradients are summed over the batch; the
// weights see the state after Steps−1 steps. The filters average gradients.
type Learning struct {
	// Rule is the learning rule. Empty is an error.
	Rule Rule `json:"rule"`
	// Rate is the learning rate.
	Rate float64 `json:"rate"`
	// Gamma is the step size at first, Discount what multiplies it whenever the
	// energy did not fall, and Steps the number of steps. BP, TP and filters ignore them,
	// and the step size of GeneRec, Hopfield and AlmeidaPineda stays as it is.
	Gamma    float64 `json:"gamma"`
	Discount float64 `json:"discount"`
	Steps    int     `json:"steps"`
	// Output is the activation of the output for GeneRec, Hopfield and
	// AlmeidaPineda. Empty means the identity.
	Output string `json:"output,omitempty"`
	// Draws says whose random numbers a simulation draws; with [Torch] PC also compares
	// energies as that program did, in float32.
	Draws Draws `json:"draws,omitempty"`
}

// relaxation returns the settings of the relaxation, without a last evaluation.
func (l Learning) relaxation() relax.Settings { return train.Paper(l.Steps, l.Gamma, l.Discount).Relax }

// rule returns a new rule.
func (l Learning) rule() (train.Rule, error) {
	switch l.Rule {
	case PC:
		rule := train.Paper(l.Steps, l.Gamma, l.Discount)
		if l.Draws != Own {
			rule.Relax.Control = float32Discount{relax.Discount{Size: l.Gamma, Factor: l.Discount}}
		}
		return rule, nil
	case BP:
		return &train.Backprop{}, nil
	case TP:
		return &baselines.TargetPropagation{}, nil
	case GeneRec, Hopfield, AlmeidaPineda:
		return l.settling()
	case GaussianFilter, FixedFilter:
		return &baselines.GaussianFilter{Fixed: l.Rule == FixedFilter}, nil
	}
	return nil, errors.Errorf("experiments: rule, got %q, want one of %q", l.Rule, []Rule{PC, BP, TP, GeneRec, Hopfield, AlmeidaPineda, GaussianFilter, FixedFilter})
}

// float32Discount is a Discount that compares energies rounded to float32. Near the
// equilibrium they stop falling earlier than those in float64.
type float32Discount struct{ relax.Discount }

// Next implements relax.Control.
func (c float32Discount) Next(t relax.Taken) float64 {
	t.Energy, t.Previous = float64(float32(t.Energy)), float64(float32(t.Previous))
	return c.Discount.Next(t)
}

// settling returns one of the rules whose activities settle.
func (l Learning) settling() (train.Rule, error) {
	s := baselines.Settling{Steps: l.Steps, Size: l.Gamma, Average: true}
	if l.Output != "" {
		f, err := activation(l.Output)
		if err != nil {
			return nil, err
		}
		var ok bool
		if s.Output, ok = f.(layers.Pointwise); !ok {
			return nil, errors.Errorf("experiments: output activation %q: cannot be evaluated outside a graph", l.Output)
		}
	}
	switch l.Rule {
	case GeneRec:
		return &baselines.GeneRec{Settling: s}, nil
	case Hopfield:
		return &baselines.Hopfield{Settling: s}, nil
	}
	return &baselines.AlmeidaPineda{Settling: s}, nil
}

// settings are those of every network here: one thread, so that many
// simulations run side by side.
func settings(p graph.Precision, seed uint64) graph.Settings {
	return graph.Settings{Precision: p, Seed: seed, Engine: graph.Compiled{Threads: 1}}
}

// source returns the random numbers that belong to a name under a seed.
func source(seed uint64, name string) *rand.Rand { return random(seed, "experiments/"+name) }

// random is source for the experiments with data, whose stored results know their
// names without the package's.
func random(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// pupil is a network of inputs and the output "y" that learns one sample, or one
// fixed batch, at a time.
type pupil struct {
	net   *graph.Network
	rule  train.Rule
	rates []float64 // of each parameter; 0 leaves it as it is
	sgd   train.SGD
	batch *train.Batch

	forward *graph.Session
	y       relax.Vector
}

// newPupil prepares learning and predicting with batches of a size. inputs are
// the clamped nodes besides "y".
func newPupil(net *graph.Network, l Learning, size int, inputs ...string) (*pupil, error) {
	rule, err := l.rule()
	if err != nil {
		return nil, err
	}
	p := &pupil{net: net, rule: rule, batch: &train.Batch{Size: size, Values: map[string][]float32{}}}
	for range net.Params() {
		p.rates = append(p.rates, l.Rate)
	}
	for _, name := range append(inputs, "y") {
		node, err := net.Node(name)
		if err != nil {
			return nil, err
		}
		p.batch.Values[name] = make([]float32, size*node.Shape.Size())
	}
	if p.forward, err = net.ForwardSession(size, inputs, "y"); err != nil {
		return nil, err
	}
	p.y, err = p.forward.View("y")
	return p, err
}

// set says what a node is clamped to.
func (p *pupil) set(node string, data ...float64) {
	for i, v := range data {
		p.batch.Values[node][i] = float32(v)
	}
}

// predict returns the feedforward output, which the next call overwrites.
func (p *pupil) predict() (relax.Vector, error) {
	for name, data := range p.batch.Values {
		if name == "y" {
			continue
		}
		if err := p.forward.Clamp(name, data); err != nil {
			return p.y, err
		}
	}
	return p.y, p.forward.Feedforward()
}

// learn takes one learning step.
func (p *pupil) learn(ctx context.Context) error {
	if _, err := p.rule.Gradients(ctx, p.net, p.batch); err != nil {
		return err
	}
	params := p.net.Params()
	for i, rate := range p.rates {
		if rate == 0 {
			continue
		}
		if err := p.sgd.Step(params[i:i+1], rate); err != nil {
			return err
		}
	}
	p.net.ParamsChanged()
	return nil
}

// weight returns number i of a parameter.
func weight(p *graph.Param, i int) float64 { return p.Values().At(i) }

// setWeights overwrites the first numbers of a parameter; the caller tells the network.
func setWeights(p *graph.Param, w ...float64) {
	p.Values().Slice(0, len(w)).ConvertFrom(relax.Float64(w))
}
