package kinds

import (
	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Standard returns a new registry of all kinds of this module.
func Standard() *Registry {
	r := &Registry{}
	r.addModels()
	r.addLayers()
	r.addEnergies()
	r.addInitializers()
	r.addRules()
	r.addRelaxation()
	r.addTraining()
	r.addReaders()
	r.addAugmentations()
	return r
}

func (r *Registry) addModels() {
	r.Models.Add(
		Kind[models.Model]{"mlp", models.MLP{}, "widths", "multilayer perceptron"},
		Kind[models.Model]{"mlpresidual", models.MLPResidual{}, "widths", "residual, muPC scaling: 784-128x64-10"},
		Kind[models.Model]{"generative", models.Generative{}, "hidden", "from label and latent code to sample"},
		Kind[models.Model]{"autoencoder", models.Autoencoder{}, "widths", "to the sample through a code"},
		Kind[models.Model]{"recurrent", models.Recurrent{}, "widths", "mlp with predictions both ways, or clique"},
		Kind[models.Model]{"memory", models.AssociativeMemory{}, "hidden", "associative memory of the samples"},
		Kind[models.Model]{"convnet", models.ConvNet{}, "hidden", "two convolutions, as in the paper"},
		Kind[models.Model]{"vgg5", models.VGG5(nil, 0), "hidden", "four convolutions, as pcx has it"},
		Kind[models.Model]{"vgg7", models.VGG7(nil, 0), "hidden", "six convolutions, as pcx has it"},
		Kind[models.Model]{"resnet", models.ResNet{}, "blocks", "residual convolutions: 2-2-2,width=32"},
		Kind[models.Model]{"resnet18", models.ResNet{Width: 64, Blocks: []int{2, 2, 2, 2}}, "blocks", "depth and width of ResNet-18"},
		Kind[models.Model]{"transformer", models.Transformer{}, "length", "of text: 32,width=64,depth=2"},
	)
}

func (r *Registry) addLayers() {
	for _, a := range layers.Activations() {
		r.Layers.Add(Kind[graph.Layer]{a.Name, a.Layer, "", "activation function"})
	}
	r.Layers.Add(
		Kind[graph.Layer]{"dense", layers.Dense{}, "out", "affine map"},
		Kind[graph.Layer]{"masked-dense", layers.MaskedDense{}, "out", "affine map with some of its connections"},
		Kind[graph.Layer]{"embedding", layers.Embedding{}, "width", "a vector for each symbol"},
		Kind[graph.Layer]{"position", layers.Position{}, "", "a learned vector for each place, added"},
		Kind[graph.Layer]{"conv2d", layers.Conv2D{}, "out", "convolution"},
		Kind[graph.Layer]{"conv-transpose2d", layers.ConvTranspose2D{}, "out", "transposed convolution"},
		Kind[graph.Layer]{"max-pool2d", layers.MaxPool2D{}, "kernel", "maximum of windows"},
		Kind[graph.Layer]{"avg-pool2d", layers.AvgPool2D{}, "kernel", "mean of windows"},
		Kind[graph.Layer]{"global-avg-pool", layers.GlobalAvgPool{}, "", "mean of each channel"},
		Kind[graph.Layer]{"layer-norm", layers.LayerNorm{}, "axes", "normalisation of a sample"},
		Kind[graph.Layer]{"group-norm", layers.GroupNorm{}, "groups", "normalisation of groups of channels"},
		Kind[graph.Layer]{"batch-norm", layers.BatchNorm{}, "", "normalisation over the batch"},
		Kind[graph.Layer]{"dropout", layers.Dropout{}, "rate", "drops units in training"},
		Kind[graph.Layer]{"attention", layers.MultiHeadAttention{}, "heads", "multi-head attention"},
		Kind[graph.Layer]{"transformer-block", layers.TransformerBlock{}, "heads", "attention and a feedforward part"},
		Kind[graph.Layer]{"sequential", layers.Sequential(nil), "", "one layer after another"},
		Kind[graph.Layer]{"residual", layers.Residual{}, "", "a layer beside a skip connection"},
		Kind[graph.Layer]{"shared", layers.Shared{}, "", "a layer whose parameters others use too"},
		Kind[graph.Layer]{"stop-gradient", layers.StopGradient{}, "", "the identity, without a derivative"},
		Kind[graph.Layer]{"scale", layers.Scale{}, "factor", "multiplication by a constant"},
		Kind[graph.Layer]{"sum", layers.Sum(nil), "", "a layer for each input, added"},
		Kind[graph.Layer]{"add", layers.Add{}, "", "sum of the inputs"},
		Kind[graph.Layer]{"concat", layers.Concat{}, "axis", "inputs side by side"},
		Kind[graph.Layer]{"softmax", layers.Softmax{}, "", "probabilities of logits"},
		Kind[graph.Layer]{"log-softmax", layers.LogSoftmax{}, "", "logarithms of probabilities"},
		Kind[graph.Layer]{"batched-product", layers.BatchedProduct{}, "", "matrix product of two inputs"},
		Kind[graph.Layer]{"reshape", layers.Reshape{}, "shape", "another shape of the same units"},
		Kind[graph.Layer]{"flatten", layers.Flatten{}, "", "one axis"},
		Kind[graph.Layer]{"slice", layers.Slice{}, "", "a part of an axis"},
		Kind[graph.Layer]{"permute", layers.Permute{}, "axes", "axes in another order"},
		Kind[graph.Layer]{"pad", layers.Pad{}, "", "zeros around an axis"},
	)
}

func (r *Registry) addEnergies() {
	r.Energies.Add(
		Kind[graph.Energy]{"gaussian", energy.Gaussian{}, "precision", "squared error"},
		Kind[graph.Energy]{"cross-entropy", energy.CrossEntropy{}, "", "of the softmax, for classes"},
		Kind[graph.Energy]{"kullback-leibler", energy.KullbackLeibler{}, "", "divergence of distributions"},
		Kind[graph.Energy]{"bernoulli", energy.Bernoulli{}, "", "for values from 0 to 1, of logits"},
		Kind[graph.Energy]{"laplace", energy.Laplace{}, "", "absolute error"},
		Kind[graph.Energy]{"hopfield", energy.Hopfield{}, "", "scalar product, of a Hopfield network"},
		Kind[graph.Energy]{"huber", energy.Huber{}, "", "squared, absolute where it is large"},
	)
	r.Priors.Add(
		Kind[graph.Prior]{"l1", energy.L1{}, "weight", "sparse activities"},
		Kind[graph.Prior]{"l2", energy.L2{}, "", "small activities"},
	)
}

func (r *Registry) addInitializers() {
	r.Initializers.Add(
		Kind[graph.Initializer]{"fan-in", layers.FanIn{}, "", "uniform within 1/√in, biases too"},
		Kind[graph.Initializer]{"xavier-uniform", layers.XavierUniform{}, "", "uniform, variance gain²·2/(in+out)"},
		Kind[graph.Initializer]{"xavier-normal", layers.XavierNormal{}, "", "normal, variance gain²·2/(in+out)"},
		Kind[graph.Initializer]{"kaiming-uniform", layers.KaimingUniform{}, "", "uniform, variance gain²/in"},
		Kind[graph.Initializer]{"kaiming-normal", layers.KaimingNormal{}, "", "normal, variance gain²/in"},
		Kind[graph.Initializer]{"orthogonal", layers.Orthogonal{}, "", "a random orthogonal matrix"},
		Kind[graph.Initializer]{"normal", layers.Normal{}, "", "normal"},
		Kind[graph.Initializer]{"uniform", layers.Uniform{}, "", "uniform"},
		Kind[graph.Initializer]{"constant", layers.Constant{}, "", "one value everywhere"},
		Kind[graph.Initializer]{"values", layers.Values(nil), "", "given values"},
	)
}

func (r *Registry) addRules() {
	r.Rules.Add(
		Kind[train.Rule]{"pc", &train.Prospective{}, "", "prospective configuration"},
		Kind[train.Rule]{"bp", &train.Backprop{}, "", "backprop"},
		Kind[train.Rule]{"incremental", &train.Interleaved{}, "", "incremental predictive coding"},
		Kind[train.Rule]{"z-il", &train.ZIL{}, "", "zero-divergence inference learning"},
		Kind[train.Rule]{"contrastive", &train.Contrastive{}, "nudging", "equilibrium propagation and its kin"},
		Kind[train.Rule]{"fpa", &train.FixedPredictions{}, "", "fixed predictions, on any graph"},
		Kind[train.Rule]{"pc-alm", &train.AugmentedLagrangian{}, "rounds", "predictive coding with multipliers"},
		Kind[train.Rule]{"fixed-prediction", &baselines.FixedPrediction{}, "", "fixed-prediction predictive coding"},
		Kind[train.Rule]{"target-propagation", &baselines.TargetPropagation{}, "", "target propagation (linear networks)"},
		Kind[train.Rule]{"generec", &baselines.GeneRec{}, "", "GeneRec"},
		Kind[train.Rule]{"hopfield", &baselines.Hopfield{}, "", "continuous Hopfield network"},
		Kind[train.Rule]{"almeida-pineda", &baselines.AlmeidaPineda{}, "", "Almeida-Pineda"},
		Kind[train.Rule]{"repeated", &train.Repeated{}, "times", "a rule many times on each batch"},
	)
}

func (r *Registry) addRelaxation() {
	r.Solvers.Add(
		Kind[relax.Solver]{"euler", relax.Euler{}, "", "gradient descent"},
		Kind[relax.Solver]{"momentum", &relax.Momentum{}, "beta", "gradient descent with momentum"},
		Kind[relax.Solver]{"nesterov", &relax.Momentum{Nesterov: true, Restart: true}, "beta", "momentum that looks ahead and starts again"},
		Kind[relax.Solver]{"adam", &relax.Adam{}, "", "Adam"},
		Kind[relax.Solver]{"lbfgs", &relax.LBFGS{}, "memory", "limited-memory BFGS"},
		Kind[relax.Solver]{"anderson", &relax.Anderson{}, "memory", "Anderson acceleration, for errors"},
		Kind[relax.Solver]{"cg", &relax.ConjugateGradient{}, "", "conjugate gradients, 2 evaluations a step"},
		Kind[relax.Solver]{"heun", &relax.Heun{}, "", "Heun's method, two evaluations a step"},
		Kind[relax.Solver]{"rk4", &relax.RK4{}, "", "Runge-Kutta, four evaluations a step"},
		Kind[relax.Solver]{"proximal", &relax.Proximal{}, "l1", "gradient descent to sparse or bounded codes"},
		Kind[relax.Solver]{"langevin", &relax.Langevin{}, "temperature", "gradient descent with noise, which samples"},
	)
	r.Controls.Add(
		Kind[relax.Control]{"constant", relax.Constant{}, "size", "one step size"},
		Kind[relax.Control]{"discount", relax.Discount{}, "size", "smaller whenever the energy did not fall"},
		Kind[relax.Control]{"armijo", relax.Armijo{}, "initial", "line search by sufficient decrease"},
		Kind[relax.Control]{"pid", &relax.PID{}, "initial", "by the error of the solver, for heun"},
	)
	r.Stops.Add(
		Kind[relax.Converger]{"gradient-norm", relax.GradientNorm{}, "tolerance", "when every gradient is small"},
		Kind[relax.Converger]{"energy-gap", relax.EnergyGap{}, "tolerance", "when every energy is near its minimum"},
		Kind[relax.Converger]{"gap", relax.RelativeGap{}, "tolerance", "when every relative energy gap is small"},
	)
	r.Precisions.Add(
		Kind[relax.PrecisionSchedule]{"decaying", relax.Decaying{}, "start", "exponentially to an end, from step to step"},
		Kind[relax.PrecisionSchedule]{"spiking", relax.Spiking{}, "peak", "high where an error arrives"},
	)
}

func (r *Registry) addTraining() {
	r.Optimizers.Add(
		Kind[train.Optimizer]{"sgd", &train.SGD{}, "", "gradient descent"},
		Kind[train.Optimizer]{"momentum", &train.Momentum{}, "beta", "gradient descent with momentum"},
		Kind[train.Optimizer]{"nesterov", &train.Momentum{Nesterov: true}, "beta", "momentum that looks ahead"},
		Kind[train.Optimizer]{"adam", &train.Adam{}, "", "Adam"},
		Kind[train.Optimizer]{"adamw", &train.AdamW{}, "", "Adam with decoupled weight decay"},
		Kind[train.Optimizer]{"chain", train.Chain(nil), "", "several, one after another"},
		Kind[train.Optimizer]{"groups", train.Groups(nil), "", "in a chain: rates of some parameters"},
		Kind[train.Optimizer]{"clip-norm", train.ClipNorm{}, "", "in a chain: gradients of a norm at most"},
		Kind[train.Optimizer]{"clip-value", train.ClipValue{}, "", "in a chain: gradients within bounds"},
		Kind[train.Optimizer]{"non-negative", train.NonNegative{}, "", "in a chain: weights of at least 0"},
		Kind[train.Optimizer]{"dale", train.Dale{}, "excitatory", "in a chain: units that excite or inhibit"},
		Kind[train.Optimizer]{"max-norm", train.MaxNorm{}, "max", "in a chain: weights of a norm at most"},
	)
	r.Schedules.Add(
		Kind[train.Schedule]{"constant", train.Constant{}, "", "one rate"},
		Kind[train.Schedule]{"cosine", train.Cosine{WarmUp: 0.1, Floor: 0.1}, "", "linear warm-up, then along half a cosine"},
		Kind[train.Schedule]{"linear", train.Linear{WarmUp: 0.1}, "", "linear warm-up, then linearly to 0"},
		Kind[train.Schedule]{"one-cycle", train.OneCycle{}, "", "up for 0.3 of the run, then down"},
		Kind[train.Schedule]{"step", train.StepDecay{}, "every", "a tenth, or gamma, after every N updates"},
	)
	r.Engines.Add(
		Kind[graph.Engine]{"compiled", graph.Compiled{}, "threads", "compiled for the relaxation loop"},
		Kind[graph.Engine]{"tape", graph.Tape{}, "", "Gorgonia's tape machine"},
		Kind[graph.Engine]{"xla", graph.XLA{}, "device", "GPUs, TPUs and others, by a plugin of XLA"},
	)
}
