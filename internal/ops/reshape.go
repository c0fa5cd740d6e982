package ops

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Reshape gives x another shape of the same size. It copies, unlike Gorgonia's, whose
// result shares memory with x, so that a later in-place operation may overwrite x.
type Reshape struct {
	shaped
	To tensor.Shape
}

// ApplyReshape adds x with another shape.
func ApplyReshape(x *gorgonia.Node, to ...int) (*gorgonia.Node, error) {
	return apply(&Reshape{To: append(tensor.Shape(nil), to...)}, fmt.Sprintf("reshape%v", to), x)
}

func (o *Reshape) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, -1); err != nil {
		return nil, err
	}
	if o.To.TotalSize() != in[0].TotalSize() {
		return nil, errors.Errorf("from %v to %v, want shapes of equal size", in[0], o.To)
	}
	return o.To.Clone(), nil
}

func (o *Reshape) compute(dst []float64, _ tensor.Shape, src [][]float64, _ []tensor.Shape) error {
	copy(dst, src[0])
	return nil
}

// SymDiff returns the gradient in the shape of the input.
func (o *Reshape) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	g, err := ApplyReshape(grad, in[0].Shape()...)
	return gorgonia.Nodes{g}, err
}
