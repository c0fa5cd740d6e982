package graph

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Engine turns sub-graphs of a network into executables. It is the boundary between the
// meaning of a network, a Gorgonia graph, and its computation. [Tape] is the reference,
// Gorgonia's own tape machine; [Compiled] is the default.
//
// Compile is called with the build lock held. The module's tensors keep their memory
// for the life of the executable: it reads inputs and writes outputs in place.
type Engine interface {
	// Name identifies the engine in manifests and messages: "tape".
	Name() string
	// Compile returns an executable for a module.
	Compile(m Module) (Executable, error)
}

// Executable is a compiled module. It is not safe for concurrent use.
type Executable interface {
	// Refresh announces that inputs other than free activities may have changed since
	// the last run: clamped data and coefficients, and, if parameters is true,
	// parameters. Until the next Refresh an executable may keep anything derived from
	// them.
	Refresh(parameters bool) error
	// Run runs a job, given by its index in the module: it computes the stages in
	// order, each from the current inputs, and writes the outputs.
	Run(job int) error
}

// Stepper is an [Executable] that can run a job whose outputs descend.
type Stepper interface {
	// Step runs the job with a step size.
	Step(job int, size float64) error
}

// Module is the input of an engine: jobs over the same inputs that run at different
// times, so that they may share work.
type Module struct {
	// Graph holds the nodes.
	Graph *gorgonia.ExprGraph
	// Precision of every value in it.
	Precision Precision
	// Inputs are the leaves that the outputs may depend on.
	Inputs []Input
	// Jobs are the programs.
	Jobs []Job
	// Batch is the number of samples of the inputs that have a part for each.
	Batch int

	// network is the owner of the parameters, which may share their copies on a device
	// between modules; nil if the module was made by hand.
	network *Network
}

// Job is a program: outputs of the graph as functions of the inputs.
type Job struct {
	// Name says what the job is for: "feedforward", "relax", "descend", "learn" or
	// "backprop".
	Name string
	// Loop marks a job that runs many times between refreshes.
	Loop bool
	// Parts allows an engine to leave out large outputs at first and to hand them over
	// part by part; see [Session.LearnSteps].
	Parts bool
	// Stages run one after another; a stage sees the inputs as earlier stages left
	// them.
	Stages []Stage
}

// Stage is a group of outputs computed from one state of the inputs.
type Stage []Output

// Input binds a leaf of the graph to the memory that holds its value.
type Input struct {
	Node *gorgonia.Node
	Kind InputKind
	// Tensor holds the value, row-major; nil for a coefficient.
	Tensor *tensor.Dense
	// Scalar holds the value of a coefficient; nil otherwise.
	Scalar *float64
	// Sampled says that Tensor has a part for each sample of the batch, one after the
	// other.
	Sampled bool
}

// Output is the destination of a node's value: a tensor of the same size, a scalar for
// a scalar node, or the descent of an input.
type Output struct {
	Node   *gorgonia.Node
	Tensor *tensor.Dense
	Scalar *float64
	// Descend is a free input x that is updated in place, x ← x − size·value, after
	// everything in the stage has read it. Only a job run by [Stepper.Step] has such
	// outputs.
	Descend *gorgonia.Node
}

// InputKind says how often an input changes.
type InputKind int

// The kinds of inputs, most volatile first.
const (
	FreeInput        InputKind = iota // an activity that relaxation moves
	ClampedInput                      // an activity that holds data
	ParameterInput                    // a parameter
	CoefficientInput                  // the coefficient of an energy term
	ConstantInput                     // never
)
