package analysis

import (
	"context"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/train"
)

// Step is a learning step on one batch, whose effect is to be measured.
type Step struct {
	// Rule fills the gradients. Required.
	Rule train.Rule
	// Optimizer applies them. Required. One with a memory keeps what the step
	// added to it; give it a fresh one.
	Optimizer train.Optimizer
	// Rate is the learning rate. Zero is an error.
	Rate float64
}

// Take learns the batch.
func (s Step) Take(ctx context.Context, net *graph.Network, b *train.Batch) error {
	if s.Rule == nil || s.Optimizer == nil {
		return errors.New("analysis: step: Rule and Optimizer are required")
	}
	_, err := train.Learn(ctx, net, s.Rule, s.Optimizer, s.Rate, b)
	return errors.WithMessage(err, "analysis: step")
}

// takeBack learns the batch, calls measure, and gives the parameters and buffers
// back the values they had.
func (s Step) takeBack(ctx context.Context, net *graph.Network, b *train.Batch, measure func() error) error {
	saved := Save(net)
	defer saved.Restore()
	if err := s.Take(ctx, net, b); err != nil {
		return err
	}
	return measure()
}

// Saved is a copy of all parameters and buffers of a network.
type Saved struct {
	net     *graph.Network
	values  [][]float64
	buffers []func() // give one buffer its values back
}

// Save copies the parameters and the buffers, such as running statistics of a batch
// normalisation.
func Save(net *graph.Network) *Saved {
	s := &Saved{net: net}
	for _, b := range net.Buffers() {
		switch v := b.Value.Data().(type) {
		case []float64:
			old := slices.Clone(v)
			s.buffers = append(s.buffers, func() { copy(v, old) })
		case []float32:
			old := slices.Clone(v)
			s.buffers = append(s.buffers, func() { copy(v, old) })
		}
	}
	for _, p := range net.Params() {
		s.values = append(s.values, values(p))
	}
	return s
}

// Restore gives the parameters and buffers the values they had when they were saved.
func (s *Saved) Restore() {
	for _, restore := range s.buffers {
		restore()
	}
	for i, p := range s.net.Params() {
		if v, _ := p.Float64(); v != nil {
			copy(v, s.values[i])
			continue
		}
		v, _ := p.Float32()
		for j, x := range s.values[i] {
			v[j] = float32(x)
		}
	}
	s.net.ParamsChanged()
}

// values returns a parameter widened to float64, in memory of its own.
func values(p *graph.Param) []float64 {
	if v, _ := p.Float64(); v != nil {
		return append([]float64(nil), v...)
	}
	v, _ := p.Float32()
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}
