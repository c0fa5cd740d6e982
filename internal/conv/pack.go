package conv

import "github.com/seed-be841da4/prospect/internal/kernel"

// Pack packs the weights (O, C/G, KH, KW).
func (m *Map[T]) Pack(w []T, s *Scratch[T]) {
	g := m.shape.Groups
	o, c, taps := m.shape.Out/g, m.shape.Channels/g, m.shape.taps()
	for group := range g {
		m.packGroup(w[group*o*c*taps:(group+1)*o*c*taps], group, o, c, taps, s)
	}
}

// packGroup packs one group. Rows of the packed matrices are the channels of the source, columns those
// of the result, so the weights are transposed first, to (source channel, tap, channel of the result).
func (m *Map[T]) packGroup(w []T, group, o, c, taps int, s *Scratch[T]) {
	t := s.part(partInput, len(w))
	from, to := c, o
	if m.adjoint {
		from, to = o, c
		for k := range o {
			kernel.Transpose(t[k*c*taps:], c, w[k*c*taps:], taps, c, taps)
		}
	} else {
		kernel.Transpose(t, o, w, c*taps, o, c*taps)
	}
	if m.tile > 0 {
		m.packTiles(t, from, to, s)
		return
	}
	for k := range m.phases {
		p := &m.packed[k*m.shape.Groups+group]
		p.Reset(len(m.phases[k].taps)*from, to)
		for i, tap := range m.phases[k].taps {
			for ch := range from {
				p.SetRow(i*from+ch, t[(ch*taps+tap.index)*to:][:to])
			}
		}
	}
}

// packTiles packs the transformed kernels G g Gᵀ, of which the adjoint takes the mirror images.
func (m *Map[T]) packTiles(w []T, from, to int, s *Scratch[T]) {
	n := m.tile + 2
	for p := range m.packed {
		m.packed[p].Reset(from, to)
	}
	half, whole := s.part(partLines, n*3*to), s.part(partOther, n*n*to)
	for ch := range from {
		g := kernel.Lines[T]{Data: w[ch*9*to:][:9*to], Row: to, Col: 3 * to}
		if m.adjoint {
			mirror(g.Data, to)
		}
		// Along the columns, for each of three columns of taps; then along the rows.
		kernel.Winograd(kernel.WinogradKernel, m.tile, kernel.Lines[T]{Data: half, Row: to, Col: 3 * to}, g, 3, to)
		kernel.Winograd(kernel.WinogradKernel, m.tile, kernel.Lines[T]{Data: whole, Row: n * to, Col: to},
			kernel.Lines[T]{Data: half, Row: 3 * to, Col: to}, n, to)
		for p := range m.packed {
			m.packed[p].SetRow(ch, whole[p*to:][:to])
		}
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
