package conv

import "github.com/seed-be841da4/prospect/internal/kernel"

// Gradient is the adjoint of a convolution in the weights: it computes the weight
// gradient from the image x and the output gradient g. It sums over samples and pixels
// in a fixed order.
type Gradient[T kernel.Float] struct {
	shape Shape
	how   Algorithm
	tile  int
	phase phase
	scale float64

	planes planes // of the direct algorithm
	taps   kernel.Offsets
}

// NewGradient returns the adjoint in the weights of a convolution, multiplied by scale.
func NewGradient[T kernel.Float](s Shape, scale float64) *Gradient[T] {
	return newGradient[T](s, scale, gradientAlgorithm[T](s))
}

func newGradient[T kernel.Float](s Shape, scale float64, how Algorithm) *Gradient[T] {
	a := &Gradient[T]{shape: s, how: how, tile: how.tile(), phase: s.phases(false)[0], scale: scale}
	if how == Direct {
		a.inDirect()
	}
	return a
}

// Algorithm is what the gradient uses.
func (a *Gradient[T]) Algorithm() Algorithm { return a.how }

// Run computes the gradients dw of the output channels lo … hi−1.
func (a *Gradient[T]) Run(dw, x, g []T, lo, hi int, s *Scratch[T]) {
	switch {
	case a.how == Direct:
		a.directly(dw, x, g, lo, hi, s)
		return
	case a.tile > 0:
		a.winograd(dw, x, g, lo, hi, s)
		return
	}
	per := a.shape.Out / a.shape.Groups
	for group := lo / per; group*per < hi; group++ {
		a.gather(dw, x, g, group, max(lo, group*per), min(hi, (group+1)*per), s)
	}
}

// gather computes the output channels lo … hi−1 of a group: Σ over the pixels of g
// times the gathered rows, a block of pixels at a time.
func (a *Gradient[T]) gather(dw, x, g []T, group, lo, hi int, s *Scratch[T]) {
	img, out := a.shape.x(), a.shape.y()
	c, taps := img.channels/a.shape.Groups, a.shape.taps()
	k, m := taps*c, hi-lo
	ld, block := padded[T](m), pixelBlock(k)
	sum := total[T]{sum: s.part(partSum, m*k), chunk: s.part(partOther, m*k)}
	xs, gs := s.part(partSource, img.size()), s.part(partResult, block*ld)
	rows := s.part(partInput, out.width*padded[T](k))
	from := gathering[T]{phase: &a.phase, src: xs, img: img, first: group * c, c: c}
	filled, pixels := 0, a.shape.Batch*out.pixels()
	for q := 0; q < pixels; {
		n, pixel := q/out.pixels(), q%out.pixels()
		if pixel == 0 {
			channelsLast(xs, x[n*img.size():][:img.size()], img)
		}
		if filled == 0 {
			s.packed.Reset(min(block, pixels-q), k)
		}
		take := min(out.pixels()-pixel, s.packed.Rows()-filled)
		// The pixels of g for these channels, channels last.
		kernel.Transpose(gs[filled*ld:], ld, g[n*out.size()+lo*out.pixels()+pixel:], out.pixels(), m, take)
		from.pieces(pixel, take, func(_, r, i, j, end int) {
			from.packed(&s.packed, filled+r, rows, i, j, end)
		})
		q, filled = q+take, filled+take
		if filled == s.packed.Rows() {
			start := kernel.Start[T]{Accumulate: sum.begin(filled)}
			kernel.GemmPacked(sum.chunk, k, m, kernel.Transposed(gs, ld), &s.packed, start, &s.gemm)
			filled = 0
		}
	}
	sum.flush()
	scale(sum.sum, a.scale)
	for o := range m {
		kernel.Transpose(dw[(lo+o)*k:][:k], taps, sum.sum[o*k:], c, taps, c)
	}
}

// pixelBlock is the number of pixels per product, chosen so that their k inputs each
// stay in the L2 cache.
func pixelBlock(k int) int { return max(128, min(256, 1<<17/k/16*16)) }

// total is a long sum in chunks, so that its rounding error grows with the length of a
// chunk plus the number of chunks rather than with their product.
type total[T kernel.Float] struct {
	sum, chunk []T
	chunks     int
	length     int // of the current chunk
}

// chunkLength is the number of summands per chunk.
const chunkLength = 4096

// begin prepares for more summands and reports whether they continue the current chunk.
func (t *total[T]) begin(summands int) bool {
	if t.length > 0 && t.length+summands <= chunkLength {
		t.length += summands
		return true
	}
	t.flush()
	t.length = summands
	return false
}

// flush adds the current chunk, if any, to the sum.
func (t *total[T]) flush() {
	switch {
	case t.length == 0:
		return
	case t.chunks == 0:
		t.sum, t.chunk = t.chunk, t.sum
	case !kernel.Vector2(kernel.Add, t.sum, t.sum, t.chunk):
		for i, v := range t.chunk {
			t.sum[i] += v
		}
	}
	t.chunks++
}

// scale multiplies v by a scalar.
func scale[T kernel.Float](v []T, by float64) {
	if by == 1 || kernel.Vector1(kernel.MulScalar, v, v, T(by)) {
		return
	}
	for i := range v {
		v[i] *= T(by)
	}
}
