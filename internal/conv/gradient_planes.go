package conv

import "github.com/seed-be841da4/prospect/internal/kernel"

// inDirect prepares the direct algorithm.
func (a *Gradient[T]) inDirect() {
	a.planes = planesOf[T](a.shape.x(), []phase{a.phase})
	c := a.shape.Channels / a.shape.Groups
	places := make([]int, c*a.shape.taps())
	for ch := range c {
		for _, t := range a.phase.taps {
			places[ch*a.shape.taps()+t.index] = a.planes.offset(ch, t)
		}
	}
	a.taps = kernel.NewOffsets(places)
}

// A product goes over directLength pixels if an image does not have more, and over four
// times as many while all planes stay in the L2 cache.
const (
	directLength = 1024
	directPlanes = 1 << 15 // elements
)

// directly computes the output channels lo … hi−1: every weight is the inner product of
// a channel of g with a shifted plane of x.
func (a *Gradient[T]) directly(dw, x, g []T, lo, hi int, s *Scratch[T]) {
	img, out := a.shape.x(), a.shape.y()
	groups := a.shape.Groups
	per, c := a.shape.Out/groups, img.channels/groups
	depth, sample := a.taps.Len(), a.planes.total(c)
	d := kernel.Dots{Lines: out.height, Width: out.width, ASample: out.size(), BLine: a.planes.width, BSample: sample}
	if out.width == a.planes.width {
		d.Lines, d.Width, d.BLine = 1, out.pixels(), out.pixels()
	}
	if a.planes.whole {
		d.BSample = img.size()
	}
	block := max(1, directLength/out.pixels())
	if n := directPlanes / sample; n > block {
		block = min(n, max(1, 4*directLength/out.pixels()))
	}
	block = min(block, a.shape.Batch)
	planes := s.part(partSource, block*sample+slack)
	for group := lo / per; group*per < hi; group++ {
		first, last := max(lo, group*per), min(hi, (group+1)*per)
		sum := dw[first*depth : last*depth]
		clear(sum)
		for n := 0; n < a.shape.Batch; n += block {
			d.Samples = min(block, a.shape.Batch-n)
			from := x[n*img.size()+group*c*img.pixels():]
			if a.planes.whole {
				planes = from
			} else {
				clear(planes[d.Samples*sample:][:slack])
				for k := range d.Samples {
					fillPlanes(planes[k*sample:], from[k*img.size():], &a.planes, c, 0)
				}
			}
			kernel.PlaneDots(sum, depth, last-first, g[n*out.size()+first*out.pixels():], out.pixels(), planes, &a.taps, d)
		}
		scale(sum, a.scale)
	}
}
