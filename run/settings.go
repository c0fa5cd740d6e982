package run

import (
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/train"
)

// Settings are everything that decides what a run computes. Two runs with equal
// settings end with equal weights, bit for bit, on equal hosts.
//
// They are also the flags of the command: a JSON name is that of its flag with
// underscores, and the tags help, default and placeholder are kong's.
type Settings struct {
	// Data names a dataset of package datasets.
	Data string `json:"data" group:"Data:" default:"glyphs" placeholder:"NAME" help:"Dataset: glyphs, mnist, fashion-mnist, cifar-10, optdigits; for a transformer sums or a FILE.txt (default ${default})."`
	// TrainPerClass is the number of random training samples of each class. Zero means all.
	TrainPerClass int `json:"train_per_class" group:"Data:" default:"0" placeholder:"N" help:"Use only N random training samples of each class (default 0: all)."`
	// Pixels is the range of the samples, see [Pixels]. Empty means unit where the
	// energy of a node that holds samples wants that, else standard;
	// [Settings.Complete] fills it in.
	Pixels Pixels `json:"pixels" group:"Data:" default:"" placeholder:"standard|unit" help:"Range of pixels: standard has mean 0 and deviation 1 as is customary, unit is 0 to 1 (default standard, or unit where the energy of the samples wants numbers from 0 to 1)."`
	// Targets is the encoding of the labels, see [Targets].
	Targets Targets `json:"targets" group:"Data:" default:"01" placeholder:"01|pm1" help:"Encoding of the classes: 01 is 0 and 1, pm1 is -1 and +1 (default ${default})."`

	// Model is "NAME" or "NAME:SETTINGS", or a file that ends in ".toml". After
	// [Settings.Complete] it has all sizes.
	Model string `json:"model" group:"Network:" default:"mlp" placeholder:"MODEL" help:"Network: a name with or without settings, such as mlp:784-64-64-10, or a file NET.toml; prospect model list tells (default ${default})."`
	// ModelText is the content of the file that Model names, so that a run does not
	// depend on it any more. Empty for a named model.
	ModelText string `json:"model_text,omitempty" kong:"-"`
	// Activation names a function of package layers. Empty means the model's own.
	Activation string `json:"activation" group:"Network:" default:"" placeholder:"NAME" help:"Activation function: ${activations} (default that of the model, tanh for mlp)."`
	// Placement of the value nodes: "before" or "after". Empty means the model's own.
	Placement string `json:"placement" group:"Network:" default:"" placeholder:"before|after" help:"Whether a value node stands before or after the activation function (default that of the model, before for mlp)."`
	// Energy names the energy of the output, see [EnergyNames].
	Energy string `json:"energy" group:"Network:" default:"gaussian" placeholder:"NAME" help:"Energy of the output: ${energies} (default ${default})."`
	// Init names an initialiser of package layers.
	Init string `json:"init" group:"Network:" default:"fan-in" placeholder:"NAME" help:"Initial weights: ${inits} (default ${default})."`
	// Precision of all numbers.
	Precision graph.Precision `json:"precision" group:"Network:" default:"f32" placeholder:"f32|f64" help:"Floating-point numbers (default ${default})."`

	// Rule names the learning rule, see [RuleNames].
	Rule string `json:"rule" group:"Learning:" placeholder:"NAME" help:"Learning rule: ${rules} (default: pc, then bp beside it)."`
	// Steps, StepSize, StepDiscount and WeightState describe the relaxation; bp ignores them.
	Steps        int         `json:"steps" group:"Learning:" default:"20" placeholder:"T" help:"Relaxation steps for each batch (default ${default})."`
	StepSize     float64     `json:"step_size" group:"Learning:" default:"0.1" placeholder:"G" help:"Size of a relaxation step (default ${default})."`
	StepDiscount float64     `json:"step_discount" group:"Learning:" default:"0.5" placeholder:"D" help:"Factor of the step size whenever the energy did not fall; 1 keeps it (default ${default})."`
	WeightState  train.State `json:"weight_state" group:"Learning:" default:"last" placeholder:"last|before-last" help:"State of the relaxation that the weights learn from (default ${default})."`
	// Solver names how the activities move, see [SolverNames].
	Solver string `json:"solver" group:"Learning:" placeholder:"NAME" help:"How activities move in a relaxation step: ${solvers}; lbfgs finds its own step sizes (default euler, or lbfgs with --coordinates errors)."`
	// Coordinates are what relaxation moves. Rules other than pc have activities alone.
	Coordinates train.Coordinates `json:"coordinates" group:"Learning:" default:"activities" placeholder:"activities|errors" help:"What the relaxation of pc moves: the activities, or the prediction errors, by which the signal reaches all nodes of a deep network at once (default ${default})."`
	// Tolerance ends a relaxation of pc, see [relax.GradientNorm]. Zero means that all
	// steps are taken.
	Tolerance float64 `json:"tolerance" group:"Learning:" default:"0" placeholder:"X" help:"Gradient norm of a sample at which the relaxation of pc has converged and ends, when every sample of the batch has (default 0: all steps are taken)."`
	// StartStd is the deviation of what free nodes without a prediction start at.
	StartStd float64 `json:"start_std" group:"Learning:" default:"0" placeholder:"S" help:"Standard deviation of the start of nodes that nothing predicts, or on a cycle (default 0)."`
	// Gradient says whether the gradients of a batch are added up or averaged.
	Gradient Gradient `json:"gradient" group:"Learning:" default:"sum" placeholder:"sum|mean" help:"Whether a batch's weight gradients are summed or averaged (default ${default})."`

	// Batch is the number of samples of an update. More than there are is all of them.
	Batch int `json:"batch" group:"Learning:" default:"64" placeholder:"N" help:"Samples of a batch (default ${default})."`
	// Epochs is the number of passes over the data.
	Epochs int `json:"epochs" group:"Learning:" default:"3" placeholder:"N" help:"Passes over the training data (default ${default})."`
	// LimitBatches bounds the batches of an epoch. Zero means all.
	LimitBatches int `json:"limit_batches" group:"Learning:" default:"0" placeholder:"N" help:"Use only the first N batches of every epoch (default 0: all)."`
	// Optimizer and Schedule name those of package train.
	Optimizer   string  `json:"optimizer" group:"Learning:" default:"adam" placeholder:"NAME" help:"Optimizer: ${optimizers} (default ${default})."`
	LR          float64 `json:"lr" group:"Learning:" name:"lr" default:"0.001" placeholder:"X" help:"Learning rate (default ${default})."`
	WeightDecay float64 `json:"weight_decay" group:"Learning:" default:"0" placeholder:"X" help:"Weight decay (default ${default})."`
	Schedule    string  `json:"schedule" group:"Learning:" default:"constant" placeholder:"NAME" help:"Learning-rate schedule: ${schedules} (default ${default})."`
	// Seed of the weights, the order of the samples and the choice of TrainPerClass.
	Seed uint64 `json:"seed" group:"Learning:" default:"1" placeholder:"N" help:"Seed of every random choice (default ${default})."`
	// Engine names what runs the network, see [EngineNames].
	Engine string `json:"engine" group:"Learning:" default:"compiled" placeholder:"NAME" help:"What runs the network: ${engines} (default ${default})."`
}

