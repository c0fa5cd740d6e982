package ops

import (
	"strconv"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Elementwise applies a [Function] to every element of a tensor. It is computed in
// float64 and rounded once, so its error is half an ulp plus the error of package math.
type Elementwise struct {
	sameShape
	// F is the function.
	F Function
	// P is the function's parameter; functions without one ignore it.
	P float64
}

// Apply adds f(x), with parameter p, to x's graph.
func Apply(f Function, p float64, x *gorgonia.Node) (*gorgonia.Node, error) {
	name := f.String()
	if p != 0 { // part of the hash that identifies the operation
		name += "(" + strconv.FormatFloat(p, 'g', -1, 64) + ")"
	}
	n, err := gorgonia.ApplyOp(&Elementwise{sameShape: sameShape{name: name, arity: 1}, F: f, P: p}, x)
	return n, errors.Wrapf(err, "ops: %v", f)
}

// Do computes f of a tensor or a scalar.
func (o *Elementwise) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	if len(in) != 1 {
		return nil, errors.Errorf("ops: %v: number of inputs, got %d, want 1", o.F, len(in))
	}
	f, p := rules[o.F].value, o.P
	switch v := in[0].(type) {
	case *gorgonia.F32:
		return gorgonia.NewF32(float32(f(float64(*v), p))), nil
	case *gorgonia.F64:
		return gorgonia.NewF64(f(float64(*v), p)), nil
	}
	x, err := contiguous(in[0])
	if err != nil {
		return nil, err
	}
	y := like(x)
	switch src := x.Data().(type) {
	case []float32:
		dst := y.Data().([]float32)
		for i, v := range src {
			dst[i] = float32(f(float64(v), p))
		}
	case []float64:
		dst := y.Data().([]float64)
		for i, v := range src {
			dst[i] = f(v, p)
		}
	case float32: // a tensor of no dimensions
		return tensor.New(tensor.FromScalar(float32(f(float64(src), p)))), nil
	case float64:
		return tensor.New(tensor.FromScalar(f(src, p))), nil
	default:
		return nil, errors.Errorf("ops: %v: type of numbers, got %v, want float32 or float64", o.F, x.Dtype())
	}
	return y, nil
}

// DiffWRT reports whether the function has a derivative here.
func (o *Elementwise) DiffWRT(int) []bool { return []bool{rules[o.F].hasD} }

// SymDiff returns grad ⊙ f′(x).
func (o *Elementwise) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	d, ok := o.F.Derivative()
	if !ok {
		return nil, errors.Errorf("ops: %v has no derivative here", o.F)
	}
	slope, err := Apply(d, o.P, in[0])
	if err != nil {
		return nil, err
	}
	g, err := gorgonia.HadamardProd(slope, grad)
	return gorgonia.Nodes{g}, errors.Wrapf(err, "ops: %v", o.F)
}
