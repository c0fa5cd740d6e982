package relax

import (
	"math"

	"github.com/pkg/errors"
)

// Anderson is Anderson acceleration of gradient descent. Of the last few states it
// takes the combination whose gradient, if gradients were linear, would be the shortest,
// and goes on from there along that gradient:
//
//	θ = argmin ‖g − Σ_j θ_j·y_j‖²          y_j = Δg, s_j = Δx of the last Memory steps
//	x ← x − Σ_j θ_j·s_j − β·(g − Σ_j θ_j·y_j)       β = s_0·y_0 / y_0·y_0
//
// Every sample has its own θ and β, because samples do not interact. There is no step
// size to choose and no line search: a step costs one evaluation. On a quadratic energy
// with any Memory of at least the number of distinct eigenvalues it ends at the minimum,
// as GMRES does; because the Hessian is symmetric, a Memory of 1 or 2 does nearly as
// well.
//
// In error coordinates it is the method of choice: there at most as many eigenvalues
// differ from 1 as there are clamped output units, and what it minimises, the gradient,
// is the certificate of [RelativeGap]. The step size scales the whole step; use
// [Constant] with Size 1, or [Armijo] with Initial 1.
//
// A sample whose gradient grew by more than half its length in a step remembers only
// that step; one whose direction would not go downhill, or whose curvature along the last
// step is not positive, goes along its gradient and forgets its past.
//
// Source: Anderson 1965; Walker and Ni 2011, "Anderson acceleration for fixed-point
// iterations"; β after Barzilai and Borwein 1988, eq. 6.
type Anderson struct {
	// Memory is the number of steps remembered. Zero means 2.
	Memory int `json:"memory,omitempty"`
	// First is the length of a sample's first step, as a multiple of the gradient. Zero
	// means 0.5.
	First float64 `json:"first,omitempty"`

	s, y         [][]Vector // by slot and activity: a ring of the last steps
	slot         int        // of the last step
	lastX, lastG []Vector
	samples      []andersonSample
	dots         []float64 // by sample
	stepped      bool      // lastX and lastG are from the previous step
	rewound      bool      // the past is that of the current state
}

// maxMemory bounds the normal equations of a sample.
const maxMemory = 8

// andersonSample is the past of one sample. Arrays are by slot.
type andersonSample struct {
	kept     int                           // steps remembered
	yy       [maxMemory][maxMemory]float64 // y_i·y_j
	sy       [maxMemory]float64            // s_i·y_i
	gs, gy   [maxMemory]float64            // with the current gradient
	gg, last float64                       // squared gradient, now and before the last step
	theta    [maxMemory]float64
	beta     float64
}

// Init forgets earlier runs.
func (a *Anderson) Init(p Problem) error {
	activities := p.Activities()
	a.stepped, a.rewound = false, false
	a.lastX, a.lastG = zeroLike(a.lastX, activities), zeroLike(a.lastG, activities)
	if len(a.s) != a.memory() {
		a.s, a.y = make([][]Vector, a.memory()), make([][]Vector, a.memory())
	}
	for k := range a.s {
		a.s[k], a.y[k] = zeroLike(a.s[k], activities), zeroLike(a.y[k], activities)
	}
	if len(activities) == 0 {
		return nil
	}
	if n := activities[0].Samples; len(a.samples) != n {
		a.samples, a.dots = make([]andersonSample, n), make([]float64, n)
	}
	clear(a.samples)
	return nil
}

// Step takes the step in place.
func (a *Anderson) Step(p Problem, size float64) error {
	activities := p.Activities()
	if !a.rewound {
		if a.stepped {
			a.remember(activities)
		}
		a.project(activities)
		for i, x := range activities {
			a.lastX[i].CopyFrom(x.X)
			a.lastG[i].CopyFrom(x.Grad)
		}
		for n := range a.samples {
			a.samples[n].aim(a.slot, len(a.s), a.first())
		}
	}
	a.stepped, a.rewound = true, false
	a.move(activities, size)
	return nil
}

// Rewind makes the next step go along the same direction as the last one.
func (a *Anderson) Rewind() { a.rewound = true }

// Validate returns an error unless the fields are in their ranges.
func (a *Anderson) Validate() error {
	switch {
	case a.Memory < 0 || a.Memory > maxMemory:
		return errors.Errorf("relax: anderson: Memory: want 0 (meaning 2) or 1 to %d, got %d", maxMemory, a.Memory)
	case !(a.First >= 0) || math.IsInf(a.First, 0):
		return errors.Errorf("relax: anderson: First: want 0 (meaning 0.5) or a positive finite number, got %g", a.First)
	}
	return nil
}

func (a *Anderson) memory() int {
	if a.Memory == 0 {
		return 2
	}
	return a.Memory
}

