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
// On a [Mover] the driver fuses the step with the evaluation whenever nothing asks for
// the gradient. The result is the same bit for bit.
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
	forget         bool // the next run keeps no last
	samples        int
	slopes         []float64 // of every sample: Σ g·v
	next           Motion
}

// Init sets the velocity to 0.
func (m *Momentum) Init(p Problem) error {
	m.velocity = zeroLike(m.velocity, p.Activities())
	if m.forget {
		m.last, m.forget = nil, false
	} else {
		m.last = zeroLike(m.last, p.Activities())
	}
	if m.samples = samplesOf(p); m.Restart && len(m.slopes) != m.samples {
		m.slopes = make([]float64, m.samples)
	}
	return nil
}

// Step takes the step in place.
func (m *Momentum) Step(p Problem, size float64) error {
	for i, v := range m.last {
		v.CopyFrom(m.velocity[i])
	}
	m.motion(p, size).Apply(p.Activities())
	return nil
}

func (m *Momentum) motion(p Problem, size float64) *Motion {
	m.next = Motion{Kind: HeavyBall, Size: size, Beta: m.beta(), First: m.velocity}
	if m.Nesterov {
		m.next.Kind = LookAhead
	}
	if m.Restart {
		m.next.Slopes = m.slopes[:samplesOf(p)]
	}
	return &m.next
}

func (m *Momentum) inPlace() { m.forget = true }

func (m *Momentum) swap(i, j int) { swapSamples(m.velocity, m.samples, i, j) }

// samplesOf returns the number of samples of a problem, 0 if it has no activities.
func samplesOf(p Problem) int {
	if a := p.Activities(); len(a) > 0 {
		return a[0].Samples
	}
	return 0
}

// swapSamples exchanges two of so many samples.
func swapSamples(vectors []Vector, samples, i, j int) {
	for _, v := range vectors {
		v.SwapBlocks(i, j, v.Len()/samples)
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
