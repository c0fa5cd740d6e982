package lower_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/internal/lower"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// operand is an input of an operation under test.
type operand struct {
	shape []int
	class engine.Class
	ids   int // positive: integers below it
}

// operation is an operation under test.
type operation struct {
	name string
	in   []operand
	add  func(in gorgonia.Nodes) (*gorgonia.Node, error)
}

// floor is added to the largest element for the scale of errors: the derivative of a
// normalisation is a small difference of values of the size of its inputs.
func (o operation) floor() float64 {
	if o.name == "normalize gradient" {
		return 1
	}
	return 1e-3
}

func free(shape ...int) operand      { return operand{shape: shape, class: engine.Free} }
func clamped(shape ...int) operand   { return operand{shape: shape, class: engine.Clamped} }
func parameter(shape ...int) operand { return operand{shape: shape, class: engine.Parameter} }

func drawWindow(t *rapid.T) (win ops.Window, in, out [2]int) {
	for k := range 2 {
		win.Kernel[k] = rapid.IntRange(1, 4).Draw(t, "kernel")
		win.Stride[k] = rapid.IntRange(1, 3).Draw(t, "stride")
		win.Dilation[k] = rapid.IntRange(1, 2).Draw(t, "dilation")
	}
	if rapid.Bool().Draw(t, "usual") {
		k := rapid.SampledFrom([]int{2, 3}).Draw(t, "size")
		win = ops.Window{Kernel: [2]int{k, k}, Stride: [2]int{4 - k, 4 - k}, Dilation: [2]int{1, 1}}
	}
	for k := range 2 {
		win.Pad[k] = rapid.IntRange(0, (win.Kernel[k]-1)/2).Draw(t, "pad") // no window is all padding
		in[k] = rapid.IntRange(max(1, win.Span()[k]-2*win.Pad[k]), 10).Draw(t, "in")
		out[k] = (in[k]+2*win.Pad[k]-win.Span()[k])/win.Stride[k] + 1
	}
	return win, in, out
}

