package main

import (
	"fmt"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/run"
)

// explainCmd is "prospect explain".
type explainCmd struct {
	Data       string `default:"glyphs" placeholder:"NAME" help:"Dataset whose shape the model is for (${default})."`
	Model      string `default:"mlp" placeholder:"MODEL" help:"Network: mlp, or mlp:WIDTHS such as mlp:784-256-256-10 (${default})."`
	Activation string `default:"tanh" placeholder:"NAME" help:"Activation function: ${activations} (${default})."`
	Placement  string `default:"before" enum:"before,after" help:"Value node before or after the activation function (${default})."`
	Energy     string `default:"gaussian" placeholder:"NAME" help:"Energy of the output: ${energies} (${default})."`
	Batch      int    `default:"64" placeholder:"N" help:"Samples of an update (${default})."`
	Precision  string `default:"f32" enum:"f32,f64" help:"Precision: f32 or f64 (${default})."`
}

// Run prints the compiled program.
func (e *explainCmd) Run(c *console) error {
	if e.Batch < 1 {
		return errors.Errorf("--batch, got %d, want at least 1", e.Batch)
	}
	net, err := run.Network(run.NetworkSettings{
		Data: e.Data, Model: e.Model, Activation: e.Activation, Placement: e.Placement, Energy: e.Energy, Precision: e.Precision,
	})
	if err != nil {
		return err
	}
	session, err := net.Session(e.Batch, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		return err
	}
	text, err := session.Explain()
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(c.stdout, text)
	return errors.Wrap(err, "explain")
}
