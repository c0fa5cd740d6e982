package experiments

import (
	"context"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/analysis"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/torchrand"
	"github.com/seed-be841da4/prospect/train"
)

// Alignment measures the target alignment of one learning step of a random deep
// net on a random pair of input and target, both from N(0, 1).
//
// Source: Song et al. 2024, Fig. 3e, and the variants in its supplement.
type Alignment struct {
	Learning
	// Depth is the number of weight matrices, each Width × Width.
	Depth int `json:"depth"`
	Width int `json:"width"`
	// Activation of the hidden units. Empty means the identity.
	Activation string `json:"activation,omitempty"`
	// Init draws the weights.
	Init Initial `json:"init"`
	// Batch is the number of pairs that are learned at once. Zero means 1.
	Batch int `json:"batch,omitempty"`
	// Precision of the network.
	Precision graph.Precision `json:"precision"`
}

// PublishedAlignment returns the settings of Fig. 3e. The variants relax for 128
// steps.
func PublishedAlignment(rule Rule, depth int) Alignment {
	return Alignment{
		Learning: Learning{Rule: rule, Rate: 0.001, Gamma: 0.1, Discount: 0.5, Steps: 512},
		Depth:    depth, Width: 64, Init: XavierUniform,
	}
}

// AlignmentResult is the outcome of an [Alignment].
type AlignmentResult struct {
	// Alignment is the mean over the batch of cos(after − before, target − before).
	Alignment float64 `json:"alignment"`
	// Degrees is its angle.
	Degrees float64 `json:"degrees"`
}

// Run draws a network and a batch and measures.
func (s Alignment) Run(ctx context.Context, seed uint64) (AlignmentResult, error) {
	var r AlignmentResult
	net, pairs, err := s.draw(seed)
	if err != nil {
		return r, err
	}
	rule, err := s.rule()
	if err != nil {
		return r, err
	}
	step := analysis.Step{Rule: rule, Optimizer: &train.SGD{}, Rate: s.Rate}
	cosines, err := analysis.TargetAlignment(ctx, net, step, pairs, "y")
	if err != nil {
		return r, err
	}
	return newAlignmentResult(cosines), nil
}

// chain is the network.
func (s Alignment) chain() chain {
	return chain{widths: constantWidths(s.Width, s.Depth), activation: s.Activation, init: s.Init}
}

// draw returns a network and its batch.
func (s Alignment) draw(seed uint64) (*graph.Network, *train.Batch, error) {
	net, err := s.chain().new(settings(s.Precision, seed))
	if err != nil {
		return nil, nil, err
	}
	pairs, err := s.fill(net, seed)
	return net, pairs, err
}

// fill draws the weights of a network, and returns its batch.
func (s Alignment) fill(net *graph.Network, seed uint64) (*train.Batch, error) {
	batch := max(1, s.Batch)
	if s.Draws == Own {
		return randomPairs(net, batch, 1, seed), net.Reinitialize(seed)
	}
	g := torchrand.New(seed)
	return torchPairs(g, batch, s.Width, s.Width, 1), s.chain().redraw(net, s.Draws, g)
}

// RunAlignments measures with a seed each, as [Alignment.Run] does, together. The
// settings have to be equal, but for the rate.
func RunAlignments(ctx context.Context, all []Alignment, seeds []uint64) ([]Outcome[AlignmentResult], error) {
	var learning []Learning
	for _, s := range all {
		learning = append(learning, s.Learning)
	}
	if err := alike("alignment", seeds, learning...); err != nil {
		return nil, err
	}
	s := all[0]
	for _, same := range all {
		if same.Rate = s.Rate; same != s {
			return nil, errors.Errorf("experiments: alignment: settings, got %+v and %+v, want simulations that run together to be equal but for the rate", s, same)
		}
	}
	batch := max(1, s.Batch)
	build := func() (*graph.Network, error) { return s.chain().new(settings(s.Precision, 0)) }
	c, err := newClass(len(all), s.Learning, batch, build, "x")
	if err != nil {
		return nil, err
	}
	targets := make([][]float32, len(all))
	for m, seed := range seeds {
		if err := c.rates(m, slices.Repeat([]float64{all[m].Rate}, s.Depth)...); err != nil {
			return nil, err
		}
		var pairs *train.Batch
		err := c.draw(m, func(net *graph.Network) (err error) {
			pairs, err = s.fill(net, seed)
			return err
		})
		if err != nil {
			return nil, err
		}
		for node, data := range pairs.Values {
			if err := c.set32(m, node, data); err != nil {
				return nil, err
			}
			if node == "y" {
				targets[m] = data
			}
		}
	}
	before, err := c.outputs()
	if err != nil {
		return nil, err
	}
	if err := c.learn(ctx); err != nil {
		return nil, err
	}
	after, err := c.outputs()
	if err != nil {
		return nil, err
	}
	out := make([]Outcome[AlignmentResult], len(all))
	for m := range out {
		if out[m].Err = c.err(m); out[m].Err == nil {
			out[m].Result = newAlignmentResult(analysis.Alignment(batch, before[m], after[m], wide(targets[m])))
		}
	}
	return out, nil
}

// wide converts numbers.
func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

func newAlignmentResult(cosines []float64) AlignmentResult {
	mean := analysis.Mean(cosines)
	return AlignmentResult{Alignment: mean, Degrees: analysis.Degrees(mean)}
}

// constantWidths are the widths of a chain of depth matrices.
func constantWidths(width, depth int) []int {
	out := make([]int, depth+1)
	for i := range out {
		out[i] = width
	}
	return out
}

// randomPairs draws inputs and targets from N(0, std²).
func randomPairs(net *graph.Network, batch int, std float64, seed uint64) *train.Batch {
	b := &train.Batch{Size: batch, Values: map[string][]float32{}}
	for _, d := range net.Declaration().Nodes {
		if d.Name != "x" && d.Name != "y" {
			continue
		}
		rng := source(seed, "pairs/"+d.Name)
		data := make([]float32, batch*d.Shape.Size())
		for i := range data {
			data[i] = float32(std * rng.NormFloat64())
		}
		b.Values[d.Name] = data
	}
	return b
}
