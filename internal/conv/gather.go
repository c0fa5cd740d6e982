package conv

import (
	"cmp"
	"slices"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// phase is a product with gathered rows: the pixels start, start + step, … of the result, as many as
// grid says, each from the taps of a window that moves by advance over the source.
type phase struct {
	start, step, grid [2]int
	advance           [2]int
	taps              []tap
	runs              []run
}

// tap is where a tap of the kernel meets the source: at (i, j) for the first pixel.
type tap struct{ i, j, index int }

// run is a number of taps side by side.
type run struct{ i, j, n int }

// phases lists the products of a convolution, which is one, or of its adjoint: one for each residue of
// the stride.
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

// finish orders the taps as they stand in the source and finds the runs.
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

// whole reports whether the phase is the whole result, pixel after pixel.
func (p *phase) whole() bool { return p.step == [2]int{1, 1} }

// gatherRow writes the inputs of pixel (i, j) into row: for every tap the c channels of the source
// from the first one on, zeros outside. src is channels last.
func gatherRow[T kernel.Float](row, src []T, img image, p *phase, i, j, first, c int) {
	for _, r := range p.runs {
		y, x := i*p.advance[0]+r.i, j*p.advance[1]+r.j
		to := row[:r.n*c]
		row = row[r.n*c:]
		if y < 0 || y >= img.height {
			clear(to)
			continue
		}
		left, right := min(max(0, -x), r.n), min(max(0, x+r.n-img.width), r.n)
		if left > 0 {
			clear(to[:left*c])
		}
		if right > 0 {
			clear(to[(r.n-right)*c:])
		}
		if left+right >= r.n {
			continue
		}
		to = to[left*c : (r.n-right)*c]
		at := (y*img.width+x+left)*img.channels + first
		if c == img.channels {
			copy(to, src[at:])
			continue
		}
		for ; len(to) > 0; to = to[c:] {
			copy(to[:c], src[at:])
			at += img.channels
		}
	}
}

// gather computes n samples.
func (m *Map[T]) gather(dst, src, bias []T, n int, s *Scratch[T]) {
	x, y := s.part(partSource, n*m.src.size()), s.part(partResult, n*m.dst.size())
	for k := range n {
		last(x[k*m.src.size():], src[k*m.src.size():][:m.src.size()], m.src)
	}
	for k := range m.phases {
		for g := range m.shape.Groups {
			m.phase(y, x, bias, n, k, g, s)
		}
	}
	for k := range n {
		first(dst[k*m.dst.size():][:m.dst.size()], y[k*m.dst.size():], m.dst)
	}
}

// rows is the number of pixels gathered in one go.
func gatherRows[T kernel.Float](k int) int {
	const bytes = 1 << 20
	return max(56, min(2*rowBlock, bytes/(sizeOf[T]()*max(1, k))/14*14))
}

// phase computes the pixels of a phase, one group.
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
	area := p.grid[0] * p.grid[1]
	for at := 0; at < n*area; at += rows {
		block := min(rows, n*area-at)
		for r := range block {
			q := at + r
			i, j := q%area/p.grid[1], q%p.grid[1]
			gatherRow(a[r*ld:][:k], x[q/area*m.src.size():][:m.src.size()], m.src, p, i, j, group*c, c)
		}
		if p.whole() {
			kernel.GemmPacked(y[at*m.dst.channels+group*d:], m.dst.channels, block, kernel.Rows(a, ld), w, start, &s.gemm)
			continue
		}
		z := s.part(partProduct, rows*d)
		kernel.GemmPacked(z, d, block, kernel.Rows(a, ld), w, start, &s.gemm)
		for r := range block {
			q := at + r
			i, j := p.start[0]+q%area/p.grid[1]*p.step[0], p.start[1]+q%p.grid[1]*p.step[1]
			pixel := q/area*m.dst.pixels() + i*m.dst.width + j
			copy(y[pixel*m.dst.channels+group*d:][:d], z[r*d:])
		}
	}
}
