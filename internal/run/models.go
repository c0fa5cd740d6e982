package run

import (
	"strconv"

	"github.com/pkg/errors"
)

// namedModels is the table of models that the command line can name.
func namedModels() []namedModel {
	return []namedModel{
		{
			name: "mlp", kind: "mlp", main: "widths", activation: "tanh", fit: fitMLP,
			help: "multilayer perceptron",
		},
	}
}

// fitMLP checks that the widths go from the inputs of the data to its classes.
func fitMLP(a *arguments, d sizes) error {
	usual := []int{d.inputs, d.hidden(), d.hidden(), d.Classes}
	return fitWidths(a, "widths", usual, d, func(w []int) []int { return ends(w, d.inputs, d.Classes) }, "inputs and "+strconv.Itoa(d.Classes)+" classes")
}

// ends returns widths with other ends: what would fit.
func ends(widths []int, first, last int) []int {
	fit := []int{first}
	if n := len(widths) - 1; n > 1 {
		fit = append(fit, widths[1:n]...)
	}
	return append(fit, last)
}

// fitWidths completes and checks a list of widths. fit returns the nearest list
// that fits the data, which what describes.
func fitWidths(a *arguments, key string, usual []int, d sizes, fit func([]int) []int, what string) error {
	a.missing(key, formatWidths(usual))
	widths, err := a.widths(key, a.with(key, formatWidths(usual)).String())
	if err != nil {
		return err
	}
	parameters := 0
	for i := range widths[1:] {
		parameters += (widths[i] + 1) * widths[i+1] // at most 2⁵⁶ and checked at once, so it cannot overflow
		if parameters > mostParameters {
			return errors.Errorf("--model, got %q, want at most %d parameters", a, mostParameters)
		}
	}
	want := formatWidths(fit(widths))
	if got := formatWidths(widths); got != want {
		return errors.Errorf("--model, got %q, but data %s has %d %s; use --model %s", a, d.Name, d.inputs, what, a.with(key, want))
	}
	a.set(key, want)
	return nil
}
