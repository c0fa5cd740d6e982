package lower

import (
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// images lowers Prospect's image operations, or returns nil.
func (l *Lowerer) images(n *gorgonia.Node, args []*engine.Value) *engine.Value {
	g, shape := l.Graph, shapeOf(n)
	switch op := n.Op().(type) {
	case *ops.Conv2D:
		return g.Conv2D(op.Window, op.Groups, shape, args[0], args[1])
	case *ops.Conv2DInput:
		return g.Conv2DInput(op.Window, op.Groups, shape, args[0], args[1])
	case *ops.Conv2DWeight:
		return g.Conv2DWeight(op.Window, op.Groups, shape, args[0], args[1])
	case *ops.MaxPool2D:
		return g.MaxPool2D(op.Window, shape, args[0])
	case *ops.MaxPool2DGrad:
		return g.MaxPool2DGrad(op.Window, args[0], args[1], args[2])
	case *ops.AvgPool2D:
		return g.AvgPool2D(op.Window, op.CountPad, shape, args[0])
	case *ops.AvgPool2DGrad:
		return g.AvgPool2DGrad(op.Window, op.CountPad, shape, args[0])
	case *ops.AddChannels:
		return g.AddChannels(args[0], args[1])
	case *ops.MulChannels:
		return g.MulChannels(args[0], args[1])
	case *ops.SumChannels:
		return g.SumChannels(args[0])
	case *ops.ExpandChannels:
		return g.ExpandChannels(args[0], shape)
	}
	return nil
}

// rows lowers Prospect's other operations, on rows and axes, or returns nil.
func (l *Lowerer) rows(n *gorgonia.Node, args []*engine.Value) *engine.Value {
	g := l.Graph
	switch op := n.Op().(type) {
	case *ops.LogSoftmax:
		return g.LogSoftmax(args[0])
	case *ops.LogSoftmaxGrad:
		return g.LogSoftmaxGrad(args[0], args[1])
	case *ops.Softmax:
		return g.Softmax(op.Causal, args[0])
	case *ops.SoftmaxGrad:
		return g.SoftmaxGrad(args[0], args[1])
	case *ops.Normalize:
		return g.Normalize(op.View, op.Eps, args[0])
	case *ops.NormalizeGrad:
		return g.NormalizeGrad(op.View, op.Eps, args[0], args[1], args[2])
	case *ops.BatchMatMul:
		if a, b := args[0].Shape, args[1].Shape; a[0] == 1 { // one product: its factors may be packed
			y := g.MatMul(g.Reshape(args[0], a[1:]), g.Reshape(args[1], b[1:]), op.TransA, op.TransB)
			return g.Reshape(y, shapeOf(n))
		}
		return g.BatchMatMul(op.TransA, op.TransB, args[0], args[1])
	case *ops.Gather:
		return g.Gather(args[0], args[1])
	case *ops.ScatterAdd:
		return g.ScatterAdd(op.Rows, args[0], args[1])
	case *ops.Reshape:
		return g.Reshape(args[0], shapeOf(n))
	case *ops.Stop:
		return args[0]
	case *ops.Permute:
		return g.Permute(op.Axes, args[0])
	case *ops.Concat:
		return g.Concat(op.Axis, args...)
	case *ops.Slice:
		return g.Slice(op.Axis, op.From, op.To, args[0])
	case *ops.Pad:
		return g.Pad(op.Axis, op.Before, op.After, args[0])
	case *ops.Sum:
		return g.Reshape(l.sumAxes(op.Axes, args[0]), shapeOf(n))
	case *ops.Expand:
		return l.expand(args[0], op.To)
	}
	return nil
}
