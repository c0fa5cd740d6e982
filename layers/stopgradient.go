package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// StopGradient is the identity whose derivative counts as 0,
//
//	x: (batch, ...)   μ = x: (batch, ...)   ∂μ/∂x := 0
//
// so that what stands before it is read, but gets no error back: a connection that only
// predicts. Before a layer it keeps the error from the activity, while the layer's
// parameters still learn; behind one it keeps it from those too, and a parameter that no
// energy reaches otherwise is an error of [graph.New]. In backprop it stops the gradient
// in the same places. Relaxation then follows no gradient of an energy, in activities and
// in errors to the same state, so that no energy gap can be certified:
// relax.RelativeGap is refused, and the promise of relax.EnergyGap cannot be kept.
type StopGradient struct{}

// Build adds x without its derivative.
func (StopGradient) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := single("stop gradient", in)
	if err != nil {
		return nil, err
	}
	y, err := ops.ApplyStop(x)
	return y, errors.WithMessage(err, "layers")
}
