package graph

import (
	"hash/fnv"
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/relax"
)

// Reinitialize draws all parameters and buffers anew under another seed: bit for bit those
// that [New] would give the declaration with that seed, which is in Settings
// from then on. Gradients become 0. Sessions stay valid, and nothing is built or
// compiled, so that many seeds of one network cost one network. What an optimizer
// or a rule remembers is its own: start with new ones.
//
// After an error no parameter has changed.
func (n *Network) Reinitialize(seed uint64) error {
	drawn := make([][]float64, len(n.params))
	for i, p := range n.params {
		var err error
		if drawn[i], err = n.draw(p.Name, n.specs[i], seed); err != nil {
			return errors.WithMessagef(err, "graph: reinitialize: parameter %q", p.Name)
		}
	}
	buffers := make([][]float64, len(n.buffers))
	for i, b := range n.buffers {
		var err error
		if buffers[i], err = n.draw(b.Name, n.bufferSpecs[i].param(), seed); err != nil {
			return errors.WithMessagef(err, "graph: reinitialize: buffer %q", b.Name)
		}
	}
	for i, b := range n.buffers {
		writeVector(vector(b.Value), buffers[i])
	}
	for i, p := range n.params {
		writeVector(vector(p.Value), drawn[i])
		vector(p.Grad).Fill(0)
	}
	n.settings.Seed = seed
	n.ParamsChanged()
	return nil
}

func (n *Network) newParam(owner, name string, spec ParamSpec) (*Param, error) {
	values, err := n.draw(name, spec, n.settings.Seed)
	if err != nil {
		return nil, err
	}
	dt := n.settings.Precision.Dtype()
	p := &Param{
		Name:    name,
		Owner:   owner,
		Value:   tensor.New(tensor.Of(dt), tensor.WithShape(spec.Shape...)),
		Grad:    tensor.New(tensor.Of(dt), tensor.WithShape(spec.Shape...)),
		NoDecay: spec.NoDecay,
		Axes:    spec.Axes,
	}
	if e, ok := n.settings.Engine.(interface{ Workers() int }); ok {
		p.workers = e.Workers()
	}
	writeVector(vector(p.Value), values)
	return p, nil
}

// draw returns the initial value of a parameter under a seed.
func (n *Network) draw(name string, spec ParamSpec, seed uint64) ([]float64, error) {
	values := make([]float64, spec.Shape.Size())
	if spec.Init != nil {
		if err := spec.Init.Fill(values, spec, splitRand(seed, name)); err != nil {
			return nil, err
		}
	}
	if i := n.settings.Precision.firstNonFinite(relax.Float64(values)); i >= 0 {
		return nil, errors.Errorf("initial value %d, got %v, want a finite %v number; check the initialiser", i, values[i], n.settings.Precision)
	}
	return values, nil
}

// splitRand returns the random source that belongs to a name under a seed.
func splitRand(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}
