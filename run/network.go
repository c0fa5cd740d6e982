package run

import (
	"os"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/modelfile"
)

// Network is a network with the nodes that hold the data.
type Network struct {
	*graph.Network
	Layout
}

// isFile reports whether a model is a file.
func isFile(model string) bool { return strings.HasSuffix(model, ".toml") }

// readModelFile puts the text of a model's file into the settings.
func (s *Settings) readModelFile() error {
	if s.ModelText != "" {
		return nil // of settings that were read: the text is theirs
	}
	text, err := os.ReadFile(s.Model)
	if err != nil {
		return withSetting(err, "{model}")
	}
	s.ModelText = string(text)
	return nil
}

// declared is a network that is declared and not yet built.
type declared struct {
	graph.Declaration
	Layout
	file *modelfile.File // nil for a named model
}

// declare declares the network of s, which must be complete.
func (s *Settings) declare() (*declared, error) {
	sizes, err := s.sizes()
	if err != nil {
		return nil, err
	}
	if isFile(s.Model) {
		f, err := modelfile.Parse(s.Model, []byte(s.ModelText), s.registry())
		if err != nil {
			return nil, err
		}
		layout, err := layoutOf(f.Declaration, f.Input, f.Target, sizes)
		return &declared{f.Declaration, layout, f}, errors.WithMessage(err, s.Model)
	}
	model, err := s.model()
	if err != nil {
		return nil, err
	}
	d, err := model.Declaration()
	if err != nil {
		return nil, withSetting(err, "{model}")
	}
	layout, err := namedLayout(d, sizes)
	return &declared{d, layout, nil}, withSetting(err, "{model}")
}

// Network declares the network of s, which must be complete, and draws its
// weights.
func (s *Settings) Network() (*Network, error) {
	d, err := s.declare()
	if err != nil {
		return nil, err
	}
	engine, err := s.engine()
	if err != nil {
		return nil, err
	}
	settings := graph.Settings{Precision: s.Precision, Seed: s.Seed, Engine: engine}
	if d.file != nil {
		net, err := d.file.New(settings)
		return &Network{net, d.Layout}, err
	}
	net, err := graph.New(d.Declaration, settings)
	return &Network{net, d.Layout}, withSetting(err, "{model}")
}

// TOML returns the network of s, which must be complete, as the text of a file.
func (s *Settings) TOML() (string, error) {
	d, err := s.declare()
	if err != nil {
		return "", err
	}
	if d.file != nil {
		return s.ModelText, nil
	}
	input, target := d.Sample[0], d.Target
	switch {
	case len(d.Sample) == 1 && d.Label == "":
		target = ""
	case d.Target == input:
		input = d.Label
	}
	return modelfile.Format(d.Declaration, input, target, s.registry())
}

// Backpropagates reports whether the network of s, which must be complete, can
// learn by backprop: whether all its nodes have a feedforward value.
func (s *Settings) Backpropagates() (bool, error) {
	net, err := s.Network()
	if err != nil {
		return false, err
	}
	_, err = net.BackpropSession(1, graph.Roles{Clamped: net.Clamped()})
	return err == nil, nil
}
