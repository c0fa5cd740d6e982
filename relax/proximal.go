package relax

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Proximal descends the energy plus terms that have no derivative, a penalty of absolute
// values and bounds, by a gradient step on the energy alone and the proximal operator of
// these terms:
//
//	x ← clip(soft(x − γ·∂E/∂x, γ·L1), Lower, Upper)     soft(z, t) = sign(z)·max(|z| − t, 0)
//
// It minimises E + L1·Σ|x| within the bounds, and sets activities to exactly 0 where that
// is the minimum: sparse codes (ISTA), activities that are clipped to an interval, and
// activities of one sign. With a step size of at most 1/λ, with λ the largest curvature
// of E, the sum never rises. With Accelerate (FISTA) the step starts from
//
//	z_t = x_t + (s_t − 1)/s_{t+1}·(x_t − x_{t−1})     s_0 = 1, s_{t+1} = (1 + √(1 + 4s_t²))/2
//
// at which it evaluates the gradient once more, and the distance of the sum from its
// minimum falls as 1/t² instead of 1/t, where E is convex.
//
// Energies and gradients of a result are those of E, without the terms: a stop that wants
// a gradient of 0 is not reached where they are in force. Give no node that it moves a
// prior of absolute values beside it.
//
// A Proximal stores two states: use it through a pointer, in one run at a time.
//
// Source: Beck and Teboulle 2009, "A fast iterative shrinkage-thresholding algorithm for
// linear inverse problems", SIAM J. Imaging Sciences.
type Proximal struct {
	// L1 is the weight of Σ|x|, at least 0.
	L1 float64 `json:"l1,omitempty"`
	// Lower and Upper bound the activities, Lower below Upper. Both zero mean no bounds.
	Lower float64 `json:"lower,omitempty"`
	Upper float64 `json:"upper,omitempty"`
	// NonNegative bounds the activities by 0 from below. With Lower or Upper it is an
	// error.
	NonNegative bool `json:"non_negative,omitempty"`
	// Accelerate extrapolates, at the cost of a second evaluation in each step.
	Accelerate bool `json:"accelerate,omitempty"`
	// Nodes are the names of the activities that the terms are for; others take the
	// gradient step alone. Nil means all, and a list without names is an error.
	Nodes []string `json:"nodes,omitempty"`

	last     []Vector // x of the step before
	point    []Vector // x, while the gradient is evaluated elsewhere
	energies []float64
	s        float64
	steps    int
}

// Init forgets earlier runs. It returns an error if Nodes has a name that no activity
// has.
func (p *Proximal) Init(problem Problem) error {
	activities := problem.Activities()
	for _, name := range p.Nodes {
		if !slices.ContainsFunc(activities, func(a Activity) bool { return a.Name == name }) {
			names := make([]string, len(activities))
			for i, a := range activities {
				names[i] = a.Name
			}
			return errors.Errorf("relax: proximal: Nodes, got %q, want one of %q", name, names)
		}
	}
	p.s, p.steps = 1, 0
	if !p.Accelerate {
		return nil
	}
	p.last, p.point = zeroLike(p.last, activities), zeroLike(p.point, activities)
	if len(p.energies) != len(problem.Terms()) {
		p.energies = make([]float64, len(problem.Terms()))
	}
	return nil
}

// Step takes the step in place.
func (p *Proximal) Step(problem Problem, size float64) error {
	activities := problem.Activities()
	if p.Accelerate {
		if err := p.extrapolate(problem, activities); err != nil {
			return err
		}
	}
	for _, a := range activities {
		a.X.AddScaled(-size, a.Grad)
		if p.Nodes == nil || slices.Contains(p.Nodes, a.Name) {
			p.prox(a.X, size*p.L1)
		}
	}
	p.steps++
	return nil
}

// extrapolate moves the activities on and evaluates the gradient there.
func (p *Proximal) extrapolate(problem Problem, activities []Activity) error {
	next := (1 + math.Sqrt(1+4*p.s*p.s)) / 2
	beta := (p.s - 1) / next
	p.s = next
	for i, a := range activities {
		p.point[i].CopyFrom(a.X)
		if p.steps > 0 {
			p.last[i].sub(a.X, p.last[i]) // 0 where nothing moved, so that it stays
			a.X.AddScaled(beta, p.last[i])
		}
	}
	p.last, p.point = p.point, p.last
	if p.steps == 0 || beta == 0 {
		return nil // it is where the gradient was evaluated
	}
	_, err := problem.Evaluate(p.energies)
	return err
}

// prox applies the proximal operator to x.
func (p *Proximal) prox(x Vector, threshold float64) {
	lower, upper := math.Inf(-1), math.Inf(1)
	switch {
	case p.NonNegative:
		lower = 0
	case p.Lower != 0 || p.Upper != 0:
		lower, upper = p.Lower, p.Upper
	}
	if f := x.Float32(); f != nil {
		proximal(f, float32(threshold), float32(lower), float32(upper))
	} else {
		proximal(x.Float64(), threshold, lower, upper)
	}
}

func proximal[T float](x []T, threshold, lower, upper T) {
	for i, v := range x {
		switch {
		case v > threshold:
			v -= threshold
		case v < -threshold:
			v += threshold
		case v-v == 0: // what is not a number stays so
			v = 0
		}
		x[i] = min(max(v, lower), upper)
	}
}

// Validate returns an error unless the fields are in their ranges.
func (p *Proximal) Validate() error {
	bounded := p.Lower != 0 || p.Upper != 0
	switch {
	case !(p.L1 >= 0) || math.IsInf(p.L1, 0):
		return errors.Errorf("relax: proximal: L1: want a finite number of at least 0, got %g", p.L1)
	case bounded && (!(p.Lower < p.Upper) || math.IsInf(p.Lower, 0) || math.IsInf(p.Upper, 0)):
		return errors.Errorf("relax: proximal: Lower and Upper: want finite numbers, the lower first, or 0 and 0 for no bounds, got %g and %g", p.Lower, p.Upper)
	case bounded && p.NonNegative:
		return errors.Errorf("relax: proximal: NonNegative: got true with bounds of %g and %g, want one of the two", p.Lower, p.Upper)
	}
	return checkNames("proximal: Nodes", p.Nodes)
}

// Divisible reports true: every element is moved by its own values.
func (*Proximal) Divisible() bool { return true }
