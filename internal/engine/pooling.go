package engine

import (
	"fmt"

	"github.com/seed-be841da4/prospect/internal/conv"
	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// poolKind is a kind of pooling, or of its derivative.
type poolKind uint8

const (
	maxPool     poolKind = iota // from x
	maxPoolGrad                 // from x, the maxima and the output gradient
	avgPool                     // of x
	avgPoolGrad                 // of the output gradient
)

// pooling is a pooling of images, or its derivative.
type pooling struct {
	perSample
	kind     poolKind
	win      ops.Window
	countPad bool
}

// MaxPool2D adds max pooling.
func (g *Graph) MaxPool2D(win ops.Window, shape []int, x *Value) *Value {
	return g.primitive(pooling{kind: maxPool, win: win}, shape, x)
}

// MaxPool2DGrad adds the derivative of max pooling.
func (g *Graph) MaxPool2DGrad(win ops.Window, x, y, arriving *Value) *Value {
	return g.linear(pooling{kind: maxPoolGrad, win: win}, x.Shape, 2, x, y, arriving)
}

// AvgPool2D adds average pooling.
func (g *Graph) AvgPool2D(win ops.Window, countPad bool, shape []int, x *Value) *Value {
	return g.linear(pooling{kind: avgPool, win: win, countPad: countPad}, shape, 0, x)
}

// AvgPool2DGrad adds the derivative of average pooling.
func (g *Graph) AvgPool2DGrad(win ops.Window, countPad bool, shape []int, arriving *Value) *Value {
	return g.linear(pooling{kind: avgPoolGrad, win: win, countPad: countPad}, shape, 0, arriving)
}

func (p pooling) work(v *Value) float64 {
	n := v.Size()
	for _, a := range v.Args {
		n = max(n, a.Size())
	}
	return float64(n)
}

func (p pooling) String() string {
	name := [...]string{"max pooling", "max pooling′", "mean pooling", "mean pooling′"}[p.kind]
	if p.countPad {
		name += " with padding"
	}
	return fmt.Sprintf("%s %v", name, p.win)
}

// pool2 runs 2×2 pooling with stride 2, or its derivative.
type pool2[T float] struct {
	kind          poolKind
	dst, x, y, g  []T
	planes        int // per sample
	rows, cols    int // of the maxima of a plane
	height, width int // of x
}

func newPool[T float](v *Value, p pooling, dst []T, args [][]T) instr[T] {
	big, small := v.Args[0], v
	if p.kind == maxPoolGrad {
		small = v.Args[1]
	}
	if p.kind == avgPoolGrad {
		big, small = v, v.Args[0]
	}
	in, out := [2]int{big.Shape[2], big.Shape[3]}, [2]int{small.Shape[2], small.Shape[3]}
	two, plain := [2]int{2, 2}, p.win.Pad == [2]int{} && p.win.Dilation == [2]int{1, 1}
	c := v.Shape[1]
	shape := conv.Shape{
		Batch: v.Shape[0], Channels: c, Height: in[0], Width: in[1], Out: c, OutHeight: out[0], OutWidth: out[1],
		Groups: c, Kernel: p.win.Kernel, Stride: p.win.Stride, Pad: p.win.Pad, Dilation: p.win.Dilation,
	}
	switch {
	case plain && p.win.Kernel == two && p.win.Stride == two:
		x := &pool2[T]{kind: p.kind, dst: dst, x: args[0], planes: c, rows: out[0], cols: out[1], height: in[0], width: in[1]}
		switch p.kind {
		case maxPoolGrad:
			x.y, x.g = args[1], args[2]
		case avgPoolGrad:
			x.g = args[0]
		}
		return x
	case plain && out == [2]int{1, 1} && p.win.Kernel == in:
		return &poolAll[T]{kind: p.kind, dst: dst, x: args[0], g: args[len(args)-1], planes: c, pixels: in[0] * in[1]}
	case p.kind >= avgPool:
		return &meanWindows[T]{by: conv.NewMeans[T](shape, p.countPad, p.kind == avgPoolGrad), dst: dst, x: args[0]}
	}
	x := &maxWindows[T]{by: conv.NewPool[T](shape), dst: dst, x: args[0]}
	if p.kind == maxPoolGrad {
		x.y, x.g = args[1], args[2]
	}
	return x
}

func (p *pool2[T]) run(_ *worker[T], lo, hi int) {
	in, out := p.height*p.width, p.rows*p.cols
	if p.g != nil && (p.height != 2*p.rows || p.width != 2*p.cols) {
		clear(p.dst[lo*p.planes*in : hi*p.planes*in])
	}
	// If no row is left over, the pairs of rows are contiguous across planes.
	first, planes, rows := lo*p.planes, (hi-lo)*p.planes, p.rows
	if p.height == 2*p.rows {
		planes, rows = min(planes, 1), rows*planes
	}
	for k := range planes {
		i, o := (first+k)*in, (first+k)*out
		switch p.kind {
		case maxPool:
			kernel.MaxPool(p.dst[o:], p.x[i:], rows, p.cols, 2*p.width, p.width)
		case maxPoolGrad:
			kernel.MaxPoolGrad(p.dst[i:], p.x[i:], p.y[o:], p.g[o:], rows, p.cols, 2*p.width, p.width)
		case avgPool:
			kernel.MeanPool(p.dst[o:], p.x[i:], rows, p.cols, 2*p.width, p.width)
		case avgPoolGrad:
			kernel.MeanPoolGrad(p.dst[i:], p.g[o:], rows, p.cols, 2*p.width, p.width)
		}
	}
}
