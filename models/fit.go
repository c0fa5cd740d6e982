package models

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// Model is a network as settings; every model of this package is one.
type Model interface {
	// Declaration returns the network as data, for [graph.New].
	Declaration() (graph.Declaration, error)
}

// Data are the sizes of a dataset.
type Data struct {
	// Shape of a sample; for a text, the number of characters of a window.
	Shape graph.Shape
	// Classes is the number of classes; for a text, the number of symbols.
	Classes int
	// Text means that samples are sequences of symbols, and Lines that they differ in
	// length, so that Shape is that of the longest.
	Text, Lines bool
	// Regression says that Classes counts numbers to predict instead. No classes at all
	// mean that there are no targets.
	Regression bool
	// Hidden is the default width of a hidden node.
	Hidden int
}

// Fitter is a model that completes itself for data: all models of this package.
type Fitter interface {
	Model
	// Fit returns the model with the sizes and functions that were not given set to fit
	// the data, or to customary values. given reports whether a field was given, by its
	// JSON name. Given sizes that do not fit are a [FitError].
	Fit(d Data, given func(field string) bool) (Model, error)
}

// FitError reports that a given size does not fit the data.
type FitError struct {
	// Reason describes the data: "has 256 inputs and 10 classes".
	Reason string
	// Fitting is the nearest model that fits. Nil means that none is known.
	Fitting Model
	// Field is the field that should not be given. Empty means that only other data or
	// another model helps, which Remedy describes.
	Field, Remedy string
}

// Error returns the reason.
func (e *FitError) Error() string { return "models: the data " + e.Reason }

// fill sets *field unless it was given, and then checks that it fits the data.
func fill(field *int, name string, want int, what string, given func(string) bool) error {
	if !given(name) {
		*field = want
	}
	if *field != want {
		return &FitError{Reason: fmt.Sprintf("has %d %s", want, what), Field: name}
	}
	return nil
}

// orLayer returns the layer, or the customary one if there is none.
func orLayer(l, customary graph.Layer) graph.Layer {
	if l == nil {
		return customary
	}
	return l
}

// noText refuses a text.
func (d Data) noText() error {
	if d.Text {
		return &FitError{Reason: "is a text", Remedy: "choose a model that reads text, such as transformer"}
	}
	return nil
}

// fitWidths completes a chain's widths from the data's inputs to the last width, 0 for
// any. fitting returns a model with other widths.
func (d Data) fitWidths(widths *[]int, usual []int, last int, what string, given func(string) bool, fitting func([]int) Model) error {
	if err := d.noText(); err != nil {
		return err
	}
	if !given("widths") {
		*widths = usual
	}
	*widths = slices.Clone(*widths)
	for i := range *widths {
		if n := len(*widths) - 1; (*widths)[i] == 0 && i == 0 {
			(*widths)[i] = d.Shape.Size()
		} else if (*widths)[i] == 0 && i == n {
			(*widths)[i] = last
		}
	}
	if err := checkParameters(*widths); err != nil {
		return err
	}
	if n := len(*widths); n > 1 && last == 2 && last == d.Classes && !d.Regression && (*widths)[n-1] == 1 {
		last = 1 // one unit tells two classes apart
	}
	if want := d.ends(*widths, last); !slices.Equal(want, *widths) {
		return &FitError{Reason: what, Fitting: fitting(want)}
	}
	return nil
}

// maxParameters bounds a model on the command line: in float64 its weights, gradients
// and moments are then 8 GiB.
const maxParameters = 1 << 28

// checkParameters returns an error if dense layers of these widths have too many
// weights.
func checkParameters(widths []int) error {
	parameters := 0
	for i := range len(widths) - 1 {
		parameters += (widths[i] + 1) * widths[i+1] // at most 2⁵⁶ and checked at once, so it cannot overflow
		if parameters > maxParameters {
			return errors.Errorf("models: widths, got more than %d parameters, want at most that", maxParameters)
		}
	}
	return nil
}

// ends returns the widths with fitting ends.
func (d Data) ends(widths []int, last int) []int {
	n := len(widths) - 1
	if n < 1 {
		return []int{d.Shape.Size(), last}
	}
	out := append([]int{d.Shape.Size()}, widths[1:n]...)
	return append(out, last)
}

// targets is what Classes counts.
func (d Data) targets() string {
	if d.Regression {
		return "numbers to predict"
	}
	return "classes"
}

