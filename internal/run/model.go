package run

import (
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
)

// mostParameters bounds a model: its weights, gradients and moments in float64
// are 8 GiB then.
const mostParameters = 1 << 28

// parseModel returns the widths of "mlp:784-64-10", or of "mlp" for the dataset,
// and checks that they fit it.
func parseModel(model string, info datasets.Info) ([]int, error) {
	inputs := 1
	for _, n := range info.Shape {
		inputs *= n
	}
	if model == "mlp" {
		return usualWidths(inputs, info), nil
	}
	list, ok := strings.CutPrefix(model, "mlp:")
	if !ok {
		return nil, errors.Errorf("--model, got %q, want mlp or mlp:WIDTHS, for example %s", model, modelName(usualWidths(inputs, info)))
	}
	var widths []int
	parameters := 0
	for i, field := range strings.Split(list, "-") {
		w, err := strconv.Atoi(field)
		if err != nil || w < 1 || w > mostParameters {
			return nil, errors.Errorf("--model, got %q, want widths of 1 to %d separated by hyphens, for example %s",
				model, mostParameters, modelName(usualWidths(inputs, info)))
		}
		if i > 0 {
			parameters += (widths[i-1] + 1) * w // at most 2⁵⁶ and checked at once, so it cannot overflow
		}
		if parameters > mostParameters {
			return nil, errors.Errorf("--model, got %q, want at most %d parameters", model, mostParameters)
		}
		widths = append(widths, w)
	}
	last := len(widths) - 1
	if last < 1 || widths[0] != inputs || widths[last] != info.Classes {
		fit := []int{inputs}
		if last > 1 {
			fit = append(fit, widths[1:last]...)
		}
		fit = append(fit, info.Classes)
		return nil, errors.Errorf("--model, got %q, but data %s has %d inputs and %d classes; use --model %s",
			model, info.Name, inputs, info.Classes, modelName(fit))
	}
	return widths, nil
}

// usualWidths are the widths of "mlp" alone.
func usualWidths(inputs int, info datasets.Info) []int {
	hidden := 256
	if info.Bytes < 1<<20 { // glyphs and optdigits: small and meant to be quick
		hidden = 64
	}
	return []int{inputs, hidden, hidden, info.Classes}
}

// modelName is the inverse of parseModel.
func modelName(widths []int) string {
	fields := make([]string, len(widths))
	for i, w := range widths {
		fields[i] = strconv.Itoa(w)
	}
	return "mlp:" + strings.Join(fields, "-")
}

// network declares the network of s and draws its weights.
func (s Settings) network() (*graph.Network, error) {
	info, err := dataInfo(s.Data)
	if err != nil {
		return nil, err
	}
	mlp := models.MLP{Placement: s.Placement}
	if mlp.Widths, err = parseModel(s.Model, info); err != nil {
		return nil, err
	}
	activation, gain, err := layers.ActivationByName(s.Activation)
	if err != nil {
		return nil, err
	}
	mlp.Activation = activation
	if s.Init != "fan-in" { // which is the model's own default and includes the biases
		if mlp.Init, err = layers.InitializerByName(s.Init, gain); err != nil {
			return nil, err
		}
	}
	if mlp.Output, err = energyByName(s.Energy); err != nil {
		return nil, err
	}
	engine, err := engineByName(s.Engine)
	if err != nil {
		return nil, err
	}
	return mlp.New(graph.Settings{Precision: s.Precision, Seed: s.Seed, Engine: engine})
}
