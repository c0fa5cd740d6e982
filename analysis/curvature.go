package analysis

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/relax"
)

// Curvature is the shape of the energy in the activities around a state.
type Curvature struct {
	// Hessian is ∂²E/∂x², over all free activities in order, (units, units).
	Hessian *mat.SymDense
	// Eigenvalues of the Hessian, ascending.
	Eigenvalues []float64
}

// maxUnits bounds the size of the Hessian: 512 MB in float64.
const maxUnits = 8192

// NewCurvature measures the Hessian by central differences of the gradient, each
// activity moved by ±h; zero means 1e-5. The activities are restored.
//
// It takes two evaluations per unit, and requires a problem of one sample, because
// samples do not interact, in float64.
func NewCurvature(p relax.Problem, h float64) (*Curvature, error) {
	if h == 0 {
		h = 1e-5
	}
	if !(h > 0) || math.IsInf(h, 0) {
		return nil, errors.Errorf("analysis: curvature: h, got %v, want 0 (meaning 1e-5) or a positive finite number", h)
	}
	n, err := units(p)
	if err != nil {
		return nil, err
	}
	energies := make([]float64, len(p.Terms()))
	rows := mat.NewDense(n, n, nil)
	i := 0
	for _, a := range p.Activities() {
		for j := range a.X.Len() {
			if err := differenceRow(p, energies, a.X, j, h, rows.RawRowView(i)); err != nil {
				return nil, err
			}
			i++
		}
	}
	if _, err := p.Evaluate(energies); err != nil { // restore the gradient
		return nil, err
	}
	c := &Curvature{Hessian: mat.NewSymDense(n, nil)}
	for i := range n {
		for j := range i + 1 {
			c.Hessian.SetSym(i, j, (rows.At(i, j)+rows.At(j, i))/2)
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(c.Hessian, false) {
		return nil, errors.New("analysis: curvature: the eigenvalues of the Hessian cannot be found; is the state finite?")
	}
	c.Eigenvalues = eigen.Values(nil)
	return c, nil
}

// units counts the free units and checks the problem.
func units(p relax.Problem) (int, error) {
	n := 0
	for _, a := range p.Activities() {
		switch {
		case a.Samples != 1:
			return 0, errors.Errorf("analysis: curvature: activity %q: got %d samples, want 1; make a session of batch size 1", a.Name, a.Samples)
		case a.X.Float64() == nil:
			return 0, errors.Errorf("analysis: curvature: activity %q: got float32, want float64, for differences; set graph.Settings.Precision", a.Name)
		}
		n += a.X.Len()
	}
	if n == 0 || n > maxUnits {
		return 0, errors.Errorf("analysis: curvature: got %d free units, want 1 to %d", n, maxUnits)
	}
	return n, nil
}

// differenceRow writes (∂E/∂x at x_j+h − the same at x_j−h) / 2h.
func differenceRow(p relax.Problem, energies []float64, x relax.Vector, j int, h float64, row []float64) error {
	old := x.At(j)
	defer x.Set(j, old)
	for _, sign := range []float64{1, -1} {
		x.Set(j, old+sign*h)
		if _, err := p.Evaluate(energies); err != nil {
			return err
		}
		k := 0
		for _, a := range p.Activities() {
			for _, g := range a.Grad.Float64() {
				row[k] += sign * g / (2 * h)
				k++
			}
		}
	}
	return nil
}

// LargestStep is 2/λ with λ the largest eigenvalue: gradient descent with a constant
// step size is stable below it. It is infinite if no eigenvalue is positive.
func (c *Curvature) LargestStep() float64 {
	top := c.Eigenvalues[len(c.Eigenvalues)-1]
	if top <= 0 {
		return math.Inf(1)
	}
	return 2 / top
}

// Condition is the ratio of the largest eigenvalue to the smallest; the number of steps
// of gradient descent grows with it. It is infinite where the energy is not convex.
func (c *Curvature) Condition() float64 {
	if c.Eigenvalues[0] <= 0 {
		return math.Inf(1)
	}
	return c.Eigenvalues[len(c.Eigenvalues)-1] / c.Eigenvalues[0]
}

// Equilibrium moves the activities by one Newton step, x ← x − H⁻¹·∂E/∂x, to the
// minimum of the energy's second-order expansion: in a linear network with squared
// errors that is the equilibrium, which shows how far a relaxation is from it. It is an
// error if the Hessian is not positive definite.
func (c *Curvature) Equilibrium(p relax.Problem) error {
	n, err := units(p)
	if err != nil {
		return err
	}
	if n != c.Hessian.SymmetricDim() {
		return errors.Errorf("analysis: equilibrium: got %d free units, want the %d of the Hessian", n, c.Hessian.SymmetricDim())
	}
	if _, err := p.Evaluate(make([]float64, len(p.Terms()))); err != nil {
		return err
	}
	var chol mat.Cholesky
	if !chol.Factorize(c.Hessian) {
		return errors.Errorf("analysis: equilibrium: the Hessian is not positive definite (least eigenvalue %g); there is no minimum nearby", c.Eigenvalues[0])
	}
	g := mat.NewVecDense(n, nil)
	k := 0
	for _, a := range p.Activities() {
		for _, v := range a.Grad.Float64() {
			g.SetVec(k, v)
			k++
		}
	}
	var step mat.VecDense
	if err := chol.SolveVecTo(&step, g); err != nil {
		return errors.Wrap(err, "analysis: equilibrium")
	}
	k = 0
	for _, a := range p.Activities() {
		x := a.X.Float64()
		for i := range x {
			x[i] -= step.AtVec(k)
			k++
		}
	}
	return nil
}
