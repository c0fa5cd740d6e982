package run

import (
	"reflect"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
)

// ModelInfo describes a model that has a name.
type ModelInfo struct {
	// Name with the main setting.
	Name string `json:"name"`
	// Help is what it is.
	Help string `json:"help"`
}

// Models describes the models of a registry.
func Models(r *kinds.Registry) []ModelInfo {
	var all []ModelInfo
	for _, m := range r.Models.All() {
		name := m.Name
		if m.Main != "" {
			name += ":" + strings.ToUpper(m.Main)
		}
		all = append(all, ModelInfo{name, m.Help})
	}
	return all
}

// data are the sizes that a model is fitted to.
func (d sizes) data() models.Data {
	out := models.Data{Shape: d.Shape, Classes: d.outputs, Regression: d.regression, Text: d.text, Lines: d.lines, Hidden: 256}
	if d.Bytes < 1<<20 { // glyphs and optdigits: small and meant to be quick
		out.Hidden = 64
	}
	return out
}

// parseModel reads the spec of a model.
func (s *Settings) parseModel() (kinds.Spec[models.Model], models.Model, error) {
	r := s.registry()
	spec, err := kinds.Parse[models.Model](r, s.Model)
	if err != nil {
		return spec, nil, settingf("{model}, %v, with settings such as mlp:784-64-10, or a file that ends in .toml", err)
	}
	m, err := spec.New()
	if err != nil {
		return spec, nil, settingf("{model}, got %q: %v", s.Model, err)
	}
	return spec, m, nil
}

// fitModel reads the spec of a model and fits the model to a dataset.
func (s *Settings) fitModel(d sizes) (kinds.Spec[models.Model], models.Model, error) {
	spec, m, err := s.parseModel()
	if err != nil {
		return spec, nil, err
	}
	f, ok := m.(models.Fitter)
	if !ok {
		return spec, m, nil
	}
	m, err = f.Fit(d.data(), spec.Given)
	return spec, m, s.explainFit(err, d)
}

// explainFit says what to do about a model that does not fit.
func (s *Settings) explainFit(err error, d sizes) error {
	var misfit *models.FitError
	if !errors.As(err, &misfit) {
		return withSetting(err, "{model}, got %q", s.Model)
	}
	what := []any{s.Model, d.Name, misfit.Reason}
	switch {
	case misfit.Fitting != nil:
		fitting, err := s.format(misfit.Fitting)
		if err != nil {
			return err
		}
		return settingf("{model}, got %q, but data %s %s; use {model} %s", append(what, fitting)...)
	case misfit.Field != "":
		return settingf("{model}, got %q, but data %s %s; leave %s out", append(what, misfit.Field)...)
	}
	return settingf("{model}, got %q, but data %s %s; %s", append(what, misfit.Remedy)...)
}

// modelFields are the fields of models that settings set.
var modelFields = []struct{ setting, field string }{
	{"activation", "activation"}, {"placement", "placement"}, {"init", "init"}, {"energy", "output"},
}

// format returns the spec of a model without the fields that settings set, unless the
// settings' own spec does.
func (s *Settings) format(m models.Model) (string, error) {
	spec, err := kinds.Parse[models.Model](s.registry(), s.Model)
	if err != nil {
		return "", err
	}
	for _, f := range modelFields {
		if usual, ok := kinds.Get(spec.Kind.Value, f.field); ok && !spec.Given(f.field) {
			m = kinds.With(m, f.field, usual)
		}
	}
	text, err := spec.Format(m)
	return text, withSetting(err, "{model}, got %q", s.Model)
}

// completeModel fills in what follows from the model and the data.
func (s *Settings) completeModel() error {
	d, err := s.sizes()
	if err != nil {
		return err
	}
	s.Data = d.Name
	if isFile(s.Model) {
		return s.readModelFile()
	}
	spec, m, err := s.fitModel(d)
	if err != nil {
		return err
	}
	if err := s.checkTwice(spec, m); err != nil {
		return err
	}
	if s.Model, err = s.format(m); err != nil {
		return err
	}
	return s.readModelFields(m)
}

