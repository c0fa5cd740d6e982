package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/bench"
	"github.com/seed-be841da4/prospect/internal/tables"
	"github.com/seed-be841da4/prospect/run"
)

// equilibriumFlags are the flags of bench --to-equilibrium.
type equilibriumFlags struct {
	ToEquilibrium float64 `name:"to-equilibrium" placeholder:"X" help:"Measure instead the time of a relaxation until the energy of every sample is certified to be within this fraction of its minimum, such as 1e-3, for every solver and for Euler's method with the best fixed step size."`
	Updates       []int   `default:"0,1000" placeholder:"N" help:"Weight updates before --to-equilibrium measures, by the rule pc at equilibrium (${default})."`
	MaxSteps      int     `default:"2000" placeholder:"T" help:"Most steps of a relaxation of --to-equilibrium (${default})."`
	ToAccuracy    float64 `name:"to-accuracy" placeholder:"A" help:"Measure instead the time of learning until this test accuracy, such as 0.85, by backprop and by pc with a fixed number of steps and at equilibrium."`
	Every         int     `default:"100" placeholder:"N" help:"Updates between two measurements of --to-accuracy, which are not timed (${default})."`
	MaxEpochs     int     `default:"20" placeholder:"N" help:"Epochs after which --to-accuracy gives up (${default})."`
	Model         string  `placeholder:"NAME" help:"Network of --to-equilibrium or --to-accuracy in place of --cases, as for train; learned in batches of 64 by Adam with a rate of 0.001."`
}

func (e *equilibriumFlags) check() error {
	switch {
	case !(e.ToEquilibrium >= 0 && e.ToEquilibrium < 1):
		return errors.Errorf("--to-equilibrium, got %v, want more than 0 and less than 1", e.ToEquilibrium)
	case len(e.Updates) == 0 || e.Updates[0] < 0 || !slices.IsSorted(e.Updates):
		return errors.Errorf("--updates, got %v, want numbers of at least 0, ascending", e.Updates)
	case !(e.ToAccuracy >= 0 && e.ToAccuracy <= 1):
		return errors.Errorf("--to-accuracy, got %v, want more than 0 and at most 1", e.ToAccuracy)
	case e.ToAccuracy > 0 && e.ToEquilibrium > 0:
		return errors.New("--to-accuracy and --to-equilibrium: want one of the two")
	case e.Every < 1 || e.MaxEpochs < 1:
		return errors.Errorf("--every and --max-epochs, got %d and %d, want at least 1", e.Every, e.MaxEpochs)
	case e.MaxSteps < 1:
		return errors.Errorf("--max-steps, got %d, want at least 1", e.MaxSteps)
	}
	return nil
}

// equilibria measures the time to equilibrium.
func (b *benchCmd) equilibria(ctx context.Context, c *console, cases []bench.Case) error {
	if len(b.Threads) != 1 {
		return errors.Errorf("--to-equilibrium, got %d numbers of threads, want one", len(b.Threads))
	}
	data, err := b.data()
	if err != nil {
		return err
	}
	s := bench.EquilibriumSettings{Settings: b.settings(b.Threads[0]), Tolerance: b.ToEquilibrium, Updates: b.Updates, MaxSteps: b.MaxSteps}
	s.Data, s.Settings.Precision = data.Train, b.Precision
	var all []bench.Equilibrium
	for _, k := range cases {
		err := bench.MeasureEquilibria(ctx, k, s, func(results []bench.Equilibrium) error {
			all = append(all, results...)
			for _, r := range results {
				if !b.JSON {
					break
				}
				if err := json.NewEncoder(c.stdout).Encode(r); err != nil {
					return errors.Wrap(err, "bench")
				}
			}
			return nil
		})
		if err != nil {
			return errors.WithMessagef(err, "case %s", k.Name)
		}
	}
	if b.JSON {
		return nil
	}
	p := b.printer(c)
	p.Line("from the feedforward pass until every energy is certified to be within %g of its minimum; times of one relaxation of a batch", b.ToEquilibrium)
	p.Gap()
	p.Table(equilibriumTable(all))
	return p.Err()
}

func equilibriumTable(all []bench.Equilibrium) tables.Table {
	t := tables.Table{Columns: []tables.Column{
		{Name: "case", Key: "case"},
		{Name: "updates", Key: "updates"},
		{Name: "moves", Key: "coordinates"},
		{Name: "solver", Key: "solver"},
		{Name: "step size", Key: "step_size"},
		{Name: "steps", Key: "steps"},
		{Name: "passes", Key: "passes"},
		{Name: "MFLOP", Key: "mflop"},
		{Name: "ms", Key: "ms"},
		{Name: "ms of processors", Key: "cpu_ms"},
		{Name: "times faster", Key: "speedup"},
	}}
	for _, r := range all {
		solver, size, cpu := r.Solver, tables.Missing(), tables.Missing()
		if r.Fixed {
			solver += ", fixed steps"
		}
		if r.StepSize > 0 {
			size = tables.Number("%.3g", r.StepSize)
		}
		if r.CPUMs > 0 {
			cpu = tables.Number("%.4g", r.CPUMs)
		}
		more := ""
		if !r.Reached {
			more = ">"
		}
		number := func(format string, x float64) tables.Cell {
			cell := tables.Number(format, x)
			cell.Text = more + cell.Text
			return cell
		}
		t.Add(r.Case, r.Updates, r.Coordinates.String(), solver, size, number("%.4g", r.Steps), number("%.4g", r.Passes),
			number("%.4g", r.MFLOP), number("%.4g", r.Ms), cpu, tables.Number("%.3g", r.Speedup))
	}
	return t
}

// modelCase is the benchmark of the network of --model.
func (b *benchCmd) modelCase(c *console) (bench.Case, error) {
	s := run.Defaults()
	s.Kinds, s.Data, s.Model, s.Precision = c.kinds, b.dataName(), b.Model, b.Precision
	s.Engine = b.Engine
	if b.Engine == "compiled" {
		s.Engine = fmt.Sprintf("compiled:%d", b.Threads[0])
	}
	if err := s.Complete(); err != nil {
		return bench.Case{}, usage(err)
	}
	net, err := s.Network()
	if err != nil {
		return bench.Case{}, err
	}
	k := bench.Case{Name: s.Model, Model: namedModel{s}, Batch: 64, Steps: s.Steps, Optimizer: "adam", Rate: 1e-3}
	for node, size := range map[string]*int{"x": &k.Inputs, "y": &k.Outputs} {
		n, err := net.Node(node)
		if err != nil {
			return k, errors.WithMessage(err, "--model: want a network from node x to node y")
		}
		*size = n.Shape.Size()
	}
	return k, nil
}

// namedModel makes the network of settings.
type namedModel struct{ settings run.Settings }

// New returns the network, on the engine and in the precision of the settings.
func (m namedModel) New(graph.Settings) (*graph.Network, error) {
	net, err := m.settings.Network()
	if err != nil {
		return nil, err
	}
	return net.Network, nil
}
