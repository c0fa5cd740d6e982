package hlo

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/seed-be841da4/prospect/internal/conv"
	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// window is the geometry of a convolution of StableHLO, along rows and columns.
type window struct {
	stride, low, high, left, right [2]int // left and right: dilations of images and kernel
}

// convolve writes a convolution; dims says which axes are which.
func (s *Scope) convolve(t Type, x, w Ref, dims string, win window, groups, batchGroups int) Ref {
	precision := "precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]"
	switch s.builder.Precision {
	case Default:
		precision = strings.ReplaceAll(precision, "HIGHEST", "DEFAULT")
	case Brain:
		precision = strings.ReplaceAll(precision, "HIGHEST", "DEFAULT")
		if s.builder.Element == F32 {
			x, w = s.Convert(x, BF16), s.Convert(w, BF16)
		}
	}
	return s.statement(t, "stablehlo.convolution(%s, %s) dim_numbers = %s, window = {stride = [%s], pad = [[%d, %d], [%d, %d]], lhs_dilate = [%s], rhs_dilate = [%s]} {batch_group_count = %d : i64, feature_group_count = %d : i64, %s} : (%s, %s) -> %s",
		x.Name, w.Name, dims, ints(win.stride[:]), win.low[0], win.high[0], win.low[1], win.high[1], ints(win.left[:]), ints(win.right[:]), batchGroups, groups, precision, x.Type, w.Type, t)
}

// span is the number of places from the first tap to the last.
func span(c conv.Shape, k int) int { return (c.Kernel[k]-1)*c.Dilation[k] + 1 }

// convolution writes a convolution, or the gradient in its images.
func (s *Scope) convolution(v *engine.Value, p engine.Convolution, args []Ref) Ref {
	c, t := p.Shape, Type{s.builder.Element, v.Shape}
	win := window{stride: c.Stride, left: [2]int{1, 1}, right: c.Dilation}
	in, out := [2]int{c.Height, c.Width}, [2]int{c.OutHeight, c.OutWidth}
	x, w, dims := args[0], args[1], "[b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1]"
	for k := range 2 {
		win.low[k] = c.Pad[k]
		win.high[k] = (out[k]-1)*c.Stride[k] + span(c, k) - in[k] - c.Pad[k]
		if p.Adjoint {
			win.low[k] = span(c, k) - 1 - c.Pad[k]
			win.high[k] = in[k] + c.Pad[k] - (out[k]-1)*c.Stride[k] - 1
		}
	}
	if p.Adjoint {
		win.stride, win.left = [2]int{1, 1}, c.Stride
		w, dims = s.flipped(w, c), "[b, f, 0, 1]x[i, o, 0, 1]->[b, f, 0, 1]"
	}
	y := s.convolve(t, x, w, dims, win, c.Groups, 1)
	if p.Bias {
		y = s.Add(y, s.along(args[2], []int{1}, v.Shape))
	}
	return y
}

// flipped turns the kernels (O, C/G, …) around, as (O/G, C, …).
func (s *Scope) flipped(w Ref, c conv.Shape) Ref {
	w = s.statement(w.Type, "stablehlo.reverse %s, dims = [2, 3] : %s", w.Name, w.Type)
	if c.Groups == 1 {
		return w
	}
	o, i := c.Out/c.Groups, c.Channels/c.Groups
	w = s.Reshape(w, []int{c.Groups, o, i, c.Kernel[0], c.Kernel[1]})
	t := w.as([]int{o, c.Groups, i, c.Kernel[0], c.Kernel[1]})
	w = s.statement(t, "stablehlo.transpose %s, dims = [1, 0, 2, 3, 4] : (%s) -> %s", w.Name, w.Type, t)
	return s.Reshape(w, []int{o, c.Channels, c.Kernel[0], c.Kernel[1]})
}

// convolutionWeight writes the gradient in the weights: a convolution of the images with
// the arriving gradient, in which samples are the channels.
func (s *Scope) convolutionWeight(v *engine.Value, p engine.ConvolutionWeight, args []Ref) Ref {
	c := p.Shape
	win := window{stride: c.Dilation, low: c.Pad, left: [2]int{1, 1}, right: c.Stride}
	in, out := [2]int{c.Height, c.Width}, [2]int{c.OutHeight, c.OutWidth}
	for k := range 2 {
		win.high[k] = (out[k]-1)*c.Stride[k] + span(c, k) - in[k] - c.Pad[k]
	}
	y := s.convolve(Type{s.builder.Element, v.Shape}, args[0], args[1], "[f, b, 0, 1]x[i, o, 0, 1]->[f, b, 0, 1]", win, 1, c.Groups)
	if p.Scale != 1 {
		y = s.times(y, p.Scale)
	}
	return y
}

// tap is a place in a window.
type tap struct{ from, to, step []int }

// taps lists the places of a window over padded images of shape (N, C, H, W), row by row,
// each as the slice that holds it for all outputs; and the padding before and after.
func taps(win ops.Window, shape, out []int) (list []tap, low, high []int) {
	low, high = []int{0, 0, win.Pad[0], win.Pad[1]}, []int{0, 0, win.Pad[0], win.Pad[1]}
	for u := range win.Kernel[0] {
		for v := range win.Kernel[1] {
			at := [2]int{u * win.Dilation[0], v * win.Dilation[1]}
			t := tap{[]int{0, 0, at[0], at[1]}, slices.Clone(shape), []int{1, 1, win.Stride[0], win.Stride[1]}}
			for k := range 2 {
				t.to[2+k] = at[k] + (out[2+k]-1)*win.Stride[k] + 1
			}
			list = append(list, t)
		}
	}
	return list, low, high
}

