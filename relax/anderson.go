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
// is the certificate of [RelativeGap]. The step size scales the whole step. Use it under
// [Armijo] with Initial 1, which costs no evaluation where the energy falls: a network
// that is not linear has states where a short gradient is no low energy.
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

	// A ring of the last steps, by slot and activity. Between two steps the newest slot
	// holds the last step, and in place of y the gradient before it.
	s, y    [][]Vector
	slot    int // the newest
	filled  int // slots in use
	size    float64
	samples []andersonSample
	dots    []float64 // by sample
	rewound bool      // the last step was undone
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
	a.rewound, a.filled = false, 0
	if len(a.s) != a.memory() {
		a.s, a.y = make([][]Vector, a.memory()), make([][]Vector, a.memory())
	}
	for k := range a.s {
		a.s[k], a.y[k] = like(a.s[k], activities), like(a.y[k], activities)
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
	if a.rewound {
		a.rewound = false
		a.repeat(activities, size)
		return nil
	}
	a.project(activities)
	for n := range a.samples {
		a.samples[n].aim(a.slot, len(a.s), defaulted(a.First, 0.5))
	}
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
	}
	return checkFirst("anderson", a.First)
}

func (a *Anderson) memory() int {
	if a.Memory == 0 {
		return 2
	}
	return a.Memory
}

// project completes the last step and takes the products of the gradient with the past.
func (a *Anderson) project(activities []Activity) {
	for n := range a.samples {
		a.samples[n].forget(a.slot, a.filled > 0)
	}
	for i, x := range activities {
		a.dot(x.Grad, x.Grad, func(q *andersonSample) *float64 { return &q.gg })
		if a.filled == 0 {
			continue
		}
		s, y := a.s[a.slot][i], a.y[a.slot][i]
		y.sub(x.Grad, y)
		a.dot(s, y, func(q *andersonSample) *float64 { return &q.sy[a.slot] })
		for k := range a.filled {
			a.dot(y, a.y[k][i], func(q *andersonSample) *float64 { return &q.yy[a.slot][k] })
			a.dot(x.Grad, a.s[k][i], func(q *andersonSample) *float64 { return &q.gs[k] })
			a.dot(x.Grad, a.y[k][i], func(q *andersonSample) *float64 { return &q.gy[k] })
		}
	}
	for n := range a.samples {
		q := &a.samples[n]
		for k := range a.filled {
			q.yy[k][a.slot] = q.yy[a.slot][k]
		}
	}
}

// forget clears what project adds up. stepped means that there was a step, in the slot.
func (q *andersonSample) forget(slot int, stepped bool) {
	q.last, q.gg = q.gg, 0
	clear(q.gs[:])
	clear(q.gy[:])
	if stepped {
		q.kept++
		q.sy[slot] = 0
		clear(q.yy[slot][:])
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
	q.kept, q.beta = min(q.kept, ring), first
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

// move takes the step of every sample, into the oldest slot.
func (a *Anderson) move(activities []Activity, size float64) {
	oldest := 0
	if a.filled > 0 {
		oldest = (a.slot + 1) % len(a.s)
	}
	full := a.filled == len(a.s)
	a.filled = max(a.filled, oldest+1)
	a.slot, a.size = oldest, size
	for i, x := range activities {
		w := x.Width()
		for n := range a.samples {
			q := &a.samples[n]
			row, g := x.Sample(n)
			s, y := a.s[oldest][i].Slice(n*w, (n+1)*w), a.y[oldest][i].Slice(n*w, (n+1)*w)
			// s becomes −(Σθ·s + β·(g − Σθ·y)), a step of size 1, while y is in use.
			if t := q.theta[oldest]; full && t != 0 {
				s.Scale(-t)
				s.AddScaled(t*q.beta, y)
			} else {
				s.Fill(0)
			}
			s.AddScaled(-q.beta, g)
			for k, t := range q.theta[:len(a.s)] {
				if k != oldest && t != 0 {
					s.AddScaled(-t, a.s[k][i].Slice(n*w, (n+1)*w))
					s.AddScaled(t*q.beta, a.y[k][i].Slice(n*w, (n+1)*w))
				}
			}
			if size != 1 {
				s.Scale(size)
			}
			row.AddScaled(1, s)
			y.CopyFrom(g)
		}
	}
}

// repeat takes the last step, which was undone, with another size.
func (a *Anderson) repeat(activities []Activity, size float64) {
	scale := size / a.size
	a.size = size
	for i, x := range activities {
		s := a.s[a.slot][i]
		s.Scale(scale)
		x.X.AddScaled(1, s)
	}
}
