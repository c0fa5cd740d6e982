package conv

import "github.com/seed-be841da4/prospect/internal/kernel"

// winograd computes the output channels lo … hi−1 with the transposed transforms:
//
//	dg = Gᵀ [Σ (A g Aᵀ) ⊙ (Bᵀ x B)] G
//
// The sum over tiles is a matrix product at each position of the tile.
func (a *Gradient[T]) winograd(dw, x, g []T, lo, hi int, s *Scratch[T]) {
	img, out := a.shape.x(), a.shape.y()
	t := tilingOf(a.tile, img, out, a.shape.Pad)
	c, m := img.channels, hi-lo
	block := max(1, gradientBlock/t.count())
	ld, ldg := padded[T](c), padded[T](m)
	sum := total[T]{sum: s.part(partSum, t.n*t.n*m*c), chunk: s.part(partOther, t.n*t.n*m*c)}
	for n := 0; n < a.shape.Batch; n += block {
		samples := min(block, a.shape.Batch-n)
		rows, count := samples*t.rows, samples*t.count()
		from, arrived := rows*t.width()*c, rows*t.cols*t.m*m // a row of positions
		half, there := s.part(partLines, t.n*from), s.part(partGradient, t.n*arrived)
		v, z := s.part(partInput, t.n*count*ld), s.part(partProduct, t.n*count*ldg)
		for k := range samples {
			down(half, x[(n+k)*img.size():][:img.size()], &t, k, from, s)
			at := (n+k)*out.size() + lo*out.pixels()
			downAdjoint(there, g[at:][:m*out.pixels()], &t, image{m, out.height, out.width}, k, arrived, s)
		}
		start := kernel.Start[T]{Accumulate: sum.begin(count)}
		for u := range t.n {
			across(v, half[u*from:], &t, rows, count*ld, ld)
			acrossAdjoint(z, there[u*arrived:], &t, m, rows, count*ldg, ldg)
			for q := range t.n {
				kernel.Gemm(sum.chunk[(u*t.n+q)*m*c:], c, m, kernel.Transposed(z[q*count*ldg:], ldg), v[q*count*ld:], count, c, ld, start)
			}
		}
	}
	sum.flush()
	a.weights(dw[lo*c*9:hi*c*9], sum.sum, m, &t, s)
}

// gradientBlock is the number of tiles per product.
const gradientBlock = 128

// downAdjoint applies the transposed output transform to the k-th output gradient along
// the columns; half is laid out as by down.
func downAdjoint[T kernel.Float](half, g []T, t *tiling, img image, k, plane int, s *Scratch[T]) {
	c, row := img.channels, t.cols*t.m*img.channels
	x := s.part(partSource, img.size())
	channelsLast(x, g, img)
	pad := s.part(partPadded, t.rows*t.m*row)
	for i := range t.rows * t.m {
		d := pad[i*row : (i+1)*row]
		if i >= img.height {
			clear(d)
			continue
		}
		clear(d[copy(d, x[i*img.width*c:][:img.width*c]):])
	}
	for i := range t.rows {
		kernel.Winograd(kernel.WinogradOutputAdjoint, t.m, kernel.Lines[T]{Data: half[(k*t.rows+i)*row:], Col: plane},
			kernel.Lines[T]{Data: pad[i*t.m*row:], Col: row}, 1, row)
	}
}

// acrossAdjoint continues along the rows, for c channels, laid out as by across.
func acrossAdjoint[T kernel.Float](z, half []T, t *tiling, c, rows, plane, ld int) {
	row := t.cols * t.m * c
	for i := range rows {
		kernel.Winograd(kernel.WinogradOutputAdjoint, t.m, kernel.Lines[T]{Data: z[i*t.cols*ld:], Row: ld, Col: plane},
			kernel.Lines[T]{Data: half[i*row:], Row: t.m * c, Col: c}, t.cols, c)
	}
}

// weights transforms the sums back to the taps.
func (a *Gradient[T]) weights(dw, sum []T, m int, t *tiling, s *Scratch[T]) {
	c, plane := a.shape.Channels, m*a.shape.Channels
	half, taps := s.part(partLines, 3*t.n*c), s.part(partPadded, 9*c)
	for o := range m {
		// Along the columns, for each column of positions; then along the rows.
		kernel.Winograd(kernel.WinogradKernelAdjoint, t.m, kernel.Lines[T]{Data: half, Row: c, Col: t.n * c},
			kernel.Lines[T]{Data: sum[o*c:], Row: plane, Col: t.n * plane}, t.n, c)
		kernel.Winograd(kernel.WinogradKernelAdjoint, t.m, kernel.Lines[T]{Data: taps, Row: 3 * c, Col: c},
			kernel.Lines[T]{Data: half, Row: t.n * c, Col: c}, 3, c)
		scale(taps, a.scale)
		kernel.Transpose(dw[o*9*c:][:9*c], 9, taps, c, 9, c)
	}
}
