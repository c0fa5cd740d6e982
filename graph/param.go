package graph

import (
	"gorgonia.org/tensor"
)

// Param is a learned parameter of a network: a weight matrix, a bias, a
// log-precision. One Param serves every batch size and every program of its
// network, so writing into Value takes effect everywhere at the next run.
//
// Value and Grad are row-major, contiguous, of the network's precision and
// owned by the network. Whoever writes into Value must call
// [Network.ParamsChanged] before the next run, because engines may keep packed
// copies.
type Param struct {
	// Name is unique in the network and path-like: "h1/weight".
	Name string
	// Owner is the prediction or prior that asked for it: "h1". Predictions that
	// share it are not named.
	Owner string
	// Value holds the parameter.
	Value *tensor.Dense
	// Grad is filled by a learning rule: ∂E/∂Value, summed or averaged over the
	// batch as the rule's settings say.
	Grad *tensor.Dense
	// NoDecay excludes the parameter from weight decay; biases and
	// log-precisions set it.
	NoDecay bool
	// Log says that the parameter is the logarithm of what is used, so that its
	// exponential has to stay finite too.
	Log bool
	// Axes says what the axes are, as the layer declared.
	Axes Axes

	workers int
}

// Float32 returns the backing slices of value and gradient, or nil, nil for a
// float64 network.
func (p *Param) Float32() (value, grad []float32) {
	value, ok := p.Value.Data().([]float32)
	if !ok {
		return nil, nil
	}
	return value, p.Grad.Data().([]float32)
}

// Float64 returns the backing slices of value and gradient, or nil, nil for a
// float32 network.
func (p *Param) Float64() (value, grad []float64) {
	value, ok := p.Value.Data().([]float64)
	if !ok {
		return nil, nil
	}
	return value, p.Grad.Data().([]float64)
}

// Workers is how many threads may work on the parameter at once: as many as the
// network's engine uses, 1 for an engine that does not tell.
func (p *Param) Workers() int { return max(1, p.workers) }
