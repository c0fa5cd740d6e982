package bench

import (
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
)

// Case is a benchmark: a network, a batch size and a protocol.
type Case struct {
	// Name of the case on the command line, and a line of help.
	Name, Help string
	// Model is the network, from "x", a sample of Inputs values, to "y", of Outputs.
	Model           Model
	Inputs, Outputs int
	// Symbols is the number of symbols that "x" and every row of "y" are drawn from; 0
	// for real inputs and one label.
	Symbols int
	// Products counts the operations of each prediction, per sample, in order.
	Products []Products
	// Batch is the number of samples per update.
	Batch int
	// Steps is the number of relaxation steps per update.
	Steps int
	// Optimizer names the optimizer, Rate is its learning rate.
	Optimizer string
	Rate      float64
}

// Model makes a network.
type Model interface {
	New(s graph.Settings) (*graph.Network, error)
}

// Cases returns the benchmark cases.
func Cases() []Case {
	return []Case{
		mlp("a", []int{784, 32, 32, 10}, layers.Sigmoid{}, 1, 128, "sgd", 0.01, "784-32-32-10 sigmoid, batch 1, T 128"),
		mlp("b", []int{784, 256, 256, 10}, layers.Tanh{}, 64, 20, "adam", 1e-3, "784-256-256-10 tanh, 64, 20"),
		mlp("c", []int{784, 1024, 1024, 1024, 10}, layers.Tanh{}, 128, 32, "adam", 1e-3, "784-1024-1024-1024-10 tanh, 128, 32"),
		mlp("wide", []int{784, 4096, 4096, 10}, layers.Tanh{}, 256, 20, "adam", 1e-3, "784-4096-4096-10 tanh, 256, 20, for accelerators"),
		vgg5(), residual(16, 32), residual(64, 64), resnet18(), transformer(),
	}
}

func mlp(name string, widths []int, f graph.Layer, batch, steps int, optimizer string, rate float64, help string) Case {
	c := Case{
		Name: name, Help: help, Model: models.MLP{Widths: widths, Activation: f}, Inputs: widths[0], Outputs: widths[len(widths)-1],
		Batch: batch, Steps: steps, Optimizer: optimizer, Rate: rate,
	}
	for l := 1; l < len(widths); l++ {
		c.Products = append(c.Products, dense(1, widths[l-1], widths[l]))
	}
	return c
}

func (c Case) relaxation() relax.Settings {
	return relax.Settings{Steps: c.Steps, Control: relax.Constant{Size: 0.1}, SkipFinal: true}
}
