package ops

import (
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"
)

// rowCases are normalisation, softmax, products of matrices and tables.
func rowCases() (cases []opCase) {
	for _, c := range []struct {
		view [3]int
		s    tensor.Shape
	}{
		{[3]int{1, 3, 4}, tensor.Shape{3, 4}},
		{[3]int{1, 4, 6}, tensor.Shape{2, 4, 3, 1}},
		{[3]int{2, 3, 4}, tensor.Shape{2, 3, 2, 2}},
		{[3]int{1, 2, 1}, tensor.Shape{2, 1}},
	} {
		cases = append(cases, opCase{
			fmt.Sprint("normalize ", c.view),
			[]tensor.Shape{c.s},
			func(n []node) (node, error) { return ApplyNormalize(c.view, 1e-3, n[0]) }, c.s,
			func(in [][]float64) []float64 { return naiveNormalize(in[0], c.view, 1e-3) }, -1, 0,
		})
	}
	for _, c := range []struct {
		causal bool
		s      tensor.Shape
	}{{false, tensor.Shape{2, 3}}, {false, tensor.Shape{2, 1, 4}}, {true, tensor.Shape{2, 3, 3}}, {true, tensor.Shape{1, 1}}} {
		cases = append(cases, opCase{
			fmt.Sprint("softmax ", c.causal, c.s),
			[]tensor.Shape{c.s},
			func(n []node) (node, error) { return ApplySoftmax(c.causal, n[0]) }, c.s,
			func(in [][]float64) []float64 { return naiveSoftmax(in[0], c.s[len(c.s)-1], c.causal) }, -1, 0,
		})
	}
	for _, c := range []struct {
		axes []int
		x, y tensor.Shape
	}{
		{[]int{2}, tensor.Shape{1, 2, 3, 3}, tensor.Shape{1, 2, 3}},
		{[]int{3, 2}, tensor.Shape{1, 2, 3, 3}, tensor.Shape{1, 2}},
		{[]int{0, 2}, tensor.Shape{2, 3, 4, 1}, tensor.Shape{3, 1}},
		{[]int{1, 3}, tensor.Shape{2, 3, 4, 2, 1}, tensor.Shape{2, 4, 1}},
		{[]int{2}, tensor.Shape{2, 4, 1, 5}, tensor.Shape{2, 4, 5}},
		{[]int{0, 1}, tensor.Shape{3, 2}, tensor.Shape{1}},
	} {
		kept := c.x.Clone()
		for _, a := range c.axes {
			kept[a] = 1
		}
		cases = append(cases, opCase{
			fmt.Sprint("sum ", c.axes, c.x),
			[]tensor.Shape{c.x},
			func(n []node) (node, error) { return ApplySum(c.axes, n[0]) }, c.y,
			func(in [][]float64) []float64 { return naiveSum(in[0], c.x, c.axes) }, -1, 0,
		}, opCase{
			fmt.Sprint("expand ", c.axes, c.x),
			[]tensor.Shape{kept},
			func(n []node) (node, error) { return ApplyExpand(c.x, n[0]) }, c.x,
			func(in [][]float64) []float64 {
				return adjoint(size(c.x), in[0], func(e []float64) []float64 { return naiveSum(e, c.x, c.axes) })
			}, -1, 0,
		})
	}
	for _, s := range [][3]int{{2, 3, 4}, {1, 1, 1}, {3, 1, 2}} {
		for _, trans := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
			cases = append(cases, matmulCase(s, trans[0], trans[1]))
		}
	}
	return append(cases,
		opCase{
			"gather",
			[]tensor.Shape{{4, 3}, {2, 5}},
			func(n []node) (node, error) { return ApplyGather(n[0], n[1]) },
			tensor.Shape{2, 5, 3},
			func(in [][]float64) (y []float64) {
				for _, id := range in[1] {
					y = append(y, in[0][3*int(id)], in[0][3*int(id)+1], in[0][3*int(id)+2])
				}
				return y
			}, 1, 4,
		},
		opCase{
			"scatter-add",
			[]tensor.Shape{{2, 3}, {2, 3, 2}},
			func(n []node) (node, error) { return ApplyScatterAdd(5, n[0], n[1]) },
			tensor.Shape{5, 2},
			func(in [][]float64) []float64 {
				y := make([]float64, 10)
				for i, v := range in[1] {
					y[2*int(in[0][i/2])+i%2] += v
				}
				return y
			}, 0, 5,
		})
}

func naiveNormalize(x []float64, view [3]int, eps float64) []float64 {
	y := make([]float64, len(x))
	for b := range view[1] {
		var at []int
		for i := range x {
			if i/view[2]%view[1] == b {
				at = append(at, i)
			}
		}
		sum, squares := 0.0, 0.0
		for _, i := range at {
			sum += x[i]
			squares += x[i] * x[i]
		}
		mean := sum / float64(len(at))
		variance := squares/float64(len(at)) - mean*mean
		for _, i := range at {
			y[i] = (x[i] - mean) / math.Sqrt(variance+eps)
		}
	}
	return y
}

func naiveSoftmax(x []float64, width int, causal bool) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		sum := 0.0
		first := i / width * width
		for j := range width {
			if !causal || j <= i/width%width {
				sum += math.Exp(x[first+j] - x[i])
			}
		}
		if !causal || i-first <= i/width%width {
			y[i] = 1 / sum
		}
	}
	return y
}

