package conv

import (
	"cmp"
	"slices"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// phase is a product with gathered rows: the output pixels start, start + step, … of a
// grid, each from the taps of a window that moves by advance over the source.
type phase struct {
	start, step, grid [2]int
	advance           [2]int
	taps              []tap
	runs              []run
}

// tap is the position of a kernel tap in the source, for the first output pixel.
type tap struct{ i, j, index int }

// run is n adjacent taps.
type run struct{ i, j, n int }

// phases lists the products: one for a convolution, one per residue of the stride for
// its adjoint.
func (s Shape) phases(adjoint bool) []phase {
	if !adjoint {
		p := phase{step: [2]int{1, 1}, grid: [2]int{s.OutHeight, s.OutWidth}, advance: s.Stride}
		for u := range s.Kernel[0] {
			for v := range s.Kernel[1] {
				p.taps = append(p.taps, tap{u*s.Dilation[0] - s.Pad[0], v*s.Dilation[1] - s.Pad[1], u*s.Kernel[1] + v})
			}
		}
		return []phase{p.finish()}
	}
	var out []phase
	for a := range min(s.Stride[0], s.Height) {
		for b := range min(s.Stride[1], s.Width) {
			p := phase{start: [2]int{a, b}, step: s.Stride, advance: [2]int{1, 1}}
			p.grid = [2]int{tiles(s.Height-a, s.Stride[0]), tiles(s.Width-b, s.Stride[1])}
			for u := range s.Kernel[0] {
				for v := range s.Kernel[1] {
					i, j := a+s.Pad[0]-u*s.Dilation[0], b+s.Pad[1]-v*s.Dilation[1]
					if i%s.Stride[0] == 0 && j%s.Stride[1] == 0 {
						p.taps = append(p.taps, tap{i / s.Stride[0], j / s.Stride[1], u*s.Kernel[1] + v})
					}
				}
			}
			out = append(out, p.finish())
		}
	}
	return out
}

// finish sorts the taps by their position in the source and finds the runs.
func (p phase) finish() phase {
	slices.SortFunc(p.taps, func(a, b tap) int { return cmp.Or(a.i-b.i, a.j-b.j) })
	for k, t := range p.taps {
		if k > 0 {
			if r := &p.runs[len(p.runs)-1]; r.i == t.i && r.j+r.n == t.j {
				r.n++
				continue
			}
		}
		p.runs = append(p.runs, run{t.i, t.j, 1})
	}
	return p
}

// whole reports whether the phase covers the result contiguously.
func (p *phase) whole() bool { return p.step == [2]int{1, 1} }

// gathering is the source of gathered rows: an image, channels last, of which c
// channels from first on are read.
type gathering[T kernel.Float] struct {
	*phase
	src      []T
	img      image
	first, c int
}

// inner returns the range of pixels j … end−1 for which all taps of a run lie within a
// row of the image.
func (g *gathering[T]) inner(r run, j, end int) (from, to int) {
	a := g.advance[1]
	from = j
	if r.j < 0 {
		from = max(j, (-r.j+a-1)/a)
	}
	to = min(end, floorDiv(g.img.width-r.n-r.j, a)+1)
	return min(from, end), max(to, min(from, end))
}

func floorDiv(n, d int) int {
	if n < 0 {
		return -1 // only the sign matters
	}
	return n / d
}

// at is the offset of tap t of a run for pixel j, in row y of the image.
func (g *gathering[T]) at(y int, r run, j, t int) int {
	return (y*g.img.width+j*g.advance[1]+r.j+t)*g.img.channels + g.first
}

// rows writes the inputs of the pixels (i, j) … (i, end−1) into rows of dst, ld apart:
// the channels of the source for every tap, zeros outside the image.
func (g *gathering[T]) rows(dst []T, ld, i, j, end int) {
	col := 0
	for _, r := range g.runs {
		y, n := i*g.advance[0]+r.i, r.n*g.c
		from, to := g.inner(r, j, end)
		if y < 0 || y >= g.img.height {
			from, to = end, end
			for k := range end - j {
				clear(dst[k*ld+col:][:n])
			}
		} else {
			for k := j; k < from; k++ {
				g.edge(dst[(k-j)*ld+col:][:n], y, r, k)
			}
			for k := to; k < end; k++ {
				g.edge(dst[(k-j)*ld+col:][:n], y, r, k)
			}
		}
		switch lds := g.advance[1] * g.img.channels; {
		case from >= to:
		case g.c == g.img.channels:
			kernel.CopyRows(dst[(from-j)*ld+col:], ld, g.src[g.at(y, r, from, 0):], lds, to-from, n)
		default:
			for t := range r.n {
				kernel.CopyRows(dst[(from-j)*ld+col+t*g.c:], ld, g.src[g.at(y, r, from, t):], lds, to-from, g.c)
			}
		}
		col += n
	}
}

// edge writes a run of taps of one pixel, some of which lie outside the image.
func (g *gathering[T]) edge(dst []T, y int, r run, j int) {
	for t := range r.n {
		d := dst[t*g.c : (t+1)*g.c]
		if x := j*g.advance[1] + r.j + t; x < 0 || x >= g.img.width {
			clear(d)
		} else {
			copy(d, g.src[g.at(y, r, j, t):])
		}
	}
}

// packed writes the inputs of the same pixels into a packed matrix from row at on, all
// within one block.
func (g *gathering[T]) packed(p *kernel.Packed[T], at int, row []T, i, j, end int) {
	width := p.Width()
	if g.c%width != 0 {
		k := len(g.taps) * g.c
		ld := padded[T](k)
		g.rows(row, ld, i, j, end)
		for q := range end - j {
			p.SetRow(at+q, row[q*ld:][:k])
		}
		return
	}
	col := 0
	for _, r := range g.runs {
		y := i*g.advance[0] + r.i
		for t := range r.n {
			one := run{r.i, r.j + t, 1}
			from, to := g.inner(one, j, end)
			if y < 0 || y >= g.img.height {
				from, to = end, end
			}
			for ch := 0; ch < g.c; ch += width {
				d := p.Panel(at, col+ch)
				clear(d[:(from-j)*width])
				if from < to {
					kernel.CopyRows(d[(from-j)*width:], width, g.src[g.at(y, one, from, 0)+ch:], g.advance[1]*g.img.channels, to-from, width)
				}
				clear(d[(to-j)*width : (end-j)*width])
			}
			col += g.c
		}
	}
}

// gather computes n samples.
func (m *Map[T]) gather(dst, src, bias []T, n int, s *Scratch[T]) {
	x, y := s.part(partSource, n*m.src.size()), s.part(partResult, n*m.dst.size())
	for k := range n {
		channelsLast(x[k*m.src.size():], src[k*m.src.size():][:m.src.size()], m.src)
	}
	for k := range m.phases {
		for g := range m.shape.Groups {
			m.phase(y, x, bias, n, k, g, s)
		}
	}
	for k := range n {
		channelsFirst(dst[k*m.dst.size():][:m.dst.size()], y[k*m.dst.size():], m.dst)
	}
}

// gatherRows is the number of pixels gathered at a time.
func gatherRows[T kernel.Float](k int) int {
	const bytes = 1 << 20
	return max(56, min(2*rowBlock, bytes/(sizeOf[T]()*max(1, k))/14*14))
}

// phase computes the pixels of a phase for one group.
func (m *Map[T]) phase(y, x, bias []T, n, index, group int, s *Scratch[T]) {
	p, w := &m.phases[index], &m.packed[index*m.shape.Groups+group]
	c, d := m.src.channels/m.shape.Groups, m.dst.channels/m.shape.Groups
	k := len(p.taps) * c
	ld, rows := padded[T](k), gatherRows[T](k)
	a := s.part(partInput, rows*ld)
	var start kernel.Start[T]
	if bias != nil {
		start.Bias = bias[group*d : (group+1)*d]
	}
	from := gathering[T]{phase: p, img: m.src, first: group * c, c: c}
	area := p.grid[0] * p.grid[1]
	for at := 0; at < n*area; at += rows {
		block := min(rows, n*area-at)
		p.pieces(at, block, func(sample, r, i, j, end int) {
			from.src = x[sample*m.src.size():][:m.src.size()]
			from.rows(a[r*ld:], ld, i, j, end)
		})
		if p.whole() {
			kernel.GemmPacked(y[at*m.dst.channels+group*d:], m.dst.channels, block, kernel.Rows(a, ld), w, start, &s.gemm)
			continue
		}
		z := s.part(partProduct, rows*d)
		kernel.GemmPacked(z, d, block, kernel.Rows(a, ld), w, start, &s.gemm)
		p.pieces(at, block, func(sample, r, i, j, end int) {
			pixel := sample*m.dst.pixels() + (p.start[0]+i*p.step[0])*m.dst.width + p.start[1] + j*p.step[1]
			kernel.CopyRows(y[pixel*m.dst.channels+group*d:], p.step[1]*m.dst.channels, z[r*d:], d, end-j, d)
		})
	}
}

// pieces divides n pixels, the first of index at in the grids of all samples, into
// pieces of grid rows: pixels (i, j) … (i, end−1) of a sample, of which the first is
// the r-th.
func (p *phase) pieces(at, n int, f func(sample, r, i, j, end int)) {
	area := p.grid[0] * p.grid[1]
	for r := 0; r < n; {
		q := at + r
		i, j := q%area/p.grid[1], q%p.grid[1]
		end := min(p.grid[1], j+n-r)
		f(q/area, r, i, j, end)
		r += end - j
	}
}
