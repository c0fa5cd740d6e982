package query

import (
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// Answer is the relaxed state of a network.
type Answer struct {
	// Samples is the number of samples.
	Samples int
	// Relaxations are the results of the relaxation of each batch, in order.
	Relaxations []relax.Result
	// Terms names the active energy terms.
	Terms []string
	// TermEnergies are the energies of the samples by term: (Samples, terms).
	TermEnergies []float64

	nodes  []graph.Node
	values map[string][]float64
}

func newAnswer(net *graph.Network, samples int) *Answer {
	a := &Answer{Samples: samples, nodes: net.Declaration().Nodes, values: map[string][]float64{}}
	for _, n := range a.nodes {
		a.values[n.Name] = make([]float64, samples*n.Shape.Size())
	}
	return a
}

// collect adds the state of a session as the samples from i on.
func (a *Answer) collect(s *session, i int, energies bool) error {
	a.Relaxations = append(a.Relaxations, s.result)
	if a.Terms = s.Terms(); energies && len(a.Terms) > 0 {
		each := make([]float64, s.Batch()*len(a.Terms))
		if err := s.SampleEnergies(each); err != nil {
			return err
		}
		a.TermEnergies = append(a.TermEnergies, each...)
	}
	for _, n := range a.nodes {
		x, err := s.Activity(n.Name)
		if err != nil {
			return err
		}
		dst := a.values[n.Name][i*n.Shape.Size():]
		for j := range x.Len() {
			dst[j] = x.At(j)
		}
	}
	return nil
}

// Node returns the activity of a node: (Samples, size), row-major. It belongs to the
// answer. For a clamped node it is the data.
func (a *Answer) Node(name string) ([]float64, error) {
	v, ok := a.values[name]
	if !ok {
		return nil, errors.Errorf("query: node %q: not in the network", name)
	}
	return v, nil
}

// Energies returns the energy of every sample, summed over the terms. It is the
// negative log-likelihood of the sample, up to a constant and with the free nodes at
// their optimum: the higher it is, the less the sample resembles the training data. It
// is nil if [Settings.SkipEnergies] is set.
func (a *Answer) Energies() []float64 {
	if len(a.Terms) > 0 && len(a.TermEnergies) == 0 {
		return nil
	}
	out := make([]float64, a.Samples)
	for i, e := range a.TermEnergies {
		out[i/len(a.Terms)] += e
	}
	return out
}

// Largest returns, for every sample, the unit of a node with the largest activity: for
// a node that holds labels, the class.
func (a *Answer) Largest(name string) ([]int, error) {
	v, err := a.Node(name)
	if err != nil {
		return nil, err
	}
	size := len(v) / a.Samples
	out := make([]int, a.Samples)
	for i := range out {
		row := v[i*size : (i+1)*size]
		out[i] = slices.Index(row, slices.Max(row))
	}
	return out, nil
}

// Converged reports whether every sample's relaxation passed the convergence test. It
// is false without a test in [Settings.Relax], and true if nothing was free.
func (a *Answer) Converged() bool {
	return !slices.ContainsFunc(a.Relaxations, func(r relax.Result) bool { return r.Status != relax.Converged })
}

// Steps is the maximum number of relaxation steps of a batch.
func (a *Answer) Steps() int {
	steps := 0
	for _, r := range a.Relaxations {
		steps = max(steps, r.Steps)
	}
	return steps
}

// GradNorm is the largest remaining gradient norm of a sample, NaN if it was not
// computed.
func (a *Answer) GradNorm() float64 {
	norm := 0.0
	for _, r := range a.Relaxations {
		norm = max(norm, r.GradNorm)
	}
	return norm
}
