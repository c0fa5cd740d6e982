package run

import (
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
)

// mostParameters bounds a model: its weights, gradients and moments in float64
// are 8 GiB then.
const mostParameters = 1 << 28

// ModelInfo describes a model that the command line can name.
type ModelInfo struct {
	// Name as in --model, with its main setting.
	Name string `json:"name"`
	// Help is what it is.
	Help string `json:"help"`
}

// namedModel is a model that the command line can name.
type namedModel struct {
	name, kind, help string
	// main is the setting that needs no name; empty means none.
	main string
	// activation and placement are the usual ones; empty if the model has its own.
	activation, placement string
	// fit fills in what follows from the data, and refuses sizes that do not fit
	// them.
	fit func(a *arguments, d sizes) error
}

// sizes are those of a dataset.
type sizes struct {
	datasets.Info
	inputs int  // the numbers of a sample
	text   bool // whether it is one
}

func sizesOf(info datasets.Info) sizes {
	d := sizes{info, 1, isText(info.Name)}
	for _, n := range info.Shape {
		d.inputs *= n
	}
	return d
}

// hidden is the usual width of a hidden node.
func (d sizes) hidden() int {
	if d.Bytes < 1<<20 { // glyphs and optdigits: small and meant to be quick
		return 64
	}
	return 256
}

// Models describes the models that the command line can name.
func Models() []ModelInfo {
	var all []ModelInfo
	for _, m := range namedModels() {
		name := m.name
		if m.main != "" {
			name += ":" + strings.ToUpper(m.main)
		}
		all = append(all, ModelInfo{name, m.help})
	}
	return all
}

// ModelNames returns the names alone.
func ModelNames() []string {
	var names []string
	for _, m := range namedModels() {
		names = append(names, m.name)
	}
	return names
}

// parseModel reads "NAME", or "NAME:SETTINGS", and completes it for a dataset.
func parseModel(text string, info datasets.Info) (namedModel, *arguments, error) {
	name, rest, given := strings.Cut(text, ":")
	for _, m := range namedModels() {
		if m.name != name {
			continue
		}
		a, err := parseArguments(name, m.main, rest, given)
		if err != nil {
			return m, nil, err
		}
		d := sizesOf(info)
		switch reads := m.kind == "transformer"; {
		case reads && !d.text:
			return m, nil, errors.Errorf("--model, got %q, which reads text, but data %s has images; use --data FILE.txt, or --data %s", text, d.Name, sums)
		case !reads && d.text:
			return m, nil, errors.Errorf("--model, got %q, but data %s is a text; use --model transformer", text, d.Name)
		}
		return m, a, m.fit(a, d)
	}
	return namedModel{}, nil, errors.Errorf("--model, got %q, want one of %s, with settings such as mlp:784-64-10, or a file that ends in .toml",
		text, strings.Join(ModelNames(), ", "))
}
