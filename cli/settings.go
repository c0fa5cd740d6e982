package cli

import (
	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/train"
)

// settingsFlags are the flags of [run.Settings]: its fields, which the compiler compares,
// with the tags of kong. A flag's name is the setting's JSON name with hyphens, its
// default that of [run.Defaults].
type settingsFlags struct {
	Data          string      `group:"Data:" default:"${default_data}" placeholder:"NAME" help:"Dataset: ${datasets}; or files: FILE.npz, FILE.csv:target=COLUMN, FILE.parquet, a folder of pictures or of IDX files; for a transformer sums or a FILE.txt, or with :lines behind it, whose every line is a sequence (default ${default})."`
	ValSplit      float64     `group:"Data:" default:"0" placeholder:"X" help:"Hold out this fraction of the training samples for validation (default 0: none)."`
	TrainPerClass int         `group:"Data:" default:"${default_train_per_class}" placeholder:"N" help:"Use only N random training samples of each class (default 0: all)."`
	Augment       string      `group:"Data:" default:"" placeholder:"LIST" help:"Change the training pictures at random: ${augmentations}; such as crop:4,flip,rotate:10,noise:0.1,cutout:8 (default: as they are)."`
	Pixels        run.Pixels  `group:"Data:" default:"${default_pixels}" placeholder:"standard|unit" help:"Range of pixels: standard has mean 0 and deviation 1 as is customary, unit is 0 to 1 (default standard, or unit where the energy of the samples wants numbers from 0 to 1)."`
	Targets       run.Targets `group:"Data:" default:"${default_targets}" placeholder:"01|pm1" help:"Encoding of the classes: 01 is 0 and 1, pm1 is -1 and +1 (default ${default})."`

	Model      string          `group:"Network:" default:"${default_model}" placeholder:"MODEL" help:"Network: a name with or without settings, such as mlp:784-64-64-10, or a file NET.toml; model list tells (default ${default})."`
	ModelText  string          `kong:"-"`
	Activation string          `group:"Network:" default:"${default_activation}" placeholder:"NAME" help:"Activation function: ${activations}; with its setting such as leaky-relu:0.2 (default that of the model, tanh for mlp)."`
	Placement  string          `group:"Network:" default:"${default_placement}" placeholder:"before|after" help:"Whether a value node stands before or after the activation function (default that of the model, before for mlp)."`
	Energy     string          `group:"Network:" default:"${default_energy}" placeholder:"NAME" help:"Energy of the output: ${energies}; such as huber:2 (default ${default})."`
	InitFrom   string          `group:"Network:" default:"" placeholder:"RUN|FILE" help:"Start with the weights of a run, a checkpoint or a .safetensors file."`
	InitKeep   string          `group:"Network:" default:"" placeholder:"PATTERN" help:"Parameters that --init-from leaves as they are drawn, such as y/*, separated by commas."`
	Init       string          `group:"Network:" default:"${default_init}" placeholder:"NAME" help:"Initial weights: ${inits}; such as normal:0.05 (default ${default})."`
	Precision  graph.Precision `group:"Network:" default:"${default_precision}" placeholder:"f32|f64" help:"Floating-point numbers (default ${default})."`

	Rule              string            `group:"Learning:" default:"${default_rule}" placeholder:"NAME" help:"Learning rule: ${rules}; such as pc:nudge=0.1 (default: pc, then bp beside it)."`
	Steps             int               `group:"Learning:" default:"${default_steps}" placeholder:"T" help:"Relaxation steps for each batch (default ${default})."`
	StepSize          float64           `group:"Learning:" default:"${default_step_size}" placeholder:"G" help:"Size of a relaxation step (default ${default})."`
	StepDiscount      float64           `group:"Learning:" default:"${default_step_discount}" placeholder:"D" help:"Factor of the step size whenever the energy did not fall; 1 keeps it (default ${default})."`
	WeightState       train.State       `group:"Learning:" default:"${default_weight_state}" placeholder:"last|before-last" help:"State of the relaxation that the weights learn from (default ${default})."`
	Solver            string            `group:"Learning:" default:"${default_solver}" placeholder:"NAME" help:"How activities move in a relaxation step: ${solvers}; lbfgs, anderson and cg find their own step sizes (default euler, or lbfgs with --coordinates errors)."`
	Control           string            `group:"Learning:" default:"" placeholder:"NAME" help:"What controls the step size: ${controls}; such as armijo:1 or pid:relative=0.01 with --solver heun (default discount, or what suits the solver)."`
	Coordinates       train.Coordinates `group:"Learning:" default:"${default_coordinates}" placeholder:"activities|errors" help:"What the relaxation of pc moves: the activities, or the prediction errors, by which the signal reaches all nodes of a deep network at once (default ${default})."`
	Tolerance         float64           `group:"Learning:" default:"${default_tolerance}" placeholder:"X" help:"Gradient norm of a sample at which the relaxation of pc has converged and ends; with --step-discount 1 every sample ends by itself, otherwise all of a batch together (default 0: all steps are taken)."`
	Stop              string            `group:"Learning:" default:"" placeholder:"NAME" help:"What ends a relaxation of pc before its last step: ${stops}; such as gap:1e-3, when a bound says that the energy of every sample is within that fraction of its minimum (default that of --tolerance)."`
	PrecisionSchedule string            `group:"Learning:" default:"" placeholder:"NAME" help:"Precisions of all energies that change from step to step of a relaxation: ${precisions}; such as spiking:10 or decaying:10,decay=0.8 (default: none)."`
	Nudge             float64           `group:"Learning:" default:"0" placeholder:"B" help:"Precision of the clamped output of pc and of contrastive rules; small ones come near backprop (default 0: the rule's own, 1 for pc)."`
	WarmStart         bool              `group:"Learning:" help:"Start the relaxation of a sample by pc where its last one led, relative to the feedforward prediction."`
	StartStd          float64           `group:"Learning:" default:"${default_start_std}" placeholder:"S" help:"Standard deviation of the start of nodes that nothing predicts, or on a cycle (default 0)."`
	Gradient          run.Gradient      `group:"Learning:" default:"${default_gradient}" placeholder:"sum|mean" help:"Whether a batch's weight gradients are summed or averaged (default ${default})."`

	Batch        int                `group:"Learning:" default:"${default_batch}" placeholder:"N" help:"Samples of a batch (default ${default})."`
	Blocks       int                `group:"Learning:" default:"0" placeholder:"N" help:"Learn every batch in N parts, a power of two, whose gradients are added up in a fixed order: the same bits on 1, 2, 4 ... N processes of mpirun or srun (default 0: whole batches, or 8 under mpirun)."`
	Epochs       int                `group:"Learning:" default:"${default_epochs}" placeholder:"N" help:"Passes over the training data (default ${default})."`
	LimitBatches int                `group:"Learning:" default:"${default_limit_batches}" placeholder:"N" help:"Use only the first N batches of every epoch (default 0: all)."`
	Patience     int                `group:"Learning:" default:"0" placeholder:"N" help:"Stop when the validation has not become better for N epochs, and keep the weights of the best; wants --val-split (default 0: train all epochs)."`
	Optimizer    string             `group:"Learning:" default:"${default_optimizer}" placeholder:"NAME" help:"Optimizer: ${optimizers} (default ${default})."`
	LR           float64            `group:"Learning:" default:"${default_lr}" name:"lr" placeholder:"X" help:"Learning rate (default ${default})."`
	WeightDecay  float64            `group:"Learning:" default:"${default_weight_decay}" placeholder:"X" help:"Weight decay (default ${default})."`
	Schedule     string             `group:"Learning:" default:"${default_schedule}" placeholder:"NAME" help:"Learning-rate schedule: ${schedules} (default ${default})."`
	Clip         float64            `group:"Learning:" default:"0" placeholder:"X" help:"Largest norm of the weight gradients together; longer ones are scaled down (default 0: not clipped)."`
	Freeze       string             `group:"Learning:" default:"" placeholder:"PATTERN" help:"Parameters that do not learn, such as h1/* or */bias, separated by commas."`
	Rates        string             `group:"Learning:" default:"" placeholder:"LIST" help:"Factors of the learning rate of some parameters, such as h1/*=0.1,*/bias=2; the first pattern that matches counts."`
	Seed         uint64             `group:"Learning:" default:"${default_seed}" placeholder:"N" help:"Seed of every random choice (default ${default})."`
	Engine       string             `group:"Learning:" default:"${default_engine}" placeholder:"NAME" help:"What runs the network: ${engines} (default ${default})."`
	Kinds        *kinds.Registry    `kong:"-"`
	Cache        *run.Cache         `kong:"-"`
	Scalings     *datasets.Scalings `kong:"-"`
}

// settings returns the settings that the flags ask for.
func (f settingsFlags) settings(c *console) run.Settings {
	s := run.Settings(f)
	s.Kinds = c.kinds
	return s
}
