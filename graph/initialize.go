package graph

import (
	"hash/fnv"
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/relax"
)

// Reinitialize draws all parameters and buffers again with another seed: bit for bit
// the values that [New] would draw for the declaration with that seed, which Settings
// then returns. Gradients become 0. Sessions stay valid, and nothing is built or
// compiled, so that many seeds of one network cost one network. Optimizers and rules
// keep their state: start with new ones.
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
		b.Values().ConvertFrom(relax.Float64(buffers[i]))
	}
	for i, p := range n.params {
		p.Values().ConvertFrom(relax.Float64(drawn[i]))
		p.Grads().Fill(0)
	}
	n.settings.Seed = seed
	n.ParamsChanged()
	return nil
}

// asker is the prediction or prior that asks for a parameter or a buffer.
type asker struct {
	root       string // the prediction or prior that owns it
	owner      string // the same, for messages
	prediction int    // its index, −1 for a prior
}

// first draws an initial value. Its error names the prediction or prior that asked
// first.
func (n *Network) first(by asker, kind, name string, spec ParamSpec) (values []float64, err error) {
	defer func() {
		if r := recover(); r != nil { // a user's initialiser
			err = errors.Errorf("drawing it panicked: %v", r)
		}
		if err == nil {
			return
		}
		err = errors.WithMessagef(err, "graph: %s: %s %q", by.owner, kind, name)
		if by.prediction >= 0 {
			err = ofPrediction(by.prediction, err)
			return
		}
		for k, d := range n.decl.Nodes {
			if priorName(d.Name) == by.root {
				err = ofNode(k, err)
			}
		}
	}()
	return n.draw(name, spec, n.settings.Seed)
}

// fill allocates parameter i and draws its value.
func (n *Network) fill(i int) error {
	p, spec := n.params[i], n.specs[i]
	values, err := n.first(n.askers[i], "parameter", p.Name, spec)
	if err != nil {
		return err
	}
	dt := n.settings.Precision.Dtype()
	p.Value = tensor.New(tensor.Of(dt), tensor.WithShape(spec.Shape...))
	p.Grad = tensor.New(tensor.Of(dt), tensor.WithShape(spec.Shape...))
	if e, ok := n.settings.Engine.(interface{ Workers() int }); ok {
		p.workers = e.Workers()
	}
	p.Values().ConvertFrom(relax.Float64(values))
	return nil
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

// splitRand returns the random source of a name under a seed.
func splitRand(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}
