package replace

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/internal/ops"
)

// rule replaces a node whose operands have been replaced, or returns nil to keep it.
type rule func(p *Pass, n node, in []node) (node, error)

// keep is the rule of an operation that is correct and known to the compiled engine.
func keep(*Pass, node, []node) (node, error) { return nil, nil }

// ruleOf returns the rule of an operation that can stand in a layer, by the name of its
// type, and nil for others. It is no table because rules walk graphs, and so use it.
func ruleOf(operation string) rule {
	switch operation {
	case "constantScalar", "sizeOp":
		return keep
	case "elemUnaryOp":
		return unary
	case "elemBinOp":
		return binary
	case "minBetween", "maxBetween":
		return between
	case "linAlgBinOp":
		return product
	case "tensordotOp":
		return tensordot
	case "reshapeOp":
		return reshape
	case "transposeOp":
		return transpose
	case "repeatOp":
		return repeat
	case "sliceOp":
		return slice
	case "concatOp":
		return concat
	case "atOp":
		return at
	case "Iop":
		return func(_ *Pass, _ node, in []node) (node, error) { return in[0], nil }
	case "sumOp":
		return sum
	case "maxOp":
		return maximum
	case "softmaxOp":
		return softmax
	case "im2colOp":
		return unfold
	case "maxPoolOp", "avgPoolOp":
		return pool
	case "globalAveragePoolOp":
		return globalPool
	case "upsampleOp":
		return upsample
	case "GroupNormOp":
		return groupNorm
	}
	return nil
}

// refused are the operations that cannot be corrected, with alternatives.
var refused = map[string]string{
	"constantTensor": "gorgonia.NewConstant of a tensor: Gorgonia tells such constants apart by what is printed of them, which is not all of them; use b.ConstantTensor",
	"dropoutOp":      "gorgonia.Dropout draws from the clock, in evaluation too; use layers.Dropout",
	"randomOp":       "gorgonia.GaussianRandomNode, UniformRandomNode and BinomialRandomNode draw from the clock; use b.Noise",
	"BatchNormOp":    "gorgonia.BatchNorm keeps running statistics that are neither saved nor used in evaluation; use layers.BatchNorm",
	"dtConvOp":       "gorgonia.ConvType: all numbers of a network are of its precision; leave the conversion out",
	"byIndicesOp":    "gorgonia.ByIndices wants integers, which a network does not have; use layers.Embedding, or slices and gorgonia.Concat",
	"ctcLossOp":      "gorgonia.CTCLoss wants integers and has no derivative in a network; write an energy of operations of docs/operations.md",
	"yoloOp":         "gorgonia.YOLOv3 is for detection alone and has no derivative; write the layer of operations of docs/operations.md",
	"sparsemaxOp":    "gorgonia.Sparsemax is wrong along any axis but the last; use gorgonia.SoftMax",
	"diagFlatOp":     "gorgonia.DiagFlat has no derivative, and its type fits no other operation; multiply by the numbers instead of a diagonal matrix",
	"clampOp":        "operation ConstClamp of Gorgonia's has no derivative; use layers.HardTanh",
	"letOp":          "gorgonia.Set writes into a node, which no engine does; return what the layer predicts",
	"readOp":         "gorgonia.Read cannot stand in a layer; use the Builder's Probe",
	"devTrans":       "a network runs on the processor alone; leave the transfer between devices out",
}

// must keeps the first error of a chain of operations.
type must struct{ err error }

func (m *must) do(n node, err error) node {
	if m.err == nil {
		m.err = errors.WithStack(err)
	}
	return n
}

func (m *must) apply(f func(node) (node, error), x node) node {
	if m.err != nil {
		return nil
	}
	return m.do(f(x))
}

func (m *must) reshape(x node, shape ...int) node {
	return m.apply(func(x node) (node, error) {
		if exactly(x.Shape(), shape) {
			return x, nil
		}
		return ops.ApplyReshape(x, shape...)
	}, x)
}

func (m *must) permute(x node, axes []int) node {
	same := true
	for i, a := range axes {
		same = same && a == i
	}
	if same {
		return x
	}
	return m.apply(func(x node) (node, error) { return ops.ApplyPermute(axes, x) }, x)
}

// scalar returns the single element of x as a scalar.
func (m *must) scalar(x node) node {
	return m.apply(func(x node) (node, error) { return gorgonia.Sum(x) }, x)
}

// hints are Gorgonia functions that cannot work, with alternatives.
var hints = map[string]string{
	"LogSumExp":  "gorgonia.LogSumExp fails along an axis; use Max, BroadcastSub, Exp, Sum and Log",
	"BinaryXent": "gorgonia.BinaryXent fails; use energy.Bernoulli, or Log, Neg and HadamardProd",
	"Div":        "gorgonia.Div wants equal shapes or a number; use BroadcastHadamardDiv",
}

// Hint adds the alternative to an error whose stack contains such a function.
func Hint(err error) error {
	if err == nil {
		return nil
	}
	stack := fmt.Sprintf("%+v", err)
	for name, hint := range hints {
		if strings.Contains(stack, "gorgonia.org/gorgonia."+name+"\n") {
			return errors.WithMessage(err, hint)
		}
	}
	return err
}
