package conv

import "github.com/seed-be841da4/prospect/internal/kernel"

// tiling is the division of an image into tiles of m × m outputs.
type tiling struct {
	m, n       int // sides of a tile's outputs and inputs
	rows, cols int
	src        image  // the input image
	pad        [2]int // top and left
}

func tilingOf(m int, src, dst image, pad [2]int) tiling {
	return tiling{m: m, n: m + 2, rows: tiles(dst.height, m), cols: tiles(dst.width, m), src: src, pad: pad}
}

// count returns the number of tiles.
func (t *tiling) count() int { return t.rows * t.cols }

// width returns the number of columns that the tiles read.
func (t *tiling) width() int { return t.cols*t.m + 2 }

// down transforms the k-th image, channels first, along the columns. Row u of the
// transformed tiles in tile row i begins at half[u·plane + (k·rows +
// i)·width·channels].
func down[T kernel.Float](half, img []T, t *tiling, k, plane int, s *Scratch[T]) {
	x := s.part(partSource, t.src.size())
	channelsLast(x, img, t.src)
	row := t.width() * t.src.channels
	pad := s.part(partPadded, (t.rows*t.m+2)*row)
	padImage(pad, x, t, row)
	for i := range t.rows { // whole image rows at a time
		kernel.Winograd(kernel.WinogradInput, t.m, kernel.Lines[T]{Data: half[(k*t.rows+i)*row:], Col: plane},
			kernel.Lines[T]{Data: pad[i*t.m*row:], Col: row}, 1, row)
	}
}

// across transforms tile rows along the rows: column v of tile q begins at v[v·plane +
// q·ld].
func across[T kernel.Float](v, half []T, t *tiling, rows, plane, ld int) {
	c, row := t.src.channels, t.width()*t.src.channels
	for i := range rows {
		kernel.Winograd(kernel.WinogradInput, t.m, kernel.Lines[T]{Data: v[i*t.cols*ld:], Row: ld, Col: plane},
			kernel.Lines[T]{Data: half[i*row:], Row: t.m * c, Col: c}, t.cols, c)
	}
}

// padImage copies x, channels last, into zero padding.
func padImage[T kernel.Float](dst, x []T, t *tiling, row int) {
	c := t.src.channels
	left := t.pad[1]
	from, to := max(0, -left), min(t.src.width, row/c-left) // columns of x that are read
	for i := range t.rows*t.m + 2 {
		d := dst[i*row : (i+1)*row]
		y := i - t.pad[0]
		if y < 0 || y >= t.src.height || from >= to {
			clear(d)
			continue
		}
		clear(d[:(from+left)*c])
		copy(d[(from+left)*c:(to+left)*c], x[(y*t.src.width+from)*c:])
		clear(d[(to+left)*c:])
	}
}

// winograd computes n samples, one row of tile positions at a time, so that the factors
// of the products stay in the L2 cache.
func (m *Map[T]) winograd(dst, src, bias []T, n int, s *Scratch[T]) {
	pad := m.shape.Pad
	if m.adjoint {
		pad = [2]int{2 - pad[0], 2 - pad[1]}
	}
	t := tilingOf(m.tile, m.src, m.dst, pad)
	rows, count := n*t.rows, n*t.count()
	ld, ldz := padded[T](m.src.channels), padded[T](m.dst.channels)
	from, to := rows*t.width()*m.src.channels, rows*t.cols*t.m*m.dst.channels // a row of positions
	half, back := s.part(partLines, t.n*from), s.part(partOther, t.n*to)
	v, z := s.part(partInput, t.n*count*ld), s.part(partProduct, t.n*count*ldz)
	for k := range n {
		down(half, src[k*m.src.size():][:m.src.size()], &t, k, from, s)
	}
	for u := range t.n {
		across(v, half[u*from:], &t, rows, count*ld, ld)
		for q := range t.n {
			kernel.GemmPacked(z[q*count*ldz:], ldz, count, kernel.Rows(v[q*count*ld:], ld), &m.packed[u*t.n+q], kernel.Start[T]{}, &s.gemm)
		}
		m.acrossBack(back[u*to:], z, &t, rows, count*ldz, ldz)
	}
	for k := range n {
		m.up(dst[k*m.dst.size():][:m.dst.size()], back, bias, &t, k, to, s)
	}
}

// acrossBack applies the output transform along the rows.
func (m *Map[T]) acrossBack(back, z []T, t *tiling, rows, plane, ld int) {
	d := m.dst.channels
	for i := range rows {
		kernel.Winograd(kernel.WinogradOutput, t.m, kernel.Lines[T]{Data: back[i*t.cols*t.m*d:], Row: t.m * d, Col: d},
			kernel.Lines[T]{Data: z[i*t.cols*ld:], Row: ld, Col: plane}, t.cols, d)
	}
}

// up applies the output transform along the columns, for the k-th sample.
func (m *Map[T]) up(dst, back, bias []T, t *tiling, k, plane int, s *Scratch[T]) {
	row, wide := m.dst.width*m.dst.channels, t.cols*t.m*m.dst.channels // the last tile may exceed the image
	y := s.part(partResult, t.rows*t.m*row)
	for i := range t.rows {
		kernel.Winograd(kernel.WinogradOutput, t.m, kernel.Lines[T]{Data: y[i*t.m*row:], Col: row},
			kernel.Lines[T]{Data: back[(k*t.rows+i)*wide:], Col: plane}, 1, row)
	}
	if bias != nil {
		addBias(y[:m.dst.size()], bias)
	}
	channelsFirst(dst, y, m.dst)
}

// addBias adds the bias to every pixel.
func addBias[T kernel.Float](y, bias []T) {
	for ; len(y) > 0; y = y[len(bias):] {
		row := y[:len(bias)]
		if !kernel.Vector2(kernel.Add, row, row, bias) {
			for i, b := range bias {
				row[i] += b
			}
		}
	}
}
