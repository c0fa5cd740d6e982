package analysis

import (
	"maps"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Forward runs a network's feedforward pass and reads nodes.
type Forward struct {
	session *graph.Session
	given   []string
}

// NewForward prepares the feedforward pass that predicts output from all other nodes
// that the batch b clamps, for batches of its size.
func NewForward(net *graph.Network, b *train.Batch, output string) (*Forward, error) {
	if _, ok := b.Values[output]; !ok {
		return nil, errors.Errorf("analysis: output %q: is not in the batch, which clamps %q; its target is needed", output, slices.Sorted(maps.Keys(b.Values)))
	}
	f := &Forward{}
	for _, name := range slices.Sorted(maps.Keys(b.Values)) {
		if name != output {
			f.given = append(f.given, name)
		}
	}
	nodes := []string{output}
	for _, p := range net.Declaration().Predictions {
		if !slices.Contains(f.given, p.Of) && !slices.Contains(nodes, p.Of) {
			nodes = append(nodes, p.Of)
		}
	}
	var err error
	f.session, err = net.ForwardSession(b.Size, f.given, nodes...)
	return f, errors.WithMessage(err, "analysis")
}

// Run runs the pass on the data of a batch with the current parameters.
func (f *Forward) Run(b *train.Batch) error {
	if err := b.Check(f.session.Network()); err != nil {
		return err
	}
	for _, name := range f.given {
		if err := f.session.Clamp(name, b.Values[name]); err != nil {
			return err
		}
	}
	return f.session.Initialize(graph.Start{}, nil)
}

// Node returns a copy of a node's activity, (batch, size) row-major.
func (f *Forward) Node(name string) ([]float64, error) {
	v, err := f.session.Activity(name)
	return widen(v), err
}

// Predict runs the pass and returns a copy of a node's activity.
func (f *Forward) Predict(b *train.Batch, node string) ([]float64, error) {
	if err := f.Run(b); err != nil {
		return nil, err
	}
	return f.Node(node)
}

func widen(v relax.Vector) []float64 {
	out := make([]float64, v.Len())
	for i := range out {
		out[i] = v.At(i)
	}
	return out
}

func widen32(x []float32) []float64 { return widen(relax.Float32(x)) }
