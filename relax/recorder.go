package relax

// Recorder observes the states of a run. Every state is shown at most once, in order:
// the states before each step, then the final one unless [Settings.SkipFinal] is set.
type Recorder interface {
	// Record receives the state after step steps:
	//
	//  - energies: energy of every term, as [Problem.Terms] names them
	//  - total: their sum
	//  - gradNorm: the largest gradient norm of a sample, NaN if it was not computed
	//  - size: the size of the step that led here, 0 at the initial state
	//  - activities: values and gradients, nil if they were not requested
	//
	// The slices belong to the driver and the problem: they may be read during
	// the call and must not be written or kept.
	Record(step int, energies []float64, total, gradNorm, size float64, activities []Activity)
}

// Needs says what a [Selective] recorder needs of a state.
type Needs struct {
	// GradNorm requests the gradient norm.
	GradNorm bool
	// Activities requests values and gradients.
	Activities bool
}

// Selective is a Recorder that does not always need everything. Where it needs neither
// gradient nor activities, the step can still be fused with the evaluation. A recorder
// that is not Selective receives everything.
type Selective interface {
	Recorder
	// Needs returns what is needed of the state after step steps.
	Needs(step int) Needs
}

// Starter is a Recorder that is notified when a run begins.
type Starter interface {
	Recorder
	// Start is called at the start of a run, but not when a run is continued.
	Start(p Problem)
}
