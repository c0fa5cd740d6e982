package ops

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Softmax computes, for every row along the last axis,
//
//	yᵢ = exp(xᵢ − m) / Σⱼ exp(xⱼ − m),   m = maxⱼ xⱼ
//
// y has the shape of x.
type Softmax struct {
	shaped
	// Causal restricts row r of the square matrices (…, L, L) to its first r+1
	// elements: the others are ignored and y is 0 there.
	Causal bool
}

// SoftmaxGrad is the derivative of [Softmax], from its output y and the output gradient
// g: dxᵢ = yᵢ(gᵢ − Σⱼ gⱼyⱼ). It needs no causal mask, because y is 0 where it masks.
type SoftmaxGrad struct{ shaped }

// ApplySoftmax adds the softmax of x's rows.
func ApplySoftmax(causal bool, x *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&Softmax{Causal: causal}, fmt.Sprintf("softmax(%v)", causal), x)
}

// ApplySoftmaxGrad adds the derivative of the softmax y.
func ApplySoftmaxGrad(y, g *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&SoftmaxGrad{}, "softmax′", y, g)
}

func (o *Softmax) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, -1); err != nil {
		return nil, err
	}
	x := in[0]
	if n := len(x); o.Causal && (n < 2 || x[n-1] != x[n-2]) {
		return nil, errors.Errorf("input, got shape %v, want square matrices for a causal mask", x)
	}
	return x.Clone(), nil
}

func (o *SoftmaxGrad) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, -1, -1); err != nil {
		return nil, err
	}
	return in[0].Clone(), same("the gradient", in[1], in[0])
}

func (o *Softmax) compute(dst []float64, out tensor.Shape, src [][]float64, _ []tensor.Shape) error {
	width := out[len(out)-1]
	for r := range len(dst) / width {
		seen := width
		if o.Causal {
			seen = r%width + 1
		}
		softmax(dst[r*width:r*width+seen], src[0][r*width:])
	}
	return nil
}

func softmax(dst, x []float64) {
	top := math.Inf(-1)
	for i := range dst {
		top = max(top, x[i]) // max propagates NaN
	}
	sum := 0.0
	for i := range dst {
		dst[i] = math.Exp(x[i] - top)
		sum += dst[i]
	}
	for i := range dst {
		dst[i] /= sum
	}
}

func (o *SoftmaxGrad) compute(dst []float64, out tensor.Shape, src [][]float64, _ []tensor.Shape) error {
	width := out[len(out)-1]
	for start := 0; start < len(dst); start += width {
		y, g := src[0][start:start+width], src[1][start:start+width]
		sum := 0.0
		for i := range y {
			sum += g[i] * y[i]
		}
		for i := range y {
			dst[start+i] = y[i] * (g[i] - sum)
		}
	}
	return nil
}

// SymDiff returns the node of [SoftmaxGrad].
func (o *Softmax) SymDiff(_ gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := ApplySoftmaxGrad(out, grad)
	return gorgonia.Nodes{dx}, err
}
