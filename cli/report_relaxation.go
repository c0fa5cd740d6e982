package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/plot"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/train"
)

// steppedStates is about the number of states that a page keeps of a relaxation, and
// mostUnits that of the units of a node that it shows.
const (
	steppedStates = 61
	mostUnits     = 4096
)

// relaxationBlocks lets the reader step through the relaxation of the first sample shown.
func relaxationBlocks(ctx context.Context, x *run.Examination) ([]plot.Block, error) {
	sample, s := x.Samples[0], x.Manifest.Settings
	r, err := x.Relax(ctx, sample.Batch(), steppedStates)
	if errors.Is(err, relax.ErrDiverged) {
		return []plot.Block{plot.Text("The relaxation of a test sample diverged: " + err.Error())}, nil
	}
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf("Test sample %d: its numbers and its target are clamped, the activities begin at their feedforward values and move to lower the energy, while the weights stay.", sample.Index)
	switch {
	case len(r.Terms) == 0 || r.Result.Steps == 0:
		text += " In this network nothing moves."
	default:
		text += fmt.Sprintf(" After %d steps the gradient norm has gone from %.3g to %.3g. ", r.Result.Steps, r.Norms[0], r.Norms[len(r.Norms)-1]) + learns(s)
	}
	stepper := plot.Stepper{Unit: "relaxation step", Steps: r.Steps, Label: "energy of the sample by term"}
	sum := make([]float64, len(r.Steps))
	for k, term := range r.Terms {
		c := plot.StepperCurve{Name: term}
		for i, row := range r.Energies {
			c.Y = append(c.Y, row[k])
			sum[i] += row[k]
		}
		stepper.Curves = append(stepper.Curves, c)
	}
	if len(r.Terms) > 1 {
		stepper.Curves = append(stepper.Curves, plot.StepperCurve{Name: "sum", Y: sum, Strong: true})
	}
	for _, n := range r.Nodes {
		panels, err := nodePanels(x, sample, n)
		if err != nil {
			return nil, err
		}
		stepper.Panels = append(stepper.Panels, panels...)
	}
	return []plot.Block{plot.Text(text), stepper}, nil
}

// learns says when the weights of the run learn.
func learns(s run.Settings) string {
	switch {
	case !s.Relaxes():
		return "The rule of this run, " + s.RuleTitle() + ", changes the weights without it."
	case s.Coordinates == train.Errors:
		return "In training the weights would change only then. This run settles in error coordinates, another way to the same equilibrium."
	}
	return "In training the weights would change only then."
}

// nodePanels are the panels of a node: its activities, or of one that is clamped its data
// and what is predicted of it.
func nodePanels(x *run.Examination, sample run.TestSample, n run.NodeTrace) ([]plot.StepperPanel, error) {
	values, shape, note := clip(n.Values, n.Shape)
	panel := plot.StepperPanel{Title: n.Name, Note: note, Values: values, Shape: shape}
	if !n.Clamped {
		return []plot.StepperPanel{panel}, nil
	}
	var out []plot.StepperPanel
	if n.Predictions == nil || slices.Contains(x.Net.Sample, n.Name) {
		panel.Title = n.Name + ", clamped"
		if draw, ok := x.Manifest.Settings.Pictures(sample.Input); ok && len(n.Values[0]) == len(sample.Input) {
			file, err := sampleFile(draw, n.Values[0])
			if err != nil {
				return nil, err
			}
			panel = plot.StepperPanel{Title: panel.Title, PNG: file}
		}
		out = append(out, panel)
	}
	if n.Predictions != nil {
		values, shape, note := clip(n.Predictions, n.Shape)
		predicted := plot.StepperPanel{Title: n.Name + ", predicted", Note: note, Values: values, Shape: shape}
		if len(values[0]) <= 16 {
			predicted.Marks, predicted.Note = n.Values[0], "dashed: the target, which it is clamped to"
		}
		out = append(out, predicted)
	}
	return out, nil
}

// clip leaves out what a panel has no room for, and says how many units there are.
func clip(values [][]float64, shape graph.Shape) (clipped [][]float64, clippedShape []int, note string) {
	units := len(values[0])
	note = fmt.Sprintf("%d units", units)
	clippedShape = slices.Clone(shape)
	if units > mostUnits {
		keep := mostUnits
		if len(shape) == 3 && shape[1]*shape[2] <= mostUnits {
			clippedShape[0] = mostUnits / (shape[1] * shape[2])
			keep = clippedShape[0] * shape[1] * shape[2]
		} else {
			clippedShape = []int{keep}
		}
		note = fmt.Sprintf("the first %d of %d units", keep, units)
		units = keep
	}
	for _, row := range values {
		clipped = append(clipped, row[:units])
	}
	return clipped, clippedShape, note
}

// energyBlocks tells the energies of the terms at the first and the last epoch, nil if no
// rule tells them, and how the relaxations ended.
func energyBlocks(c *console, dirs []string) (energies, convergence []plot.Block, err error) {
	for _, dir := range dirs {
		epochs, m, err := readRun(c, dir)
		if err != nil {
			return nil, nil, err
		}
		first, last := epochs[0], epochs[len(epochs)-1]
		text := m.Settings.Rule + ": the rule does not relax."
		if m.Settings.Relaxes() {
			text = fmt.Sprintf("%s, epoch %d: %s.", m.Settings.Rule, last.Epoch, ended(last, m.Settings))
		}
		if last.GradientNormMedian != nil {
			text += fmt.Sprintf(" Gradient norm of a sample at the end of its relaxation: median %.2g, largest %.2g.", *last.GradientNormMedian, *last.GradientNormLargest)
		}
		convergence = append(convergence, plot.Text(text))
		if len(last.Energies) == 0 {
			continue
		}
		energies = append(energies, energyTable(m.Settings.Rule, first, last))
	}
	if energies != nil {
		energies = append([]plot.Block{plot.Text("The energy of a training sample by term, averaged over an epoch, at the states that the weights learned from.")}, energies...)
	}
	return energies, convergence, nil
}

// energyTable lists the terms of a run.
func energyTable(rule string, first, last run.Epoch) plot.Table {
	t := plot.Table{Head: []string{rule + ": term", fmt.Sprintf("epoch %d", last.Epoch), "share"}}
	add := func(name string, before, after float64, share string) {
		row := spans(name, fmt.Sprintf("%.4g", after), share)
		if first.Epoch < last.Epoch {
			row = spans(name, fmt.Sprintf("%.4g", before), fmt.Sprintf("%.4g", after), share)
		}
		t.Rows = append(t.Rows, row)
	}
	if first.Epoch < last.Epoch {
		t.Head = slices.Insert(t.Head, 1, fmt.Sprintf("epoch %d", first.Epoch))
	}
	for _, name := range slices.Sorted(maps.Keys(last.Energies)) {
		add(name, first.Energies[name], last.Energies[name], fmt.Sprintf("%.1f\u00a0%%", 100*last.Energies[name]/last.TrainEnergy))
	}
	add("sum", first.TrainEnergy, last.TrainEnergy, "")
	return t
}
