package relax

// Solver moves the activities by one step, given their values and gradients.
// It owns its buffers (a velocity, stages), makes them in Init and allocates
// nothing in Step. Counters, limits, step sizes, stopping, recording and
// cancellation are the driver's.
type Solver interface {
	// Init prepares for p. It is called at the start of every run and forgets
	// whatever an earlier run left: a momentum restarts from zero. It should keep
	// its buffers if they still fit.
	Init(p Problem) error
	// Step moves every activity of p by one step of the given size. On entry
	// every Grad is the gradient at X; on return X is the next state and Grad may
	// hold anything. A solver of several stages may call p.Evaluate, with a
	// slice of its own of len(p.Terms()) elements; those evaluations are counted.
	Step(p Problem, size float64) error
}

// Drawer is a Solver that draws random numbers. A learning rule calls SetUpdate
// before each run with the number of the update, from 0, on which they then
// depend, so that a run of training that is resumed draws what it would have drawn.
type Drawer interface {
	Solver
	SetUpdate(n uint64)
}

// Rewinder is a Solver that can take its last step back, which a [Backtracker]
// asks for after a rejected step. The driver restores X and Grad itself; Rewind
// restores what else the solver changed, so that the next Step is what it would
// have been had the rejected one never been taken.
type Rewinder interface {
	Solver
	Rewind()
}

// Estimator is a solver that can tell how wrong its last step was, as a step
// along the gradient flow.
type Estimator interface {
	Rewinder
	// Estimate returns the largest error of a sample, the root mean square over its
	// numbers of the error of each divided by absolute + relative·|x|.
	Estimate(p Problem, relative, absolute float64) float64
	// EstimateOrder is the power of the step size by which the error grows.
	EstimateOrder() int
}