// Pixels is a range of pixels.
type Pixels string

// The ranges.
const (
	StandardPixels Pixels = "standard" // datasets.Standard of the dataset
	UnitPixels     Pixels = "unit"     // 0 to 1
)

// Targets is an encoding of class labels.
type Targets string

// The encodings.
const (
	ZeroOne      Targets = "01"  // 1 at the class, 0 elsewhere
	MinusPlusOne Targets = "pm1" // +1 at the class, −1 elsewhere
)

// Gradient says how the gradients of a batch's samples combine.
type Gradient string

// The ways to combine them.
const (
	Sum  Gradient = "sum"
	Mean Gradient = "mean"
)

// Complete fills in what follows from the other settings: the sizes and the
// activation of a named model, the text of a file, the solver, the range of the
// pixels. It fails if the dataset or the model is unknown or they do not fit together.
func (s *Settings) Complete() error {
	if s.Solver == "" {
		s.Solver = usualSolver(s.Coordinates)
	}
	if err := s.completeModel(); err != nil {
		return err
	}
	if s.Pixels == "" {
		s.Pixels = s.usualPixels()
	}
	return nil
}

// completeModel fills in what follows from the model and the data.
func (s *Settings) completeModel() error {
	info, err := dataInfo(s.Data)
	if err != nil {
		return err
	}
	if isFile(s.Model) {
		return s.readModelFile()
	}
	named, a, err := parseModel(s.Model, info)
	if err != nil {
		return err
	}
	s.Model = a.String()
	if s.Activation == "" {
		s.Activation = named.activation
	}
	if s.Placement == "" {
		s.Placement = named.placement
	}
	return nil
}

// dataInfo returns the description of a dataset. That of a text is for windows of
// the usual length; the model has its own.
func dataInfo(name string) (datasets.Info, error) {
	if isText(name) {
		return textInfo(name, usualLength)
	}
	var names []string
	for _, info := range datasets.Names() {
		if info.Name == name {
			return info, nil
		}
		names = append(names, info.Name)
	}
	return datasets.Info{}, errors.Errorf("--data, got %q, want one of %s, or for --model transformer %s or a file that ends in .txt", name, strings.Join(names, ", "), sums)
}
