package ops

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	_ "go4.org/unsafe/assume-no-moving-gc"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

type node = *gorgonia.Node

// randoms returns values that differ from one another by more than a step of a
// difference quotient.
func randoms(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i, p := range rng.Perm(n) {
		x[i] = (float64(p)-float64(n)/2)*0.07 + 0.01*rng.Float64()
	}
	return x
}

// opCase is an operation with what it is checked on.
type opCase struct {
	name  string
	in    []tensor.Shape
	apply func(in []node) (node, error)
	out   tensor.Shape
	// want is the output by a separate loop.
	want func(in [][]float64) []float64
	// ids is the input that holds ids, −1 for none.
	ids, below int
}

// run builds the operation on the tape machine in float64 and returns y and the
// gradients of Σ c⊙y.
func (c opCase) run(t *testing.T, in [][]float64, weight []float64) (y []float64, grads [][]float64) {
	t.Helper()
	g := gorgonia.NewGraph()
	nodes := make([]node, len(in))
	var wrt gorgonia.Nodes
	for i, s := range c.in {
		nodes[i] = gorgonia.NewTensor(g, tensor.Float64, len(s), gorgonia.WithShape(s...), gorgonia.WithName(string(rune('a'+i))),
			gorgonia.WithValue(dense(tensor.Float64, in[i], s...)))
		if i != c.ids {
			wrt = append(wrt, nodes[i])
		}
	}
	out, err := c.apply(nodes)
	if err != nil {
		t.Fatal(err)
	}
	if !out.Shape().Eq(c.out) {
		t.Fatalf("shape: got %v, want %v", out.Shape(), c.out)
	}
	weights := gorgonia.NewTensor(g, tensor.Float64, len(c.out), gorgonia.WithShape(c.out...), gorgonia.WithName("weights"),
		gorgonia.WithValue(dense(tensor.Float64, weight, c.out...)))
	cost := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(out, weights))))
	dx, err := gorgonia.Grad(cost, wrt...)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]gorgonia.Value, len(dx)+1)
	gorgonia.Read(out, &values[0])
	for i, d := range dx {
		gorgonia.Read(d, &values[i+1])
	}
	m := gorgonia.NewTapeMachine(g)
	defer m.Close()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	for _, v := range values[1:] {
		grads = append(grads, elements(t, v))
	}
	return elements(t, values[0]), grads
}

func TestShapedOperations(t *testing.T) {
	for _, c := range slices.Concat(convCases(), channelCases(), poolCases(), rowCases(), axisCases()) {
		t.Run(c.name, func(t *testing.T) { c.check(t) })
	}
}

// check compares the output with the loop, in both precisions, and the
// gradients with central differences of the loop.
func (c opCase) check(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, uint64(len(c.name))))
	in := make([][]float64, len(c.in))
	for i, s := range c.in {
		in[i] = randoms(rng, size(s))
		if i == c.ids {
			for j := range in[i] {
				in[i][j] = float64(rng.IntN(c.below))
			}
		}
	}
	weight := randoms(rng, size(c.out))
	y, grads := c.run(t, in, weight)
	agree(t, "y", y, c.want(in), 1e-13)

	loss := func() (sum float64) {
		for i, v := range c.want(in) {
			sum += weight[i] * v
		}
		return sum
	}
	const h = 1e-6
	k := 0
	for i := range in {
		if i == c.ids {
			continue
		}
		for j, old := range in[i] {
			in[i][j] = old + h
			up := loss()
			in[i][j] = old - h
			down := loss()
			in[i][j] = old
			want := (up - down) / (2 * h)
			if got := grads[k][j]; !(math.Abs(got-want) <= 1e-7*math.Max(1, math.Abs(want))) {
				t.Fatalf("gradient in input %d, number %d: got %.10g, finite difference %.10g", i, j, got, want)
			}
		}
		k++
	}
	c.checkFloat32(t, in)
}

// checkFloat32 runs the operation alone, on a view where the first input can be
// one.
func (c opCase) checkFloat32(t *testing.T, in [][]float64) {
	g := gorgonia.NewGraph()
	nodes, values := make([]node, len(in)), make([]gorgonia.Value, len(in))
	for i, s := range c.in {
		nodes[i] = gorgonia.NewTensor(g, tensor.Float32, len(s), gorgonia.WithShape(s...), gorgonia.WithName(string(rune('a'+i))))
		values[i] = dense(tensor.Float32, in[i], s...)
		for j := range in[i] {
			in[i][j] = float64(float32(in[i][j]))
		}
	}
	out, err := c.apply(nodes)
	if err != nil {
		t.Fatal(err)
	}
	y, err := out.Op().Do(values...)
	if err != nil {
		t.Fatal(err)
	}
	if y.Dtype() != tensor.Float32 || !y.Shape().Eq(c.out) {
		t.Errorf("float32: got %v of %v, want %v", y.Shape(), y.Dtype(), c.out)
	}
	agree(t, "float32", elements(t, y), c.want(in), 2e-7)
	for i, v := range values {
		agree(t, "an input after Do", elements(t, v), in[i], 0)
	}
}

