package conv

import "github.com/seed-be841da4/prospect/internal/kernel"

// Gradient is the adjoint of a convolution in the weights: from the image x and what arrives at the
// result, g, it makes what is shaped like the weights. It sums over samples and pixels in a fixed order.
type Gradient[T kernel.Float] struct {
	shape Shape
	tile  int
	phase phase
}

// NewGradient returns the adjoint in the weights of a convolution.
func NewGradient[T kernel.Float](s Shape) *Gradient[T] {
	return newGradient[T](s, s.tile(s.y()))
}

func newGradient[T kernel.Float](s Shape, tile int) *Gradient[T] {
	return &Gradient[T]{shape: s, tile: tile, phase: s.phases(false)[0]}
}

// Tile is the number of outputs in either direction of the tiles of Winograd's filtering, 0 if the
// gradient does not use it.
func (a *Gradient[T]) Tile() int { return a.tile }

// Run computes the gradients dw of the output channels lo … hi−1.
func (a *Gradient[T]) Run(dw, x, g []T, lo, hi int, s *Scratch[T]) {
	if a.tile > 0 {
		a.winograd(dw, x, g, lo, hi, s)
		return
	}
	per := a.shape.Out / a.shape.Groups
	for group := lo / per; group*per < hi; group++ {
		a.gather(dw, x, g, group, max(lo, group*per), min(hi, (group+1)*per), s)
	}
}

// gather computes the output channels lo … hi−1 of a group: Σ over the pixels of g times the gathered
// rows, some pixels at a time.
func (a *Gradient[T]) gather(dw, x, g []T, group, lo, hi int, s *Scratch[T]) {
	img, out := a.shape.x(), a.shape.y()
	c, taps := img.channels/a.shape.Groups, a.shape.taps()
	k, m := taps*c, hi-lo
	sum := s.part(partSum, m*k)
	clear(sum)
	xs, gs := s.part(partSource, img.size()), s.part(partResult, pixelBlock*m)
	row := s.part(partInput, k)
	filled := 0
	add := func() {
		kernel.GemmPacked(sum, k, m, kernel.Transposed(gs, m), &s.packed, kernel.Start[T]{Accumulate: true}, &s.gemm)
	}
	total := a.shape.Batch * out.pixels()
	for q := 0; q < total; {
		n, pixel := q/out.pixels(), q%out.pixels()
		if pixel == 0 {
			last(xs, x[n*img.size():][:img.size()], img)
		}
		if filled == 0 {
			s.packed.Reset(min(pixelBlock, total-q), k)
		}
		take := min(out.pixels()-pixel, s.packed.Rows()-filled)
		// The pixels of g for these channels, channels last.
		kernel.Transpose(gs[filled*m:], m, g[n*out.size()+lo*out.pixels()+pixel:], out.pixels(), m, take)
		for r := range take {
			i, j := (pixel+r)/out.width, (pixel+r)%out.width
			gatherRow(row, xs, img, &a.phase, i, j, group*c, c)
			s.packed.SetRow(filled+r, row)
		}
		q, filled = q+take, filled+take
		if filled == s.packed.Rows() {
			add()
			filled = 0
		}
	}
	for o := range m {
		kernel.Transpose(dw[(lo+o)*k:][:k], taps, sum[o*k:], c, taps, c)
	}
}

// pixelBlock is the number of pixels that are multiplied in one go.
const pixelBlock = 256
