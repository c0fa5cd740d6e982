package cli

import (
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/run"
)

// networkFlags are those of a command that looks at a network and trains none.
// They are the ones of prospect train.
type networkFlags struct {
	Data       string `default:"glyphs" placeholder:"NAME" help:"Dataset whose shape the model is for (${default})."`
	Model      string `default:"mlp" placeholder:"MODEL" help:"Network: a name with or without settings, such as mlp:784-256-256-10, or a file NET.toml (${default})."`
	Activation string `default:"" placeholder:"NAME" help:"Activation function: ${activations} (that of the model)."`
	Placement  string `default:"" placeholder:"before|after" help:"Value node before or after the activation function (that of the model)."`
	Energy     string `default:"gaussian" placeholder:"NAME" help:"Energy of the output: ${energies} (${default})."`
	Precision  string `default:"f32" enum:"f32,f64" help:"Precision: f32 or f64 (${default})."`
}

// settings returns the settings of a run with these flags, on the compiled
// engine.
func (n networkFlags) settings(c *console) (run.Settings, error) {
	s := run.Defaults()
	s.Kinds = c.kinds
	s.Data, s.Model, s.Activation, s.Placement, s.Energy = n.Data, n.Model, n.Activation, n.Placement, n.Energy
	if err := s.Precision.UnmarshalText([]byte(n.Precision)); err != nil {
		return s, usage(err)
	}
	if err := s.Complete(); err != nil {
		return s, usage(err)
	}
	return s, usage(refuseIgnored(c, s))
}

// refuseIgnored returns an error for a flag on the command line that the model
// has no use for.
func refuseIgnored(c *console, s run.Settings) error {
	for _, flag := range s.Ignored() {
		for _, given := range c.given {
			if given == strings.ReplaceAll(flag, "_", "-") {
				return errors.Errorf("--%s: --model %s does not have it; %s", flag, s.Model, remedy(s))
			}
		}
	}
	return nil
}

func remedy(s run.Settings) string {
	if s.ModelText != "" {
		return "set it in the file"
	}
	return "leave it out"
}
