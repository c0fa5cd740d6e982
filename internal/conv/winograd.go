package conv

import "github.com/seed-be841da4/prospect/internal/kernel"

// tiling is how an image is cut into tiles of m outputs in either direction.
type tiling struct {
	m, n       int // outputs and inputs of a tile
	rows, cols int
	src        image  // what the inputs are taken from
	pad        [2]int // above and to the left
}

func tilingOf(m int, src, dst image, pad [2]int) tiling {
	return tiling{m: m, n: m + 2, rows: tiles(dst.height, m), cols: tiles(dst.width, m), src: src, pad: pad}
}

// count is the number of tiles.
func (t *tiling) count() int { return t.rows * t.cols }

// positions is the number of numbers in a transformed tile.
func (t *tiling) positions() int { return t.n * t.n }

// inputs transforms the tiles of an image, channels first: position p of tile k begins at
// v[p·plane + k·ld].
func inputs[T kernel.Float](v, img []T, t *tiling, plane, ld int, s *Scratch[T]) {
	c, width := t.src.channels, t.cols*t.m+2
	x := s.part(partSource, t.src.size())
	last(x, img, t.src)
	row := width * c
	pad := s.part(partPadded, (t.rows*t.m+2)*row)
	padImage(pad, x, t, row)
	half := s.part(partLines, t.n*row)
	for i := range t.rows {
		// Along the columns: whole rows of the image at a time.
		kernel.Winograd(kernel.WinogradInput, t.m, kernel.Lines[T]{Data: half, Col: row},
			kernel.Lines[T]{Data: pad[i*t.m*row:], Col: row}, 1, row)
		for u := range t.n {
			kernel.Winograd(kernel.WinogradInput, t.m, kernel.Lines[T]{Data: v[u*t.n*plane+i*t.cols*ld:], Row: ld, Col: plane},
				kernel.Lines[T]{Data: half[u*row:], Row: t.m * c, Col: c}, t.cols, c)
		}
	}
}

// padImage copies x, channels last, into the middle of zeros.
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

// winograd computes n samples.
func (m *Map[T]) winograd(dst, src, bias []T, n int, s *Scratch[T]) {
	pad := m.shape.Pad
	if m.adjoint {
		pad = [2]int{2 - pad[0], 2 - pad[1]}
	}
	t := tilingOf(m.tile, m.src, m.dst, pad)
	count, ld, ldz := n*t.count(), padded[T](m.src.channels), padded[T](m.dst.channels)
	plane, planeZ := count*ld, count*ldz
	v, z := s.part(partInput, t.positions()*plane), s.part(partProduct, t.positions()*planeZ)
	for k := range n {
		inputs(v[k*t.count()*ld:], src[k*m.src.size():][:m.src.size()], &t, plane, ld, s)
	}
	for p := range t.positions() {
		kernel.GemmPacked(z[p*planeZ:], ldz, count, kernel.Rows(v[p*plane:], ld), &m.packed[p], kernel.Start[T]{}, &s.gemm)
	}
	for k := range n {
		m.outputs(dst[k*m.dst.size():][:m.dst.size()], z[k*t.count()*ldz:], bias, &t, planeZ, ldz, s)
	}
}

// outputs transforms the products of one sample back: position p of tile k begins at z[p·plane + k·ld].
func (m *Map[T]) outputs(dst, z, bias []T, t *tiling, plane, ld int, s *Scratch[T]) {
	d, row := m.dst.channels, m.dst.width*m.dst.channels
	wide := t.cols * t.m * d // a row with what the last tile sticks out
	half := s.part(partLines, t.n*wide)
	y := s.part(partResult, t.rows*t.m*row)
	for i := range t.rows {
		for u := range t.n {
			kernel.Winograd(kernel.WinogradOutput, t.m, kernel.Lines[T]{Data: half[u*wide:], Row: t.m * d, Col: d},
				kernel.Lines[T]{Data: z[u*t.n*plane+i*t.cols*ld:], Row: ld, Col: plane}, t.cols, d)
		}
		kernel.Winograd(kernel.WinogradOutput, t.m, kernel.Lines[T]{Data: y[i*t.m*row:], Col: row},
			kernel.Lines[T]{Data: half, Col: wide}, 1, row)
	}
	if bias != nil {
		addBias(y[:m.dst.size()], bias)
	}
	first(dst, y, m.dst)
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
