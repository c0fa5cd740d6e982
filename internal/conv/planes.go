package conv

import (
	"github.com/seed-be841da4/prospect/internal/kernel"
)

// planes is the layout in which the direct algorithm reads an image: each channel is
// divided into one plane for every residue of the places modulo the stride that a tap
// reads, with the padding, so that every tap of every output is a shift within a plane.
//
//	plane (a, b) of a channel, row r, column c: x[(r + first[0])·stride[0] + a][(c + first[1])·stride[1] + b]
type planes struct {
	img           image
	stride, first [2]int
	residues      [][2]int
	height, width int
	size          int  // distance between planes
	whole         bool // the image is its planes
}

// planesOf returns the layout that a map's phases, all of one stride, read.
func planesOf[T kernel.Float](img image, phases []phase) planes {
	l := planes{img: img, stride: [2]int{1, 1}}
	var last, grid [2]int
	some := false
	for k := range phases {
		p := &phases[k]
		l.stride = p.advance
		for axis := range 2 {
			grid[axis] = max(grid[axis], p.grid[axis])
		}
		for _, t := range p.taps {
			shift, residue := l.place(t)
			if !some {
				l.first, last, some = shift, shift, true
			}
			for axis := range 2 {
				l.first[axis], last[axis] = min(l.first[axis], shift[axis]), max(last[axis], shift[axis])
			}
			if l.index(residue) < 0 {
				l.residues = append(l.residues, residue)
			}
		}
	}
	l.height, l.width = grid[0]+last[0]-l.first[0], grid[1]+last[1]-l.first[1]
	l.size = padded[T](l.height * l.width)
	if l.whole = len(l.residues) == 1 && l.stride == [2]int{1, 1} && l.first == [2]int{} && last == l.first &&
		grid == [2]int{img.height, img.width} && img.pixels()%(2*kernel.Lanes[T]()) == 0; l.whole {
		l.size = img.pixels()
	}
	return l
}

// place divides the position of a tap by the stride.
func (l *planes) place(t tap) (shift, residue [2]int) {
	for axis, at := range [2]int{t.i, t.j} {
		s := l.stride[axis]
		residue[axis] = (at%s + s) % s
		shift[axis] = (at - residue[axis]) / s
	}
	return shift, residue
}

// index is the number of a residue's plane, −1 if there is none.
func (l *planes) index(residue [2]int) int {
	for k, r := range l.residues {
		if r == residue {
			return k
		}
	}
	return -1
}

// offset is the place of a tap, for the first output, in the planes of a channel.
func (l *planes) offset(channel int, t tap) int {
	shift, residue := l.place(t)
	plane := channel*len(l.residues) + l.index(residue)
	return plane*l.size + (shift[0]-l.first[0])*l.width + shift[1] - l.first[1]
}

// total is the number of elements of the planes of c channels.
func (l *planes) total(c int) int { return c * len(l.residues) * l.size }

// slack is the number of elements that kernels may read past the planes.
const slack = 128

// area is the part of a plane that lies within the image: rows × cols, from place to of
// the plane and place from of the image.
type area struct{ rows, cols, to, from int }

func (l *planes) area(k int) area {
	r := l.residues[k]
	top, rows := span(l.first[0], l.stride[0], r[0], l.height, l.img.height)
	left, cols := span(l.first[1], l.stride[1], r[1], l.width, l.img.width)
	if rows <= 0 || cols <= 0 {
		return area{}
	}
	y, x := (top+l.first[0])*l.stride[0]+r[0], (left+l.first[1])*l.stride[1]+r[1]
	return area{rows, cols, top*l.width + left, y*l.img.width + x}
}

// span returns the part of n places, of which the k-th reads place (k+first)·stride +
// residue, that lies within size.
func span(first, stride, residue, n, size int) (from, count int) {
	from = max(0, -first)
	end := min(n, tiles(size-residue, stride)-first)
	return from, end - from
}

