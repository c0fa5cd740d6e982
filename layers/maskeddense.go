package layers

import (
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
)

// MaskedDense is a [Dense] with sparse connections,
//
//	μ = x·(W ⊙ M) + b
//
//	x: (batch, in)   W, M: (in, Out)   b: (Out)   μ: (batch, Out)
//
// with M[i][j] = 1 where unit j reads unit i and 0 elsewhere. A missing connection has
// weight 0 and gets no gradient.
type MaskedDense struct {
	// Out is the number of units of the prediction. Zero is an error.
	Out int `json:"out"`
	// Connections lists, for each unit of μ, the units of x that it reads.
	Connections [][]int `json:"connections,omitempty"`
	// Radius instead connects each unit to the units of x within it: with both layers
	// laid out from 0 to 1, |(i+½)/in − (j+½)/Out| ≤ Radius. Zero means that
	// Connections is used. [Neighbours] makes connections on images.
	Radius float64 `json:"radius,omitempty"`
	// NoBias omits b.
	NoBias bool `json:"no_bias,omitempty"`
	// Weight draws the initial W. Its fan-in is the mean number of connections of a
	// unit of μ, its fan-out the same of a unit of x. Nil means FanIn{}.
	Weight graph.Initializer `json:"weight,omitempty"`
	// Bias draws the initial b. Nil means FanIn{}.
	Bias graph.Initializer `json:"bias,omitempty"`
}

// Neighbours lists, for every unit of a grid of shape out, the units of a grid of shape
// in that lie within radius of it along each axis, where every axis of both grids is
// laid out from 0 to 1. Both grids must have the same number of axes.
func Neighbours(in, out graph.Shape, radius float64) ([][]int, error) {
	if len(in) != len(out) || len(in) == 0 || !(radius > 0) {
		return nil, errors.Errorf("layers: neighbours: got grids %v and %v and radius %v, want grids of equally many axes and a positive radius", in, out, radius)
	}
	if storable("", in) != nil || storable("", append(slices.Clone(in), out...)) != nil {
		return nil, errors.Errorf("layers: neighbours: got grids %v and %v, want axes of at least 1 and at most %d pairs of units", in, out, maxElements)
	}
	lists := make([][]int, out.Size())
	for j := range lists {
		for i := range in.Size() {
			if within(i, j, in, out, radius) {
				lists[j] = append(lists[j], i)
			}
		}
	}
	return lists, nil
}

// within reports whether two units are within radius of one another along each axis.
func within(i, j int, in, out graph.Shape, radius float64) bool {
	for k := len(in) - 1; k >= 0; k-- {
		d := (float64(i%in[k])+0.5)/float64(in[k]) - (float64(j%out[k])+0.5)/float64(out[k])
		if max(d, -d) > radius {
			return false
		}
		i, j = i/in[k], j/out[k]
	}
	return true
}

// mask returns M, row-major, and the number of connections.
func (l MaskedDense) mask(in int) (mask []float64, n int, err error) {
	lists := l.Connections
	switch {
	case (len(lists) > 0) == (l.Radius != 0):
		return nil, 0, errors.Errorf("layers: masked dense: Connections and Radius, got lists for %d units and radius %v, want one of the two", len(lists), l.Radius)
	case l.Radius != 0:
		if lists, err = Neighbours(graph.Shape{in}, graph.Shape{l.Out}, l.Radius); err != nil {
			return nil, 0, errors.WithMessage(err, "layers: masked dense: Radius")
		}
	case len(lists) != l.Out:
		return nil, 0, errors.Errorf("layers: masked dense: Connections, got lists for %d units, want %d, one for each unit of the prediction", len(lists), l.Out)
	}
	mask = make([]float64, in*l.Out)
	for j, list := range lists {
		for _, i := range list {
			if i < 0 || i >= in {
				return nil, 0, errors.Errorf("layers: masked dense: Connections: unit %d reads unit %d, want units from 0 to %d", j, i, in-1)
			}
			mask[i*l.Out+j] = 1
		}
	}
	for _, m := range mask {
		n += int(m)
	}
	if n == 0 {
		return nil, 0, errors.Errorf("layers: masked dense: none of %d units is connected to any of %d; use a larger Radius", in, l.Out)
	}
	return mask, n, nil
}

// Build adds the layer; it takes one input with samples of one axis.
func (l MaskedDense) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := single("masked dense", in)
	if err != nil {
		return nil, err
	}
	switch {
	case l.Out < 1:
		return nil, errors.Errorf("layers: masked dense: Out, got %d, want at least 1", l.Out)
	case x.Dims() != 2:
		return nil, errors.Errorf("layers: masked dense: input, got shape %v for each sample, want one axis; put layers.Flatten{} before it", perSample(x))
	}
	units := x.Shape()[1]
	if err := storable("masked dense: W", graph.Shape{units, l.Out}); err != nil {
		return nil, err
	}
	mask, connections, err := l.mask(units)
	if err != nil {
		return nil, err
	}
	fanIn, fanOut := max(1, connections/l.Out), max(1, connections/units)
	w, err := b.Param(graph.ParamSpec{
		Name: "weight", Shape: graph.Shape{units, l.Out}, FanIn: fanIn, FanOut: fanOut, Init: masked{orDefault(l.Weight, FanIn{}), mask}, Axes: graph.AxesInOut,
	})
	if err != nil {
		return nil, err
	}
	m, err := b.ConstantTensor("mask", graph.Shape{units, l.Out}, mask)
	if err != nil {
		return nil, err
	}
	if w, err = gorgonia.HadamardProd(w, m); err != nil {
		return nil, errors.Wrap(err, "layers: masked dense: W⊙M")
	}
	mu, err := gorgonia.Mul(x, w)
	if err != nil || l.NoBias {
		return mu, errors.Wrap(err, "layers: masked dense: x·(W⊙M)")
	}
	return addBias(b, "masked dense", "bias", l.Out, fanIn, l.Bias, mu)
}

// masked is an initialiser times a mask.
type masked struct {
	graph.Initializer
	mask []float64
}

// Fill draws the parameter and zeroes the masked elements.
func (m masked) Fill(dst []float64, p graph.ParamSpec, rng *rand.Rand) error {
	err := m.Initializer.Fill(dst, p, rng)
	for i := range dst {
		dst[i] *= m.mask[i]
	}
	return err
}