func drawImages(t *rapid.T) []operation {
	win, in, out := drawWindow(t)
	n, groups := rapid.SampledFrom([]int{1, 2, 3, 17}).Draw(t, "n"), rapid.IntRange(1, 2).Draw(t, "groups")
	c, o := groups*rapid.SampledFrom([]int{1, 3, 18}).Draw(t, "channels"), groups*rapid.SampledFrom([]int{1, 2, 20}).Draw(t, "out")
	x, y := []int{n, c, in[0], in[1]}, []int{n, o, out[0], out[1]}
	w := []int{o, c / groups, win.Kernel[0], win.Kernel[1]}
	p := []int{n, c, out[0], out[1]}
	countPad := rapid.Bool().Draw(t, "count padding")
	return []operation{
		{"conv", []operand{free(x...), parameter(w...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.ApplyConv2D(win, groups, in[0], in[1])
		}},
		{"conv with bias", []operand{free(x...), parameter(w...), parameter(o)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			y, err := ops.ApplyConv2D(win, groups, in[0], in[1])
			if err != nil {
				return nil, err
			}
			return ops.ApplyAddChannels(y, in[2])
		}},
		{"conv of clamped", []operand{clamped(x...), free(w...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.ApplyConv2D(win, groups, in[0], in[1])
		}},
		{"conv input", []operand{parameter(w...), free(y...)}, func(nodes gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.ApplyConv2DInput(win, groups, in, nodes[0], nodes[1])
		}},
		{"conv weight", []operand{clamped(x...), free(y...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.ApplyConv2DWeight(win, groups, in[0], in[1])
		}},
		{"max pool", []operand{free(x...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ApplyMaxPool2D(win, in[0]) }},
		{"max pool gradient", []operand{free(x...), free(p...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			y, err := ops.ApplyMaxPool2D(win, in[0])
			if err != nil {
				return nil, err
			}
			return ops.ApplyMaxPool2DGrad(win, in[0], y, in[1])
		}},
		{"mean pool", []operand{free(x...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.ApplyAvgPool2D(win, countPad, in[0])
		}},
		{"mean pool gradient", []operand{free(p...)}, func(nodes gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.ApplyAvgPool2DGrad(win, countPad, in, nodes[0])
		}},
		{"add channels", []operand{free(x...), parameter(c)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.ApplyAddChannels(in[0], in[1])
		}},
		{"scale and shift channels", []operand{free(x...), parameter(c), parameter(c)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			y, err := ops.ApplyMulChannels(in[0], in[1])
			if err != nil {
				return nil, err
			}
			return ops.ApplyAddChannels(y, in[2])
		}},
		{"sum channels", []operand{free(x...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ApplySumChannels(in[0]) }},
		{"expand channels", []operand{free(c)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.ApplyExpandChannels(tensor.Shape(x), in[0])
		}},
	}
}

func drawRows(t *rapid.T) []operation {
	size := rapid.IntRange(1, 9)
	n, l, d := rapid.SampledFrom([]int{1, 2, 5, 18}).Draw(t, "n"), size.Draw(t, "l"), rapid.OneOf(size, rapid.IntRange(10, 40)).Draw(t, "d")
	x := []int{n, l, d}
	view := rapid.SampledFrom([][3]int{{1, n, l * d}, {1, n * l, d}, {n, l, d}}).Draw(t, "view")
	transA, transB := rapid.Bool().Draw(t, "transA"), rapid.Bool().Draw(t, "transB")
	k := size.Draw(t, "k")
	a, b := []int{n, l, k}, []int{n, k, d}
	if transA {
		a = []int{n, k, l}
	}
	if transB {
		b = []int{n, d, k}
	}
	order := rapid.Permutation([]int{0, 1, 2, 3}).Draw(t, "order")
	axis := rapid.IntRange(0, 2).Draw(t, "axis")
	other := slices.Clone(x)
	other[axis] = size.Draw(t, "other")
	from := rapid.IntRange(0, x[axis]-1).Draw(t, "from")
	to := rapid.IntRange(from+1, x[axis]).Draw(t, "to")
	ids := operand{shape: []int{n, l}, class: engine.Clamped, ids: k}
	hit := order[:rapid.IntRange(1, 4).Draw(t, "hit")]
	kept := []int{n, l, d, k}
	for _, i := range hit {
		kept[i] = 1
	}
	return []operation{
		{"normalize", []operand{free(x...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ApplyNormalize(view, 1e-3, in[0]) }},
		{"normalize gradient", []operand{free(x...), free(x...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			y, err := ops.ApplyNormalize(view, 1e-3, in[0])
			if err != nil {
				return nil, err
			}
			return ops.ApplyNormalizeGrad(view, 1e-3, in[0], y, in[1])
		}},
		{"softmax", []operand{free(x...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ApplySoftmax(false, in[0]) }},
		{"causal softmax", []operand{free(n, l, l)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ApplySoftmax(true, in[0]) }},
		{"softmax gradient", []operand{free(x...), free(x...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			y, err := ops.ApplySoftmax(false, in[0])
			if err != nil {
				return nil, err
			}
			return ops.ApplySoftmaxGrad(y, in[1])
		}},
		{"batch product", []operand{free(a...), free(b...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.ApplyBatchMatMul(transA, transB, in[0], in[1])
		}},
		{"permute", []operand{free(n, l, d, k)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ApplyPermute(order, in[0]) }},
		{"concat", []operand{free(x...), free(other...), free(x...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ApplyConcat(axis, in...) }},
		{"slice", []operand{free(x...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ApplySlice(axis, from, to, in[0]) }},
		{"pad", []operand{free(x...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ApplyPad(axis, from, to, in[0]) }},
		{"sum", []operand{free(n, l, d, k)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ApplySum(hit, in[0]) }},
		{"expand", []operand{free(kept...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.ApplyExpand(tensor.Shape{n, l, d, k}, in[0])
		}},
		{"one product", []operand{free(append([]int{1}, a[1:]...)...), free(append([]int{1}, b[1:]...)...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.ApplyBatchMatMul(transA, transB, in[0], in[1])
		}},
		{"gather", []operand{parameter(k, d), ids}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ApplyGather(in[0], in[1]) }},
		{"scatter", []operand{ids, free(x...)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ApplyScatterAdd(k, in[0], in[1]) }},
	}
}

// Every operation gives what its own loop gives, on one thread and, with the same bits,
// on several; and nothing falls back.
func TestOwnOperations(t *testing.T) {
	t.Run("f32", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) { checkOperations[float32](t, tensor.Float32, 1e-5) })
	})
	t.Run("f64", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) { checkOperations[float64](t, tensor.Float64, 1e-12) })
	})
}

func checkOperations[T float32 | float64](t *rapid.T, dt tensor.Dtype, tol float64) {
	seed := rapid.Uint64Range(0, 1<<20).Draw(t, "seed")
	all := append(drawImages(t), drawRows(t)...)
	for range 6 {
		o := all[rapid.IntRange(0, len(all)-1).Draw(t, "operation")]
		one := runOperation[T](t, o, dt, seed, 1)
		want := reference[T](t, o, dt, seed)
		scale := 0.0
		for _, v := range want {
			scale = max(scale, math.Abs(float64(v)))
		}
		for i, v := range one {
			if !(math.Abs(float64(v)-float64(want[i])) <= tol*(scale+o.floor())) {
				t.Fatalf("%s of %v: %d: got %v, want %v", o.name, o.in, i, v, want[i])
			}
		}
		if several := runOperation[T](t, o, dt, seed, 3); !slices.Equal(one, several) {
			t.Fatalf("%s of %v: depends on the threads", o.name, o.in)
		}
	}
}

// graphOf builds the operation on random values.
func graphOf[T float32 | float64](t *rapid.T, o operation, dt tensor.Dtype, seed uint64) (g *gorgonia.ExprGraph, out *gorgonia.Node, inputs []lower.Input) {
	r := rand.New(rand.NewPCG(seed, 7))
	g = gorgonia.NewGraph()
	var nodes gorgonia.Nodes
	for i, in := range o.in {
		data := make([]T, tensor.Shape(in.shape).TotalSize())
		for k := range data {
			data[k] = T(r.NormFloat64())
			if in.ids > 0 {
				data[k] = T(r.IntN(in.ids))
			}
		}
		n := gorgonia.NewTensor(g, dt, len(in.shape), gorgonia.WithShape(in.shape...), gorgonia.WithName(fmt.Sprint("in", i)))
		nodes = append(nodes, n)
		inputs = append(inputs, lower.Input{Node: n, Class: in.class, Tensor: tensor.New(tensor.WithShape(in.shape...), tensor.WithBacking(data))})
	}
	out, err := o.add(nodes)
	if err != nil {
		t.Fatalf("%s of %v: %v", o.name, o.in, err)
	}
	return g, out, inputs
}

func runOperation[T float32 | float64](t *rapid.T, o operation, dt tensor.Dtype, seed uint64, threads int) []T {
	g, node, inputs := graphOf[T](t, o, dt, seed)
	l := lower.New(g, dt, inputs)
	v, err := l.Value(node)
	if err != nil {
		t.Fatalf("%s of %v: %v", o.name, o.in, err)
	}
	dst := make([]T, v.Size())
	u, err := engine.Compile[T](engine.Source{
		Graph: l.Graph, Memory: l.Memory, Threads: threads, ParallelFrom: 1,
		Programs: []engine.Program{{Name: o.name, Stages: []engine.Stage{{{Value: v, Store: dst}}}}},
	})
	if err != nil {
		t.Fatalf("%s of %v: %v", o.name, o.in, err)
	}
	if text := u.Explain(); !strings.Contains(text, "fallbacks  none") {
		t.Fatalf("%s of %v: falls back:\n%s", o.name, o.in, text)
	}
	for range 2 { // the second run finds what the first left
		if err := u.Refresh(true); err != nil {
			t.Fatal(err)
		}
		if err := u.RunProgram(0); err != nil {
			t.Fatal(err)
		}
	}
	return dst
}

// reference evaluates the operation, and what it was made from, by their own Do.
func reference[T float32 | float64](t *rapid.T, o operation, dt tensor.Dtype, seed uint64) []T {
	g, node, inputs := graphOf[T](t, o, dt, seed)
	var eval func(n *gorgonia.Node) gorgonia.Value
	eval = func(n *gorgonia.Node) gorgonia.Value {
		for _, in := range inputs {
			if in.Node == n {
				return in.Tensor
			}
		}
		var args []gorgonia.Value
		for _, a := range lower.Operands(g, n) {
			args = append(args, eval(a))
		}
		v, err := n.Op().Do(args...)
		if err != nil {
			t.Fatalf("%s of %v: %v", o.name, o.in, err)
		}
		return v
	}
	return eval(node).Data().([]T)
}