// fillPlanes writes the planes of c channels of x, with a number as padding.
func fillPlanes[T kernel.Float](dst, x []T, l *planes, c int, padding T) {
	lds := l.stride[0] * l.img.width
	for ch := range c {
		src := x[ch*l.img.pixels():][:l.img.pixels()]
		for k := range l.residues {
			plane := dst[(ch*len(l.residues)+k)*l.size:][:l.size]
			a := l.area(k)
			inner := plane[:l.height*l.width]
			clear(plane[len(inner):]) // kernels read on
			if a.rows < l.height || a.cols < l.width {
				fill(inner, padding)
			}
			switch to, from := inner[a.to:], src[a.from:]; {
			case l.stride[1] == 1 && a.cols == l.width && lds == a.cols:
				copy(to[:a.rows*a.cols], from)
			case l.stride[1] == 1:
				kernel.CopyRows(to, l.width, from, lds, a.rows, a.cols)
			case l.stride[1] == 2:
				kernel.CopyAlternate(to, l.width, from, lds, a.rows, a.cols)
			default:
				for i := range a.rows {
					d, s := to[i*l.width:][:a.cols], from[i*lds:]
					for j := range d {
						d[j] = s[j*l.stride[1]]
					}
				}
			}
		}
	}
}

// emptyPlanes is the inverse for one channel; elements that are in no plane are zero.
func emptyPlanes[T kernel.Float](x, src []T, l *planes) {
	covered := 0
	for k := range l.residues {
		a := l.area(k)
		covered += a.rows * a.cols
	}
	if covered < len(x) {
		clear(x)
	}
	ldd := l.stride[0] * l.img.width
	for k, r := range l.residues {
		a := l.area(k)
		from, first := src[k*l.size+a.to:], 0
		if l.stride[1] == 1 {
			kernel.CopyRows(x[a.from:], ldd, from, l.width, a.rows, a.cols)
			continue
		}
		if other := l.index([2]int{r[0], 1 - r[1]}); l.stride[1] == 2 && other >= 0 {
			b := l.area(other)
			first = min(a.cols, b.cols)
			if r[1] == 0 { // the odd columns too
				kernel.Interleave(x[a.from:], ldd, from, src[other*l.size+b.to:], l.width, a.rows, first)
			}
		}
		for i := range a.rows {
			for j := first; j < a.cols; j++ {
				x[a.from+i*ldd+j*l.stride[1]] = from[i*l.width+j]
			}
		}
	}
}

func fill[T kernel.Float](dst []T, v T) {
	if v == 0 {
		clear(dst)
		return
	}
	for i := range dst {
		dst[i] = v
	}
}

// direct is a product of a phase with an image in planes, for one group of channels.
type direct struct {
	*phase
	rows, cols kernel.Offsets
	width      int // of a line of the result, with what is computed in vain
	columns    int
}

func directOf[T kernel.Float](p *phase, l *planes, channels int) direct {
	d := direct{phase: p, width: p.grid[1]}
	rows := make([]int, 0, channels*len(p.taps))
	for ch := range channels {
		for _, t := range p.taps {
			rows = append(rows, l.offset(ch, t))
		}
	}
	lanes := kernel.Lanes[T]()
	d.columns = columnsOf(p.grid, l.width, lanes)
	exact := d.exact()
	if !exact { // whole lines of the planes
		d.width = l.width
	}
	cols := make([]int, 0, d.columns/lanes)
	for at := 0; at < d.columns; at += lanes {
		place := at
		if exact {
			place = at/p.grid[1]*l.width + at%p.grid[1]
		}
		cols = append(cols, place)
	}
	d.rows, d.cols = kernel.NewOffsets(rows), kernel.NewOffsets(cols)
	return d
}

// columnsOf is the number of columns, in pairs of vectors, that cover a grid of outputs
// in planes of some width: as many as there are outputs, if a vector never goes beyond a
// line, else whole lines.
func columnsOf(grid [2]int, width, lanes int) int {
	area := grid[0] * grid[1]
	if area%(2*lanes) == 0 && (grid[1]%lanes == 0 || grid[1] == width) {
		return area
	}
	return tiles((grid[0]-1)*width+grid[1], 2*lanes) * 2 * lanes
}

// exact reports whether nothing is computed in vain.
func (d *direct) exact() bool { return d.columns == d.grid[0]*d.grid[1] }

// inDirect prepares a map for the direct algorithm.
func (m *Map[T]) inDirect() {
	s := &m.shape
	c := m.src.channels / s.Groups
	m.planes = planesOf[T](m.src, m.phases)
	for k := range m.phases {
		m.direct = append(m.direct, directOf[T](&m.phases[k], &m.planes, c))
		m.depth = append(m.depth, padded[T](c*len(m.phases[k].taps)))
		m.flat = append(m.flat, kernel.Aligned[T](m.dst.channels*m.depth[k]))
	}
}

