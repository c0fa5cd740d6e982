package kernel

// SGD takes the step w ← w − lr·(g + decay·w), if the active path has a kernel for it.
func SGD[T Float](w, g []T, lr, decay T) bool {
	if len(w) == 0 {
		return true
	}
	_ = g[len(w)-1]
	var v vecArgs[T]
	v.p[0], v.p[1], v.n = ptr(w), ptr(g), len(w)
	v.s[0], v.s[1] = lr, decay
	return runVec(opSGD, &v)
}

// MomentumScalars are the scalars of a step of Momentum: the learning rate, the weight
// decay, the momentum, and the factor of the gradient in the velocity.
type MomentumScalars[T Float] struct {
	Rate, Decay, Momentum, Keep T
}

// Momentum takes the step
//
//	g ← g + decay·w     v ← momentum·v + keep·g     w ← w − lr·v
//
// or, if nesterov, w ← w − lr·(g + momentum·v). Every product is rounded, as in
// plain Go.
func Momentum[T Float](w, v, g []T, s *MomentumScalars[T], nesterov bool) bool {
	if len(w) == 0 {
		return true
	}
	_, _ = v[len(w)-1], g[len(w)-1]
	var a vecArgs[T]
	a.p[0], a.p[1], a.p[2], a.n = ptr(w), ptr(v), ptr(g), len(w)
	a.s = [12]T{s.Rate, s.Decay, s.Momentum, s.Keep}
	if nesterov {
		return runVec(opNesterov, &a)
	}
	return runVec(opMomentum, &a)
}

// AdamScalars are the scalars of a step of Adam: the learning rate, the weight
// decay, β₁, 1−β₁, β₂, 1−β₂, ε, and the bias corrections 1/(1−β₁ᵗ) and 1/(1−β₂ᵗ).
type AdamScalars[T Float] struct {
	Rate, Decay, Beta1, Rest1, Beta2, Rest2, Epsilon, Correct1, Correct2 T
}

// Adam takes the step
//
//	g ← g + decay·w     m ← β₁·m + (1−β₁)·g     v ← β₂·v + (1−β₂)·g²
//	w ← w − lr·m̂/(√v̂ + ε)
//
// where m̂ and v̂ are m and v times their corrections.
func Adam[T Float](w, m, v, g []T, s *AdamScalars[T]) bool { return adam(opAdam, w, m, v, g, s) }

// AdamW takes the step of Adam on g alone, with decoupled weight decay:
//
//	w ← w − lr·(m̂/(√v̂ + ε) + decay·w)
func AdamW[T Float](w, m, v, g []T, s *AdamScalars[T]) bool { return adam(opAdamW, w, m, v, g, s) }

func adam[T Float](op Op, w, m, v, g []T, s *AdamScalars[T]) bool {
	if len(w) == 0 {
		return true
	}
	n := len(w)
	_, _, _ = m[n-1], v[n-1], g[n-1]
	var a vecArgs[T]
	a.p[0], a.p[1], a.p[2], a.p[3], a.n = ptr(w), ptr(m), ptr(v), ptr(g), n
	a.s = [12]T{s.Rate, s.Decay, s.Beta1, s.Rest1, s.Beta2, s.Rest2, s.Epsilon, s.Correct1, s.Correct2}
	return runVec(op, &a)
}
