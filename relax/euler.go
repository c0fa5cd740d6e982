package relax

// Euler is explicit gradient descent on all activities at once, that is, the explicit
// Euler method for the gradient flow dx/dt = -∂E/∂x:
//
//	x ← x - γ·∂E/∂x
//
// It is of first order, uses one evaluation per step and has no memory. Near a minimum
// it is stable for γ < 2/λ, with λ the largest eigenvalue of the Hessian of the energy
// in the activities.
//
// On a [Descender] the driver fuses the step with the evaluation whenever nothing asks
// for the gradient. The result is the same bit for bit.
//
// Source: Song et al. 2024, Methods; Whittington and Bogacz 2017, eq. 2.14.
type Euler struct{}

// Init does nothing.
func (Euler) Init(Problem) error { return nil }

// Step takes the step in place.
func (Euler) Step(p Problem, size float64) error {
	for _, a := range p.Activities() {
		a.X.AddScaled(-size, a.Grad)
	}
	return nil
}

// Rewind does nothing: Euler has no memory.
func (Euler) Rewind() {}
