package baselines

import (
	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
)

// Kalman is the Kalman filter, the exact posterior of a linear-Gaussian state-space
// model, to compare temporal predictive coding with, which keeps the mean and not the
// variance.
//
//	x_t = A·x_{t−1} + b_t + w   w ~ N(0, Q)   A, Q: (n, n)
//	y_t = C·x_t + v             v ~ N(0, R)   C: (m, n)   R: (m, m)
//
// Source: Kalman 1960, "A new approach to linear filtering and prediction problems".
type Kalman struct {
	// A and C are transition and observation, Q and R the covariances of their noise.
	A, C, Q, R *mat.Dense
	// Mean (n) and Covariance (n, n) are those of the state; at first those of x_0, the
	// state before the first step.
	Mean       *mat.VecDense
	Covariance *mat.Dense
}

// Predict moves the estimate one step on,
//
//	x ← A·x + b   P ← A·P·Aᵀ + Q
//
// where b (n) is what known inputs add to the state; nil means 0.
func (k *Kalman) Predict(b *mat.VecDense) error {
	n, _, err := k.check()
	if err != nil {
		return err
	}
	if b != nil && b.Len() != n {
		return errors.Errorf("baselines: kalman: b, got %d numbers, want %d, one for each of the state", b.Len(), n)
	}
	x, p := mat.NewVecDense(n, nil), mat.NewDense(n, n, nil)
	x.MulVec(k.A, k.Mean)
	if b != nil {
		x.AddVec(x, b)
	}
	p.Product(k.A, k.Covariance, k.A.T())
	p.Add(p, k.Q)
	k.Mean, k.Covariance = x, p
	return nil
}

// Update takes in an observation y (m), in Joseph's form, in which P stays symmetric and
// positive whatever the rounding,
//
//	K = P·Cᵀ·(C·P·Cᵀ + R)⁻¹   x ← x + K·(y − C·x)   P ← (I−KC)·P·(I−KC)ᵀ + K·R·Kᵀ
//
// A step whose observation is missing has no Update.
func (k *Kalman) Update(y *mat.VecDense) error {
	n, m, err := k.check()
	if err != nil {
		return err
	}
	if y == nil || y.Len() != m {
		return errors.Errorf("baselines: kalman: y, want %d numbers, one for each row of C; leave Update out where there is no observation", m)
	}
	var s, gainT, kc, p, noise mat.Dense
	s.Product(k.C, k.Covariance, k.C.T())
	s.Add(&s, k.R)
	pc := mat.NewDense(m, n, nil)
	pc.Mul(k.C, k.Covariance.T())
	if err := gainT.Solve(s.T(), pc); err != nil {
		return errors.Wrap(err, "baselines: kalman: C·P·Cᵀ + R cannot be inverted; give R a positive diagonal")
	}
	gain := gainT.T()
	innovation, x := mat.NewVecDense(m, nil), mat.NewVecDense(n, nil)
	innovation.MulVec(k.C, k.Mean)
	innovation.SubVec(y, innovation)
	x.MulVec(gain, innovation)
	x.AddVec(k.Mean, x)
	kc.Mul(gain, k.C)
	rest := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			rest.Set(i, j, -kc.At(i, j))
		}
		rest.Set(i, i, 1-kc.At(i, i))
	}
	p.Product(rest, k.Covariance, rest.T())
	noise.Product(gain, k.R, gain.T())
	p.Add(&p, &noise)
	k.Mean, k.Covariance = x, &p
	return nil
}

// check returns the sizes of state and observation.
func (k *Kalman) check() (n, m int, err error) {
	if k.A == nil || k.C == nil || k.Q == nil || k.R == nil || k.Mean == nil || k.Covariance == nil {
		return 0, 0, errors.New("baselines: kalman: A, C, Q, R, Mean and Covariance are required")
	}
	n = k.Mean.Len()
	m, _ = k.C.Dims()
	for _, x := range []struct {
		name       string
		m          *mat.Dense
		rows, cols int
	}{{"A", k.A, n, n}, {"C", k.C, m, n}, {"Q", k.Q, n, n}, {"R", k.R, m, m}, {"Covariance", k.Covariance, n, n}} {
		if r, c := x.m.Dims(); r != x.rows || c != x.cols {
			return 0, 0, errors.Errorf("baselines: kalman: %s, got %d×%d, want %d×%d", x.name, r, c, x.rows, x.cols)
		}
	}
	return n, m, nil
}
