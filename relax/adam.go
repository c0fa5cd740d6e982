package relax

import (
	"math"

	"github.com/pkg/errors"
)

// Adam divides the mean gradient of every element by its root mean square, so that all
// elements move at about the same speed whatever the curvature:
//
//	m ← β₁·m + (1−β₁)·g        g = ∂E/∂x, m = v = 0 at the start of every run
//	v ← β₂·v + (1−β₂)·g²
//	x ← x − γ·m̂/(√v̂ + ε)       m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ), t counted from 1
//
// A step moves an element by about γ, in units of the activity and not of the gradient,
// so sizes that suit [Euler] are far too large where gradients are small: it does not
// come to rest by itself, and is meant for energies whose curvatures differ by orders
// of magnitude, as in generative networks. A [Control] that discounts the size lets it
// settle.
//
// On a [Mover] the driver fuses the step with the evaluation whenever nothing asks for
// the gradient. The result is the same bit for bit.
//
// An Adam stores its moments: use it through a pointer, in one run at a time.
//
// Source: Kingma and Ba 2015, algorithm 1.
type Adam struct {
	// Beta1 is β₁, in [0, 1). Zero means 0.9.
	Beta1 float64 `json:"beta1,omitempty"`
	// Beta2 is β₂, in [0, 1). Zero means 0.999.
	Beta2 float64 `json:"beta2,omitempty"`
	// Epsilon is ε, in units of the gradient. Zero means 1e-8.
	Epsilon float64 `json:"epsilon,omitempty"`

	mean, square         []Vector
	lastMean, lastSquare []Vector
	forget               bool // the next run keeps no last moments
	steps, samples       int
	next                 Motion
}

// Init sets the moments to 0.
func (s *Adam) Init(p Problem) error {
	s.steps, s.samples = 0, samplesOf(p)
	s.mean, s.square = zeroLike(s.mean, p.Activities()), zeroLike(s.square, p.Activities())
	if s.forget {
		s.lastMean, s.lastSquare, s.forget = nil, nil, false
		return nil
	}
	s.lastMean, s.lastSquare = zeroLike(s.lastMean, p.Activities()), zeroLike(s.lastSquare, p.Activities())
	return nil
}

// Step takes the step in place.
func (s *Adam) Step(p Problem, size float64) error {
	for i := range s.lastMean {
		s.lastMean[i].CopyFrom(s.mean[i])
		s.lastSquare[i].CopyFrom(s.square[i])
	}
	s.motion(p, size).Apply(p.Activities())
	return nil
}

// motion folds the bias corrections into the size and ε.
func (s *Adam) motion(_ Problem, size float64) *Motion {
	c := s.withDefaults()
	s.steps++
	root := math.Sqrt(1 - math.Pow(c.Beta2, float64(s.steps)))
	s.next = Motion{
		Kind: RootMeanSquare, Size: size * (root / (1 - math.Pow(c.Beta1, float64(s.steps)))),
		Beta: c.Beta1, Beta2: c.Beta2, Epsilon: c.Epsilon * root,
		First: s.mean, Second: s.square,
	}
	return &s.next
}

func (s *Adam) inPlace() { s.forget = true }

func (s *Adam) swap(i, j int) {
	swapSamples(s.mean, s.samples, i, j)
	swapSamples(s.square, s.samples, i, j)
}

// Rewind restores the moments from before the last step.
func (s *Adam) Rewind() {
	s.steps--
	s.mean, s.lastMean = s.lastMean, s.mean
	s.square, s.lastSquare = s.lastSquare, s.square
}

// Validate returns an error unless the fields are in their ranges.
func (s *Adam) Validate() error {
	if err := checkBeta("adam: Beta1", s.Beta1, "0.9"); err != nil {
		return err
	}
	if !(s.Epsilon >= 0) || math.IsInf(s.Epsilon, 0) {
		return errors.Errorf("relax: adam: Epsilon: want 0 (meaning 1e-8) or a positive finite number, got %g", s.Epsilon)
	}
	return checkBeta("adam: Beta2", s.Beta2, "0.999")
}

// withDefaults returns the settings of s with every zero replaced by its default.
func (s *Adam) withDefaults() Adam {
	c := Adam{Beta1: s.Beta1, Beta2: s.Beta2, Epsilon: s.Epsilon}
	if c.Beta1 == 0 {
		c.Beta1 = 0.9
	}
	if c.Beta2 == 0 {
		c.Beta2 = 0.999
	}
	if c.Epsilon == 0 {
		c.Epsilon = 1e-8
	}
	return c
}