// Operations that differ in any parameter have different hashes, or Gorgonia
// would take one for the other.
func TestShapedHashes(t *testing.T) {
	seen := map[uint32]string{}
	for _, c := range slices.Concat(convCases(), channelCases(), poolCases(), rowCases(), axisCases()) {
		g := gorgonia.NewGraph()
		var nodes []node
		for i, s := range c.in {
			nodes = append(nodes, gorgonia.NewTensor(g, tensor.Float64, len(s), gorgonia.WithShape(s...), gorgonia.WithName(string(rune('a'+i)))))
		}
		out, err := c.apply(nodes)
		if err != nil {
			t.Fatal(err)
		}
		op := out.Op()
		if other, ok := seen[op.Hashcode()]; ok && other != op.String() {
			t.Errorf("%v and %v have one hash", other, op)
		}
		seen[op.Hashcode()] = op.String()
	}
	if len(seen) < 30 {
		t.Errorf("got %d operations, want at least 30", len(seen))
	}
}

func TestShapedErrors(t *testing.T) {
	g := gorgonia.NewGraph()
	count := 0
	in := func(s ...int) node {
		count++
		return gorgonia.NewTensor(g, tensor.Float64, len(s), gorgonia.WithShape(s...), gorgonia.WithName(string(rune('a'+count))))
	}
	win := Window{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	still := win
	still.Stride[1] = 0
	for _, tt := range []struct {
		want string
		err  func() (node, error)
	}{
		{"input 0, got shape (2, 3), want 4 axes", func() (node, error) { return ApplyConv2D(win, 1, in(2, 3), in(1, 1, 3, 3)) }},
		{"shape of the kernel, got (4, 2, 3, 3), want (4, 1, 3, 3)", func() (node, error) { return ApplyConv2D(win, 2, in(1, 2, 4, 4), in(4, 2, 3, 3)) }},
		{"groups, got 2 for 3 channels in and 4 out", func() (node, error) { return ApplyConv2D(win, 2, in(1, 3, 4, 4), in(4, 1, 3, 3)) }},
		{"the window spans [3 3], but the input has only [2 4]", func() (node, error) { return ApplyConv2D(win, 1, in(1, 1, 2, 4), in(1, 1, 3, 3)) }},
		{"want at least 1, 1, 1 and 0", func() (node, error) { return ApplyMaxPool2D(still, in(1, 1, 4, 4)) }},
		{"shape of the output, got (1, 1, 3, 2), want (1, 1, 2, 2)", func() (node, error) { return ApplyConv2DWeight(win, 1, in(1, 1, 4, 4), in(1, 1, 3, 2)) }},
		{"shape of the numbers for each channel, got (2), want (3)", func() (node, error) { return ApplyAddChannels(in(1, 3), in(2)) }},
		{"view, got [1 2 2] of an input of shape (2, 3)", func() (node, error) { return ApplyNormalize([3]int{1, 2, 2}, 0, in(2, 3)) }},
		{"epsilon, got -1", func() (node, error) { return ApplyNormalize([3]int{1, 2, 3}, -1, in(2, 3)) }},
		{"shape of the second factor, got (2, 3, 4), want (2, 4, 4)", func() (node, error) { return ApplyBatchMatMul(false, false, in(2, 3, 4), in(2, 3, 4)) }},
		{"want square matrices", func() (node, error) { return ApplySoftmax(true, in(2, 3, 4)) }},
		{"axes, got [0 0]", func() (node, error) { return ApplyPermute([]int{0, 0}, in(2, 3)) }},
		{"axes, got [0]", func() (node, error) { return ApplyPermute([]int{0}, in(2, 3)) }},
		{"shape of input 1, got (3, 3), want (2, 3)", func() (node, error) { return ApplyConcat(1, in(2, 3), in(3, 3)) }},
		{"number of inputs, got 0", func() (node, error) { return ApplyConcat(1) }},
		{"axis, got 2", func() (node, error) { return ApplySlice(2, 0, 1, in(2, 3)) }},
		{"range, got 1 to 1", func() (node, error) { return ApplySlice(1, 1, 1, in(2, 3)) }},
		{"range, got 1 to 4", func() (node, error) { return ApplySlice(1, 1, 4, in(2, 3)) }},
		{"padding, got -1 and 0", func() (node, error) { return ApplyPad(1, -1, 0, in(2, 3)) }},
		{"from (2, 3) to (5), want shapes of equal size", func() (node, error) { return ApplyReshape(in(2, 3), 5) }},
		{"rows, got 0", func() (node, error) { return ApplyScatterAdd(0, in(2), in(2, 3)) }},
	} {
		if _, err := tt.err(); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "ops: ") {
			t.Errorf("got %v, want an error of ops with %q", err, tt.want)
		}
	}
	n, err := ApplyGather(in(4, 2), in(3))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []float64{-1, 4, 0.5, nan, inf} {
		_, err := n.Op().Do(dense(tensor.Float64, make([]float64, 8), 4, 2), dense(tensor.Float64, []float64{0, bad, 1}, 3))
		if err == nil || !strings.Contains(err.Error(), "id 1, got") {
			t.Errorf("id %v: got %v, want an error that names it", bad, err)
		}
	}
	if _, err := n.Op().Do(dense(tensor.Float64, make([]float64, 8), 4, 2), dense(tensor.Float32, []float64{0}, 1)); err == nil {
		t.Error("inputs of two types: got no error")
	}
}
