package relax

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
)

// Surveyor is a Control that looks at the problem at the start of a run, before
// [Control.Start] is asked. What it evaluates is counted.
type Surveyor interface {
	Control
	// Survey may call p.Evaluate at any activities, and leaves them as they were.
	Survey(p Problem) error
}

// Spectral takes every step of a run with one size, from the largest curvature of the
// energy where the run starts:
//
//	γ = Fraction / λ        λ at least the largest eigenvalue of the Hessian of the batch
//	                        that the Krylov space of Iterations shows
//
// On a convex quadratic energy gradient descent converges for any Fraction below 2 if the
// iterations have found its largest eigenvalue; few of them may fall short of it. λ is
// estimated by Lanczos iterations without the matrix: a product with the Hessian is a
// difference of gradients, so a run takes Iterations + 1 more evaluations. λ is the
// largest Ritz value plus the norm of its residual. The first vector is drawn, the same
// in every run. It is an error if no curvature is positive, and where a batch is relaxed
// in parts.
//
// A Spectral stores its vectors: use it through a pointer, in one run at a time.
//
// Source: Lanczos 1950; Golub and Van Loan, Matrix Computations, 4th ed., section 10.1.
type Spectral struct {
	// Fraction of 1/λ. Zero means 1.
	Fraction float64 `json:"fraction,omitempty"`
	// Iterations is the number of Lanczos iterations, at least 1. Zero means 8.
	Iterations int `json:"iterations,omitempty"`

	size            float64
	start, gradient []Vector // the activities and the gradient at the start
	v, last         []Vector // the vector of this iteration, and the one before
	energies        []float64
	alpha, beta     []float64 // the diagonal, and what stands beside it
	random          *rand.PCG
	draw            *rand.Rand
}

// Start returns the size that Survey found.
func (c *Spectral) Start() float64 { return c.size }

// Next returns the size unchanged.
func (c *Spectral) Next(taken Taken) float64 { return taken.Size }

// Validate returns an error unless the fields are in their ranges.
func (c *Spectral) Validate() error {
	if !(c.Fraction >= 0) || math.IsInf(c.Fraction, 0) {
		return errors.Errorf("relax: spectral: Fraction: want 0 (meaning 1) or a positive finite number, got %g", c.Fraction)
	}
	if c.Iterations < 0 {
		return errors.Errorf("relax: spectral: Iterations: want 0 (meaning 8) or at least 1, got %d", c.Iterations)
	}
	return nil
}

// Survey finds the size.
func (c *Spectral) Survey(p Problem) error {
	activities := p.Activities()
	if len(activities) == 0 {
		return nil
	}
	c.start, c.gradient = zeroLike(c.start, activities), zeroLike(c.gradient, activities)
	c.v, c.last = zeroLike(c.v, activities), zeroLike(c.last, activities)
	if len(c.energies) != len(p.Terms()) {
		c.energies = make([]float64, len(p.Terms()))
	}
	if _, err := p.Evaluate(c.energies); err != nil {
		return err
	}
	largest, count, epsilon := 0.0, 0, 0x1p-52
	for i, a := range activities {
		c.start[i].CopyFrom(a.X)
		c.gradient[i].CopyFrom(a.Grad)
		largest, count = max(largest, a.X.MaxAbs()), count+a.X.Len()
		if a.X.Float32() != nil {
			epsilon = 0x1p-23
		}
	}
	h := math.Sqrt(epsilon*float64(count)) * (1 + largest) // a move of √ε·(1 + max|x|) in the mean
	lambda, err := c.lanczos(p, activities, h)
	for i, a := range activities {
		a.X.CopyFrom(c.start[i])
	}
	if err != nil {
		return err
	}
	if !(lambda > 0) || math.IsInf(lambda, 0) {
		return errors.Errorf("relax: spectral: largest curvature of the energy, got %g, want a positive finite number; use Constant", lambda)
	}
	c.size = defaulted(c.Fraction, 1) / lambda
	return nil
}

// lanczos returns an estimate of the largest eigenvalue of the Hessian, from above within
// what the iterations show.
func (c *Spectral) lanczos(p Problem, activities []Activity, h float64) (float64, error) {
	if c.random == nil {
		c.random = rand.NewPCG(0, 0)
		c.draw = rand.New(c.random)
	}
	c.random.Seed(0x1a2c205, 1)
	for _, v := range c.v {
		for k := range v.Len() {
			v.Set(k, c.draw.NormFloat64())
		}
	}
	c.alpha, c.beta = c.alpha[:0], c.beta[:0]
	scaleAll(c.v, 1/norm(c.v))
	iterations := c.Iterations
	if iterations == 0 {
		iterations = 8
	}
	beta := 0.0
	for range iterations {
		for i, a := range activities {
			a.X.CopyFrom(c.start[i])
			a.X.AddScaled(h, c.v[i])
		}
		if _, err := p.Evaluate(c.energies); err != nil {
			return 0, err
		}
		alpha := 0.0
		for i, a := range activities { // the gradient becomes H·v − β·last − α·v
			a.Grad.AddScaled(-1, c.gradient[i])
			a.Grad.Scale(1 / h)
			a.Grad.AddScaled(-beta, c.last[i])
			alpha += a.Grad.Dot(c.v[i])
		}
		for i, a := range activities {
			a.Grad.AddScaled(-alpha, c.v[i])
			c.last[i].CopyFrom(a.Grad)
		}
		c.v, c.last = c.last, c.v
		beta = norm(c.v)
		c.alpha, c.beta = append(c.alpha, alpha), append(c.beta, beta)
		if !(beta > 1e-6*math.Abs(alpha)) {
			break // the space is whole
		}
		scaleAll(c.v, 1/beta)
	}
	ritz, share := top(c.alpha, c.beta)
	return ritz + math.Abs(beta*share), nil
}

func norm(v []Vector) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x.Dot(x)
	}
	return math.Sqrt(sum)
}

func scaleAll(v []Vector, by float64) {
	for _, x := range v {
		x.Scale(by)
	}
}

// top returns the largest eigenvalue of a symmetric tridiagonal matrix, and the last
// element of its eigenvector of norm 1.
func top(alpha, beta []float64) (value, last float64) {
	n := len(alpha)
	low, high := alpha[0], alpha[0]
	for i := range alpha { // Gershgorin's circles
		r := 0.0
		if i > 0 {
			r += math.Abs(beta[i-1])
		}
		if i < n-1 {
			r += math.Abs(beta[i])
		}
		low, high = min(low, alpha[i]-r), max(high, alpha[i]+r)
	}
	reaches := func(x float64) bool { // whether an eigenvalue is at least x, by Sturm's sequence
		d := -1.0
		for i := range alpha {
			square := 0.0
			if i > 0 {
				square = beta[i-1] * beta[i-1]
			}
			if d = alpha[i] - x - square/d; d >= 0 { // 0: that of a part of the matrix is at most its own
				return true
			}
		}
		return false
	}
	for range 100 {
		if middle := low + (high-low)/2; reaches(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	// (T − value)·s = 0, row by row from s_1 = 1.
	before, s, sum := 0.0, 1.0, 1.0
	for i := range n - 1 {
		if beta[i] == 0 {
			return high, 0
		}
		next := (high - alpha[i]) * s
		if i > 0 {
			next -= beta[i-1] * before
		}
		before, s = s, next/beta[i]
		sum += s * s
	}
	return high, s / math.Sqrt(sum)
}
