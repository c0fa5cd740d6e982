package run

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// namedModels is the table of models that the command line can name.
func namedModels() []namedModel {
	return []namedModel{
		{
			name: "mlp", kind: "mlp", main: "widths", activation: "tanh", placement: "before", fit: fitMLP,
			help: "multilayer perceptron",
		},
		{
			name: "mlpresidual", kind: "mlpresidual", main: "widths", activation: "relu", fit: fitResidual,
			help: "residual multilayer perceptron with muPC scaling, such as mlpresidual:784-128x64-10 or mlpresidual:width=128,depth=64",
		},
		{
			name: "generative", kind: "generative", main: "hidden", activation: "tanh", fit: fitGenerative,
			help: "from the label, and from a latent code with latent=N, to the sample; classifies backwards",
		},
		{
			name: "autoencoder", kind: "autoencoder", main: "widths", activation: "tanh", fit: fitAutoencoder,
			help: "from the sample through the code, whose size is the last width, to the sample",
		},
		{
			name: "recurrent", kind: "recurrent", main: "widths", activation: "tanh", fit: fitRecurrent,
			help: "like mlp, with predictions both ways; topology=clique for everyone from everyone",
		},
		{
			name: "memory", kind: "memory", main: "hidden", activation: "tanh", fit: fitMemory,
			help: "associative memory of the samples",
		},
		{
			name: "convnet", kind: "convnet", main: "hidden", activation: "relu", placement: "before", fit: fitImages,
			help: "two convolutions and a dense layer, as in the paper",
		},
		{
			name: "vgg5", kind: "vgg5", main: "hidden", activation: "gelu", placement: "after", fit: fitImages,
			help: "four convolutions with pooling, of the pcx benchmark",
		},
		{
			name: "vgg7", kind: "vgg7", main: "hidden", activation: "gelu", placement: "after", fit: fitImages,
			help: "six convolutions with pooling, of the pcx benchmark",
		},
		{
			name: "resnet", kind: "resnet", main: "blocks", activation: "relu", placement: "before", fit: fitResNet("16", "1-1-1"),
			help: "residual convolutions, such as resnet:2-2-2,width=32,norm=batch-norm",
		},
		{
			name: "resnet18", kind: "resnet", main: "blocks", activation: "relu", placement: "before", fit: fitResNet("64", "2-2-2-2"),
			help: "resnet with the depth and width of ResNet-18",
		},
		{
			name: "transformer", kind: "transformer", main: "length", activation: "gelu", fit: fitTransformer,
			help: "of characters, with --data FILE.txt or --data sums, such as transformer:32,width=64,depth=2",
		},
	}
}

// fitMLP checks that the widths go from the inputs of the data to its classes.
func fitMLP(a *arguments, d sizes) error {
	usual := []int{d.inputs, d.hidden(), d.hidden(), d.Classes}
	return fitWidths(a, "widths", usual, d, func(w []int) []int { return ends(w, d.inputs, d.Classes) }, "inputs and "+strconv.Itoa(d.Classes)+" classes")
}

// fitRecurrent weighs the feedback little. With the weight of the forward
// predictions, it drowns the label: 64 % of the glyphs are right after three epochs,
// 69 % at 0.01, 92 % at 0.001.
func fitRecurrent(a *arguments, d sizes) error {
	if a.values["topology"] != "clique" {
		a.missing("feedback_precision", "0.001")
	}
	return fitMLP(a, d)
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

// fitNumber fills in a size of the data.
func fitNumber(a *arguments, key string, want int, d sizes, what string) error {
	number := strconv.Itoa(want)
	a.missing(key, number)
	if a.values[key] != number {
		return errors.Errorf("--model, got %q, but data %s has %s %s; leave %s out", a, d.Name, number, what, key)
	}
	return nil
}

// fitResidual takes the sizes as widths too: inputs-WIDTHxDEPTH-classes.
func fitResidual(a *arguments, d sizes) error {
	if _, ok := a.values["widths"]; ok {
		example := a.name + ":" + strconv.Itoa(d.inputs) + "-128x8-" + strconv.Itoa(d.Classes)
		w, err := a.widths("widths", example)
		if err != nil {
			return err
		}
		last := len(w) - 1
		if last < 2 || slices.ContainsFunc(w[1:last], func(x int) bool { return x != w[1] }) {
			return errors.Errorf("--model, got %q, want inputs, hidden nodes of one width, and outputs, for example %s", a, example)
		}
		a.remove("widths")
		for key, v := range map[string]int{"inputs": w[0], "width": w[1], "depth": last - 1, "outputs": w[last]} {
			if _, twice := a.values[key]; twice {
				return errors.Errorf("--model, got %q beside the widths %s, want one of the two", key, formatWidths(w))
			}
			a.set(key, strconv.Itoa(v))
		}
	}
	if err := fitNumber(a, "inputs", d.inputs, d, "inputs"); err != nil {
		return err
	}
	if err := fitNumber(a, "outputs", d.Classes, d, "classes"); err != nil {
		return err
	}
	a.missing("width", strconv.Itoa(d.hidden()))
	a.missing("depth", "8")
	a.order("inputs", "width", "depth", "outputs")
	return nil
}

func fitGenerative(a *arguments, d sizes) error {
	if err := fitNumber(a, "size", d.inputs, d, "inputs"); err != nil {
		return err
	}
	if a.values["classes"] != "0" { // 0: of the latent code alone
		if err := fitNumber(a, "classes", d.Classes, d, "classes"); err != nil {
			return err
		}
	}
	return fitHidden(a, []int{d.hidden(), d.hidden()})
}

func fitMemory(a *arguments, d sizes) error {
	if err := fitNumber(a, "size", d.inputs, d, "inputs"); err != nil {
		return err
	}
	return fitHidden(a, []int{d.hidden(), 2 * d.hidden()})
}

func fitHidden(a *arguments, usual []int) error {
	a.missing("hidden", formatWidths(usual))
	_, err := a.widths("hidden", a.with("hidden", formatWidths(usual)).String())
	return err
}

func fitAutoencoder(a *arguments, d sizes) error {
	return fitWidths(a, "widths", []int{d.inputs, d.hidden(), 32}, d, func(w []int) []int {
		if len(w) < 2 {
			return []int{d.inputs, 32}
		}
		return append([]int{d.inputs}, w[1:]...)
	}, "inputs")
}

// fitImages fills in the shape of the images.
func fitImages(a *arguments, d sizes) error {
	if len(d.Shape) < 2 {
		return errors.Errorf("--model, got %q, but data %s has samples of shape %v, want images", a, d.Name, d.Shape)
	}
	shape := make([]string, len(d.Shape))
	for i, n := range d.Shape {
		shape[i] = strconv.Itoa(n)
	}
	want := strings.Join(shape, "-")
	a.missing("input", want)
	if a.values["input"] != want {
		return errors.Errorf("--model, got %q, but data %s has images of %s; leave input out", a, d.Name, want)
	}
	return fitNumber(a, "classes", d.Classes, d, "classes")
}

// fitResNet returns what fills in the depth and the width too.
func fitResNet(width, blocks string) func(a *arguments, d sizes) error {
	return func(a *arguments, d sizes) error {
		a.missing("blocks", blocks)
		a.missing("width", width)
		return fitImages(a, d)
	}
}

func fitTransformer(a *arguments, d sizes) error {
	a.missing("length", strconv.Itoa(usualLength))
	return fitNumber(a, "symbols", d.Classes, d, "symbols")
}

// usualLength is the number of characters that a transformer reads.
const usualLength = 32
