package relax

import "math"

// Heun is the explicit trapezoidal rule for the gradient flow dx/dt = −∂E/∂x:
//
//	k₁ = ∂E/∂x at x
//	k₂ = ∂E/∂x at x − γ·k₁
//	x ← x − γ/2·(k₁ + k₂)
//
// It is of second order and uses two evaluations per step. Near a minimum it is stable
// for γ < 2/λ, like [Euler]: it follows the flow more closely, but does not reach the
// minimum sooner.
//
// A Heun stores its stages: use it through a pointer, in one run at a time.
//
// Source: Heun 1900; Hairer, Nørsett and Wanner, Solving Ordinary Differential
// Equations I, section II.1.
type Heun struct{ stages }

// Init allocates the stages.
func (h *Heun) Init(p Problem) error { return h.init(p) }

// Step takes the step in place.
func (h *Heun) Step(p Problem, size float64) error {
	h.begin(p, 0.5)
	if err := h.next(p, size, 0.5); err != nil {
		return err
	}
	h.end(p, size)
	return nil
}

// Estimate compares the step with the step of [Euler] from the same slope:
//
//	error = γ/2·(k₁ − k₂)
func (h *Heun) Estimate(p Problem, relative, absolute float64) float64 {
	worst := 0.0
	activities := p.Activities()
	if len(activities) == 0 {
		return 0
	}
	for n := range activities[0].Samples {
		sum, count := 0.0, 0
		for i, a := range activities {
			w := a.Width()
			for j := n * w; j < (n+1)*w; j++ {
				x := a.X.At(j)
				e := h.size * (h.mean[i].At(j) - a.Grad.At(j)) / (absolute + relative*math.Max(math.Abs(x), math.Abs(h.start[i].At(j))))
				sum += e * e
				count++
			}
		}
		if r := math.Sqrt(sum / float64(count)); !(r <= worst) {
			worst = r
		}
	}
	return worst
}

// EstimateOrder is 2: the error of a step of Euler's method.
func (h *Heun) EstimateOrder() int { return 2 }

// RK4 is the classical Runge-Kutta method for the gradient flow
// dx/dt = −∂E/∂x:
//
//	k₁ = ∂E/∂x at x          k₂ at x − γ/2·k₁
//	k₃ at x − γ/2·k₂         k₄ at x − γ·k₃
//	x ← x − γ/6·(k₁ + 2k₂ + 2k₃ + k₄)
//
// It is of fourth order and uses four evaluations per step. Near a minimum it is stable
// for γ < 2.785/λ, with λ the largest eigenvalue of the Hessian of the energy in the
// activities.
//
// An RK4 stores its stages: use it through a pointer, in one run at a time.
//
// Source: Kutta 1901; Hairer, Nørsett and Wanner, Solving Ordinary Differential
// Equations I, section II.1.
type RK4 struct{ stages }

// Init allocates the stages.
func (r *RK4) Init(p Problem) error { return r.init(p) }

// Step takes the step in place.
func (r *RK4) Step(p Problem, size float64) error {
	r.begin(p, 1.0/6)
	for _, k := range [...]struct{ at, weight float64 }{{0.5, 2.0 / 6}, {0.5, 2.0 / 6}, {1, 1.0 / 6}} {
		if err := r.next(p, k.at*size, k.weight); err != nil {
			return err
		}
	}
	r.end(p, size)
	return nil
}

// stages is the common part of the explicit Runge-Kutta methods in which each stage
// starts at x and uses the slope of the previous one.
type stages struct {
	start, mean []Vector // x, and Σ weight·k
	energies    []float64
	size        float64 // of the last step
}

func (s *stages) init(p Problem) error {
	s.start, s.mean = zeroLike(s.start, p.Activities()), zeroLike(s.mean, p.Activities())
	if len(s.energies) != len(p.Terms()) {
		s.energies = make([]float64, len(p.Terms()))
	}
	return nil
}

// begin stores x and the slope there.
func (s *stages) begin(p Problem, weight float64) {
	for i, a := range p.Activities() {
		s.start[i].CopyFrom(a.X)
		s.mean[i].Fill(0)
		s.mean[i].AddScaled(weight, a.Grad)
	}
}

// next moves to x − size·k, k being the last slope, and evaluates the slope there.
func (s *stages) next(p Problem, size, weight float64) error {
	for i, a := range p.Activities() {
		a.X.CopyFrom(s.start[i])
		a.X.AddScaled(-size, a.Grad)
	}
	if _, err := p.Evaluate(s.energies); err != nil {
		return err
	}
	for i, a := range p.Activities() {
		s.mean[i].AddScaled(weight, a.Grad)
	}
	return nil
}

// end moves from x along the mean of the slopes.
func (s *stages) end(p Problem, size float64) {
	s.size = size
	for i, a := range p.Activities() {
		a.X.CopyFrom(s.start[i])
		a.X.AddScaled(-size, s.mean[i])
	}
}

// Rewind does nothing: the methods have no memory from step to step.
func (s *stages) Rewind() {}
