package relax

import "github.com/pkg/errors"

// Momentum is gradient descent with a velocity, as the heavy ball or in Nesterov's
// form:
//
//	v ← β·v + g        g = ∂E/∂x, v = 0 at the start of every run
//	x ← x − γ·v        or, with Nesterov, x ← x − γ·(g + β·v)
//
// It uses one evaluation per step. On a chain of L nodes, where the error has to travel
// through every node, gradient descent needs O(L²) steps and Nesterov's form O(L). The
// step size stands outside the velocity, so a [Control] acts immediately; a steady
// descent moves by γ/(1−β) times the gradient.
//
// A Momentum stores its velocity: use it through a pointer, in one run at a time.
//
// Source: Polyak 1964; Nesterov 1983 as rewritten by Sutskever et al. 2013;
// Restart after O'Donoghue and Candès 2015, section 3.2, the gradient scheme.
type Momentum struct {
	// Beta is β, in [0, 1). Zero means 0.9; without momentum use [Euler].
	Beta float64 `json:"beta,omitempty"`
	// Nesterov looks ahead along the velocity. False is the heavy ball.
	Nesterov bool `json:"nesterov,omitempty"`
	// Restart resets the velocity of a sample, over all activities, as soon as it
	// points uphill, Σ g·v < 0. That makes a large β safe: the activities do not
	// oscillate about the minimum.
	Restart bool `json:"restart,omitempty"`

	velocity, last []Vector
	slopes         []float64 // of every sample: Σ g·v
}

// Init sets the velocity to 0.
func (m *Momentum) Init(p Problem) error {
	m.velocity = zeroLike(m.velocity, p.Activities())
	m.last = zeroLike(m.last, p.Activities())
	if a := p.Activities(); m.Restart && len(a) > 0 && len(m.slopes) != a[0].Samples {
		m.slopes = make([]float64, a[0].Samples)
	}
	return nil
}

// Step takes the step in place.
func (m *Momentum) Step(p Problem, size float64) error {
	activities := p.Activities()
	if m.Restart {
		m.measure(activities)
	}
	m.velocity, m.last = m.last, m.velocity
	for i, a := range activities {
		for n := range a.Samples {
			beta := m.beta()
			if m.Restart && m.slopes[n] < 0 {
				beta = 0
			}
			x, g := a.Sample(n)
			w := x.Len()
			v, last := m.velocity[i].Slice(n*w, (n+1)*w), m.last[i].Slice(n*w, (n+1)*w)
			if x.f32 != nil {
				momentum(x.f32, g.f32, v.f32, last.f32, float32(beta), float32(size), m.Nesterov)
			} else {
				momentum(x.f64, g.f64, v.f64, last.f64, beta, size, m.Nesterov)
			}
		}
	}
	return nil
}

// momentum takes the step of one sample; the conversions prevent fused multiply-add.
func momentum[T float](x, g, v, last []T, beta, size T, nesterov bool) {
	g, v, last = g[:len(x)], v[:len(x)], last[:len(x)]
	if nesterov {
		for i := range x {
			v[i] = T(beta*last[i]) + g[i]
			x[i] -= T(size * (g[i] + T(beta*v[i])))
		}
		return
	}
	for i := range x {
		v[i] = T(beta*last[i]) + g[i]
		x[i] -= T(size * v[i])
	}
}

// measure computes the slope along the velocity of every sample.
func (m *Momentum) measure(activities []Activity) {
	clear(m.slopes)
	for i, a := range activities {
		w := a.Width()
		for n := range m.slopes {
			_, g := a.Sample(n)
			m.slopes[n] += g.Dot(m.velocity[i].Slice(n*w, (n+1)*w))
		}
	}
}

// Rewind restores the velocity from before the last step.
func (m *Momentum) Rewind() { m.velocity, m.last = m.last, m.velocity }

// Validate returns an error unless Beta is in its range.
func (m *Momentum) Validate() error {
	return checkBeta("momentum: Beta", m.Beta, "0.9")
}

func (m *Momentum) beta() float64 {
	if m.Beta == 0 {
		return 0.9
	}
	return m.Beta
}

func checkBeta(what string, beta float64, meant string) error {
	if !(beta >= 0 && beta < 1) {
		return errors.Errorf("relax: %s: want 0 (meaning %s) or a number in (0, 1), got %g", what, meant, beta)
	}
	return nil
}

// zeroLike returns zeros of the sizes and precisions of the activities, in the memory
// of old if it fits.
func zeroLike(old []Vector, activities []Activity) []Vector {
	fits := len(old) == len(activities)
	for i := 0; fits && i < len(old); i++ {
		fits = old[i].matches(activities[i].X)
	}
	if !fits {
		old = make([]Vector, len(activities))
		for i, a := range activities {
			old[i] = a.X.MakeLike()
		}
	}
	for _, v := range old {
		v.Fill(0)
	}
	return old
}
