package run

import (
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// energies is the table of output energies that the command line accepts.
var energies = []struct {
	name   string
	energy graph.Energy
}{
	{"gaussian", energy.Gaussian{}},
	{"cross-entropy", energy.CrossEntropy{}},
	{"kullback-leibler", energy.KullbackLeibler{}},
	{"bernoulli", energy.Bernoulli{}},
	{"laplace", energy.Laplace{}},
	{"huber", energy.Huber{}},
}

// engines is the table of engines that the command line accepts.
var engines = []graph.Engine{graph.Compiled{}, graph.Tape{}}

// solvers is the table of relaxation solvers that the command line accepts.
func solvers() []struct {
	name   string
	solver relax.Solver
} {
	return []struct {
		name   string
		solver relax.Solver
	}{
		{"euler", relax.Euler{}},
		{"momentum", &relax.Momentum{}},
		{"nesterov", &relax.Momentum{Nesterov: true, Restart: true}},
		{"adam", &relax.Adam{}},
		{"lbfgs", &relax.LBFGS{}},
	}
}

// SolverNames returns the names of the relaxation solvers.
func SolverNames() []string {
	var names []string
	for _, s := range solvers() {
		names = append(names, s.name)
	}
	return names
}

// usualSolver is the solver where none is named. In error coordinates no fixed step
// size is safe, because the largest eigenvalue grows with the weights.
func usualSolver(c train.Coordinates) string {
	if c == train.Errors {
		return "lbfgs"
	}
	return "euler"
}

// SolverByName returns a fresh relaxation solver with its default settings.
func SolverByName(name string) (relax.Solver, error) {
	for _, s := range solvers() {
		if s.name == name {
			return s.solver, nil
		}
	}
	return nil, oneOf("--solver", name, SolverNames())
}

// EnergyNames returns the names of the output energies.
func EnergyNames() []string {
	var names []string
	for _, e := range energies {
		names = append(names, e.name)
	}
	return names
}

// EngineNames returns the names of the engines.
func EngineNames() []string {
	var names []string
	for _, e := range engines {
		names = append(names, e.Name())
	}
	return names
}

func energyByName(name string) (graph.Energy, error) {
	for _, e := range energies {
		if e.name == name {
			return e.energy, nil
		}
	}
	return nil, oneOf("--energy", name, EnergyNames())
}

func engineByName(name string) (graph.Engine, error) {
	for _, e := range engines {
		if e.Name() == name {
			return e, nil
		}
	}
	return nil, oneOf("--engine", name, EngineNames())
}

// oneOf returns an error that lists the names unless value is one of them.
func oneOf(flag, value string, names []string) error {
	if slices.Contains(names, value) {
		return nil
	}
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "" })
	return errors.Errorf("%s, got %q, want one of %s", flag, value, strings.Join(names, ", "))
}