// noTargets refuses data without targets.
func (d Data) noTargets() error {
	if d.Classes == 0 && !d.Text {
		return &FitError{Reason: "has no targets", Remedy: "choose a model that reconstructs, such as autoencoder, or name the targets of the data"}
	}
	return nil
}

// classes describes the data of a classifier.
func (d Data) classes() string {
	return fmt.Sprintf("has %d inputs and %d %s", d.Shape.Size(), d.Classes, d.targets())
}

// Fit completes the widths: inputs, two hidden nodes, classes. The customary activation
// is the hyperbolic tangent.
func (m MLP) Fit(d Data, given func(string) bool) (Model, error) {
	if err := d.noTargets(); err != nil {
		return m, err
	}
	m.Activation = orLayer(m.Activation, layers.Tanh{})
	err := d.fitWidths(&m.Widths, []int{d.Shape.Size(), d.Hidden, d.Hidden, d.Classes}, d.Classes, d.classes(), given,
		func(w []int) Model { m.Widths = w; return m })
	return m, err
}

// Fit is like [MLP.Fit]. The precision of the feedback is small, 0.001: with the
// precision of the forward predictions it dominates the label, and 64 % of the glyphs
// are right after three epochs, 69 % at 0.01, 92 % at 0.001.
func (m Recurrent) Fit(d Data, given func(string) bool) (Model, error) {
	if err := d.noTargets(); err != nil {
		return m, err
	}
	m.Activation = orLayer(m.Activation, layers.Tanh{})
	if m.Topology != Clique && !given("feedback_precision") {
		m.FeedbackPrecision = 0.001
	}
	err := d.fitWidths(&m.Widths, []int{d.Shape.Size(), d.Hidden, d.Hidden, d.Classes}, d.Classes, d.classes(), given,
		func(w []int) Model { m.Widths = w; return m })
	return m, err
}

// Fit completes the widths: inputs, one hidden node, a code of 32 units. The customary
// activation is the hyperbolic tangent.
func (m Autoencoder) Fit(d Data, given func(string) bool) (Model, error) {
	m.Activation = orLayer(m.Activation, layers.Tanh{})
	last := 32
	if n := len(m.Widths); given("widths") && n > 1 && m.Widths[n-1] != 0 {
		last = m.Widths[n-1]
	}
	err := d.fitWidths(&m.Widths, []int{d.Shape.Size(), d.Hidden, last}, last, fmt.Sprintf("has %d inputs", d.Shape.Size()), given,
		func(w []int) Model { m.Widths = w; return m })
	return m, err
}

// SetMain reads the widths of the nodes, in which "auto" stands for what the data want:
// auto-64-auto.
func (m *MLP) SetMain(text string) ([]string, error) { return setChain(&m.Widths, text) }

// SetMain is like [MLP.SetMain].
func (m *Recurrent) SetMain(text string) ([]string, error) { return setChain(&m.Widths, text) }

// SetMain is like [MLP.SetMain]; the last width is that of the code, by default 32.
func (m *Autoencoder) SetMain(text string) ([]string, error) { return setChain(&m.Widths, text) }

// SetMain reads the sizes as widths: inputs, hidden nodes of one width, outputs. The
// first and the last may be "auto", for what the data want.
func (m *MLPResidual) SetMain(text string) ([]string, error) {
	widths, err := parseChain(text)
	if err != nil {
		return nil, err
	}
	last := len(widths) - 1
	if last < 2 || slices.ContainsFunc(widths[1:last], func(w int) bool { return w != widths[1] }) {
		return nil, errors.Errorf("got %q, want inputs, hidden nodes of one width, and outputs, for example 784-128x64-10", text)
	}
	m.Inputs, m.Width, m.Depth, m.Outputs = widths[0], widths[1], last-1, widths[last]
	fields := []string{"width", "depth"}
	if m.Inputs > 0 {
		fields = append(fields, "inputs")
	}
	if m.Outputs > 0 {
		fields = append(fields, "outputs")
	}
	return fields, nil
}

// Fit completes the sizes: 8 blocks. The customary activation is the rectifier.
func (m MLPResidual) Fit(d Data, given func(string) bool) (Model, error) {
	if err := cmp.Or(d.noText(), d.noTargets()); err != nil {
		return m, err
	}
	m.Activation = orLayer(m.Activation, layers.ReLU{})
	if err := fill(&m.Inputs, "inputs", d.Shape.Size(), "inputs", given); err != nil {
		return m, err
	}
	if err := fill(&m.Outputs, "outputs", d.Classes, d.targets(), given); err != nil {
		return m, err
	}
	if !given("width") {
		m.Width = d.Hidden
	}
	if !given("depth") {
		m.Depth = 8
	}
	return m, nil
}

