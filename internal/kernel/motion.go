package kernel

// HeavyBall takes the step
//
//	v ← β·v + g     x ← x − size·v
//
// if the active path has a kernel for it. Every product and sum is rounded, as in plain
// Go.
func HeavyBall[T Float](x, v, g []T, size, beta T) bool {
	return ball(opHeavyBall, x, v, g, size, beta)
}

// LookAhead takes the step
//
//	v ← β·v + g     x ← x − size·(g + β·v)
//
// as [HeavyBall] takes its.
func LookAhead[T Float](x, v, g []T, size, beta T) bool {
	return ball(opLookAhead, x, v, g, size, beta)
}

func ball[T Float](op Op, x, v, g []T, size, beta T) bool {
	if len(x) == 0 {
		return true
	}
	_, _ = v[len(x)-1], g[len(x)-1]
	var a vecArgs[T]
	a.p[0], a.p[1], a.p[2], a.n = ptr(x), ptr(v), ptr(g), len(x)
	a.s[0], a.s[1] = size, beta
	return runVec(op, &a)
}

// RootMeanSquare takes the step
//
//	m ← β₁·m + (1−β₁)·g     v ← β₂·v + (1−β₂)·g²     x ← x − size·m/(√v + ε)
//
// as [HeavyBall] takes its.
func RootMeanSquare[T Float](x, m, v, g []T, size, beta1, beta2, epsilon T) bool {
	if len(x) == 0 {
		return true
	}
	n := len(x)
	_, _, _ = m[n-1], v[n-1], g[n-1]
	var a vecArgs[T]
	a.p[0], a.p[1], a.p[2], a.p[3], a.n = ptr(x), ptr(m), ptr(v), ptr(g), n
	a.s = [12]T{size, beta1, 1 - beta1, beta2, 1 - beta2, epsilon}
	return runVec(opRootMeanSquare, &a)
}
