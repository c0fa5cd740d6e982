package graph_test

import (
	"math"
	"math/rand/v2"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
)

type (
	gnode  = *gorgonia.Node
	inputs = []*gorgonia.Node
)

// dims draws a shape of some axes, the first of which is the batch.
func dims(r *rand.Rand, batch, axes int) []int {
	s := []int{batch}
	for range axes - 1 {
		s = append(s, 1+r.IntN(3))
	}
	return s
}

// several draws shapes of 2 to 5 axes.
func several(r *rand.Rand, batch int) [][]int {
	n := 2 + r.IntN(2)
	return [][]int{dims(r, batch, n), dims(r, batch, n+2), {batch, 1, 3, 1 + r.IntN(3)}}
}

// pointwise is an element-wise function. With added, x is added to it, so that the
// energy depends on x where the function has no derivative.
func pointwise(name string, o verdict, note string, f func(gnode) (gnode, error), g func(float64) float64, positive, added bool) operation {
	return operation{name: name, outcome: o, note: note, trials: func(r *rand.Rand, batch int) (out []trial) {
		for _, s := range several(r, batch) {
			x := trial{in: [][]int{s}, positive: positive}
			x.build = func(_ *graph.Builder, in inputs) (gnode, error) {
				y, err := f(in[0])
				if err != nil || !added {
					return y, err
				}
				return gorgonia.Add(in[0], y)
			}
			x.want = each1(func(v float64) float64 {
				if added {
					return v + g(v)
				}
				return g(v)
			})
			out = append(out, x)
		}
		return out
	}}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func softplus(x float64) float64 { return math.Log(1 + math.Exp(x)) }

func unaryOperations() []operation {
	const flat = "its derivative is 0"
	sign := func(x float64) float64 { return math.Copysign(1, x) }
	leaky := func(x gnode) (gnode, error) { return gorgonia.LeakyRelu(x, 0.2) }
	return []operation{
		pointwise("Abs", supported, "", gorgonia.Abs, math.Abs, false, false),
		pointwise("Sign", supported, flat, gorgonia.Sign, sign, false, true),
		pointwise("Ceil", supported, flat, gorgonia.Ceil, math.Ceil, false, true),
		pointwise("Floor", supported, flat, gorgonia.Floor, math.Floor, false, true),
		pointwise("Sin", supported, "", gorgonia.Sin, math.Sin, false, false),
		pointwise("Cos", supported, "", gorgonia.Cos, math.Cos, false, false),
		pointwise("Exp", supported, "", gorgonia.Exp, math.Exp, false, false),
		pointwise("Log", supported, "", gorgonia.Log, math.Log, true, false),
		pointwise("Log2", replaced, "Gorgonia's derivative is wrong", gorgonia.Log2, math.Log2, true, false),
		pointwise("Neg", supported, "", gorgonia.Neg, func(x float64) float64 { return -x }, false, false),
		pointwise("Square", supported, "", gorgonia.Square, func(x float64) float64 { return x * x }, false, false),
		pointwise("Sqrt", supported, "", gorgonia.Sqrt, math.Sqrt, true, false),
		pointwise("Inverse", supported, "", gorgonia.Inverse, func(x float64) float64 { return 1 / x }, true, false),
		pointwise("InverseSqrt", replaced, "Gorgonia's derivative is wrong", gorgonia.InverseSqrt, func(x float64) float64 { return 1 / math.Sqrt(x) }, true, false),
		pointwise("Cube", supported, "", gorgonia.Cube, func(x float64) float64 { return x * x * x }, false, false),
		pointwise("Tanh", supported, "", gorgonia.Tanh, math.Tanh, false, false),
		pointwise("Sigmoid", supported, "", gorgonia.Sigmoid, sigmoid, false, false),
		pointwise("Log1p", supported, "", gorgonia.Log1p, math.Log1p, true, false),
		pointwise("Expm1", supported, "", gorgonia.Expm1, math.Expm1, false, false),
		pointwise("Softplus", supported, "", gorgonia.Softplus, softplus, false, false),
		pointwise("Rectify", supported, "", gorgonia.Rectify, func(x float64) float64 { return max(x, 0) }, false, false),
		pointwise("LeakyRelu", supported, "", leaky, func(x float64) float64 { return max(x, 0.2*x) }, false, false),
		pointwise("Mish", supported, "", gorgonia.Mish, func(x float64) float64 { return x * math.Tanh(softplus(x)) }, false, false),
	}
}

// pairwise is a function of pairs of elements: of two tensors, and of a tensor and a
// constant scalar.
func pairwise(name string, o verdict, note string, f func(a, b gnode) (gnode, error), g func(a, b float64) float64, positive, added, constant bool) operation {
	return operation{name: name, outcome: o, note: note, trials: func(r *rand.Rand, batch int) (out []trial) {
		with := func(a, b gnode) (gnode, error) {
			y, err := f(a, b)
			if err != nil || !added {
				return y, err
			}
			x, err := gorgonia.HadamardProd(a, b)
			if err != nil {
				return nil, err
			}
			return gorgonia.Add(x, y)
		}
		h := func(a, b float64) float64 {
			if added {
				return a*b + g(a, b)
			}
			return g(a, b)
		}
		for _, s := range several(r, batch) {
			out = append(out, trial{
				in: [][]int{s, s}, positive: positive, want: each2(h),
				build: func(_ *graph.Builder, in inputs) (gnode, error) { return with(in[0], in[1]) },
			})
			if constant {
				out = append(out, trial{
					in: [][]int{s}, positive: positive, want: each1(func(v float64) float64 { return h(v, 1.7) }),
					build: func(b *graph.Builder, in inputs) (gnode, error) { return with(in[0], b.Constant(1.7)) },
				}, trial{
					in: [][]int{s}, positive: positive, want: each1(func(v float64) float64 { return h(1.7, v) }),
					build: func(b *graph.Builder, in inputs) (gnode, error) { return with(b.Constant(1.7), in[0]) },
				})
			}
		}
		return out
	}}
}

func truth(t bool) float64 {
	if t {
		return 1
	}
	return 0
}

// comparisons are the functions that compare, in both their forms.
var comparisons = map[string]struct {
	plain     func(a, b gnode, retSame bool) (gnode, error)
	broadcast func(a, b gnode, retSame bool, left, right []byte) (gnode, error)
	want      func(a, b float64) float64
}{
	"Lt":  {gorgonia.Lt, gorgonia.BroadcastLt, func(a, b float64) float64 { return truth(a < b) }},
	"Gt":  {gorgonia.Gt, gorgonia.BroadcastGt, func(a, b float64) float64 { return truth(a > b) }},
	"Lte": {gorgonia.Lte, gorgonia.BroadcastLte, func(a, b float64) float64 { return truth(a <= b) }},
	"Gte": {gorgonia.Gte, gorgonia.BroadcastGte, func(a, b float64) float64 { return truth(a >= b) }},
	"Eq":  {gorgonia.Eq, gorgonia.BroadcastEq, func(a, b float64) float64 { return truth(a == b) }},
	"Ne":  {gorgonia.Ne, gorgonia.BroadcastNe, func(a, b float64) float64 { return truth(a != b) }},
}

// arithmetic are the binary functions, in both their forms.
var arithmetic = []struct {
	name      string
	plain     func(a, b gnode) (gnode, error)
	broadcast func(a, b gnode, left, right []byte) (gnode, error)
	want      func(a, b float64) float64
	positive  bool
}{
	{"Add", gorgonia.Add, gorgonia.BroadcastAdd, func(a, b float64) float64 { return a + b }, false},
	{"Sub", gorgonia.Sub, gorgonia.BroadcastSub, func(a, b float64) float64 { return a - b }, false},
	{"HadamardProd", gorgonia.HadamardProd, gorgonia.BroadcastHadamardProd, func(a, b float64) float64 { return a * b }, false},
	{"HadamardDiv", gorgonia.HadamardDiv, gorgonia.BroadcastHadamardDiv, func(a, b float64) float64 { return a / b }, true},
	{"Pow", gorgonia.Pow, gorgonia.BroadcastPow, math.Pow, true},
}

func binaryOperations() (out []operation) {
	const flat = "its derivative is 0; retSame must be true: a network has no truth values"
	for _, a := range arithmetic {
		out = append(out, pairwise(a.name, supported, "", a.plain, a.want, a.positive, false, true))
	}
	for _, name := range slices.Sorted(mapKeys(comparisons)) {
		c := comparisons[name]
		same := func(a, b gnode) (gnode, error) { return c.plain(a, b, true) }
		o := pairwise(name, supported, flat, same, c.want, false, true, true)
		o.refusal = func(b *graph.Builder, x gnode) (gnode, error) { return c.plain(x, b.Constant(0), false) }
		o.refusalNote = "pass retSame = true"
		out = append(out, o)
	}
	reduced := func(f func(gorgonia.Nodes, ...gorgonia.NodeConsOpt) (gnode, error)) func(a, b gnode) (gnode, error) {
		return func(a, b gnode) (gnode, error) { return f(gorgonia.Nodes{a, b, a}) }
	}
	return append(out,
		pairwise("Div", supported, "of equal shapes, or by a number", gorgonia.Div, func(a, b float64) float64 { return a / b }, true, false, true),
		pairwise("MinBetween", replaced, "at a tie the gradient goes to the first", gorgonia.MinBetween, func(a, b float64) float64 { return min(a, b) }, false, false, false),
		pairwise("MaxBetween", replaced, "at a tie the gradient goes to the first", gorgonia.MaxBetween, func(a, b float64) float64 { return max(a, b) }, false, false, false),
		pairwise("ReduceAdd", supported, "", reduced(gorgonia.ReduceAdd), func(a, b float64) float64 { return a + b + a }, false, false, false),
		operation{
			name: "BinaryXent", outcome: refused, note: "gorgonia.BinaryXent",
			refusal: func(_ *graph.Builder, x gnode) (gnode, error) { return gorgonia.BinaryXent(x, x) },
		},
	)
}
