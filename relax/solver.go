package relax

// Solver moves the activities by one step, given their values and gradients. It owns
// its buffers (a velocity, stages), allocates them in Init and nothing in Step. The
// driver owns counters, limits, step sizes, stopping, recording and cancellation.
type Solver interface {
	// Init prepares for p. It is called at the start of every run and resets the state
	// of an earlier run: a momentum restarts from zero. It should keep its buffers if
	// they still fit.
	Init(p Problem) error
	// Step moves every activity of p by one step of the given size. On entry every Grad
	// is the gradient at X; on return X is the next state and Grad is unspecified. A
	// solver of several stages may call p.Evaluate, with its own slice of
	// len(p.Terms()) elements; those evaluations are counted.
	Step(p Problem, size float64) error
}

// Drawer is a Solver that draws random values. A learning rule calls SetUpdate before
// each run with the index of the update, from 0, on which the values then depend, so
// that a resumed training run draws the same values.
type Drawer interface {
	Solver
	SetUpdate(n uint64)
}

// Rewinder is a Solver that can undo its last step, for a [Backtracker] that rejects
// it. The driver restores X and Grad itself; Rewind restores everything else the solver
// changed, so that the next Step is what it would have been without the rejected one.
type Rewinder interface {
	Solver
	Rewind()
}

// Estimator is a solver that can estimate the error of its last step as a step along
// the gradient flow.
type Estimator interface {
	Rewinder
	// Estimate returns the largest error of a sample: the root mean square over its
	// elements of the error divided by absolute + relative·|x|.
	Estimate(p Problem, relative, absolute float64) float64
	// EstimateOrder is the power of the step size by which the error grows.
	EstimateOrder() int
}
