package modelfile

import (
	"maps"
	"slices"
	"strings"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
)

// Kinds are the names that a file may use. Each stands for a value of the type
// that the file's fields are written into; what it holds already is the default.
// A program that adds its own kinds changes the maps of [Standard].
type Kinds struct {
	Models       map[string]Model
	Layers       map[string]graph.Layer
	Energies     map[string]graph.Energy
	Priors       map[string]graph.Prior
	Initializers map[string]graph.Initializer
}

// Model is a network as settings, as those of package models are.
type Model interface {
	Declaration() (graph.Declaration, error)
}

// Standard returns a new table of all kinds of packages models, layers and
// energy.
func Standard() Kinds {
	k := Kinds{
		Models: map[string]Model{
			"mlp":         models.MLP{},
			"mlpresidual": models.MLPResidual{},
			"generative":  models.Generative{},
			"autoencoder": models.Autoencoder{},
			"recurrent":   models.Recurrent{},
			"memory":      models.AssociativeMemory{},
			"convnet":     models.ConvNet{},
			"vgg5":        models.VGG5(nil, 0),
			"vgg7":        models.VGG7(nil, 0),
			"resnet":      models.ResNet{},
			"transformer": models.Transformer{},
		},
		Layers: map[string]graph.Layer{
			"dense":      layers.Dense{},
			"scale":      layers.Scale{},
			"shared":     layers.Shared{},
			"sequential": layers.Sequential(nil),
			"sum":        layers.Sum(nil),
			"reshape":    layers.Reshape{},
			"flatten":    layers.Flatten{},
			"add":        layers.Add{},
			"concat":     layers.Concat{},
			"residual":   layers.Residual{},

			"softmax":         layers.Softmax{},
			"log-softmax":     layers.LogSoftmax{},
			"slice":           layers.Slice{},
			"permute":         layers.Permute{},
			"pad":             layers.Pad{},
			"batched-product": layers.BatchedProduct{},

			"layer-norm":        layers.LayerNorm{},
			"group-norm":        layers.GroupNorm{},
			"batch-norm":        layers.BatchNorm{},
			"dropout":           layers.Dropout{},
			"embedding":         layers.Embedding{},
			"position":          layers.Position{},
			"attention":         layers.MultiHeadAttention{},
			"transformer-block": layers.TransformerBlock{},
			"masked-dense":      layers.MaskedDense{},

			"conv2d":           layers.Conv2D{},
			"conv-transpose2d": layers.ConvTranspose2D{},
			"max-pool2d":       layers.MaxPool2D{},
			"avg-pool2d":       layers.AvgPool2D{},
			"global-avg-pool":  layers.GlobalAvgPool{},
		},
		Energies: map[string]graph.Energy{
			"gaussian":         energy.Gaussian{},
			"cross-entropy":    energy.CrossEntropy{},
			"kullback-leibler": energy.KullbackLeibler{},
			"bernoulli":        energy.Bernoulli{},
			"laplace":          energy.Laplace{},
			"huber":            energy.Huber{},
		},
		Priors: map[string]graph.Prior{
			"l1": energy.L1{},
			"l2": energy.L2{},
		},
		Initializers: map[string]graph.Initializer{
			"fan-in":          layers.FanIn{},
			"xavier-uniform":  layers.XavierUniform{},
			"xavier-normal":   layers.XavierNormal{},
			"kaiming-uniform": layers.KaimingUniform{},
			"kaiming-normal":  layers.KaimingNormal{},
			"orthogonal":      layers.Orthogonal{},
			"normal":          layers.Normal{},
			"uniform":         layers.Uniform{},
			"constant":        layers.Constant{},
			"values":          layers.Values(nil),
		},
	}
	for _, a := range layers.Activations() {
		k.Layers[a.Name] = a.Layer
	}
	return k
}

// names lists the keys of a table of kinds.
func names[T any](m map[string]T) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}
