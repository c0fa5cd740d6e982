package graph

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Engine turns sub-graphs of a network into programs that run. It is the one
// boundary between what a network means, which is a Gorgonia graph, and how it
// is computed. [Tape] is the reference: Gorgonia's own tape machine.
//
// Compile is called with the build lock held. The job's tensors stay where they
// are for the life of the program: a program reads its inputs and writes its
// outputs in place.
type Engine interface {
	// Name identifies the engine in manifests and messages: "tape".
	Name() string
	// Compile returns a program for a job.
	Compile(job Job) (Program, error)
}

// Program is a compiled job. It is not safe for concurrent use.
type Program interface {
	// Refresh tells the program that inputs other than free activities may have
	// changed since it last ran: clamped data, parameters or coefficients. A
	// program may keep anything it derived from those until then.
	Refresh() error
	// Run computes the stages in order, each from what the inputs hold by then,
	// and copies the stage's results out.
	Run() error
}

// Job is what an engine compiles: some outputs of a graph, as functions of
// inputs.
type Job struct {
	// Name says what the program is for: "feedforward", "relax", "learn" or
	// "backprop".
	Name string
	// Graph holds the nodes.
	Graph *gorgonia.ExprGraph
	// Inputs are the leaves that the outputs may depend on.
	Inputs []Input
	// Stages run one after another; a later stage sees what earlier ones wrote
	// into the inputs.
	Stages []Stage
}

// Stage is a group of outputs that are computed from one state of the inputs.
type Stage []Output

// Input binds a leaf of the graph to the memory that holds its value.
type Input struct {
	Node *gorgonia.Node
	Kind InputKind
	// Tensor holds the value, row-major; nil for a coefficient.
	Tensor *tensor.Dense
	// Scalar holds the value of a coefficient; nil otherwise.
	Scalar *float64
}

// Output says where the value of a node goes: into a tensor of the same size,
// or, for a scalar node, into a number.
type Output struct {
	Node   *gorgonia.Node
	Tensor *tensor.Dense
	Scalar *float64
}

// InputKind says how often an input changes.
type InputKind int

// The kinds of inputs, from the one that changes most often.
const (
	FreeInput        InputKind = iota // an activity that relaxation moves
	ClampedInput                      // an activity that holds data
	ParameterInput                    // a parameter
	CoefficientInput                  // the coefficient of an energy term
	ConstantInput                     // never
)
