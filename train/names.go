package train

import (
	"strings"

	"github.com/pkg/errors"
)

// optimizerTable lists the optimizers a command line can name.
func optimizerTable() []struct {
	name string
	make func(weightDecay float64) Optimizer
} {
	return []struct {
		name string
		make func(weightDecay float64) Optimizer
	}{
		{"sgd", func(d float64) Optimizer { return &SGD{WeightDecay: d} }},
		{"momentum", func(d float64) Optimizer { return &Momentum{WeightDecay: d} }},
		{"nesterov", func(d float64) Optimizer { return &Momentum{Nesterov: true, WeightDecay: d} }},
		{"adam", func(d float64) Optimizer { return &Adam{WeightDecay: d} }},
		{"adamw", func(d float64) Optimizer { return &AdamW{WeightDecay: d} }},
	}
}

// OptimizerNames returns the names [OptimizerByName] knows, simplest first.
func OptimizerNames() []string {
	var names []string
	for _, row := range optimizerTable() {
		names = append(names, row.name)
	}
	return names
}

// OptimizerByName returns a fresh optimizer with the default settings and the
// given weight decay; zero is none. An unknown name is an error that lists the
// known ones.
func OptimizerByName(name string, weightDecay float64) (Optimizer, error) {
	if err := checkRange("optimizer "+name, "weight decay", weightDecay, 0, 1); err != nil {
		return nil, err
	}
	for _, row := range optimizerTable() {
		if row.name == name {
			return row.make(weightDecay), nil
		}
	}
	return nil, errors.Errorf("train: optimizer: name, got %q, want one of %s", name, strings.Join(OptimizerNames(), ", "))
}

// ScheduleNames returns the names [ScheduleByName] knows, simplest first.
func ScheduleNames() []string {
	return []string{"constant", "cosine"}
}

// ScheduleByName returns the schedule of that name: "constant", or "cosine" with
// a tenth of the run spent warming up and a tenth of the learning rate at the
// end. An unknown name is an error that lists the known ones.
func ScheduleByName(name string) (Schedule, error) {
	switch name {
	case "constant":
		return Constant{}, nil
	case "cosine":
		return Cosine{WarmUp: 0.1, Floor: 0.1}, nil
	}
	return nil, errors.Errorf("train: schedule: name, got %q, want one of %s", name, strings.Join(ScheduleNames(), ", "))
}
