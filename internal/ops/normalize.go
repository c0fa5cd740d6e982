package ops

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Normalize gives groups of elements mean 0 and variance 1. It views x, row-major, as
// (A, B, C), and the groups are the B planes of A×C elements,
//
//	y[a,b,c] = (x[a,b,c] − m[b]) / √(v[b] + Eps)
//
//	m[b] = mean of x[·,b,·]   v[b] = mean of (x[·,b,·] − m[b])²
//
// So A = 1 with C the size of a sample, of a group of channels or of the last axis is
// layer and group normalisation, and (N, C, H·W) would be batch normalisation. y has
// the shape of x.
type Normalize struct {
	shaped
	// View is (A, B, C); its product is the size of x.
	View [3]int
	// Eps is added to the variance.
	Eps float64
}

// NormalizeGrad is the derivative of [Normalize], from its input x, its output y and
// the output gradient g, with means over a group,
//
//	dx = (g − mean(g) − y·mean(g⊙y)) / √(v + Eps)
type NormalizeGrad struct {
	shaped
	View [3]int
	Eps  float64
}

// ApplyNormalize adds x with its groups normalised.
func ApplyNormalize(view [3]int, eps float64, x *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&Normalize{View: view, Eps: eps}, fmt.Sprintf("normalize(%v,%g)", view, eps), x)
}

// ApplyNormalizeGrad adds the derivative, given y, the normalised x.
func ApplyNormalizeGrad(view [3]int, eps float64, x, y, g *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&NormalizeGrad{View: view, Eps: eps}, fmt.Sprintf("normalize′(%v,%g)", view, eps), x, y, g)
}

func viewShape(view [3]int, eps float64, x tensor.Shape) (tensor.Shape, error) {
	if view[0] < 1 || view[1] < 1 || view[2] < 1 || size(view[:]) != size(x) {
		return nil, errors.Errorf("view, got %v of an input of shape %v, want the same size", view, x)
	}
	if !(eps >= 0) || math.IsInf(eps, 1) {
		return nil, errors.Errorf("epsilon, got %v, want a finite number of at least 0", eps)
	}
	return x.Clone(), nil
}

func (o *Normalize) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, -1); err != nil {
		return nil, err
	}
	return viewShape(o.View, o.Eps, in[0])
}

func (o *NormalizeGrad) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, -1, -1, -1); err != nil {
		return nil, err
	}
	for i, what := range []string{"the output", "the gradient"} {
		if err := same(what, in[i+1], in[0]); err != nil {
			return nil, err
		}
	}
	return viewShape(o.View, o.Eps, in[0])
}

// groups calls f for every group with an iterator over its indices.
func groups(view [3]int, f func(each func(func(at int)))) {
	for b := range view[1] {
		f(func(visit func(at int)) {
			for a := range view[0] {
				start := (a*view[1] + b) * view[2]
				for at := start; at < start+view[2]; at++ {
					visit(at)
				}
			}
		})
	}
}

// moments returns the mean of a group and 1/√(variance + eps).
func moments(x []float64, n int, eps float64, each func(func(at int))) (mean, scale float64) {
	each(func(at int) { mean += x[at] })
	mean /= float64(n)
	variance := 0.0
	each(func(at int) { variance += (x[at] - mean) * (x[at] - mean) })
	return mean, 1 / math.Sqrt(variance/float64(n)+eps)
}

func (o *Normalize) compute(dst []float64, _ tensor.Shape, src [][]float64, _ []tensor.Shape) error {
	x := src[0]
	groups(o.View, func(each func(func(at int))) {
		mean, scale := moments(x, o.View[0]*o.View[2], o.Eps, each)
		each(func(at int) { dst[at] = (x[at] - mean) * scale })
	})
	return nil
}

func (o *NormalizeGrad) compute(dst []float64, _ tensor.Shape, src [][]float64, _ []tensor.Shape) error {
	x, y, g := src[0], src[1], src[2]
	n := o.View[0] * o.View[2]
	groups(o.View, func(each func(func(at int))) {
		_, scale := moments(x, n, o.Eps, each)
		sum, product := 0.0, 0.0
		each(func(at int) {
			sum += g[at]
			product += g[at] * y[at]
		})
		sum, product = sum/float64(n), product/float64(n)
		each(func(at int) { dst[at] = (g[at] - sum - y[at]*product) * scale })
	})
	return nil
}

// SymDiff returns the node of [NormalizeGrad].
func (o *Normalize) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := ApplyNormalizeGrad(o.View, o.Eps, in[0], out, grad)
	return gorgonia.Nodes{dx}, err
}