func (a *Anderson) first() float64 {
	if a.First == 0 {
		return 0.5
	}
	return a.First
}

// remember stores the step that led to the current state.
func (a *Anderson) remember(activities []Activity) {
	a.slot = (a.slot + 1) % len(a.s)
	for n := range a.samples {
		q := &a.samples[n]
		q.kept = min(q.kept+1, len(a.s))
		q.sy[a.slot] = 0
		for k := range a.s {
			q.yy[a.slot][k] = 0
		}
	}
	s, y := a.s[a.slot], a.y[a.slot]
	for i, x := range activities {
		s[i].sub(x.X, a.lastX[i])
		y[i].sub(x.Grad, a.lastG[i])
		a.dot(s[i], y[i], func(q *andersonSample) *float64 { return &q.sy[a.slot] })
		for k := range a.s {
			a.dot(y[i], a.y[k][i], func(q *andersonSample) *float64 { return &q.yy[a.slot][k] })
		}
	}
	for n := range a.samples {
		q := &a.samples[n]
		for k := range a.s {
			q.yy[k][a.slot] = q.yy[a.slot][k]
		}
	}
}

// project takes the products of the gradient with the past.
func (a *Anderson) project(activities []Activity) {
	for n := range a.samples {
		q := &a.samples[n]
		q.last, q.gg = q.gg, 0
		clear(q.gs[:])
		clear(q.gy[:])
	}
	for i, x := range activities {
		a.dot(x.Grad, x.Grad, func(q *andersonSample) *float64 { return &q.gg })
		if !a.stepped {
			continue
		}
		for k := range a.s {
			a.dot(x.Grad, a.s[k][i], func(q *andersonSample) *float64 { return &q.gs[k] })
			a.dot(x.Grad, a.y[k][i], func(q *andersonSample) *float64 { return &q.gy[k] })
		}
	}
}

// dot adds x·y of every sample to a number of it.
func (a *Anderson) dot(x, y Vector, to func(*andersonSample) *float64) {
	rowProducts(a.dots, x, y)
	for n, d := range a.dots {
		*to(&a.samples[n]) += d
	}
}

// aim computes the combination of the past and the step from there. slot is that of the
// last step, in a ring of the given length.
func (q *andersonSample) aim(slot, ring int, first float64) {
	if q.gg > 2.25*q.last {
		q.kept = min(q.kept, 1)
	}
	if q.kept > 0 && !(q.sy[slot] > 0) {
		q.kept = 0
	}
	clear(q.theta[:])
	q.beta = first
	if q.kept == 0 {
		return
	}
	q.beta = q.sy[slot] / q.yy[slot][slot]
	q.solve(slot, ring)
	slope := q.beta * q.gg
	for k, t := range q.theta {
		slope += t * (q.gs[k] - q.beta*q.gy[k])
	}
	if !(slope > 0) { // not downhill
		clear(q.theta[:])
		q.kept = 0
	}
}

// solve finds θ by the normal equations, the newest step first. A step that is nearly a
// combination of newer ones is left out.
func (q *andersonSample) solve(slot, ring int) {
	var l [maxMemory][maxMemory]float64 // Cholesky factor
	var z [maxMemory]float64
	var used [maxMemory]int
	count := 0
	for age := range q.kept {
		k := (slot - age + ring) % ring
		row := &l[count]
		pivot := q.yy[k][k]
		for i := range count {
			sum := q.yy[k][used[i]]
			for j := range i {
				sum -= row[j] * l[i][j]
			}
			row[i] = sum / l[i][i]
			pivot -= row[i] * row[i]
		}
		if !(pivot > 1e-6*q.yy[k][k]) {
			continue
		}
		row[count] = math.Sqrt(pivot)
		sum := q.gy[k]
		for j := range count {
			sum -= row[j] * z[j]
		}
		z[count] = sum / row[count]
		used[count] = k
		count++
	}
	for i := count - 1; i >= 0; i-- {
		sum := z[i]
		for j := i + 1; j < count; j++ {
			sum -= l[j][i] * q.theta[used[j]]
		}
		q.theta[used[i]] = sum / l[i][i]
	}
}

// move takes the step of every sample.
func (a *Anderson) move(activities []Activity, size float64) {
	for i, x := range activities {
		w := x.Width()
		for n := range a.samples {
			q := &a.samples[n]
			row, g := x.Sample(n)
			row.descend(size*q.beta, g)
			for k, t := range q.theta[:len(a.s)] {
				if t != 0 {
					row.descend(size*t, a.s[k][i].Slice(n*w, (n+1)*w))
					row.descend(-size*t*q.beta, a.y[k][i].Slice(n*w, (n+1)*w))
				}
			}
		}
	}
}