// Fit completes the sizes: labels, two hidden nodes, the sample. Classes that are given
// as 0 leave the latent code alone. The customary activation is the hyperbolic tangent.
func (m Generative) Fit(d Data, given func(string) bool) (Model, error) {
	if err := d.noText(); err != nil {
		return m, err
	}
	m.Activation = orLayer(m.Activation, layers.Tanh{})
	if err := fill(&m.Size, "size", d.Shape.Size(), "inputs", given); err != nil {
		return m, err
	}
	if !given("classes") || m.Classes != 0 {
		if err := fill(&m.Classes, "classes", d.Classes, d.targets(), given); err != nil {
			return m, err
		}
	}
	if !given("hidden") {
		m.Hidden = []int{d.Hidden, d.Hidden}
	}
	return m, nil
}

// Fit completes the sizes: the sample and two hidden nodes, the second twice as wide. The
// customary activation is the hyperbolic tangent.
func (m AssociativeMemory) Fit(d Data, given func(string) bool) (Model, error) {
	if err := d.noText(); err != nil {
		return m, err
	}
	m.Activation = orLayer(m.Activation, layers.Tanh{})
	if err := fill(&m.Size, "size", d.Shape.Size(), "inputs", given); err != nil {
		return m, err
	}
	if !given("hidden") {
		m.Hidden = []int{d.Hidden, 2 * d.Hidden}
	}
	return m, nil
}

// fitImages completes the shape of the images and the number of classes.
func (d Data) fitImages(input *graph.Shape, classes *int, given func(string) bool) error {
	if err := d.noText(); err != nil {
		return err
	}
	if err := d.noTargets(); err != nil {
		return err
	}
	if len(d.Shape) < 2 {
		return &FitError{Reason: fmt.Sprintf("has samples of shape %v, and the model is for images", d.Shape), Remedy: "choose a model such as mlp"}
	}
	if !given("input") {
		*input = d.Shape
	}
	if !input.Equal(d.Shape) {
		return &FitError{Reason: "has images of " + FormatWidths(d.Shape), Field: "input"}
	}
	return fill(classes, "classes", d.Classes, d.targets(), given)
}

// Fit completes the shape of the images and the number of classes. The customary
// activation is the rectifier.
func (m ConvNet) Fit(d Data, given func(string) bool) (Model, error) {
	m.Activation = orLayer(m.Activation, layers.ReLU{})
	err := d.fitImages(&m.Input, &m.Classes, given)
	return m, err
}

// Fit completes the shape of the images and the number of classes; a width and blocks
// that are not set are 16, and one block in each of three stages, which a laptop can
// train. The customary activation is the rectifier.
func (m ResNet) Fit(d Data, given func(string) bool) (Model, error) {
	m.Activation = orLayer(m.Activation, layers.ReLU{})
	if m.Width == 0 {
		m.Width = 16
	}
	if m.Blocks == nil {
		m.Blocks = []int{1, 1, 1}
	}
	err := d.fitImages(&m.Input, &m.Classes, given)
	return m, err
}

// Fit completes the number of symbols and the length of the window, 32 characters. The
// customary activation is the Gaussian error linear unit.
func (m Transformer) Fit(d Data, given func(string) bool) (Model, error) {
	if !d.Text {
		return m, &FitError{Reason: "is no text, which the model reads", Remedy: "choose data that are, such as FILE.txt or sums"}
	}
	m.Activation = orLayer(m.Activation, layers.GELU{})
	if !given("length") {
		m.Length = d.Shape.Size()
	}
	if m.Length < d.Shape.Size() && d.Lines {
		return m, &FitError{Reason: fmt.Sprintf("has lines of up to %d symbols", d.Shape.Size()), Field: "length"}
	}
	if given("masked") && m.Masked != d.Lines {
		return m, &FitError{Reason: map[bool]string{true: "has lines of several lengths", false: "has no padding"}[d.Lines], Field: "masked"}
	}
	m.Masked = d.Lines
	return m, fill(&m.Symbols, "symbols", d.Classes, "symbols", given)
}