// packDirect packs the source channels lo … hi−1 of a group.
func (m *Map[T]) packDirect(w []T, group, lo, hi int) {
	s := &m.shape
	o, c, taps := s.Out/s.Groups, s.Channels/s.Groups, s.taps()
	w = w[group*o*c*taps:][:o*c*taps]
	to := o
	if m.adjoint {
		to = c
	}
	for k := range m.phases {
		p, ld := &m.phases[k], m.depth[k]
		for row := range to {
			dst := m.flat[k][(group*to+row)*ld:]
			for ch := lo; ch < hi; ch++ {
				at := row*c + ch
				if m.adjoint {
					at = ch*c + row
				}
				from := w[at*taps:][:taps]
				d := dst[ch*len(p.taps):][:len(p.taps)]
				for i := range d {
					d[i] = from[p.taps[i].index]
				}
			}
		}
	}
}

// directly computes n samples, one after the other.
func (m *Map[T]) directly(dst, src, bias []T, n int, s *Scratch[T]) {
	x := s.part(partSource, m.planes.total(m.src.channels)+slack)
	clear(x[len(x)-slack:])
	for k := range n {
		image := src[k*m.src.size():][:m.src.size()]
		if m.planes.whole {
			x = image
		} else {
			fillPlanes(x, image, &m.planes, m.src.channels, 0)
		}
		m.sample(dst[k*m.dst.size():][:m.dst.size()], x, bias, s)
	}
}

// sample computes one sample from its planes.
func (m *Map[T]) sample(y, x, bias []T, s *Scratch[T]) {
	groups, d := m.shape.Groups, m.dst.channels/m.shape.Groups
	from := m.planes.total(m.src.channels / groups)
	most := 0
	for k := range m.direct {
		most = max(most, d*m.direct[k].columns)
	}
	z := s.part(partProduct, len(m.direct)*most)
	for g := range groups {
		var b []T
		if bias != nil {
			b = bias[g*d : (g+1)*d]
		}
		out := y[g*d*m.dst.pixels():][:d*m.dst.pixels()]
		for k := range m.direct {
			p := &m.direct[k]
			a := m.flat[k][g*d*m.depth[k]:]
			if p.whole() && p.exact() {
				kernel.GemmPlanes(out, m.dst.pixels(), d, a, m.depth[k], x[g*from:], &p.rows, &p.cols, b)
				continue
			}
			kernel.GemmPlanes(z[k*most:], p.columns, d, a, m.depth[k], x[g*from:], &p.rows, &p.cols, b)
		}
		m.collect(out, z, d, most)
	}
}

// collect writes the results of the phases, which begin most apart in z, to d channels.
func (m *Map[T]) collect(y, z []T, d, most int) {
	pixels, width := m.dst.pixels(), m.dst.width
	for k := 0; k < len(m.direct); k++ {
		p := &m.direct[k]
		if p.whole() && p.exact() {
			continue
		}
		pair := p.step[1] == 2 && p.start[1] == 0 && width > 1
		for ch := range d {
			from, to := z[k*most+ch*p.columns:], y[ch*pixels+p.start[0]*width+p.start[1]:]
			switch ld := p.step[0] * width; {
			case p.step[1] == 1:
				kernel.CopyRows(to, ld, from, p.width, p.grid[0], p.grid[1])
			case pair: // the next phase has the odd columns
				q := &m.direct[k+1]
				odd := z[(k+1)*most+ch*q.columns:]
				if q.width == p.width {
					kernel.Interleave(to, ld, from, odd, p.width, p.grid[0], q.grid[1])
				} else {
					scatter(to[1:], ld, 2, odd, q)
					scatter(to, ld, 2, from, p)
					continue
				}
				if p.grid[1] > q.grid[1] {
					for i := range p.grid[0] {
						to[i*ld+width-1] = from[i*p.width+p.grid[1]-1]
					}
				}
			default:
				scatter(to, ld, p.step[1], from, p)
			}
		}
		if pair {
			k++
		}
	}
}

// scatter writes the lines of a phase into every step-th column of rows ld apart.
func scatter[T kernel.Float](to []T, ld, step int, from []T, p *direct) {
	for i := range p.grid[0] {
		for j, v := range from[i*p.width:][:p.grid[1]] {
			to[i*ld+j*step] = v
		}
	}
}
