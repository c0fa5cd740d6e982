package run

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Relaxation is what the nodes of a network do while its activities settle, the data and
// the targets clamped, from their feedforward values on: the first half of an update of
// prospective configuration, after which the weights would follow.
type Relaxation struct {
	// Samples is the number of samples.
	Samples int
	// Steps are the numbers of steps after which a state was kept: 0 first, the last of
	// all last.
	Steps []int
	// Terms are the names of the energies.
	Terms []string
	// Energies are those of the terms at every state kept, summed over the samples:
	// (states)(terms).
	Energies [][]float64
	// Norms are the gradient norms at every state kept, the largest of a sample.
	Norms []float64
	// Nodes are in the order of the network.
	Nodes []NodeTrace
	// Result is how it ended.
	Result relax.Result
}

// NodeTrace is a node in a [Relaxation].
type NodeTrace struct {
	Name  string
	Shape graph.Shape
	// Clamped says that the node holds data and does not move.
	Clamped bool
	// Values are the activities at every state, (states)(samples·size); of a node that is
	// clamped the one state there is.
	Values [][]float64
	// Predictions are what the rest of the network predicts of a clamped node at every
	// state; nil if nothing predicts it.
	Predictions [][]float64
}

// Relax relaxes samples as the training of the run does, in the activities: a run in
// error coordinates comes to the same equilibrium another way. The relaxation of a rule
// that has none is what the settings would make of one. The batch holds values of all
// nodes that training clamps. At most about states states are kept, at least the first
// and the last.
func (v *View) Relax(ctx context.Context, b *train.Batch, states int) (*Relaxation, error) {
	s, net := &v.Manifest.Settings, v.Net
	settings, err := s.relaxation()
	if err != nil {
		return nil, err
	}
	session, err := net.Session(b.Size, graph.Roles{Clamped: net.Clamped()})
	if err != nil {
		return nil, err
	}
	for _, name := range net.Clamped() {
		if err := session.Clamp(name, b.Values[name]); err != nil {
			return nil, err
		}
	}
	if err := session.Initialize(graph.Start{Std: s.StartStd}, rand.New(rand.NewPCG(s.Seed, 0))); err != nil {
		return nil, err
	}
	every := max(1, (settings.Steps+max(2, states)-2)/(max(2, states)-1))
	trace := &relax.Trace{WithGradNorms: true, ActivitiesEvery: every}
	settings.Recorder, settings.SkipFinal = trace, false
	r := &Relaxation{Samples: b.Size, Terms: session.Terms()}
	if len(r.Terms) > 0 {
		if r.Result, err = relax.Run(ctx, session, settings); err != nil {
			return nil, err
		}
	}
	r.keep(trace, every)
	for _, n := range net.Declaration().Nodes {
		t := NodeTrace{Name: n.Name, Shape: n.Shape, Clamped: slices.Contains(net.Clamped(), n.Name)}
		if _, values := trace.Activity(n.Name); values != nil {
			for _, x := range values {
				t.Values = append(t.Values, x.AppendTo(nil))
			}
		}
		if len(t.Values) < len(r.Steps) && (len(t.Values) == 0 || !t.Clamped) {
			x, err := session.Activity(n.Name)
			if err != nil {
				return nil, err
			}
			t.Values = append(t.Values, x.AppendTo(nil))
		}
		r.Nodes = append(r.Nodes, t)
	}
	return r, r.predict(net)
}

// keep takes the states of a trace whose activities it has, and the last.
func (r *Relaxation) keep(t *relax.Trace, every int) {
	norms, steps := t.GradNorms(), t.Steps()
	for i, step := range steps {
		if step%every == 0 || i == len(steps)-1 {
			r.Steps = append(r.Steps, step)
			r.Energies = append(r.Energies, t.EnergiesAt(i))
			r.Norms = append(r.Norms, norms[i])
		}
	}
	if len(r.Steps) == 0 {
		r.Steps, r.Energies, r.Norms = []int{0}, [][]float64{nil}, []float64{0}
	}
}

// predict fills in what is predicted of clamped nodes.
func (r *Relaxation) predict(net *Network) error {
	for i := range r.Nodes {
		t := &r.Nodes[i]
		if !t.Clamped || !slices.ContainsFunc(net.Declaration().Predictions, func(p graph.Prediction) bool { return p.Of == t.Name }) {
			continue
		}
		for state := range r.Energies {
			data := map[string][]float32{}
			for _, o := range r.Nodes {
				if o.Name != t.Name {
					data[o.Name] = single(o.Values[min(state, len(o.Values)-1)])
				}
			}
			rows, err := net.Predict(data, t.Name)
			if err != nil {
				return errors.WithMessagef(err, "run: what is predicted of %q", t.Name)
			}
			t.Predictions = append(t.Predictions, slices.Concat(rows...))
		}
	}
	return nil
}

// single rounds numbers.
func single(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// Samples returns the first n test samples, with all that training clamps; fewer if there
// are fewer in the first batch of the test data.
func (v *View) Samples(n int) (*train.Batch, error) {
	for b, err := range v.Test.Batches(0, 0) {
		if err != nil {
			return nil, err
		}
		return pick(b, 0, min(n, b.Size)), nil
	}
	return nil, errors.New("run: there are no test samples")
}

// pick copies samples from to to−1 of a batch.
func pick(b *train.Batch, from, to int) *train.Batch {
	out := &train.Batch{Size: to - from, Values: map[string][]float32{}, Shapes: b.Shapes}
	for name, x := range b.Values {
		size := len(x) / b.Size
		out.Values[name] = slices.Clone(x[from*size : to*size])
	}
	if len(b.Labels) == b.Size {
		out.Labels = slices.Clone(b.Labels[from:to])
	}
	if len(b.Indices) == b.Size {
		out.Indices = slices.Clone(b.Indices[from:to])
	}
	return out
}
