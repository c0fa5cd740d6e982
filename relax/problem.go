package relax

import "github.com/pkg/errors"

// Activity is one free value node, moved by a relaxation.
//
//	X, Grad: (Samples, Len/Samples), row-major
//
// The problem owns both vectors. A solver writes X, the problem writes Grad.
type Activity struct {
	// Name names the node in errors and traces; it should be unique.
	Name string
	// Samples is the number of rows, the same for all activities of a problem.
	Samples int
	// X is the current value.
	X Vector
	// Grad is ∂E/∂X at the last evaluation. Because the energy is summed over the
	// samples, every row is the gradient of its sample alone.
	Grad Vector
}

// Width returns the number of values per sample.
func (a Activity) Width() int { return a.X.Len() / a.Samples }

// Sample returns views of the value and the gradient of sample n.
func (a Activity) Sample(n int) (x, grad Vector) {
	w := a.Width()
	return a.X.Slice(n*w, (n+1)*w), a.Grad.Slice(n*w, (n+1)*w)
}

// First returns the activity of the first n samples.
func (a Activity) First(n int) Activity {
	w := a.Width()
	return Activity{Name: a.Name, Samples: n, X: a.X.Slice(0, n*w), Grad: a.Grad.Slice(0, n*w)}
}

func (a Activity) validate() error {
	switch {
	case a.Samples < 1:
		return errors.Errorf("relax: activity %q: want at least 1 sample, got %d", a.Name, a.Samples)
	case !a.X.matches(a.Grad):
		return errors.Errorf("relax: activity %q: want X and Grad of equal length and precision, got %v and %v", a.Name, a.X, a.Grad)
	case a.X.Len() == 0 || a.X.Len()%a.Samples != 0:
		return errors.Errorf("relax: activity %q: want a positive multiple of %d samples, got %v", a.Name, a.Samples, a.X)
	}
	return nil
}

// Problem is an energy of activities with its gradient. Clamped data and parameters are
// internal to the problem: they may change between runs.
type Problem interface {
	// Activities returns the free activities, the same slice with the same
	// vectors for the life of the problem. It may be empty: a network without
	// hidden layers has nothing to relax.
	Activities() []Activity
	// Terms returns the names of the energy terms, for example one per prediction.
	Terms() []string
	// Evaluate writes the energy of every term at the current X into energies,
	// which has len(Terms()) elements, and every Grad. It returns the total,
	// summed over terms, units and samples.
	Evaluate(energies []float64) (float64, error)
}

// Descender is a Problem that can evaluate and take the Euler step in one pass, which a
// compiled engine can fuse.
type Descender interface {
	Problem
	// Descend moves every activity by
	//
	//	X ← X - step·Grad
	//
	// and returns what Evaluate would have returned before that step. Grad need
	// not be stored. It must leave the same bits in X as Evaluate followed by
	// [Euler], so that attaching a recorder cannot change a result.
	Descend(step float64, energies []float64) (float64, error)
}

// Looper is a Problem that can take a whole relaxation at once, which an accelerator
// needs: nothing goes back and forth between the steps.
type Looper interface {
	Problem
	// Loop relaxes the activities in place as [Driver.Run] does. It writes the energy of
	// every term at the state [Result.MeasuredAt] into energies and, if SkipFinal is not
	// set, Grad of every activity and the norm of every sample there into norms. If it is
	// not done, because the settings have a part that it does not know, nothing
	// has changed. A status of Diverged comes without an error: the driver relaxes again,
	// step by step, from the activities of before, to name the first value that is not
	// finite.
	Loop(s Settings, energies, norms []float64) (result Result, done bool, err error)
}

// Compactor is a Problem that a driver can relieve of samples that have converged. Its
// samples are exchanged so that those in force come first.
type Compactor interface {
	Problem
	// Separable reports whether the energy is a sum over samples, each a function of the
	// sample's own activities.
	Separable() bool
	// Swap exchanges two samples: the rows of X and Grad, and whatever else the problem
	// holds of them.
	Swap(i, j int)
	// Keep limits evaluations and steps to the first n samples until it is called with
	// the number of all: energies leave the others out, their X must not change, and
	// their Grad need not be stored.
	Keep(n int)
}

// counted wraps a problem for solvers and counts its evaluations, including evaluations
// inside a step.
type counted struct {
	Problem
	n    int
	view []Activity // unless nil, the activities of the samples in force
}

// Activities returns the activities that a solver moves.
func (c *counted) Activities() []Activity {
	if c.view != nil {
		return c.view
	}
	return c.Problem.Activities()
}

func (c *counted) Evaluate(energies []float64) (float64, error) {
	c.n++
	return c.Problem.Evaluate(energies)
}