// scattered is the transpose of taking a tap: the elements of g at its places in padded
// images of a shape.
func (s *Scope) scattered(g Ref, t tap, padded []int) Ref {
	high, inner := make([]int, 4), make([]int, 4)
	for i := range padded {
		high[i] = padded[i] - t.to[i]
		inner[i] = t.step[i] - 1
	}
	return s.pad(g, 0, t.from, high, inner)
}

// maxPool is the maximum of windows. Its gradient goes to the first maximum, row by row,
// or to the first NaN.
func (s *Scope) maxPool(v *engine.Value, p engine.MaxPool, args []Ref) Ref {
	x := args[0]
	if !p.Gradient {
		return s.reduceWindow("maximum", x, math.Inf(-1), p.Window, v.Shape)
	}
	y, g := args[1], args[2]
	list, low, high := taps(p.Window, x.Type.Shape, y.Type.Shape)
	padded := s.pad(x, math.Inf(-1), low, high, nil)
	free := s.Const(Type{I1, y.Type.Shape}, 1)
	var total Ref
	for i, t := range list {
		part := s.slice(padded, t.from, t.to, t.step)
		hit := s.Binary("or", s.Compare("EQ", part, y), s.Compare("NE", part, part))
		first := s.Binary("and", hit, free)
		free = s.Binary("and", free, s.Unary("not", hit))
		share := s.scattered(s.Select(first, g, s.Like(g, 0)), t, padded.Type.Shape)
		if i == 0 {
			total = share
		} else {
			total = s.Add(total, share)
		}
	}
	return s.unpad(total, low, x.Type.Shape)
}

// unpad cuts images of a shape out of padded ones.
func (s *Scope) unpad(x Ref, low, shape []int) Ref {
	to := make([]int, len(low))
	for i := range low {
		to[i] = low[i] + shape[i]
	}
	return s.slice(x, low, to, nil)
}

// reduceWindow combines the elements of windows; padding counts as the first value.
func (s *Scope) reduceWindow(op string, x Ref, first float64, win ops.Window, out []int) Ref {
	init, t := s.Const(Type{Element: x.Type.Element}, first), x.as(out)
	return s.statement(t, `"stablehlo.reduce_window"(%s, %s) ({
      ^bb0(%%x: %s, %%y: %s):
        %%z = stablehlo.%s %%x, %%y : %s
        stablehlo.return %%z : %s
      }) {window_dimensions = array<i64: 1, 1, %s>, window_strides = array<i64: 1, 1, %s>, base_dilations = array<i64: 1, 1, 1, 1>, window_dilations = array<i64: 1, 1, %s>, padding = dense<[[0, 0], [0, 0], [%d, %d], [%d, %d]]> : tensor<4x2xi64>} : (%s, %s) -> %s`,
		x.Name, init.Name, init.Type, init.Type, op, init.Type, init.Type,
		ints(win.Kernel[:]), ints(win.Stride[:]), ints(win.Dilation[:]), win.Pad[0], win.Pad[0], win.Pad[1], win.Pad[1], x.Type, init.Type, t)
}

// avgPool is the mean of windows, or its gradient.
func (s *Scope) avgPool(v *engine.Value, p engine.AvgPool, x Ref) Ref {
	win := p.Window
	if !p.Gradient {
		return s.Mul(s.reduceWindow("add", x, 0, win, v.Shape), s.shares(p, v.Shape, x.Type.Shape))
	}
	out := x.Type.Shape
	x = s.Mul(x, s.shares(p, out, v.Shape))
	low, high, inner := make([]int, 4), make([]int, 4), make([]int, 4)
	for k := range 2 {
		reach := win.Span()[k] - 1
		low[2+k], inner[2+k] = reach-win.Pad[k], win.Stride[k]-1
		high[2+k] = v.Shape[2+k] + win.Pad[k] - (out[2+k]-1)*win.Stride[k] - 1
	}
	spread := s.pad(x, 0, low, high, inner)
	return s.reduceWindow("add", spread, 0, ops.Window{Kernel: win.Kernel, Stride: [2]int{1, 1}, Dilation: win.Dilation}, v.Shape)
}

// shares are 1 over the number of elements of every window.
func (s *Scope) shares(p engine.AvgPool, out, in []int) Ref {
	win, e := p.Window, s.builder.Element
	if p.CountPad || win.Pad == [2]int{} {
		return s.Number(1 / float64(win.Kernel[0]*win.Kernel[1]))
	}
	count := func(k, o int) float64 {
		n := 0
		for u := range win.Kernel[k] {
			if at := o*win.Stride[k] + u*win.Dilation[k] - win.Pad[k]; at >= 0 && at < in[2+k] {
				n++
			}
		}
		return float64(n)
	}
	var rows []string
	for i := range out[2] {
		var row []string
		for j := range out[3] {
			row = append(row, literal(e, 1/(count(0, i)*count(1, j))))
		}
		rows = append(rows, "["+strings.Join(row, ", ")+"]")
	}
	t := Type{e, out[2:]}
	shares := s.statement(t, "stablehlo.constant dense<%s> : %s", fmt.Sprintf("[%s]", strings.Join(rows, ", ")), t)
	return s.along(shares, []int{2, 3}, out)
}
