package ops

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// LogSoftmax computes, for every row along the last axis,
//
//	yᵢ = xᵢ − m − log Σⱼ exp(xⱼ − m),   m = maxⱼ xⱼ
//
// which neither overflows nor underflows for any finite logits, except where the result
// itself exceeds the largest finite value and is limited to it.
type LogSoftmax struct{ sameShape }

// LogSoftmaxGrad is the derivative of [LogSoftmax], from its output y and the output
// gradient g,
//
//	dxᵢ = gᵢ − exp(yᵢ) Σⱼ gⱼ
type LogSoftmaxGrad struct{ sameShape }

// ApplyLogSoftmax adds the log-softmax of x's rows to x's graph.
func ApplyLogSoftmax(x *gorgonia.Node) (*gorgonia.Node, error) {
	n, err := gorgonia.ApplyOp(&LogSoftmax{sameShape{name: "logsoftmax", arity: 1}}, x)
	return n, errors.Wrap(err, "ops: logsoftmax")
}

// Do computes the log-softmax.
func (o *LogSoftmax) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	return rowwise(o.name, in, func(dst, x, _ []float64) {
		top := math.Inf(-1)
		for _, v := range x {
			top = max(top, v) // max propagates NaN
		}
		var sum float64
		for _, v := range x {
			sum += math.Exp(v - top)
		}
		log := math.Log(sum)
		for i, v := range x {
			dst[i] = (v - top) - log
		}
	})
}

// DiffWRT reports that the operation is differentiable.
func (o *LogSoftmax) DiffWRT(int) []bool { return []bool{true} }

// SymDiff returns the node of [LogSoftmaxGrad].
func (o *LogSoftmax) SymDiff(_ gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	n, err := gorgonia.ApplyOp(&LogSoftmaxGrad{sameShape{name: "logsoftmax′", arity: 2}}, out, grad)
	return gorgonia.Nodes{n}, errors.Wrap(err, "ops: logsoftmax′")
}

// Do computes the derivative from the output of the log-softmax and the output
// gradient.
func (o *LogSoftmaxGrad) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	return rowwise(o.name, in, func(dst, y, g []float64) {
		var sum float64
		for _, v := range g {
			sum += v
		}
		for i := range dst {
			dst[i] = g[i] - math.Exp(y[i])*sum
		}
	})
}

// rowwise runs f on every row of one or two equally shaped tensors, in float64.
func rowwise(name string, in []gorgonia.Value, f func(dst, a, b []float64)) (gorgonia.Value, error) {
	var args []*tensor.Dense
	for _, v := range in {
		d, err := contiguous(v)
		if err != nil {
			return nil, err
		}
		args = append(args, d)
	}
	if len(args) == 0 || args[0].Dims() == 0 {
		return nil, errors.Errorf("ops: %s: input, got a scalar, want rows", name)
	}
	out := like(args[0])
	shape := out.Shape()
	width := shape[len(shape)-1]
	a, b, dst := make([]float64, width), make([]float64, width), make([]float64, width)
	for start := 0; start < shape.TotalSize(); start += width {
		load(a, args[0].Data(), start)
		if len(args) > 1 {
			load(b, args[1].Data(), start)
		}
		f(dst, a, b)
		if err := store(out.Data(), dst, start); err != nil {
			return nil, errors.WithMessage(err, name)
		}
	}
	return out, nil
}

func load(dst []float64, from any, start int) {
	switch src := from.(type) {
	case []float32:
		for i := range dst {
			dst[i] = float64(src[start+i])
		}
	case []float64:
		copy(dst, src[start:])
	}
}

func store(to any, src []float64, start int) error {
	switch dst := to.(type) {
	case []float32:
		for i, v := range src {
			if v < -math.MaxFloat32 && !math.IsInf(v, -1) {
				v = -math.MaxFloat32
			}
			dst[start+i] = float32(v)
		}
	case []float64:
		copy(dst[start:], src)
	default:
		return errors.Errorf("ops: type of numbers, got %T, want float32 or float64", to)
	}
	return nil
}
