package relax

import (
	"math"

	"github.com/pkg/errors"
)

// Newton is the truncated Newton method: each step goes to the minimum of the parabola
// that the energy looks like from where it is, found by conjugate gradients,
//
//	H·d = −g        H·p = (∂E/∂x at x + h·p − g) / h
//	x ← x + γ·d
//
// Every sample has its own system, because samples do not interact. A sample stops where
// its residual is Forcing times as long as its gradient, or where a direction has no
// positive curvature, which it then leaves out, or takes the gradient if it is the
// first. On a quadratic energy one step ends at the minimum, with as many iterations as
// the Hessian of the sample has distinct eigenvalues: in error coordinates of a linear
// network one more than the clamped units that are predicted, at any depth, see
// graph.ErrorCoordinates. There H is the Gauss-Newton matrix I + JᵀJ.
//
// γ is the step size: use [Armijo] with Initial 1, which here asks for a fraction of the
// decrease −g·d in place of ‖g‖², or [Constant] with Size 1 near a minimum, far from
// which a whole step may lead anywhere. A step takes an evaluation for
// each iteration besides the one of the driver, also one that is tried again, shorter.
//
// Source: Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 7.1.
type Newton struct {
	// Iterations bounds the iterations of a step. Zero means 20.
	Iterations int `json:"iterations,omitempty"`
	// Forcing is the residual, relative to the gradient, at which a sample is done, in
	// (0, 1). Zero means 1e-3.
	Forcing float64 `json:"forcing,omitempty"`

	start, gradient []Vector
	d, p            []Vector
	r               []Vector
	energies        []float64
	samples         []newtonSample
	dots            []float64
}

// newtonSample holds the numbers of one sample.
type newtonSample struct {
	rr, target float64 // squared norms of the residual, and of what it has to come to
	pp, curved float64 // p·p and p·H·p
	h          float64 // the length of the difference along p
	done       bool
}

// Init forgets earlier runs.
func (s *Newton) Init(p Problem) error {
	activities := p.Activities()
	s.start, s.gradient = zeroLike(s.start, activities), zeroLike(s.gradient, activities)
	s.d, s.p, s.r = zeroLike(s.d, activities), zeroLike(s.p, activities), zeroLike(s.r, activities)
	if len(s.energies) != len(p.Terms()) {
		s.energies = make([]float64, len(p.Terms()))
	}
	if len(activities) > 0 && len(s.samples) != activities[0].Samples {
		s.samples, s.dots = make([]newtonSample, activities[0].Samples), make([]float64, activities[0].Samples)
	}
	return nil
}

// Step takes the step in place.
func (s *Newton) Step(p Problem, size float64) error {
	activities := p.Activities()
	s.begin(activities)
	iterations := s.Iterations
	if iterations == 0 {
		iterations = 20
	}
	for k := range iterations {
		open := false
		for i := range s.samples {
			open = open || !s.samples[i].done
		}
		if !open {
			break
		}
		if err := s.product(p, activities); err != nil {
			return err
		}
		s.advance(activities, k == 0)
	}
	for i, a := range activities {
		a.X.CopyFrom(s.start[i])
		a.X.AddScaled(size, s.d[i])
	}
	return nil
}

// Rewind does nothing: a step depends on the activities alone.
func (*Newton) Rewind() {}

// begin starts the systems: d = 0, r = p = −g.
func (s *Newton) begin(activities []Activity) {
	forcing := defaulted(s.Forcing, 1e-3)
	for i, a := range activities {
		s.start[i].CopyFrom(a.X)
		s.gradient[i].CopyFrom(a.Grad)
		s.d[i].Fill(0)
		s.r[i].CopyFrom(a.Grad)
		s.r[i].Scale(-1)
		s.p[i].CopyFrom(s.r[i])
	}
	s.dot(s.r, s.r, func(q *newtonSample, x float64) {
		*q = newtonSample{rr: x, target: x * forcing * forcing, done: !(x > 0)}
	})
}

