package run

import (
	"os"
	"reflect"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/modelfile"
	"github.com/seed-be841da4/prospect/models"
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
	text, err := os.ReadFile(s.Model)
	if err != nil {
		return errors.Wrap(err, "--model")
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
func (s Settings) declare() (*declared, error) {
	info, err := dataInfo(s.Data)
	if err != nil {
		return nil, err
	}
	if isFile(s.Model) {
		f, err := modelfile.Parse(s.Model, []byte(s.ModelText), modelfile.Standard())
		if err != nil {
			return nil, err
		}
		layout, err := layoutOf(f.Declaration, f.Input, f.Target, sizesOf(info))
		return &declared{f.Declaration, layout, f}, errors.WithMessage(err, s.Model)
	}
	model, err := s.model()
	if err != nil {
		return nil, err
	}
	d, err := model.Declaration()
	if err != nil {
		return nil, errors.WithMessage(err, "--model")
	}
	layout, err := namedLayout(d, sizesOf(info))
	return &declared{d, layout, nil}, errors.WithMessage(err, "--model")
}

// Network declares the network of s, which must be complete, and draws its
// weights.
func (s Settings) Network() (*Network, error) {
	d, err := s.declare()
	if err != nil {
		return nil, err
	}
	engine, err := engineByName(s.Engine)
	if err != nil {
		return nil, err
	}
	settings := graph.Settings{Precision: s.Precision, Seed: s.Seed, Engine: engine}
	if d.file != nil {
		net, err := d.file.New(settings)
		return &Network{net, d.Layout}, err
	}
	net, err := graph.New(d.Declaration, settings)
	return &Network{net, d.Layout}, errors.WithMessage(err, "--model")
}

// TOML returns the network of s, which must be complete, as the text of a file.
func (s Settings) TOML() (string, error) {
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
	return modelfile.Format(d.Declaration, input, target, modelfile.Standard())
}

// Backpropagates reports whether the network of s, which must be complete, can
// learn by backprop: whether all its nodes have a feedforward value.
func (s Settings) Backpropagates() (bool, error) {
	net, err := s.Network()
	if err != nil {
		return false, err
	}
	_, err = net.BackpropSession(1, graph.Roles{Clamped: net.Clamped()})
	return err == nil, nil
}

// model returns a named model with its settings.
func (s Settings) model() (modelfile.Model, error) {
	info, err := dataInfo(s.Data)
	if err != nil {
		return nil, err
	}
	named, a, err := parseModel(s.Model, info)
	if err != nil {
		return nil, err
	}
	text, err := a.toml()
	if err != nil {
		return nil, err
	}
	kinds := modelfile.Standard()
	m := reflect.New(reflect.TypeOf(kinds.Models[named.kind]))
	m.Elem().Set(reflect.ValueOf(kinds.Models[named.kind]))
	if err := modelfile.Decode("--model", []byte(text), kinds, m.Interface()); err != nil {
		if at := new(modelfile.Error); errors.As(err, &at) {
			err = at.Err // its line is of a text that nobody wrote
		}
		return nil, err
	}
	fields := fieldsOf(m.Elem())
	for _, flag := range s.modelFlags() {
		field, ok := fields[flag.field]
		if _, given := a.values[flag.field]; !ok || given {
			continue
		}
		if err := flag.set(field); err != nil {
			return nil, err
		}
	}
	return m.Elem().Interface().(modelfile.Model), nil
}

// modelFlag is a flag that sets a field of the models that have it.
type modelFlag struct {
	flag, field string
	set         func(field reflect.Value) error
}

// modelFlags returns how to set the fields of a model that have flags.
func (s Settings) modelFlags() []modelFlag {
	return []modelFlag{
		{"activation", "activation", func(field reflect.Value) error {
			if s.Activation == "" {
				return nil
			}
			f, _, err := layers.ActivationByName(s.Activation)
			return assign(field, f, err)
		}},
		{"placement", "placement", func(field reflect.Value) error {
			if s.Placement == "" {
				return nil
			}
			var p models.Placement
			err := p.UnmarshalText([]byte(s.Placement))
			return assign(field, p, err)
		}},
		{"init", "init", func(field reflect.Value) error {
			if s.Init == "fan-in" { // which is the models' own default and includes the biases
				return nil
			}
			gain := 1.0
			if s.Activation != "" {
				var err error
				if _, gain, err = layers.ActivationByName(s.Activation); err != nil {
					return err
				}
			}
			i, err := layers.InitializerByName(s.Init, gain)
			return assign(field, i, err)
		}},
		{"energy", "output", func(field reflect.Value) error {
			if s.Energy == "gaussian" { // the models' own default
				return nil
			}
			e, err := energyByName(s.Energy)
			return assign(field, e, err)
		}},
	}
}

// assign sets a field to a value that came with an error.
func assign(field reflect.Value, v any, err error) error {
	if err == nil {
		field.Set(reflect.ValueOf(v))
	}
	return err
}

// IgnoredFlags returns those of the flags that decide a network which the model
// of s does not have: a file has all its settings inside, and a named model may
// have no use for one.
func (s Settings) IgnoredFlags() []string {
	var fields map[string]reflect.Value
	if !isFile(s.Model) {
		m, err := s.model()
		if err != nil {
			return nil // which is another error
		}
		fields = fieldsOf(reflect.New(reflect.TypeOf(m)).Elem())
	}
	var ignored []string
	for _, flag := range s.modelFlags() {
		if _, ok := fields[flag.field]; !ok {
			ignored = append(ignored, flag.flag)
		}
	}
	return ignored
}

// fieldsOf returns the fields of a struct by their JSON names.
func fieldsOf(s reflect.Value) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for i := range s.NumField() {
		name, _, _ := strings.Cut(s.Type().Field(i).Tag.Get("json"), ",")
		fields[name] = s.Field(i)
	}
	return fields
}
