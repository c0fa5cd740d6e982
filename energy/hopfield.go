package energy

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// Hopfield is the energy of the connections between two nodes of a continuous Hopfield
// network, a scalar product instead of a difference:
//
//	E = −Σ ρ(x)·μ        for example μ = ρ(x′)·W + b
//
//	x, μ: (batch, ...)   sums over units and samples
//
// The same weights drive both nodes: ρ(x′)·W acts on x, and ρ(x)·Wᵀ on x′; a convolution
// acts backwards as its transpose. The energy has no minimum of its own where ρ does not
// saturate: put an [L2] prior of weight 1, the leak, on every free node for
//
//	E = ½ Σ_i x_i² − Σ_{i<j} ρ(x_i)·W_ij·ρ(x_j) − Σ_i b_i·ρ(x_i)
//
// A feedforward pass takes μ itself.
//
// Source: Hopfield 1984; Scellier and Bengio 2017, arXiv:1602.05179, eq. 1.
type Hopfield struct {
	// Activation is ρ of the predicted node. Nil means the identity. What the prediction
	// applies to the nodes it reads is part of its layer.
	Activation graph.Layer `json:"activation,omitempty"`
}

// Build returns the energy.
func (h Hopfield) Build(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	if h.Activation != nil {
		var err error
		if x, err = h.Activation.Build(b, x); err != nil {
			return nil, errors.WithMessage(err, "energy: hopfield: Activation")
		}
		if !x.Shape().Eq(mu.Shape()) {
			return nil, errors.Errorf("energy: hopfield: Activation, got shape %v, want %v, that of the node; use a function of single units", x.Shape(), mu.Shape())
		}
	}
	c := ops.Chain{}
	e := c.Mul(b.Constant(-1), c.Sum(c.Hadamard(x, mu)))
	return e, errors.Wrap(c.Err, "energy: hopfield")
}
