package engine

import "github.com/seed-be841da4/prospect/internal/kernel"

// channels scales and shifts the channels of (N, C, …): args[0]·s + b, with one element
// of s and b per channel.
type channels struct {
	perSample
	scale, shift bool // args[1] is s; the last argument is b
	expand       bool // broadcast b alone, without args[0]
}

// channelSums sums each channel of (N, C, …) over samples and positions.
type channelSums struct{ shared }

// AddChannels adds x + b, with b broadcast over samples and positions.
func (g *Graph) AddChannels(x, b *Value) *Value {
	if len(x.Shape) == 2 {
		return g.Binary(Add, x, g.rowOf(b, x.Shape))
	}
	if v := g.withBias(x, b); v != nil {
		return v
	}
	if c, ok := x.Primitive.(channels); ok && c.scale && !c.shift {
		return g.primitive(channels{scale: true, shift: true}, x.Shape, x.Args[0], x.Args[1], b)
	}
	return g.primitive(channels{shift: true}, x.Shape, x, b)
}

// MulChannels adds x·s, with s broadcast over samples and positions.
func (g *Graph) MulChannels(x, s *Value) *Value {
	if len(x.Shape) == 2 {
		return g.Binary(Mul, x, g.rowOf(s, x.Shape))
	}
	return g.linear(channels{scale: true}, x.Shape, 0, x, s)
}

// ExpandChannels adds b broadcast over samples and positions.
func (g *Graph) ExpandChannels(b *Value, shape []int) *Value {
	if len(shape) == 2 {
		return g.rowOf(b, shape)
	}
	return g.primitive(channels{shift: true, expand: true}, shape, b)
}

// SumChannels adds the sums over samples and positions.
func (g *Graph) SumChannels(x *Value) *Value {
	if len(x.Shape) == 2 {
		return g.SumRows(x)
	}
	return g.linear(channelSums{}, []int{x.Shape[1]}, 0, x)
}

// rowOf broadcasts b over the rows of a shape.
func (g *Graph) rowOf(b *Value, shape []int) *Value {
	return g.Broadcast(g.Reshape(b, []int{1, shape[1]}), shape)
}

func (c channels) local(_ *Value, i int) bool { return i == 0 && !c.expand }

func (c channels) String() string {
	switch {
	case c.expand:
		return "repeat for each channel"
	case c.scale && c.shift:
		return "· and + for each channel"
	case c.scale:
		return "· for each channel"
	}
	return "+ for each channel"
}

func (channelSums) String() string { return "Σ of each channel" }

// channelwise runs channels, split by samples.
type channelwise[T float] struct {
	dst, x, scale, shift []T
	channels, places     int
}

func newChannelwise[T float](v *Value, c channels, dst []T, args [][]T) instr[T] {
	x := &channelwise[T]{dst: dst, channels: v.Shape[1], places: v.Size() / (v.Shape[0] * v.Shape[1])}
	if !c.expand {
		x.x = args[0]
	}
	if c.scale {
		x.scale = args[1]
	}
	if c.shift {
		x.shift = args[len(args)-1]
	}
	return x
}

func (x *channelwise[T]) run(w *worker[T], lo, hi int) {
	for k := lo * x.channels; k < hi*x.channels; k++ {
		c := k % x.channels
		dst := x.dst[k*x.places : (k+1)*x.places]
		if x.x == nil {
			fill(dst, x.shift[c])
			continue
		}
		src := x.x[k*x.places : (k+1)*x.places]
		switch {
		case x.shift == nil:
			w.kernels.vs[Mul](dst, src, x.scale[c])
		case x.scale == nil:
			w.kernels.vs[Add](dst, src, x.shift[c])
		case !kernel.Affine(dst, src, x.scale[c], x.shift[c]):
			for i, v := range src {
				dst[i] = T(v*x.scale[c]) + x.shift[c]
			}
		}
	}
}

// channelTotals runs channelSums, split by channels; samples are summed in order.
type channelTotals[T float] struct {
	dst, x                    []T
	samples, channels, places int
}

func newChannelSums[T float](v *Value, dst []T, args [][]T) instr[T] {
	s := v.Args[0].Shape
	return &channelTotals[T]{dst: dst, x: args[0], samples: s[0], channels: s[1], places: v.Args[0].Size() / (s[0] * s[1])}
}

func (x *channelTotals[T]) run(w *worker[T], lo, hi int) {
	for ; lo < hi; lo += len(w.sums) {
		n := min(len(w.sums), hi-lo)
		total, part := w.sums[:n], w.totals[:n]
		clear(total)
		for s := range x.samples {
			kernel.RowSums(part, x.x[(s*x.channels+lo)*x.places:], n, x.places)
			for i, v := range part {
				total[i] += v
			}
		}
		for i, v := range total {
			x.dst[lo+i] = T(v)
		}
	}
}