// checkTwice returns an error for a field that the model's spec sets to something else
// than a setting does.
func (s *Settings) checkTwice(spec kinds.Spec[models.Model], m models.Model) error {
	fields, err := s.modelSettings()
	if err != nil {
		return err
	}
	for _, f := range modelFields {
		x, ok := fields[f.field]
		if own, has := kinds.Get(m, f.field); ok && has && spec.Given(f.field) && !reflect.DeepEqual(own, x) {
			return settingf("{"+f.setting+"}: {model}, got %q, which has another; leave one of the two out", s.Model)
		}
	}
	return nil
}

// readModelFields takes over what a model does where the settings do not say.
func (s *Settings) readModelFields(m models.Model) error {
	if f, _ := kinds.Get(m, "activation"); s.Activation == "" && f != nil {
		text, err := kinds.Format(s.registry(), f.(graph.Layer))
		if err != nil {
			return withSetting(err, "{model}")
		}
		s.Activation = text
	}
	if p, ok := kinds.Get(m, "placement"); s.Placement == "" && ok {
		if p, ok := p.(models.Placement); ok {
			s.Placement = p.String()
		}
	}
	return nil
}

// model returns a named model with its settings.
func (s *Settings) model() (models.Model, error) {
	d, err := s.sizes()
	if err != nil {
		return nil, err
	}
	spec, m, err := s.fitModel(d)
	if err != nil {
		return nil, err
	}
	fields, err := s.modelSettings()
	if err != nil {
		return nil, err
	}
	for _, f := range modelFields {
		if x, ok := fields[f.field]; ok && !spec.Given(f.field) {
			m = kinds.With(m, f.field, x)
		}
	}
	return m, nil
}

// modelSettings returns the fields of a model that the settings set, by name.
func (s *Settings) modelSettings() (map[string]any, error) {
	fields, r := map[string]any{}, s.registry()
	gain := 1.0
	if s.Activation != "" {
		f, err := newKind[graph.Layer](s.activations(), "{activation}", s.Activation, nil)
		if err != nil {
			return nil, err
		}
		fields["activation"], gain = f, layers.Gain(f)
	}
	if s.Placement != "" {
		var p models.Placement
		if err := p.UnmarshalText([]byte(s.Placement)); err != nil {
			return nil, withSetting(err, "{placement}")
		}
		fields["placement"] = p
	}
	if s.Init != "" && s.Init != "fan-in" { // which is the models' own and includes the biases
		i, err := newKind[graph.Initializer](r, "{init}", s.Init, map[string]any{"gain": gain})
		if err != nil {
			return nil, err
		}
		if zeroInit(i) {
			name, _, _ := strings.Cut(s.Init, ":")
			return nil, settingf("{init}, got %s, whose weights are all 0; say how large they are, such as %s:0.05", s.Init, name)
		}
		fields["init"] = i
	}
	if s.Energy != "" && s.Energy != "gaussian" { // the models' own
		e, err := newKind[graph.Energy](r, "{energy}", s.Energy, nil)
		if err != nil {
			return nil, err
		}
		fields["output"] = e
	}
	return fields, nil
}

// zeroInit reports whether an initialiser lacks the size that it has no default for.
func zeroInit(i graph.Initializer) bool {
	switch i := i.(type) {
	case layers.Normal:
		return i.Std == 0
	case layers.Uniform:
		return i.Bound == 0
	}
	return false
}

// newKind returns what a spec asks for, on top of the given fields.
func newKind[T any](r *kinds.Registry, setting, text string, fields map[string]any) (T, error) {
	var none T
	spec, err := kinds.Parse[T](r, text)
	if err != nil {
		return none, settingf(setting+", %v", err)
	}
	v := spec.Kind.New()
	for name, x := range fields {
		v = kinds.With(v, name, x)
	}
	v, err = spec.Apply(v)
	if err != nil {
		return none, settingf(setting+", got %q: %v", text, err)
	}
	return v, nil
}

// activations returns the registry with no layers but activation functions.
func (s *Settings) activations() *kinds.Registry {
	r := *s.registry()
	r.Layers = *r.Activations()
	return &r
}

// Ignored returns the settings that decide a network which the model of s does not have:
// a file has all its settings inside, and a named model may have no use for one.
func (s *Settings) Ignored() []string {
	var m models.Model
	if !isFile(s.Model) {
		var err error
		if m, err = s.model(); err != nil {
			return nil // which is another error
		}
	}
	var ignored []string
	for _, f := range modelFields {
		if m == nil || !kinds.Has(m, f.field) {
			ignored = append(ignored, f.setting)
		}
	}
	return ignored
}
