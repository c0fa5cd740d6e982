package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Stop is the identity y = x with a derivative of 0.
type Stop struct{ shaped }

// ApplyStop adds x without its derivative.
func ApplyStop(x *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&Stop{}, "stop", x)
}

func (o *Stop) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, -1); err != nil {
		return nil, err
	}
	return in[0].Clone(), nil
}

func (o *Stop) compute(dst []float64, _ tensor.Shape, src [][]float64, _ []tensor.Shape) error {
	copy(dst, src[0])
	return nil
}

// DiffWRT reports that it is differentiable in nothing.
func (o *Stop) DiffWRT(int) []bool { return []bool{false} }

// SymDiff returns an error: nothing asks for the derivative.
func (o *Stop) SymDiff(gorgonia.Nodes, *gorgonia.Node, *gorgonia.Node) (gorgonia.Nodes, error) {
	return nil, errors.New("ops: stop: has no derivative to ask for")
}

// StopsGradient tells a graph that what depends on x moves without feeling it.
func (o *Stop) StopsGradient() bool { return true }
