package analysis

import (
	"context"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Step is a learning step on one batch, whose effect is to be measured.
type Step struct {
	// Rule fills the gradients. Required.
	Rule train.Rule
	// Optimizer applies them. Required. The step changes the state of an optimizer that
	// has one; use a fresh optimizer.
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

// takeBack learns the batch, calls measure, and restores the parameters and buffers.
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
	net      *graph.Network
	now, old []relax.Vector // views, and copies of the saved values
}

// Save copies the parameters and the buffers, such as the running statistics of a batch
// normalisation.
func Save(net *graph.Network) *Saved {
	s := &Saved{net: net}
	for _, b := range net.Buffers() {
		s.add(b.Values())
	}
	for _, p := range net.Params() {
		s.add(p.Values())
	}
	return s
}

func (s *Saved) add(v relax.Vector) {
	old := v.MakeLike()
	old.CopyFrom(v)
	s.now, s.old = append(s.now, v), append(s.old, old)
}

// Restore sets the parameters and buffers to their saved values.
func (s *Saved) Restore() {
	for i, v := range s.now {
		v.CopyFrom(s.old[i])
	}
	s.net.ParamsChanged()
}
