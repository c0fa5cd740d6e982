package replace

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/ops"
)

// convolution recognises the nodes of gorgonia.Conv2d: the product of unfolded images
// and kernels, transposed. It is matched at the last of five operations, before its
// operands are replaced.
func (p *Pass) convolution(n node, kind string) (node, error) {
	if kind != "transposeOp" || !slices.Equal(fieldsOf(n.Op()).integers("pattern"), []int{0, 3, 1, 2}) {
		return nil, nil
	}
	y := p.below(n, "reshapeOp")
	if y = p.below(y, "linAlgBinOp"); y == nil || y.Op().String() != "A × Bᵀ" {
		return nil, nil
	}
	factors := Operands(p.graph, y)
	columns, kernels := p.under(factors[0], "reshapeOp"), p.under(factors[1], "reshapeOp")
	if kindOfOrNone(columns) != "im2colOp" || kernels == nil || kernels.Dims() != 4 {
		return nil, nil
	}
	win := unfoldWindow(columns)
	image := Operands(p.graph, columns)[0]
	if w := kernels.Shape(); !exactly(w, tensor.Shape{n.Shape()[1], image.Shape()[1], win.Kernel[0], win.Kernel[1]}) {
		return nil, nil
	}
	x, err := p.Node(image)
	if err != nil {
		return nil, err
	}
	w, err := p.Node(kernels)
	if err != nil {
		return nil, err
	}
	return ops.ApplyConv2D(win, 1, x, w)
}

// below returns the operand of n if that applies an operation of a kind, else nil.
func (p *Pass) below(n node, kind string) node {
	if n == nil {
		return nil
	}
	x := Operands(p.graph, n)[0]
	if kindOfNode(x) != kind {
		return nil
	}
	return x
}

// under returns the operand of n if n itself applies an operation of a kind, else nil.
func (p *Pass) under(n node, kind string) node {
	if kindOfNode(n) != kind {
		return nil
	}
	return Operands(p.graph, n)[0]
}

func kindOfOrNone(n node) string {
	if n == nil {
		return ""
	}
	return kindOfNode(n)
}

func unfoldWindow(n node) ops.Window {
	f := fieldsOf(n.Op())
	return ops.Window{
		Kernel: f.pair("h", "w"), Pad: f.pair("padH", "padW"),
		Stride: f.pair("strideH", "strideW"), Dilation: f.pair("dilationH", "dilationW"),
	}
}

// unfold extracts the patches of images (im2col), as a convolution with kernels that
// have a single 1 each:
//
//	y[n,i,j,(c,u,v)] = x[n, c, i·s+u·d−p, j·s+v·d−p]
func unfold(p *Pass, n node, in []node) (node, error) {
	win := unfoldWindow(n)
	channels, taps := in[0].Shape()[1], win.Kernel[0]*win.Kernel[1]
	ones := make([]float64, channels*taps*taps)
	for i := range channels * taps {
		ones[i*taps+i%taps] = 1
	}
	w, err := p.constant(tensor.Shape{channels * taps, 1, win.Kernel[0], win.Kernel[1]}, ones)
	if err != nil {
		return nil, err
	}
	var m must
	y := m.apply(func(x node) (node, error) { return ops.ApplyConv2D(win, channels, x, w) }, in[0])
	return m.permute(y, []int{0, 2, 3, 1}), m.err
}

// pool is the maximum or the mean of each window; the mean counts the zero padding.
// Gorgonia's mean divides by the width of the image.
func pool(_ *Pass, n node, in []node) (node, error) {
	f := fieldsOf(n.Op())
	win := ops.Window{
		Kernel: f.pair("h", "w"), Pad: f.pair("padNorth", "padWest"),
		Stride: f.pair("strideH", "strideW"), Dilation: [2]int{1, 1},
	}
	mean := kindOf(n.Op()) == "avgPoolOp"
	switch {
	case f.pair("padSouth", "padEast") != win.Pad:
		return nil, errors.Errorf("%s: padding that differs between the sides is not supported; pad with gorgonia.Concat", label(n.Op()))
	case !mean && win.Kernel[0] == 1 && win.Stride[0] == 1 && win.Pad[0] == 0 && win.Kernel[1] > 1:
		return nil, errors.New("gorgonia.AveragePool1D computes maxima and cannot be told from MaxPool1D; use layers.AvgPool2D or layers.MaxPool2D, or gorgonia.AveragePool2D, with a kernel of one row")
	case mean:
		return ops.ApplyAvgPool2D(win, true, in[0])
	}
	return ops.ApplyMaxPool2D(win, in[0])
}

func globalPool(_ *Pass, n node, in []node) (node, error) {
	s := in[0].Shape()
	win := ops.Window{Kernel: [2]int{s[2], s[3]}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	return ops.ApplyAvgPool2D(win, true, in[0])
}

// upsample repeats every element over a square.
func upsample(_ *Pass, n node, in []node) (node, error) {
	s, by := in[0].Shape(), fieldsOf(n.Op()).integer("stride")+1
	var m must
	x := m.reshape(in[0], s[0]*s[1]*s[2], 1, s[3], 1)
	x = m.expand(x, tensor.Shape{s[0] * s[1] * s[2], by, s[3], by})
	return m.reshape(x, n.Shape()...), m.err
}
