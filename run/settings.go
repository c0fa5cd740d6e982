package run

import (
	"strings"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/choice"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Settings are everything that decides what a run computes. Two runs with equal
// settings end with equal weights, bit for bit, on equal hosts.
//
// [Defaults] returns those of a run for which nothing is asked. What is called a spec
// below is the name of a kind of the registry, with settings if need be; see
// [kinds.Spec].
type Settings struct {
	// Data names a dataset of package datasets, "sums", a file that ends in ".txt", or
	// files for a reader, with its settings: "FILE.csv:target=price", "FILE.npz", a
	// folder. With ":lines" behind it every line of a text is a sequence of its own.
	Data string `json:"data"`
	// ValSplit is the fraction of the training samples that is held out for validation,
	// chosen by Seed. Zero means none.
	ValSplit float64 `json:"val_split,omitempty"`
	// TrainPerClass is the number of random training samples of each class. Zero means
	// all.
	TrainPerClass int `json:"train_per_class"`
	// Augment lists specs of what changes the training samples at random, by the seed and
	// the epoch, separated by commas: "crop:4,flip". Several settings of one stand in
	// parentheses. Empty changes nothing.
	Augment string `json:"augment,omitempty"`
	// Pixels is the range of the samples, see [Pixels]. Empty means unit where the
	// energy of a node that holds samples wants that, else standard;
	// [Settings.Complete] fills it in.
	Pixels Pixels `json:"pixels"`
	// Targets is the encoding of the labels, see [Targets].
	Targets Targets `json:"targets"`

	// Model is a spec of a model, or a file that ends in ".toml". After
	// [Settings.Complete] it has all sizes.
	Model string `json:"model"`
	// ModelText is the content of the file that Model names, so that a run does not
	// depend on it any more. Empty for a named model.
	ModelText string `json:"model_text,omitempty"`
	// Activation is a spec of an activation function. Empty means the model's own.
	Activation string `json:"activation"`
	// Placement of the value nodes: "before" or "after". Empty means the model's own.
	Placement string `json:"placement"`
	// Energy is a spec of the energy of the output.
	Energy string `json:"energy"`
	// InitFrom is a run directory, a checkpoint or a safetensors file whose weights the
	// network starts with. Empty means that all are drawn by Init.
	InitFrom string `json:"init_from,omitempty"`
	// InitKeep lists patterns of parameters that InitFrom leaves as they are drawn,
	// separated by commas, such as "y/*" for another number of classes.
	InitKeep string `json:"init_keep,omitempty"`
	// Init is a spec of an initialiser. One with a gain has that of the activation
	// function, unless the spec has another.
	Init string `json:"init"`
	// Precision of all numbers.
	Precision graph.Precision `json:"precision"`

	// Rule is a spec of a learning rule. The settings below and above set its fields of
	// the same meaning, unless the spec does.
	Rule string `json:"rule"`
	// Steps, StepSize, StepDiscount and WeightState describe the relaxation; rules
	// without one ignore them.
	Steps        int         `json:"steps"`
	StepSize     float64     `json:"step_size"`
	StepDiscount float64     `json:"step_discount"`
	WeightState  train.State `json:"weight_state"`
	// Solver is a spec of how the activities move. Empty means euler, or lbfgs in error
	// coordinates.
	Solver string `json:"solver"`
	// Control is a spec of what controls the step size, which is StepSize at first unless
	// the spec has another. Empty means armijo from 1 for lbfgs, constant for langevin or
	// without a StepDiscount, else discount.
	Control string `json:"control,omitempty"`
	// Coordinates are what relaxation moves. Rules other than pc have activities alone.
	Coordinates train.Coordinates `json:"coordinates"`
	// Tolerance ends a relaxation of pc, see [relax.GradientNorm]. Zero means that all
	// steps are taken.
	Tolerance float64 `json:"tolerance"`
	// Stop is a spec of another end of a relaxation of pc. Empty means that of Tolerance.
	Stop string `json:"stop,omitempty"`
	// PrecisionSchedule is a spec of factors of the energies that change from step to
	// step of a relaxation; Control is then constant, unless it is named. Empty means
	// none.
	PrecisionSchedule string `json:"precision_schedule,omitempty"`
	// Nudge is that of [train.Prospective] and of contrastive rules. Zero means the
	// rule's own.
	Nudge float64 `json:"nudge,omitempty"`
	// WarmStart is that of [train.Prospective].
	WarmStart bool `json:"warm_start,omitempty"`
	// StartStd is the deviation of what free nodes without a prediction start at.
	StartStd float64 `json:"start_std"`
	// Gradient says whether the gradients of a batch are added up or averaged.
	Gradient Gradient `json:"gradient"`

	// Batch is the number of samples of an update. More than there are is all of them.
	Batch int `json:"batch"`
	// Blocks is the number of parts, a power of two, in which every batch is learned, by
	// one process or by several: see [train.Trainer]. Zero means whole batches, or, where
	// several processes train, [train.DefaultBlocks] or as many as they are.
	Blocks int `json:"blocks,omitempty"`
	// Epochs is the number of passes over the data.
	Epochs int `json:"epochs"`
	// LimitBatches bounds the batches of an epoch. Zero means all.
	LimitBatches int `json:"limit_batches"`
	// Patience ends a run when the validation has not become better for so many epochs,
	// and keeps the weights of the best. Zero means that all epochs are trained.
	Patience int `json:"patience,omitempty"`
	// Optimizer and Schedule are specs. WeightDecay is the optimizer's, unless its spec
	// has another.
	Optimizer   string  `json:"optimizer"`
	LR          float64 `json:"lr"`
	WeightDecay float64 `json:"weight_decay"`
	Schedule    string  `json:"schedule"`
	// Clip is the largest norm of the gradients of all parameters, see [train.ClipNorm].
	// Zero means that they are not clipped.
	Clip float64 `json:"clip,omitempty"`
	// Freeze lists patterns of parameters that do not learn, separated by commas, see
	// [train.Group].
	Freeze string `json:"freeze,omitempty"`
	// Rates lists patterns of parameters with factors of their learning rate, separated
	// by commas: "h1/*=0.1,*/bias=2". The first that matches counts, see [train.Groups].
	Rates string `json:"rates,omitempty"`
	// Seed of the weights, the order of the samples, the choice of TrainPerClass, and
	// what is random in the rule and the solver.
	Seed uint64 `json:"seed"`
	// Engine is a spec of what runs the network.
	Engine string `json:"engine"`

	// Kinds are the kinds that specs and files name. Nil means those of kinds.Standard.
	Kinds *kinds.Registry `json:"-"`
	// Cache keeps the files of Data that were read. Nil reads them again and again;
	// [Settings.Complete] makes one.
	Cache *Cache `json:"-"`
	// Scalings are those of the files of the run, see [Manifest]. Nil measures them on
	// the training samples.
	Scalings *datasets.Scalings `json:"-"`
}

// Defaults returns the settings of a run for which nothing is asked: a demonstration on
// drawn digits. It has no Rule, and what is empty is filled in by [Settings.Complete].
func Defaults() Settings {
	return Settings{
		Data: "glyphs", Targets: ZeroOne,
		Model: "mlp", Energy: "gaussian", Init: "fan-in", Precision: graph.Float32,
		Steps: 20, StepSize: 0.1, StepDiscount: 0.5, WeightState: train.LastState,
		Coordinates: train.Activities, Gradient: Sum,
		Batch: 64, Epochs: 3,
		Optimizer: "adam", LR: 0.001, Schedule: "constant", Seed: 1, Engine: "compiled",
	}
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

// registry returns the kinds of the settings.
func (s *Settings) registry() *kinds.Registry {
	if s.Kinds == nil {
		return kinds.Standard()
	}
	return s.Kinds
}

// Complete fills in what follows from the other settings: the sizes and the activation of
// a named model, the text of a file, the solver, the range of the pixels; and it writes
// every name as the registry does. It fails if a name is unknown, or the dataset and the
// model do not fit together.
func (s *Settings) Complete() error {
	if s.Cache == nil {
		s.Cache = &Cache{}
	}
	if err := s.canonical(); err != nil {
		return err
	}
	if c, _ := kinds.Get(s.bareRule(), "coordinates"); c == train.Errors {
		s.Coordinates = train.Errors
	}
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

// Canonical writes every name as [Settings.Complete] does, so that settings can be
// compared. It fills in nothing.
func (s *Settings) Canonical() error {
	if err := s.canonical(); err != nil {
		return err
	}
	if name, ok := choice.Find(s.Data, dataNames()); ok {
		s.Data = name
	}
	if isFile(s.Model) {
		return nil
	}
	_, m, err := s.parseModel()
	if err != nil {
		return err
	}
	s.Model, err = s.format(m)
	return err
}

// canonical writes names as the registry does, but those of the model and the data. Empty
// ones stay so.
func (s *Settings) canonical() error {
	r := s.registry()
	for _, c := range []struct {
		name  string
		value *string
		parse func(*kinds.Registry, string) (string, error)
	}{
		{"{activation}", &s.Activation, func(_ *kinds.Registry, text string) (string, error) {
			return canonical[graph.Layer](s.activations(), text)
		}},
		{"{energy}", &s.Energy, canonical[graph.Energy]},
		{"{init}", &s.Init, canonical[graph.Initializer]},
		{"{rule}", &s.Rule, canonical[train.Rule]},
		{"{solver}", &s.Solver, canonical[relax.Solver]},
		{"{control}", &s.Control, canonical[relax.Control]},
		{"{stop}", &s.Stop, canonical[relax.Converger]},
		{"{precision_schedule}", &s.PrecisionSchedule, canonical[relax.PrecisionSchedule]},
		{"{optimizer}", &s.Optimizer, canonical[train.Optimizer]},
		{"{schedule}", &s.Schedule, canonical[train.Schedule]},
		{"{engine}", &s.Engine, canonical[graph.Engine]},
		{"{augment}", &s.Augment, canonicalAugment},
		{"{placement}", &s.Placement, oneOf("before", "after")},
		{"{pixels}", (*string)(&s.Pixels), oneOf(string(StandardPixels), string(UnitPixels))},
		{"{targets}", (*string)(&s.Targets), oneOf(string(ZeroOne), string(MinusPlusOne))},
		{"{gradient}", (*string)(&s.Gradient), oneOf(string(Sum), string(Mean))},
	} {
		if *c.value == "" {
			continue
		}
		text, err := c.parse(r, *c.value)
		if err != nil {
			return settingf(c.name+", %v", err)
		}
		*c.value = text
	}
	return nil
}

// canonical returns a spec with the kind's own name.
func canonical[T any](r *kinds.Registry, text string) (string, error) {
	spec, err := kinds.Parse[T](r, text)
	if err != nil {
		return "", err
	}
	return spec.String(), nil
}

// oneOf returns a function that finds which of the names is meant.
func oneOf(names ...string) func(*kinds.Registry, string) (string, error) {
	return func(_ *kinds.Registry, text string) (string, error) { return choice.Parse(text, names) }
}

// dataInfo returns the description of a dataset. That of a text is for windows of
// the usual length; the model has its own.
func dataInfo(name string) (datasets.Info, error) {
	if isText(name) {
		return textInfo(name)
	}
	names := dataNames()
	known, ok := choice.Find(name, names)
	if !ok {
		return datasets.Info{}, settingf("{data}, got %q, want one of %s, a file that ends in .npz, .npy, .csv or .parquet, a folder, or for a model of text %s or a file that ends in .txt%s",
			name, strings.Join(names, ", "), sums, choice.Hint(name, names))
	}
	for _, info := range datasets.Names() {
		if info.Name == known {
			return info, nil
		}
	}
	return datasets.Info{}, nil // not reached: known is a name
}

// dataNames are the names of the datasets.
func dataNames() []string {
	var names []string
	for _, info := range datasets.Names() {
		names = append(names, info.Name)
	}
	return names
}

// usualLength is the number of characters that a transformer reads.
const usualLength = 32
