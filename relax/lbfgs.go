package relax

import "github.com/pkg/errors"

// LBFGS is the limited-memory quasi-Newton method of Broyden, Fletcher, Goldfarb and
// Shanno: it multiplies the gradient by an estimate of the inverse Hessian from the
// last few steps,
//
//	x ← x − γ·H·g        H ≈ (∂²E/∂x²)⁻¹ from the pairs s = Δx, y = Δg
//
// Every sample has its own estimate, over all activities, because samples do not
// interact. The first step is along the gradient. The natural step size is 1, so use it
// under [Armijo] with Initial 1, which shortens the step where the energy does not fall
// enough.
//
// It uses one evaluation per step and keeps 2·Memory+3 copies of the activities. An
// LBFGS stores them between runs: use it through a pointer, in one run at a time.
//
// Source: Nocedal 1980; Nocedal and Wright, Numerical Optimization, 2nd ed.,
// algorithm 7.4.
type LBFGS struct {
	// Memory is the number of pairs kept. Zero means 5.
	Memory int `json:"memory,omitempty"`

	pairs        []pair // a ring; the newest is pairs[(count−1) mod Memory]
	count        int
	lastX, lastG []Vector
	direction    []Vector
	a, b, dots   []float64 // per sample
	stepped      bool      // lastX and lastG are from the previous step
	rewound      bool      // the direction is valid for the current state
}

// pair is a step with the change of the gradient along it. weight is 1/(s·y) per
// sample, 0 where the pair is not used.
type pair struct {
	s, y          []Vector
	weight, alpha []float64
}

// Init forgets the pairs of earlier runs.
func (l *LBFGS) Init(p Problem) error {
	activities := p.Activities()
	l.count, l.stepped, l.rewound = 0, false, false
	l.lastX, l.lastG = zeroLike(l.lastX, activities), zeroLike(l.lastG, activities)
	l.direction = zeroLike(l.direction, activities)
	if len(l.pairs) != l.memory() {
		l.pairs = make([]pair, l.memory())
	}
	samples := 0
	if len(activities) > 0 {
		samples = activities[0].Samples
	}
	if len(l.a) != samples {
		l.a, l.b, l.dots = make([]float64, samples), make([]float64, samples), make([]float64, samples)
	}
	for i := range l.pairs {
		q := &l.pairs[i]
		q.s, q.y = zeroLike(q.s, activities), zeroLike(q.y, activities)
		if len(q.weight) != samples {
			q.weight, q.alpha = make([]float64, samples), make([]float64, samples)
		}
	}
	return nil
}

// Step takes the step in place.
func (l *LBFGS) Step(p Problem, size float64) error {
	activities := p.Activities()
	if !l.rewound {
		if l.stepped {
			l.remember(activities)
		}
		l.aim(activities)
		for i, a := range activities {
			l.lastX[i].CopyFrom(a.X)
			l.lastG[i].CopyFrom(a.Grad)
		}
	}
	l.stepped, l.rewound = true, false
	for i, a := range activities {
		a.X.AddScaled(-size, l.direction[i])
	}
	return nil
}

// Rewind makes the next step go along the same direction as the last one.
func (l *LBFGS) Rewind() { l.rewound = true }

// Validate returns an error unless Memory is in its range.
func (l *LBFGS) Validate() error {
	if l.Memory < 0 {
		return errors.Errorf("relax: lbfgs: Memory: want 0 (meaning 5) or a positive number, got %d", l.Memory)
	}
	return nil
}

func (l *LBFGS) memory() int {
	if l.Memory == 0 {
		return 5
	}
	return l.Memory
}

// recent returns the pair of the given age, 0 being the newest.
func (l *LBFGS) recent(age int) *pair {
	return &l.pairs[(l.count-1-age)%len(l.pairs)]
}

// remember stores the pair that led to the current state. It is not used for a sample
// whose curvature along the step is not clearly positive.
func (l *LBFGS) remember(activities []Activity) {
	l.count++
	q := l.recent(0)
	for i, a := range activities {
		q.s[i].CopyFrom(a.X)
		q.s[i].AddScaled(-1, l.lastX[i])
		q.y[i].CopyFrom(a.Grad)
		q.y[i].AddScaled(-1, l.lastG[i])
	}
	l.rowDots(q.weight, q.s, q.y)
	l.rowDots(l.a, q.y, q.y)
	for n, sy := range q.weight {
		q.weight[n] = 0
		if sy > 1e-8*l.a[n] {
			q.weight[n] = 1 / sy
		}
	}
}

// aim computes the direction H·g by the two-loop recursion.
func (l *LBFGS) aim(activities []Activity) {
	d := l.direction
	for i, a := range activities {
		d[i].CopyFrom(a.Grad)
	}
	kept := min(l.count, len(l.pairs))
	for age := range kept {
		q := l.recent(age)
		l.rowDots(q.alpha, q.s, d)
		for n := range q.alpha {
			q.alpha[n] *= q.weight[n]
			l.a[n] = -q.alpha[n]
		}
		addRows(d, l.a, q.y)
	}
	l.scale(d, kept)
	for age := kept - 1; age >= 0; age-- {
		q := l.recent(age)
		l.rowDots(l.a, q.y, d)
		for n := range l.a {
			l.a[n] = q.alpha[n] - q.weight[n]*l.a[n]
		}
		addRows(d, l.a, q.s)
	}
	l.guard(activities)
}

// scale multiplies every sample by s·y/y·y of its newest pair.
func (l *LBFGS) scale(d []Vector, kept int) {
	for n := range l.b {
		l.b[n] = 1
	}
	for age := kept - 1; age >= 0; age-- { // the newest comes last
		q := l.recent(age)
		l.rowDots(l.a, q.y, q.y)
		for n, w := range q.weight {
			if w > 0 {
				l.b[n] = 1 / (w * l.a[n])
			}
		}
	}
	for _, v := range d {
		w := v.Len() / len(l.b)
		for n, b := range l.b {
			if b != 1 {
				v.Slice(n*w, (n+1)*w).Scale(b)
			}
		}
	}
}

// guard falls back to the gradient for samples whose direction is not a descent
// direction.
func (l *LBFGS) guard(activities []Activity) {
	clear(l.a)
	for i, a := range activities {
		AddProducts(l.a, l.dots, a.Grad, l.direction[i])
	}
	for i, a := range activities {
		w := a.Width()
		for n, slope := range l.a {
			if !(slope > 0) {
				l.direction[i].Slice(n*w, (n+1)*w).CopyFrom(a.Grad.Slice(n*w, (n+1)*w))
			}
		}
	}
}

// rowDots is dst[n] = Σ_l x_l(n)·y_l(n) over all activities l.
func (l *LBFGS) rowDots(dst []float64, x, y []Vector) {
	clear(dst)
	for i := range x {
		AddProducts(dst, l.dots, x[i], y[i])
	}
}

// addRows is x_l(n) ← x_l(n) + a[n]·y_l(n).
func addRows(x []Vector, a []float64, y []Vector) {
	for i, v := range x {
		w := v.Len() / len(a)
		for n, c := range a {
			if c != 0 {
				v.Slice(n*w, (n+1)*w).AddScaled(c, y[i].Slice(n*w, (n+1)*w))
			}
		}
	}
}