// matmulCase multiplies a batch of two (m, k) matrices by (k, n) ones.
func matmulCase(mkn [3]int, transA, transB bool) opCase {
	m, k, n := mkn[0], mkn[1], mkn[2]
	a, b := tensor.Shape{2, m, k}, tensor.Shape{2, k, n}
	if transA {
		a = tensor.Shape{2, k, m}
	}
	if transB {
		b = tensor.Shape{2, n, k}
	}
	return opCase{
		fmt.Sprint("batch-matmul ", mkn, transA, transB),
		[]tensor.Shape{a, b},
		func(in []node) (node, error) { return ApplyBatchMatMul(transA, transB, in[0], in[1]) },
		tensor.Shape{2, m, n},
		func(in [][]float64) (y []float64) {
			for i := range 2 * m * n {
				batch, row, col := i/(m*n), i/n%m, i%n
				sum := 0.0
				for l := range k {
					ia, ib := row*k+l, l*n+col
					if transA {
						ia = l*m + row
					}
					if transB {
						ib = col*k + l
					}
					sum += in[0][batch*m*k+ia] * in[1][batch*k*n+ib]
				}
				y = append(y, sum)
			}
			return y
		}, -1, 0,
	}
}

func axisCases() []opCase {
	pick := func(places ...int) func(in [][]float64) []float64 {
		return func(in [][]float64) (y []float64) {
			var all []float64
			for _, x := range in {
				all = append(all, x...)
			}
			for _, i := range places {
				if i < 0 {
					y = append(y, 0)
					continue
				}
				y = append(y, all[i])
			}
			return y
		}
	}
	return []opCase{
		{
			"reshape",
			[]tensor.Shape{{2, 3, 2}},
			func(n []node) (node, error) { return ApplyReshape(n[0], 4, 3) },
			tensor.Shape{4, 3},
			func(in [][]float64) []float64 { return in[0] }, -1, 0,
		},
		{
			"permute 1 0",
			[]tensor.Shape{{2, 3}},
			func(n []node) (node, error) { return ApplyPermute([]int{1, 0}, n[0]) },
			tensor.Shape{3, 2},
			pick(0, 3, 1, 4, 2, 5), -1, 0,
		},
		{
			"permute 2 0 1",
			[]tensor.Shape{{2, 1, 3}},
			func(n []node) (node, error) { return ApplyPermute([]int{2, 0, 1}, n[0]) },
			tensor.Shape{3, 2, 1},
			pick(0, 3, 1, 4, 2, 5), -1, 0,
		},
		{
			"permute 0 2 1 3",
			[]tensor.Shape{{1, 2, 3, 2}},
			func(n []node) (node, error) { return ApplyPermute([]int{0, 2, 1, 3}, n[0]) },
			tensor.Shape{1, 3, 2, 2},
			pick(0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11), -1, 0,
		},
		{
			"concat 1",
			[]tensor.Shape{{2, 1}, {2, 2}, {2, 1}},
			func(n []node) (node, error) { return ApplyConcat(1, n...) },
			tensor.Shape{2, 4},
			pick(0, 2, 3, 6, 1, 4, 5, 7), -1, 0,
		},
		{
			"concat 0",
			[]tensor.Shape{{1, 2}, {2, 2}},
			func(n []node) (node, error) { return ApplyConcat(0, n...) },
			tensor.Shape{3, 2},
			pick(0, 1, 2, 3, 4, 5), -1, 0,
		},
		{
			"concat of one",
			[]tensor.Shape{{1, 2}},
			func(n []node) (node, error) { return ApplyConcat(1, n...) },
			tensor.Shape{1, 2},
			pick(0, 1), -1, 0,
		},
		{
			"slice to one",
			[]tensor.Shape{{2, 3}},
			func(n []node) (node, error) { return ApplySlice(1, 1, 2, n[0]) },
			tensor.Shape{2, 1},
			pick(1, 4), -1, 0,
		},
		{
			"slice of images",
			[]tensor.Shape{{2, 3, 2}},
			func(n []node) (node, error) { return ApplySlice(1, 1, 3, n[0]) },
			tensor.Shape{2, 2, 2},
			pick(2, 3, 4, 5, 8, 9, 10, 11), -1, 0,
		},
		{
			"pad",
			[]tensor.Shape{{2, 2}},
			func(n []node) (node, error) { return ApplyPad(1, 1, 2, n[0]) },
			tensor.Shape{2, 5},
			pick(-1, 0, 1, -1, -1, -1, 2, 3, -1, -1), -1, 0,
		},
		{
			"pad rows",
			[]tensor.Shape{{1, 2}},
			func(n []node) (node, error) { return ApplyPad(0, 1, 0, n[0]) },
			tensor.Shape{2, 2},
			pick(-1, -1, 0, 1), -1, 0,
		},
	}
}

// naiveSum sums along axes, by the index of every element, axis by axis.
func naiveSum(x []float64, s tensor.Shape, axes []int) []float64 {
	left := 1
	for i, d := range s {
		if !slices.Contains(axes, i) {
			left *= d
		}
	}
	y := make([]float64, left)
	for at, v := range x {
		to, step, rest := 0, 1, at
		for i := len(s) - 1; i >= 0; i-- {
			if place := rest % s[i]; !slices.Contains(axes, i) {
				to, step = to+place*step, step*s[i]
			}
			rest /= s[i]
		}
		y[to] += v
	}
	return y
}
