package relax

// Recorder sees the states a run passes through. Every state is shown at most
// once, in order: those before each step, then the final one unless
// [Settings.SkipFinal] is set.
type Recorder interface {
	// Record is given the state after step steps:
	//
	//   - energies: energy of every term, as [Problem.Terms] names them
	//   - total: their sum
	//   - gradNorm: the largest gradient norm of a sample, NaN if it was not computed
	//   - size: the size of the step that led here, 0 at the initial state
	//   - activities: values and gradients, nil if they were not asked for
	//
	// The slices belong to the driver and the problem: they may be read during
	// the call and must not be written or kept.
	Record(step int, energies []float64, total, gradNorm, size float64, activities []Activity)
}

// Needs says what a [Selective] recorder wants to see of a state.
type Needs struct {
	// GradNorm asks for the gradient norm.
	GradNorm bool
	// Activities asks for values and gradients.
	Activities bool
}

// Selective is a Recorder that does not need everything. Where it needs neither
// gradient nor activities, the step can still be fused with the evaluation. A
// recorder that is not Selective is given everything.
type Selective interface {
	Recorder
	// Needs says what is wanted of the state after step steps.
	Needs(step int) Needs
}

// Starter is a Recorder that wants to know when a run begins and of what.
type Starter interface {
	Recorder
	// Start is called at the start of a run, but not when one is continued.
	Start(p Problem)
}
