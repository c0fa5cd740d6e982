package engine

import (
	"fmt"

	"github.com/seed-be841da4/prospect/internal/conv"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// convolution is the convolution of args[0] with the weights args[1], or its adjoint
// with respect to the images, plus an optional bias args[2], one element per channel.
type convolution struct {
	perSample
	shape   conv.Shape
	adjoint bool
	bias    bool
}

// convolutionWeight is the adjoint with respect to the weights, from the images args[0]
// and the output gradient args[1].
type convolutionWeight struct {
	shared
	shape conv.Shape
	scale float64
}

func convShape(win ops.Window, groups int, x, w, y []int) conv.Shape {
	return conv.Shape{
		Batch: x[0], Channels: x[1], Height: x[2], Width: x[3], Out: w[0], OutHeight: y[2], OutWidth: y[3],
		Groups: groups, Kernel: win.Kernel, Stride: win.Stride, Pad: win.Pad, Dilation: win.Dilation,
	}
}

// Conv2D adds the convolution of images with weights; shape is the result's.
func (g *Graph) Conv2D(win ops.Window, groups int, shape []int, x, w *Value) *Value {
	return g.linear(convolution{shape: convShape(win, groups, x.Shape, w.Shape, shape)}, shape, 0, x, w)
}

// Conv2DInput adds the gradient in the images, from the weights and the output
// gradient.
func (g *Graph) Conv2DInput(win ops.Window, groups int, shape []int, w, arriving *Value) *Value {
	return g.linear(convolution{shape: convShape(win, groups, shape, w.Shape, arriving.Shape), adjoint: true}, shape, 0, arriving, w)
}

// Conv2DWeight adds the gradient in the weights, from the images and the output
// gradient.
func (g *Graph) Conv2DWeight(win ops.Window, groups int, shape []int, x, arriving *Value) *Value {
	scale := 1.0
	for _, v := range []**Value{&x, &arriving} {
		base, c, ok := scaled(*v)
		switch {
		case !ok:
		case c.Op == OpConst:
			*v, scale = base, scale*c.Const
		default: // a coefficient, unknown at compile time
			*v = base
			return g.Binary(Mul, g.Conv2DWeight(win, groups, shape, x, arriving), c)
		}
	}
	p := convolutionWeight{shape: convShape(win, groups, x.Shape, shape, arriving.Shape), scale: scale}
	return g.primitive(p, shape, x, arriving)
}

// withBias adds a per-channel bias to a convolution, or returns nil.
func (g *Graph) withBias(x, b *Value) *Value {
	c, ok := x.Primitive.(convolution)
	if !ok || c.bias {
		return nil
	}
	c.bias = true
	return g.primitive(c, x.Shape, x.Args[0], x.Args[1], b)
}

func (c convolution) local(_ *Value, i int) bool { return i == 0 }

func (c convolution) block() int { return c.shape.Block(c.adjoint) }

func (c convolution) work(*Value) float64 { return c.shape.FLOPs() }

func (c convolution) String() string {
	name := "convolution"
	if c.adjoint {
		name = "convolution′"
	}
	if c.bias {
		name += "+b"
	}
	return name + geometry(c.shape)
}

func (c convolutionWeight) work(*Value) float64 { return c.shape.FLOPs() }

func (c convolutionWeight) String() string {
	return fmt.Sprintf("convolution weights′ · %g", c.scale) + geometry(c.shape)
}

func geometry(s conv.Shape) string {
	text := fmt.Sprintf(" %d×%d of %d×%d×%d → %d×%d×%d", s.Kernel[0], s.Kernel[1], s.Channels, s.Height, s.Width, s.Out, s.OutHeight, s.OutWidth)
	return text + fmt.Sprintf(", stride %v, padding %v, dilation %v, groups %d", s.Stride, s.Pad, s.Dilation, s.Groups)
}

// convolve runs a convolution, split by samples.
type convolve[T float] struct {
	by             *conv.Map[T]
	dst, src, bias []T
	weights        []T // packed at every run; nil: packed at a refresh
	from           int // channels of the weights that are packed
}

func (x *convolve[T]) run(w *worker[T], lo, hi int) {
	if x.weights != nil {
		x.by.Pack(x.weights, 0, x.from, &w.conv)
	}
	x.by.Run(x.dst, x.src, x.bias, lo, hi, &w.conv)
}

// convPack packs the weights of a convolution at a refresh, split by source channels.
type convPack[T float] struct {
	by   *conv.Map[T]
	src  []T
	name string
	rows int
}

func (p *convPack[T]) run(w *worker[T], lo, hi int) { p.by.Pack(p.src, lo, hi, &w.conv) }

// convKey identifies packed weights.
type convKey struct {
	value   *Value
	shape   conv.Shape
	adjoint bool
}

func (c convolution) key(v *Value) convKey {
	s := c.shape
	s.Batch = 1
	return convKey{storage(v.Args[1]), s, c.adjoint}
}

// chooseConvPacks chooses the convolution weights to pack at a refresh.
func (c *compiler[T]) chooseConvPacks(s *stagePlan[T]) {
	for _, t := range s.tasks {
		p, ok := t.value.Primitive.(convolution)
		if t.root != nil || !ok || !c.packable(s, t.value.Args[1]) {
			continue
		}
		key := p.key(t.value)
		if c.convPacks[key] != nil {
			continue
		}
		by := conv.New[T](p.shape, p.adjoint)
		c.convPacks[key] = &convPack[T]{by: by, name: p.String() + ", " + by.Algorithm().String(), rows: by.Sources()}
		c.convOrder = append(c.convOrder, key)
	}
}

// emitConvPacks generates the instructions that pack convolution weights.
func (c *compiler[T]) emitConvPacks(hoisted []*stagePlan[T]) {
	for _, key := range c.convOrder {
		p := c.convPacks[key]
		p.src = c.mem(hoisted[1], key.value)
		c.unit.packed += p.by.PackedSize()
		into := c.unit.refresh[min(key.value.class, Clamped)]
		into.moved += float64(4 * p.by.PackedSize())
		into.phases = append(into.phases, phaseCode[T]{rows: p.rows, fine: p.rows, scale: []int{1}, instrs: []instr[T]{p}, extent: []int{p.rows}, segments: []segment{{to: 1}}, notes: []string{"pack " + key.value.String() + " for " + p.name}})
	}
}

// packsFirst reports whether v is a convolution that packs its weights at every run.
func (c *compiler[T]) packsFirst(s *stagePlan[T], v *Value) bool {
	_, ok := v.Primitive.(convolution)
	return ok && !c.packable(s, v.Args[1])
}

func (c *compiler[T]) convolution(s *stagePlan[T], v *Value, p convolution) instr[T] {
	x := &convolve[T]{dst: c.mem(s, v), src: c.mem(s, v.Args[0])}
	if p.bias {
		x.bias = c.mem(s, v.Args[2])
	}
	if k := c.convPacks[p.key(v)]; k != nil && c.packable(s, v.Args[1]) {
		x.by = k.by
		return x
	}
	x.by, x.weights = conv.New[T](p.shape, p.adjoint), c.mem(s, v.Args[1])
	x.from = x.by.Sources()
	return x
}

// convWeight runs convolutionWeight, split by output channels.
type convWeight[T float] struct {
	by        *conv.Gradient[T]
	dst, x, g []T
}

func newConvWeight[T float](_ *Value, p convolutionWeight, dst []T, args [][]T) instr[T] {
	return &convWeight[T]{by: conv.NewGradient[T](p.shape, p.scale), dst: dst, x: args[0], g: args[1]}
}

func (x *convWeight[T]) run(w *worker[T], lo, hi int) {
	if lo < hi {
		x.by.Run(x.dst, x.x, x.g, lo, hi, &w.conv)
	}
}
