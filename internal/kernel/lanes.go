package kernel

// The functions below compute with vectors over lanes: element i of lane l of a slice
// is number i·lanes + l. Every lane gets the bits that the function for one network
// gives for the numbers of the lane alone. The number of lanes is a multiple of 16.

// LaneProduct is a matrix product of every lane,
//
//	C = S + A·B     C: m×N     A: m×K   B: K×N
//
// where S is zero or the bias in every row. A lane has the bits of [GemmPacked].
type LaneProduct[T Float] struct {
	// Lanes is the number of lanes.
	Lanes int
	// C is the product, row-major.
	C []T
	// A and B are the factors; their strides count elements.
	A, B View[T]
	// Bias holds N elements; nil for none.
	Bias []T
	// N is the number of columns and K the length of the sums.
	N, K int

	known bool // split is known
	split int  // log₂ of the number of sums over k
}

// Rows computes rows lo … hi−1.
func (p *LaneProduct[T]) Rows(lo, hi int) {
	if lo >= hi || p.N == 0 {
		return
	}
	n := p.Lanes
	_ = p.C[hi*p.N*n-1]
	if p.Bias != nil {
		_ = p.Bias[p.N*n-1]
	}
	if p.K > 0 {
		_ = p.A.Data[((hi-1)*p.A.Row+(p.K-1)*p.A.Col+1)*n-1]
		_ = p.B.Data[((p.K-1)*p.B.Row+(p.N-1)*p.B.Col+1)*n-1]
	}
	for i := lo; i < hi; i++ {
		if !runLaneRow(p, i) {
			p.portable(i)
		}
	}
}

// portable computes row i in plain Go: the sums in the order of k, as [gemm.portable]
// takes them.
func (p *LaneProduct[T]) portable(i int) {
	n := p.Lanes
	for j := range p.N {
		c := p.C[(i*p.N+j)*n:][:n]
		clear(c)
		if p.Bias != nil {
			copy(c, p.Bias[j*n:])
		}
		for l := range p.K {
			a := p.A.Data[(i*p.A.Row+l*p.A.Col)*n:][:n]
			b := p.B.Data[(l*p.B.Row+j*p.B.Col)*n:][:n]
			for x := range c {
				c[x] += a[x] * b[x]
			}
		}
	}
}

// LaneDescend takes the step x ← x − steps·g of every element, the product rounded
// first; steps has one number for each lane.
func LaneDescend[T Float](x, g, steps []T) {
	lanes := len(steps)
	if len(x) == 0 {
		return
	}
	_ = g[len(x)-1]
	if runLaneStep(0, x, g, steps, steps) {
		return
	}
	for at := 0; at < len(x); at += lanes {
		x, g := x[at:at+lanes], g[at:at+lanes]
		for l, s := range steps {
			x[l] -= T(s * g[l])
		}
	}
}

// LaneSGD takes the step w ← w − rates·(g + decay·w) of every element; rates and decay
// have one number for each lane. A lane has the bits of [SGD], or of plain Go where the
// active path has no kernel.
func LaneSGD[T Float](w, g, rates, decay []T) {
	lanes := len(rates)
	if len(w) == 0 {
		return
	}
	_, _ = g[len(w)-1], decay[lanes-1]
	if runLaneStep(1, w, g, rates, decay) {
		return
	}
	for at := 0; at < len(w); at += lanes {
		w, g := w[at:at+lanes], g[at:at+lanes]
		for l, rate := range rates {
			d := g[l]
			if decay[l] != 0 {
				d += T(decay[l] * w[l])
			}
			w[l] -= T(rate * d)
		}
	}
}

// LaneAdd is x ← x + s·g of every element, rounded once, with a factor for each lane. It
// reports false if the active path has no kernel for it.
func LaneAdd[T Float](x, g, s []T) bool {
	if len(x) == 0 {
		return true
	}
	_ = g[len(x)-1]
	return runLaneStep(4, x, g, s, s)
}

// Discount chooses the size of the next step of every lane, as package relax does with
// its Discount: size·amplify where the energy fell below previous, size·factor elsewhere.
// It sets previous to the energy and adds 0 to sound, or NaN once an energy is not
// finite, and 1 to steps while sound is 0.
func Discount(size, energy, previous, sound, steps, factor, amplify []float64) {
	n := len(size)
	if n == 0 {
		return
	}
	_, _, _, _, _, _ = energy[n-1], previous[n-1], sound[n-1], steps[n-1], factor[n-1], amplify[n-1]
	var v vecArgs[float64]
	v.p[0], v.p[1], v.p[2], v.p[3], v.p[4], v.n = ptr(size), ptr(energy), ptr(previous), ptr(sound), ptr(steps), n
	v.p[5], v.p[6] = ptr(factor), ptr(amplify)
	if runVec(opDiscount, &v) {
		return
	}
	for i, e := range energy[:n] {
		if e < previous[i] {
			size[i] *= amplify[i]
		} else {
			size[i] *= factor[i]
		}
		previous[i] = e
		sound[i] += e * 0
		if sound[i] == 0 {
			steps[i]++
		}
	}
}

// LaneSums writes the sum of each row of a, rows of cols elements, into sums, in the
// order of [RowSums].
func LaneSums[T Float](sums []float64, a []T, cols, lanes int) {
	reduceLanes(laneSum, sums, a, a, cols, lanes)
}

// LaneDots writes Σ a·b of each row into sums, in the order of [RowDots].
func LaneDots[T Float](sums []float64, a, b []T, cols, lanes int) {
	reduceLanes(laneDot, sums, a, b, cols, lanes)
}

// LaneErrors writes e = x − mu, and Σ e² of each row into sums, as [ErrorEnergy] does.
func LaneErrors[T Float](sums []float64, e, x, mu []T, cols, lanes int) {
	for at := 0; at < len(sums); at += lanes {
		row, e, x, mu := sums[at:at+lanes], e[at*cols:][:cols*lanes], x[at*cols:][:cols*lanes], mu[at*cols:][:cols*lanes]
		if cols > 0 && runLaneReduce(laneError, row, e, x, mu, cols) {
			continue
		}
		for i := range e {
			e[i] = x[i] - mu[i]
		}
		reduceLanes(laneDot, row, e, e, cols, lanes)
	}
}

// Narrow rounds numbers, as many as a multiple of 16.
func Narrow[T Float](dst []T, src []float64) {
	if d, ok := any(dst).([]float32); ok && runLaneConvert(2, d, src, len(d)) {
		return
	}
	for i, x := range src[:len(dst)] {
		dst[i] = T(x)
	}
}

// Widen converts numbers, as many as a multiple of 16.
func Widen[T Float](dst []float64, src []T) {
	if s, ok := any(src).([]float32); ok && runLaneConvert(3, dst, s, len(dst)) {
		return
	}
	for i := range dst {
		dst[i] = float64(src[i])
	}
}

// The reductions.
const (
	laneSum = iota
	laneDot
	laneError
)

func reduceLanes[T Float](kind int, sums []float64, a, b []T, cols, lanes int) {
	for at := 0; at < len(sums); at += lanes {
		row, x, y := sums[at:at+lanes], a[at*cols:][:cols*lanes], b[at*cols:][:cols*lanes]
		if cols > 0 && runLaneReduce(kind, row, nil, x, y, cols) {
			continue
		}
		clear(row)
		for i := 0; i < len(x); i += lanes {
			for l := range row {
				if kind == laneSum {
					row[l] += float64(x[i+l])
					continue
				}
				row[l] += float64(x[i+l]) * float64(y[i+l])
			}
		}
	}
}
