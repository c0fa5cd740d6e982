package kernel

// Tile holds what a relaxation step of one layer works on: matrices of Rows ×
// Cols, contiguous. Fields that a method does not name may be nil; it writes in
// place and keeps nothing. All methods run on every path.
type Tile[T Float] struct {
	F          Op // activation: Identity, Tanh, Sigmoid, ReLU, LeakyReLU, HardTanh, GELU, SiLU or Softplus
	Slope      T  // of LeakyReLU
	Rate       T  // γ
	Rows, Cols int

	X  []T // activity
	Y  []T // f(X)
	D  []T // f′(X); used only if not FromValue(F)
	E  []T // prediction error X − Mu
	G  []T // error of the layer above, sent back: E₊·Wᵀ
	Mu []T // prediction of X
}

// Error computes, for every row r,
//
//	E = X − Mu     sums[r] = Σ E²
//
// in the order of [RowSums]; sums may be nil.
func (t *Tile[T]) Error(sums []float64) {
	if t.empty(sums) {
		return
	}
	var v vecArgs[T]
	var sink [1]float64
	t.fill(&v, sums, &sink)
	v.p[0], v.p[1], v.p[2] = t.at(t.E), t.at(t.X), t.at(t.Mu)
	if runVec(idErrorEnergy, &v) {
		return
	}
	t.each(sums, func(i int) T {
		t.E[i] = t.X[i] - t.Mu[i]
		return t.E[i]
	})
}

// Gradient computes the gradient of the energy in the activity,
//
//	dst = E − f′(X)∘G     sums[r] = Σ dst²
//
// with f′ from Y or D (see [FromValue]). sums may be nil, dst may be E.
func (t *Tile[T]) Gradient(dst []T, sums []float64) {
	if t.empty(sums) {
		return
	}
	if t.F == Identity && Vector2(Sub, dst, t.E, t.G) {
		if sums != nil {
			RowSquares(sums, dst, t.Rows, t.Cols)
		}
		return
	}
	var v vecArgs[T]
	var sink [1]float64
	t.fill(&v, sums, &sink)
	v.p[0], v.p[1], v.p[3], v.s[0] = t.at(dst), t.at(t.E), t.at(t.G), t.Slope
	if t.F != Identity {
		v.p[2] = t.at(t.source())
		if runVec(t.ids().grad, &v) {
			return
		}
	}
	t.each(sums, func(i int) T {
		dst[i] = t.E[i] - t.slope(i)*t.G[i]
		return dst[i]
	})
}

// Step updates the activity and its value,
//
//	X ← X − γ·(E − f′(X)∘G)     Y ← f(X)     D ← f′(X), if not FromValue(F)
//
// with f′ from the old Y or D. For Identity, Y is not touched.
func (t *Tile[T]) Step() {
	if t.empty(nil) {
		return
	}
	var v vecArgs[T]
	v.n = t.Rows * t.Cols
	v.s[0], v.s[1] = t.Rate, t.Slope
	v.p[0] = t.at(t.X)
	if t.F == Identity {
		v.p[1], v.p[2] = t.at(t.E), t.at(t.G)
	} else {
		v.p[1], v.p[2], v.p[3] = t.at(t.Y), t.at(t.E), t.at(t.G)
	}
	if !FromValue(t.F) {
		v.p[4] = t.at(t.D)
	}
	if runVec(t.ids().step, &v) {
		return
	}
	t.each(nil, t.stepAt)
}

// StepError is Step and Error in one pass, for a layer whose prediction does not
// change during relaxation:
//
//	X ← X − γ·(E − f′(X)∘G)     Y ← f(X)     E ← X − Mu     sums[r] = Σ E²
//
// sums may be nil.
func (t *Tile[T]) StepError(sums []float64) {
	if t.empty(sums) {
		return
	}
	var v vecArgs[T]
	var sink [1]float64
	t.fill(&v, sums, &sink)
	v.s[0], v.s[1] = t.Rate, t.Slope
	v.p[0] = t.at(t.X)
	if t.F == Identity {
		v.p[1], v.p[2], v.p[3] = t.at(t.E), t.at(t.G), t.at(t.Mu)
	} else {
		v.p[1], v.p[2], v.p[3], v.p[4] = t.at(t.Y), t.at(t.E), t.at(t.G), t.at(t.Mu)
	}
	if !FromValue(t.F) {
		v.p[5] = t.at(t.D)
	}
	if runVec(t.ids().stepError, &v) {
		return
	}
	t.each(sums, func(i int) T {
		t.stepAt(i)
		t.E[i] = t.X[i] - t.Mu[i]
		return t.E[i]
	})
}
