package relax

import (
	"math"

	"github.com/pkg/errors"
)

// PID keeps the error of a step with respect to the gradient flow dx/dt = −∂E/∂x near a
// tolerance, so that no step size need be guessed:
//
//	r_t = max_n rms_i (error_i / (Absolute + Relative·|x_i|))     over samples n
//	accept the step if r_t ≤ 1
//	γ ← γ·clip(Safety · r_t^−(I+P+D)/k · r_{t−1}^(P+2D)/k · r_{t−2}^−D/k)
//
// with k the order of the estimate. A rejected step is undone bit for bit and tried
// again with the smaller size. It needs a solver that is an [Estimator], such as
// [Heun]. It follows the trajectory of the activities to the equilibrium, for
// simulations; to reach the equilibrium fastest use [LBFGS].
//
// A PID stores errors: use it through a pointer, in one run at a time.
//
// Source: Söderlind 2003, "Digital filters in adaptive time-stepping"; Hairer,
// Nørsett and Wanner, Solving Ordinary Differential Equations I, section II.4.
type PID struct {
	// Initial is the size of the first step. Zero is an error: there is no default;
	// 0.1 is a good start.
	Initial float64 `json:"initial"`
	// Relative and Absolute are the tolerances; Absolute is in units of activity.
	// There is no default: at least one must be positive.
	Relative float64 `json:"relative,omitempty"`
	Absolute float64 `json:"absolute,omitempty"`
	// P, I and D are the coefficients of the controller. All zero means I = 1, which
	// sizes a step by the last error alone; P = 0.3, I = 0.4 is smoother.
	P float64 `json:"p,omitempty"`
	I float64 `json:"i,omitempty"`
	D float64 `json:"d,omitempty"`
	// MaxSize bounds the size, at least Initial. Zero means no bound.
	MaxSize float64 `json:"max_size,omitempty"`
	// MinSize is the smallest size worth trying. Zero means 1e-8·Initial.
	MinSize float64 `json:"min_size,omitempty"`

	last, before float64 // errors of the last two accepted steps
}

// The safety factor, and the bounds of the factor of a size.
const (
	pidSafety    = 0.9
	pidMaxFactor = 10
	pidMinFactor = 0.2
)

// Start returns Initial and resets the errors.
func (c *PID) Start() float64 {
	c.last, c.before = 1, 1
	return c.Initial
}

// Tolerances returns Relative and Absolute.
func (c *PID) Tolerances() (relative, absolute float64) { return c.Relative, c.Absolute }

// AcceptError reports whether the error is within the tolerances.
func (c *PID) AcceptError(err float64) bool { return err <= 1 }

// ShortenError returns the size to try after a rejected one, or false once that
// is below MinSize.
func (c *PID) ShortenError(size, err float64, order int) (smaller float64, ok bool) {
	factor := pidMinFactor
	if err-err == 0 { // an overflow does not say how far to shorten
		factor = min(c.factor(err, order), pidSafety)
	}
	minSize := c.MinSize
	if minSize == 0 {
		minSize = 1e-8 * c.Initial
	}
	return size * factor, size*factor >= minSize
}

// Next returns the size of the next step.
func (c *PID) Next(taken Taken) float64 {
	size := taken.Size * c.factor(taken.Error, taken.Order)
	if taken.Trials > 1 {
		size = min(size, taken.Size)
	}
	c.last, c.before = max(taken.Error, 1e-10), c.last
	if c.MaxSize > 0 {
		size = min(size, c.MaxSize)
	}
	return size
}

// factor returns the factor of the size for an error.
func (c *PID) factor(err float64, order int) float64 {
	p, i, d, k := c.P, c.I, c.D, float64(order)
	if p == 0 && i == 0 && d == 0 {
		i = 1
	}
	f := pidSafety * math.Pow(max(err, 1e-10), -(i+p+d)/k) * math.Pow(c.last, (p+2*d)/k) * math.Pow(c.before, -d/k)
	return max(pidMinFactor, min(pidMaxFactor, f))
}

// Validate returns an error unless the fields are in their ranges.
func (c *PID) Validate() error {
	if err := checkSize("pid: Initial", c.Initial); err != nil {
		return err
	}
	finite := func(x float64) bool { return x >= 0 && !math.IsInf(x, 0) }
	switch {
	case !finite(c.Relative) || !finite(c.Absolute) || c.Relative+c.Absolute == 0:
		return errors.Errorf("relax: pid: Relative and Absolute: want finite numbers of at least 0, not both 0, got %g and %g; there is no default, 1e-3 is a start", c.Relative, c.Absolute)
	case !finite(c.P) || !finite(c.I) || !finite(c.D):
		return errors.Errorf("relax: pid: P, I and D: want finite numbers of at least 0, got %g, %g and %g", c.P, c.I, c.D)
	case c.MaxSize != 0 && !(c.MaxSize >= c.Initial):
		return errors.Errorf("relax: pid: MaxSize: want 0 (meaning no bound) or at least Initial = %g, got %g", c.Initial, c.MaxSize)
	case !(c.MinSize >= 0 && c.MinSize <= c.Initial):
		return errors.Errorf("relax: pid: MinSize: want 0 (meaning 1e-8·Initial) or a number in (0, Initial = %g], got %g", c.Initial, c.MinSize)
	}
	return nil
}
