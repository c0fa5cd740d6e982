package relax

import (
	"math"

	"github.com/pkg/errors"
)

// ConjugateGradient is the nonlinear method of conjugate gradients with the formula of
// Polak and Ribière, restarted where it turns negative, and a step to the minimum of the
// parabola along the direction:
//
//	d ← −g + max(0, g·(g − g_last) / g_last·g_last)·d
//	α = −g·d / κ        κ = d·(g(x + t·d) − g) / t
//	x ← x + γ·α·d
//
// Every sample has its own direction and step, because samples do not interact. The
// curvature κ comes from a second evaluation at a trial step t, the α of the step
// before. On a quadratic energy that is exact, and it ends at the minimum after as many
// steps as the Hessian has distinct eigenvalues.
//
// A step takes two evaluations, so [Anderson], which takes one, is usually faster; it
// keeps two copies of the activities where that keeps six. γ is the step size: use
// [Constant] with Size 1. Where the curvature is not positive, the trial step stands.
//
// Source: Polak and Ribière 1969; Nocedal and Wright, Numerical Optimization, 2nd ed.,
// algorithm 5.4 and eq. 5.45.
type ConjugateGradient struct {
	// First is the first trial step, as a multiple of the gradient. Zero means 0.5.
	First float64 `json:"first,omitempty"`

	direction, lastG []Vector
	g                []Vector // the gradients
	energies         []float64
	samples          []conjugateSample
	dots             []float64
}

// conjugateSample holds the numbers of one sample.
type conjugateSample struct {
	trial     float64 // step along the direction
	last      float64 // g_last·g_last
	gg, cross float64 // g·g and g·g_last
	slope     float64 // g·d
	reached   float64 // gradient at the trial step, along d
}

// Init forgets earlier runs.
func (c *ConjugateGradient) Init(p Problem) error {
	activities := p.Activities()
	c.direction, c.lastG = zeroLike(c.direction, activities), zeroLike(c.lastG, activities)
	c.g = c.g[:0]
	for _, a := range activities {
		c.g = append(c.g, a.Grad)
	}
	if len(c.energies) != len(p.Terms()) {
		c.energies = make([]float64, len(p.Terms()))
	}
	if len(activities) == 0 {
		return nil
	}
	if n := activities[0].Samples; len(c.samples) != n {
		c.samples, c.dots = make([]conjugateSample, n), make([]float64, n)
	}
	for n := range c.samples {
		c.samples[n] = conjugateSample{trial: defaulted(c.First, 0.5)}
	}
	return nil
}

// Step takes the step in place.
func (c *ConjugateGradient) Step(p Problem, size float64) error {
	activities := p.Activities()
	c.turn(activities)
	c.advance(activities, func(q *conjugateSample) float64 { return q.trial })
	if _, err := p.Evaluate(c.energies); err != nil {
		return err
	}
	c.dot(func(q *conjugateSample) *float64 { return &q.reached }, c.direction, c.g)
	c.advance(activities, func(q *conjugateSample) float64 { return q.correct(size) })
	return nil
}

// turn makes the direction of every sample.
func (c *ConjugateGradient) turn(activities []Activity) {
	c.dot(func(q *conjugateSample) *float64 { return &q.gg }, c.g, c.g)
	c.dot(func(q *conjugateSample) *float64 { return &q.cross }, c.g, c.lastG)
	for i, a := range activities {
		w := a.Width()
		for n := range c.samples {
			q := &c.samples[n]
			d := c.direction[i].Slice(n*w, (n+1)*w)
			d.Scale(q.beta())
			d.AddScaled(-1, a.Grad.Slice(n*w, (n+1)*w))
		}
		c.lastG[i].CopyFrom(a.Grad)
	}
	c.dot(func(q *conjugateSample) *float64 { return &q.slope }, c.g, c.direction)
	for n := range c.samples {
		q := &c.samples[n]
		q.last = q.gg
		if q.slope < 0 {
			continue
		}
		for i, a := range activities { // not downhill: along the gradient
			w := a.Width()
			d := c.direction[i].Slice(n*w, (n+1)*w)
			d.Fill(0)
			d.AddScaled(-1, a.Grad.Slice(n*w, (n+1)*w))
		}
		q.slope = -q.gg
	}
}

// beta is the share of the last direction.
func (q *conjugateSample) beta() float64 {
	if !(q.last > 0) {
		return 0
	}
	return max(0, (q.gg-q.cross)/q.last)
}

// correct returns what is left of the step after the trial, and makes the step the next
// trial.
func (q *conjugateSample) correct(size float64) float64 {
	from, step := q.trial, q.trial
	if curvature := (q.reached - q.slope) / q.trial; curvature > 0 {
		step = -q.slope / curvature
	}
	if step > 0 && !math.IsInf(step, 0) {
		q.trial = step
	}
	return size*step - from
}

// advance moves every sample along its direction.
func (c *ConjugateGradient) advance(activities []Activity, step func(*conjugateSample) float64) {
	for n := range c.samples {
		by := step(&c.samples[n])
		for i, a := range activities {
			w := a.Width()
			x, _ := a.Sample(n)
			x.AddScaled(by, c.direction[i].Slice(n*w, (n+1)*w))
		}
	}
}

// dot sets a number of every sample to its product of two sets of vectors.
func (c *ConjugateGradient) dot(to func(*conjugateSample) *float64, x, y []Vector) {
	for n := range c.samples {
		*to(&c.samples[n]) = 0
	}
	for i := range x {
		rowProducts(c.dots, x[i], y[i])
		for n, d := range c.dots {
			*to(&c.samples[n]) += d
		}
	}
}

// Validate returns an error unless First is in its range.
func (c *ConjugateGradient) Validate() error { return checkFirst("conjugate gradient", c.First) }

func checkFirst(what string, first float64) error {
	if !(first >= 0) || math.IsInf(first, 0) {
		return errors.Errorf("relax: %s: First: want 0 (meaning 0.5) or a positive finite number, got %g", what, first)
	}
	return nil
}

func defaulted(x, zero float64) float64 {
	if x == 0 {
		return zero
	}
	return x
}
