package experiments

import (
	"context"

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
	r.Alignment = analysis.Mean(cosines)
	r.Degrees = analysis.Degrees(r.Alignment)
	return r, nil
}

// draw returns a network and its batch.
func (s Alignment) draw(seed uint64) (*graph.Network, *train.Batch, error) {
	c := chain{widths: constantWidths(s.Width, s.Depth), activation: s.Activation, init: s.Init}
	net, err := c.new(settings(s.Precision, seed))
	if err != nil {
		return nil, nil, err
	}
	batch := max(1, s.Batch)
	if s.Draws == Own {
		return net, randomPairs(net, batch, 1, seed), nil
	}
	g := torchrand.New(seed)
	x, y := make([]float32, batch*s.Width), make([]float32, batch*s.Width)
	g.Normal(x, 0, 1)
	g.Normal(y, 0, 1)
	return net, &train.Batch{Size: batch, Values: map[string][]float32{"x": x, "y": y}}, c.redraw(net, s.Draws, g)
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