// product leaves H·p in the gradients of the activities.
func (s *Newton) product(p Problem, activities []Activity) error {
	s.dot(s.p, s.p, func(q *newtonSample, x float64) { q.pp = x })
	for n := range s.samples {
		q := &s.samples[n]
		epsilon, largest, count := 0x1p-52, 0.0, 0
		for i, a := range activities {
			w := a.Width()
			if a.X.Float32() != nil {
				epsilon = 0x1p-23
			}
			largest, count = max(largest, s.start[i].Slice(n*w, (n+1)*w).MaxAbs()), count+w
		}
		if q.h = 0; q.pp > 0 && !q.done {
			q.h = math.Sqrt(epsilon*float64(count)/q.pp) * (1 + largest)
		}
		for i, a := range activities {
			w := a.Width()
			x, _ := a.Sample(n)
			x.CopyFrom(s.start[i].Slice(n*w, (n+1)*w))
			x.AddScaled(q.h, s.p[i].Slice(n*w, (n+1)*w))
		}
	}
	if _, err := p.Evaluate(s.energies); err != nil {
		return err
	}
	for i, a := range activities {
		a.Grad.AddScaled(-1, s.gradient[i])
		for n := range s.samples {
			if h := s.samples[n].h; h > 0 {
				_, g := a.Sample(n)
				g.Scale(1 / h)
			}
		}
	}
	return nil
}

// advance takes an iteration of conjugate gradients.
func (s *Newton) advance(activities []Activity, first bool) {
	for n := range s.samples {
		s.samples[n].curved = 0
	}
	for i, a := range activities {
		rowProducts(s.dots, s.p[i], a.Grad)
		for n, x := range s.dots {
			s.samples[n].curved += x
		}
	}
	for n := range s.samples {
		q := &s.samples[n]
		if q.done {
			continue
		}
		alpha := q.rr / q.curved
		if !(q.curved > 0) {
			q.done = true
			if !first {
				continue
			}
			alpha = 1
		}
		for i, a := range activities {
			w := a.Width()
			_, product := a.Sample(n)
			p, r := s.p[i].Slice(n*w, (n+1)*w), s.r[i].Slice(n*w, (n+1)*w)
			s.d[i].Slice(n*w, (n+1)*w).AddScaled(alpha, p)
			r.AddScaled(-alpha, product)
		}
	}
	s.dot(s.r, s.r, func(q *newtonSample, x float64) {
		if q.done {
			return
		}
		q.pp, q.rr = x/q.rr, x // pp is β until the next product
		q.done = !(x > q.target)
	})
	for n := range s.samples {
		if q := &s.samples[n]; !q.done {
			for i, a := range activities {
				w := a.Width()
				p := s.p[i].Slice(n*w, (n+1)*w)
				p.Scale(q.pp)
				p.AddScaled(1, s.r[i].Slice(n*w, (n+1)*w))
			}
		}
	}
}

// dot hands the products of two sets of vectors to every sample.
func (s *Newton) dot(x, y []Vector, to func(q *newtonSample, product float64)) {
	for n := range s.samples {
		s.samples[n].curved = 0
	}
	for i := range x {
		rowProducts(s.dots, x[i], y[i])
		for n, d := range s.dots {
			s.samples[n].curved += d
		}
	}
	for n := range s.samples {
		to(&s.samples[n], s.samples[n].curved)
	}
}

// slope returns −g·d of the last step, over all samples.
func (s *Newton) slope() (sum float64) {
	for i := range s.d {
		rowProducts(s.dots, s.gradient[i], s.d[i])
		for _, x := range s.dots {
			sum -= x
		}
	}
	return sum
}

// Validate returns an error unless the fields are in their ranges.
func (s *Newton) Validate() error {
	if s.Iterations < 0 {
		return errors.Errorf("relax: newton: Iterations: want 0 (meaning 20) or at least 1, got %d", s.Iterations)
	}
	if !(s.Forcing >= 0 && s.Forcing < 1) {
		return errors.Errorf("relax: newton: Forcing: want 0 (meaning 1e-3) or a number in (0, 1), got %g", s.Forcing)
	}
	return nil
}

// Divisible reports true: every sample has a system of its own.
func (*Newton) Divisible() bool { return true }
