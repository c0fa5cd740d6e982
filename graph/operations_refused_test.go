package graph_test

import (
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
)

// operations are all that return nodes.
func operations() []operation {
	return slices.Concat(unaryOperations(), binaryOperations(), broadcastOperations(), reducingOperations(),
		shapeOperations(), productOperations(), imageOperations(), refusedOperations(), otherFunctions())
}

// withNode makes x + y of a leaf or a constant that is made by f.
func withNode(f func(g *gorgonia.ExprGraph, shape ...int) gnode) func(b *graph.Builder, x gnode) (gnode, error) {
	return func(b *graph.Builder, x gnode) (gnode, error) {
		y := f(b.Graph(), x.Shape()...)
		if y.IsScalar() {
			return gorgonia.HadamardProd(x, y)
		}
		return gorgonia.Add(x, y)
	}
}

func refusedOperations() []operation {
	const leaf, clock = "was not asked for from the Builder", "draw from the clock; use b.Noise"
	f32 := tensor.Float32
	shaped := func(s []int) []gorgonia.NodeConsOpt {
		return []gorgonia.NodeConsOpt{gorgonia.WithShape(s...), gorgonia.WithName("w"), gorgonia.WithInit(gorgonia.Gaussian(0, 1))}
	}
	random := func(f func(g *gorgonia.ExprGraph, dt tensor.Dtype, a, b float64, shape ...int) gnode) func(b *graph.Builder, x gnode) (gnode, error) {
		return withNode(func(g *gorgonia.ExprGraph, s ...int) gnode { return f(g, f32, 0, 1, s...) })
	}
	integers := func(b *graph.Builder, shape ...int) gnode {
		return gorgonia.NewTensor(b.Graph(), tensor.Int, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName("ids"))
	}
	refuse := func(name, note string, f func(b *graph.Builder, x gnode) (gnode, error)) operation {
		return operation{name: name, outcome: refused, note: note, refusal: f}
	}
	return []operation{
		refuse("NewTensor", leaf, withNode(func(g *gorgonia.ExprGraph, s ...int) gnode { return gorgonia.NewTensor(g, f32, len(s), shaped(s)...) })),
		refuse("NewMatrix", leaf, func(b *graph.Builder, x gnode) (gnode, error) {
			y, err := gorgonia.Reshape(x, tensor.Shape{b.Batch(), 48})
			if err != nil {
				return nil, err
			}
			return gorgonia.Mul(y, gorgonia.NewMatrix(b.Graph(), f32, shaped([]int{48, 2})...))
		}),
		refuse("NewVector", leaf, func(b *graph.Builder, x gnode) (gnode, error) {
			y, err := gorgonia.Ravel(x)
			if err != nil {
				return nil, err
			}
			return gorgonia.Add(y, gorgonia.NewVector(b.Graph(), f32, shaped(y.Shape())...))
		}),
		refuse("NewScalar", leaf, withNode(func(g *gorgonia.ExprGraph, _ ...int) gnode { return gorgonia.NewScalar(g, f32, gorgonia.WithName("w")) })),
		refuse("NodeFromAny", leaf, withNode(func(g *gorgonia.ExprGraph, s ...int) gnode {
			return gorgonia.NodeFromAny(g, tensor.New(tensor.Of(f32), tensor.WithShape(s...)), gorgonia.WithName("w"))
		})),
		refuse("NewUniqueNode", leaf, withNode(func(g *gorgonia.ExprGraph, s ...int) gnode {
			return gorgonia.NewUniqueNode(gorgonia.In(g), gorgonia.WithType(gorgonia.TensorType{Dims: len(s), Of: f32}), gorgonia.WithShape(s...), gorgonia.WithName("w"))
		})),
		refuse("OneHotVector", "use b.ConstantTensor", func(_ *graph.Builder, x gnode) (gnode, error) {
			y, err := gorgonia.Ravel(x)
			if err != nil {
				return nil, err
			}
			return gorgonia.Add(y, gorgonia.OneHotVector(3, y.Shape()[0], f32))
		}),
		refuse("UniformRandomNode", clock, random(gorgonia.UniformRandomNode)),
		refuse("GaussianRandomNode", clock, random(gorgonia.GaussianRandomNode)),
		refuse("BinomialRandomNode", clock, random(gorgonia.BinomialRandomNode)),
		refuse("Dropout", "gorgonia.Dropout draws from the clock, in evaluation too; use layers.Dropout", func(_ *graph.Builder, x gnode) (gnode, error) { return gorgonia.Dropout(x, 0.5) }),
		refuse("BatchNorm", "use layers.BatchNorm", func(b *graph.Builder, x gnode) (gnode, error) {
			w, err := b.Param(graph.ParamSpec{Name: "w", Shape: graph.Shape{1, x.Shape()[1], 1, 1}})
			if err != nil {
				return nil, err
			}
			y, _, _, _, err := gorgonia.BatchNorm(x, w, w, 0.1, 1e-5)
			return y, err
		}),
		refuse("DiagFlat", "gorgonia.DiagFlat", func(_ *graph.Builder, x gnode) (gnode, error) { return gorgonia.DiagFlat(x) }),
		refuse("ConvType", "gorgonia.ConvType", func(_ *graph.Builder, x gnode) (gnode, error) { return gorgonia.ConvType(x, f32, tensor.Float64) }),
		refuse("ByIndices", "use layers.Embedding", func(b *graph.Builder, x gnode) (gnode, error) { return gorgonia.ByIndices(x, integers(b, 2), 1) }),
		refuse("CTCLoss", "gorgonia.CTCLoss", func(b *graph.Builder, x gnode) (gnode, error) {
			return gorgonia.CTCLoss(x, integers(b, 2, 2), integers(b, 2), integers(b, 2), gorgonia.ReductionMean)
		}),
		refuse("Read", "use the Builder's Probe", func(_ *graph.Builder, x gnode) (gnode, error) {
			var v gorgonia.Value
			gorgonia.Read(x, &v)
			return x, nil
		}),
		refuse("Set", "gorgonia.Set writes", func(_ *graph.Builder, x gnode) (gnode, error) {
			gorgonia.Set(x, x)
			return x, nil
		}),
		refuse("Grad", "gorgonia.Grad", func(_ *graph.Builder, x gnode) (gnode, error) {
			y, err := gorgonia.Sum(x)
			if err != nil {
				return nil, err
			}
			g, err := gorgonia.Grad(y, x)
			if err != nil {
				return nil, err
			}
			return gorgonia.Add(x, g[0])
		}),
	}
}

// otherFunctions return nodes and add none of their own.
func otherFunctions() (out []operation) {
	for _, o := range [][2]string{
		{"Must", "panics at an error, which graph.New returns"},
		{"NewConstant", "of a number; a constant tensor is refused: use b.ConstantTensor"},
		{"ApplyOp", "an operation of your own runs by its own Do; a panic of it is an error"},
		{"ApplyOpWithName", "as ApplyOp"},
		{"Backpropagate", "as Grad, which is refused"},
		{"YOLOv3", "refused by name: it has no derivative"},
		{"NodesFromInputs", "for Gorgonia's monads"},
		{"Sort", "reads the graph alone"},
		{"UnstableSort", "reads the graph alone"},
	} {
		out = append(out, operation{name: o[0], outcome: noOperation, note: o[1]})
	}
	return out
}
