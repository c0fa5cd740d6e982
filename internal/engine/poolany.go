package engine

import "github.com/seed-be841da4/prospect/internal/kernel"

// poolAny runs any pooling, plane by plane.
type poolAny[T float] struct {
	pooling
	dst, x, g []T
	planes    int // per sample
	in, out   [2]int
}

func (p *poolAny[T]) run(_ *worker[T], lo, hi int) {
	in, out := p.in[0]*p.in[1], p.out[0]*p.out[1]
	for k := lo * p.planes; k < hi*p.planes; k++ {
		switch p.kind {
		case maxPool:
			p.maxima(p.dst[k*out:][:out], p.x[k*in:][:in])
		case maxPoolGrad:
			p.maximaGrad(p.dst[k*in:][:in], p.x[k*in:][:in], p.g[k*out:][:out])
		case avgPool:
			p.means(p.dst[k*out:][:out], p.x[k*in:][:in])
		case avgPoolGrad:
			p.meansGrad(p.dst[k*in:][:in], p.g[k*out:][:out])
		}
	}
}

// taps is the part of a window within the input: its first index and length along each
// axis.
type taps struct{ from, n [2]int }

// clip clips the window of output o along an axis to the input.
func (p *poolAny[T]) clip(t *taps, axis, o int) {
	d, size := p.win.Dilation[axis], p.in[axis]
	from := o*p.win.Stride[axis] - p.win.Pad[axis]
	skip := 0
	if from < 0 {
		skip = (-from + d - 1) / d
	}
	from += skip * d
	n := p.win.Kernel[axis] - skip
	if room := (size - from + d - 1) / d; n > room {
		n = room
	}
	t.from[axis], t.n[axis] = from, max(n, 0)
}

// whole reports whether the only window is the whole plane.
func (p *poolAny[T]) whole() bool {
	return p.out == [2]int{1, 1} && p.win.Kernel == p.in && p.win.Pad == [2]int{} && p.win.Dilation == [2]int{1, 1}
}

// first returns the index of the first maximum, or NaN, of a window.
func (p *poolAny[T]) first(x []T, t *taps) int {
	best := t.from[0]*p.in[1] + t.from[1]
	for u := range t.n[0] {
		at := (t.from[0]+u*p.win.Dilation[0])*p.in[1] + t.from[1]
		for range t.n[1] {
			if v := x[at]; x[best] == x[best] && !(v <= x[best]) {
				best = at
			}
			at += p.win.Dilation[1]
		}
	}
	return best
}

func (p *poolAny[T]) maxima(y, x []T) {
	var t taps
	for i := range p.out[0] {
		p.clip(&t, 0, i)
		for j := range p.out[1] {
			p.clip(&t, 1, j)
			y[i*p.out[1]+j] = x[p.first(x, &t)]
		}
	}
}

func (p *poolAny[T]) maximaGrad(dx, x, g []T) {
	clear(dx)
	var t taps
	for i := range p.out[0] {
		p.clip(&t, 0, i)
		for j := range p.out[1] {
			p.clip(&t, 1, j)
			dx[p.first(x, &t)] += g[i*p.out[1]+j]
		}
	}
}

// share is the divisor of the sum over a window.
func (p *poolAny[T]) share(t *taps) T {
	if p.countPad {
		return T(p.win.Kernel[0] * p.win.Kernel[1])
	}
	return T(t.n[0] * t.n[1])
}

func (p *poolAny[T]) means(y, x []T) {
	if p.whole() {
		var sum [1]float64
		kernel.RowSums(sum[:], x, 1, len(x))
		y[0] = T(sum[0] / float64(len(x)))
		return
	}
	var t taps
	for i := range p.out[0] {
		p.clip(&t, 0, i)
		for j := range p.out[1] {
			p.clip(&t, 1, j)
			var sum T
			for u := range t.n[0] {
				at := (t.from[0]+u*p.win.Dilation[0])*p.in[1] + t.from[1]
				for range t.n[1] {
					sum += x[at]
					at += p.win.Dilation[1]
				}
			}
			y[i*p.out[1]+j] = sum / p.share(&t)
		}
	}
}

func (p *poolAny[T]) meansGrad(dx, g []T) {
	if p.whole() {
		fill(dx, g[0]/T(len(dx)))
		return
	}
	clear(dx)
	var t taps
	for i := range p.out[0] {
		p.clip(&t, 0, i)
		for j := range p.out[1] {
			p.clip(&t, 1, j)
			v := g[i*p.out[1]+j] / p.share(&t)
			for u := range t.n[0] {
				at := (t.from[0]+u*p.win.Dilation[0])*p.in[1] + t.from[1]
				for range t.n[1] {
					dx[at] += v
					at += p.win.Dilation[1]
				}
			}
		}
	}
}
