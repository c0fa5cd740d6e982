package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/relax"
)

// Param is a learned parameter of a network: a weight matrix, a bias, a
// log-precision. One Param serves every batch size and every program of its
// network, so writing into Value takes effect everywhere at the next run.
//
// Value and Grad are row-major, contiguous, of the network's precision and owned by the
// network. Engines may keep packed copies of Value: [Param.SetValues] and the
// optimizers of package train announce their changes; after writing into Value
// directly, call [Param.Changed] or [Network.ParamsChanged] before the next run.
type Param struct {
	// Name is unique in the network and path-like: "h1/weight".
	Name string
	// Owner is the prediction or prior that asked for it: "h1". Predictions that share
	// it are not named.
	Owner string
	// Value holds the parameter.
	Value *tensor.Dense
	// Grad is filled by a learning rule: ∂E/∂Value, summed or averaged over the
	// batch as the rule's settings say.
	Grad *tensor.Dense
	// NoDecay excludes the parameter from weight decay; biases and
	// log-precisions set it.
	NoDecay bool
	// Log marks the logarithm of the quantity in use, whose exponential has to stay
	// finite too.
	Log bool
	// Axes is the order of the axes, as the layer declared it.
	Axes Axes

	net     *Network // notified of changes; nil for a Param made by hand
	workers int
}

// Values returns a view of Value, of either precision. After writing through it, call
// Changed; [Param.SetValues] needs no call.
func (p *Param) Values() relax.Vector {
	p.sync()
	return vector(p.Value)
}

// sync makes Value current if a device has a newer one. An error is that of the next
// [Network.Sync] too.
func (p *Param) sync() {
	if p.net != nil && p.net.mirrors.ahead {
		_ = p.net.Sync()
	}
}

// Grads returns a view of Grad, of either precision.
func (p *Param) Grads() relax.Vector { return vector(p.Grad) }

// SetValues copies src, of either precision, into the parameter, rounded to its
// precision, and notifies the network. A wrong length, or a value that is not finite
// after rounding, is an error that leaves the parameter unchanged.
func (p *Param) SetValues(src relax.Vector) error {
	v := p.Values()
	if src.Len() != v.Len() {
		return errors.Errorf("graph: parameter %q: values, got %d numbers, want %d = shape %v", p.Name, src.Len(), v.Len(), p.Value.Shape())
	}
	precision := Float32
	if v.Float64() != nil {
		precision = Float64
	}
	if i := precision.firstNonFinite(src); i >= 0 {
		return errors.Errorf("graph: parameter %q: value %d, got %v, want a finite %v number", p.Name, i, src.At(i), precision)
	}
	v.ConvertFrom(src)
	p.Changed()
	return nil
}

// Changed notifies the network that Value was written, as [Network.ParamsChanged] does
// for all parameters. The optimizers of package train call it. It does nothing for a
// Param that does not belong to a network.
func (p *Param) Changed() {
	if p.net != nil {
		p.net.ParamsChanged()
	}
}

// Workers returns the number of threads that may work on the parameter at once: as many
// as the network's engine uses, 1 for an engine that does not say.
func (p *Param) Workers() int { return max(1, p.workers) }
