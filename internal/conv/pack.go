package conv

import "github.com/seed-be841da4/prospect/internal/kernel"

// Sources is the number of source channels, by which packing may be split.
func (m *Map[T]) Sources() int { return m.src.channels }

// Pack packs the weights (O, C/G, KH, KW) of the source channels lo … hi−1.
func (m *Map[T]) Pack(w []T, lo, hi int, s *Scratch[T]) {
	from := m.src.channels / m.shape.Groups
	for ; lo < hi; lo += from - lo%from {
		group, first := lo/from, lo%from
		m.packGroup(w, group, first, min(from, first+hi-lo), s)
	}
}

// packGroup packs some source channels of a group. The rows of a packed matrix are
// source channels, its columns result channels, so the weights are transposed first, to
// (source channel, tap, result channel).
func (m *Map[T]) packGroup(w []T, group, lo, hi int, s *Scratch[T]) {
	if m.how == Direct {
		m.packDirect(w, group, lo, hi)
		return
	}
	o, c, taps := m.shape.Out/m.shape.Groups, m.shape.Channels/m.shape.Groups, m.shape.taps()
	w = w[group*o*c*taps:][:o*c*taps]
	from, to := c, o
	if m.adjoint {
		from, to = o, c
	}
	t := s.part(partInput, (hi-lo)*taps*to)
	if m.adjoint {
		for k := lo; k < hi; k++ {
			kernel.Transpose(t[(k-lo)*taps*c:], c, w[k*c*taps:], taps, c, taps)
		}
	} else {
		kernel.Transpose(t, o, w[lo*taps:], c*taps, o, (hi-lo)*taps)
	}
	if m.tile > 0 {
		m.packTiles(t, lo, hi, to, s)
		return
	}
	for k := range m.phases {
		p := &m.packed[k*m.shape.Groups+group]
		for i, tap := range m.phases[k].taps {
			for ch := lo; ch < hi; ch++ {
				p.SetRow(i*from+ch, t[((ch-lo)*taps+tap.index)*to:][:to])
			}
		}
	}
}

// packTiles packs the transformed kernels G g Gᵀ, mirrored for the adjoint, of the
// source channels lo … hi−1. It goes panel by panel and a few channels at a time, so
// that few memory streams are written at once.
func (m *Map[T]) packTiles(w []T, lo, hi, to int, s *Scratch[T]) {
	if m.adjoint {
		for ch := range hi - lo {
			mirror(w[ch*9*to:][:9*to], to)
		}
	}
	const channels = 128 // divides the rows of a block of the packed matrix
	n, width := m.tile+2, m.packed[0].Width()
	half := s.part(partLines, channels*3*n*width)
	for at := lo; at < hi; {
		rows := min(hi, at/channels*channels+channels) - at
		for j := 0; j < to; j += width {
			cols := min(width, to-j)
			for v := range 3 { // along the columns of taps
				kernel.Winograd(kernel.WinogradKernel, m.tile,
					kernel.Lines[T]{Data: half[v*width:], Row: 3 * n * width, Col: 3 * width},
					kernel.Lines[T]{Data: w[(9*(at-lo)+v)*to+j:], Row: 9 * to, Col: 3 * to}, rows, cols)
			}
			place := m.packed[0].Row(at, j)
			for u := range n { // along the rows
				kernel.Winograd(kernel.WinogradKernel, m.tile,
					kernel.Lines[T]{Data: m.data[u*n*m.plane+place:], Row: width, Col: m.plane},
					kernel.Lines[T]{Data: half[u*3*width:], Row: 3 * n * width, Col: width}, rows, cols)
			}
		}
		at += rows
	}
}

// mirror reverses the nine taps.
func mirror[T kernel.Float](g []T, n int) {
	for i := range 4 {
		a, b := g[i*n:(i+1)*n], g[(8-i)*n:(9-i)*n]
		for k := range a {
			a[k], b[k] = b[k], a[k]
		}
	}
}
