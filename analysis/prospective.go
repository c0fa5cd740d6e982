package analysis

import (
	"context"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// NodeIndex is the prospective index of one node.
type NodeIndex struct {
	// Node is the name of the node.
	Node string
	// Cosines has one φ per sample.
	Cosines []float64
}

// ProspectiveIndex measures how well relaxation predicts the effect of learning. For
// every free node, in the order of declaration, and finally for the output,
//
//	φ = cos(end − start, relaxed − start)
//
// where start and end are its feedforward activities before and after a learning step
// on the batch, and relaxed its activity after relaxation with the batch clamped, under
// the old weights; for the output, relaxed is the target. φ = 1 means that the weights
// made permanent what the activities had settled into.
//
// relaxation gives the settings for relaxed. The step may use any rule.
//
// Source: Song et al. 2024, prospective index.
func ProspectiveIndex(ctx context.Context, net *graph.Network, relaxation relax.Settings, s Step, b *train.Batch, output string) ([]NodeIndex, error) {
	f, err := NewForward(net, b, output)
	if err != nil {
		return nil, err
	}
	names, relaxed, err := relaxedState(ctx, net, relaxation, b)
	if err != nil {
		return nil, err
	}
	names, relaxed = append(names, output), append(relaxed, widen32(b.Values[output]))
	read := func() (out [][]float64, err error) {
		if err := f.Run(b); err != nil {
			return nil, err
		}
		for _, name := range names {
			x, err := f.Node(name)
			if err != nil {
				return nil, err
			}
			out = append(out, x)
		}
		return out, nil
	}
	start, err := read()
	if err != nil {
		return nil, err
	}
	var end [][]float64
	if err := s.takeBack(ctx, net, b, func() error { end, err = read(); return err }); err != nil {
		return nil, err
	}
	var out []NodeIndex
	for i, name := range names {
		out = append(out, NodeIndex{name, cosines(b.Size, start[i], end[i], start[i], relaxed[i])})
	}
	return out, nil
}

// relaxedState clamps the batch, relaxes, and returns the free nodes' activities.
func relaxedState(ctx context.Context, net *graph.Network, settings relax.Settings, b *train.Batch) (names []string, values [][]float64, err error) {
	s, err := clamped(net, b)
	if err != nil {
		return nil, nil, err
	}
	if _, err := relax.Run(ctx, s, settings); err != nil {
		return nil, nil, errors.WithMessage(err, "analysis")
	}
	for _, a := range s.Activities() {
		names, values = append(names, a.Name), append(values, widen(a.X))
	}
	return names, values, nil
}

// clamped returns a session with the batch clamped, at the feedforward values.
func clamped(net *graph.Network, b *train.Batch) (*graph.Session, error) {
	var roles graph.Roles
	for name := range b.Values {
		roles.Clamped = append(roles.Clamped, name)
	}
	s, err := net.Session(b.Size, roles)
	if err != nil {
		return nil, err
	}
	if err := b.Check(net); err != nil {
		return nil, err
	}
	for name, data := range b.Values {
		if err := s.Clamp(name, data); err != nil {
			return nil, err
		}
	}
	return s, s.Initialize(graph.Start{}, nil)
}
