package kernel

// portable computes the product in plain Go: four columns at a time, each summed over k
// in order.
func (g *gemm[T]) portable() {
	for k0 := 0; k0 == 0 || k0 < g.k; k0 += g.block {
		k := min(g.block, g.k-k0)
		start := g.start
		if k0 > 0 {
			start = startC
		}
		for j := 0; j < g.n; j += 4 {
			at, stride := g.columnB(k0, k, j)
			w := min(4, g.n-j)
			for i := range g.m {
				var s [4]T
				c := g.c[i*g.ldc+j:][:w]
				switch start {
				case startBias:
					copy(s[:], g.bias[j:])
				case startC:
					copy(s[:], c)
				}
				switch {
				case k == 0:
				case w == 4:
					sum4(&s, g.a.Data[i*g.a.Row+k0*g.a.Col:], g.a.Col, g.b[at:], stride, k)
				default:
					sumN(s[:w], g.a.Data[i*g.a.Row+k0*g.a.Col:], g.a.Col, g.b[at:], stride, k)
				}
				copy(c, s[:])
			}
		}
	}
}

// columnB returns the offset of row k0, column j of B, and the stride of its rows.
func (g *gemm[T]) columnB(k0, k, j int) (at, stride int) {
	if g.ldb != 0 {
		return k0*g.ldb + j, g.ldb
	}
	return k0*g.panels*g.width + j/g.width*g.width*k + j%g.width, g.width
}

// sum4 adds Σₗ a[l·step]·b[l·stride+c] to s[c] for four columns c.
func sum4[T Float](s *[4]T, a []T, step int, b []T, stride, k int) {
	s0, s1, s2, s3 := s[0], s[1], s[2], s[3]
	for l := range k {
		x, y := a[l*step], b[l*stride:][:4]
		s0 += x * y[0]
		s1 += x * y[1]
		s2 += x * y[2]
		s3 += x * y[3]
	}
	s[0], s[1], s[2], s[3] = s0, s1, s2, s3
}

// sumN is sum4 for len(s) columns.
func sumN[T Float](s []T, a []T, step int, b []T, stride, k int) {
	for l := range k {
		for c := range s {
			s[c] += a[l*step] * b[l*stride+c]
		}
	}
}
