package experiments

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/graph"
)

// linearMap is a linear prediction, μ = c·x·W, or μ = x + c·x·W with a skip connection.
type linearMap struct {
	w    *mat.Dense // (in, out)
	c    float64
	skip bool
}

// forward returns the prediction for the rows of x.
func (m linearMap) forward(x *mat.Dense) *mat.Dense {
	var out mat.Dense
	out.Mul(x, m.w)
	out.Scale(m.c, &out)
	if m.skip {
		out.Add(&out, x)
	}
	return &out
}

// back returns A·j, where A is the matrix of the map, x ↦ x·A.
func (m linearMap) back(j *mat.Dense) *mat.Dense {
	var out mat.Dense
	out.Mul(m.w, j)
	out.Scale(m.c, &out)
	if m.skip {
		out.Add(&out, j)
	}
	return &out
}

// linearChain is a chain of linear predictions with squared errors, the clamped input
// before the first and the clamped output after the last.
type linearChain []linearMap

// newLinearChain reads the weights of a network whose parameters are one matrix of each
// prediction, in order.
func newLinearChain(net *graph.Network, c func(layer int) (factor float64, skip bool)) (linearChain, error) {
	var out linearChain
	for l, p := range net.Params() {
		shape := p.Value.Shape()
		if len(shape) != 2 {
			return nil, errors.Errorf("experiments: linear chain: parameter %s, got shape %v, want a matrix", p.Name, shape)
		}
		v := p.Values()
		w := make([]float64, v.Len())
		for i := range w {
			w[i] = v.At(i)
		}
		factor, skip := c(l)
		out = append(out, linearMap{mat.NewDense(shape[0], shape[1], w), factor, skip})
	}
	return out, nil
}

// linearEquilibrium is where a linearChain relaxes to.
type linearEquilibrium struct {
	// activities has x, then the hidden nodes; errors has the hidden nodes', then y's.
	activities, errors []*mat.Dense
	// rescaling is S, and energy the sum over the samples.
	rescaling *mat.SymDense
	energy    float64
}

// equilibrium solves for the minimum of the energy. With the residual r = y − ŷ of the
// feedforward pass and the Jacobian J_l of the output in node l, the energy in the errors
// ε_l is ½‖r − Σ ε_l·J_l‖² + ½Σ‖ε_l‖², whose minimum is
//
//	S = I + Σ_l J_lᵀ·J_l    ε_y = r·S⁻¹    ε_l = ε_y·J_lᵀ    E = ½·r·S⁻¹·rᵀ
//
// so that a system of as many equations as there are outputs is solved, at any depth. S
// is what rescales the loss of backpropagation in the equilibrated energy.
//
// Source: Innocenti, Achour, Singh and Buckley 2024, "Only strict saddles in the energy
// landscape of predictive coding networks?" (arXiv:2408.11979), theorem 1, for the
// energy.
func (c linearChain) equilibrium(x, y *mat.Dense) (linearEquilibrium, error) {
	var e linearEquilibrium
	last := len(c) - 1
	_, outputs := c[last].w.Dims()
	jacobians := make([]*mat.Dense, last+1) // of the output in the node before each map
	identity := mat.NewDense(outputs, outputs, nil)
	for i := range outputs {
		identity.Set(i, i, 1)
	}
	e.rescaling = mat.NewSymDense(outputs, nil)
	for i := range outputs {
		e.rescaling.SetSym(i, i, 1)
	}
	j := identity
	for l := last; l > 0; l-- {
		j = c[l].back(j)
		jacobians[l] = j
		e.rescaling.SymRankK(e.rescaling, 1, j.T())
	}
	prediction := x
	for _, m := range c {
		prediction = m.forward(prediction)
	}
	var r, output mat.Dense
	r.Sub(y, prediction)
	var factors mat.Cholesky
	if !factors.Factorize(e.rescaling) {
		return e, errors.New("experiments: linear chain: the rescaling is not positive definite: the weights are too large")
	}
	var solved mat.Dense
	if err := factors.SolveTo(&solved, r.T()); err != nil {
		return e, errors.Wrap(err, "experiments: linear chain")
	}
	output.CloneFrom(solved.T())
	rows, _ := r.Dims()
	for n := range rows {
		e.energy += mat.Dot(r.RowView(n), output.RowView(n)) / 2
	}
	e.activities = append(e.activities, x)
	for l := 1; l <= last; l++ {
		var eps, h mat.Dense
		eps.Mul(&output, jacobians[l].T())
		h.Add(c[l-1].forward(e.activities[l-1]), &eps)
		e.activities, e.errors = append(e.activities, &h), append(e.errors, &eps)
	}
	e.errors = append(e.errors, &output)
	return e, nil
}

// gradients returns the weight gradients at the equilibrium, −c·x_{l−1}ᵀ·ε_l, one layer
// after the other, row-major.
func (c linearChain) gradients(e linearEquilibrium) []float64 {
	var out []float64
	for l, m := range c {
		var g mat.Dense
		g.Mul(e.activities[l].T(), e.errors[l])
		g.Scale(-m.c, &g)
		out = append(out, g.RawMatrix().Data...)
	}
	return out
}

// largest returns the largest eigenvalue of the rescaling.
func (e linearEquilibrium) largest() float64 {
	var eigen mat.EigenSym
	if !eigen.Factorize(e.rescaling, false) {
		return math.NaN()
	}
	values := eigen.Values(nil)
	return values[len(values)-1]
}

// denseOf returns a matrix of float32 numbers.
func denseOf(rows int, x []float32) *mat.Dense {
	return mat.NewDense(rows, len(x)/rows, wide(x))
}
