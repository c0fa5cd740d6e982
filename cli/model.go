package cli

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"text/tabwriter"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/modelfile"
	"github.com/seed-be841da4/prospect/run"
)

// modelCmd is "prospect model".
type modelCmd struct {
	List modelListCmd `cmd:"" help:"List the names that --model accepts."`
	Show modelShowCmd `cmd:"" help:"Show the nodes and predictions of a network, or write it as a file."`
}

// modelListCmd is "prospect model list".
type modelListCmd struct {
	JSON bool `name:"json" help:"Print one JSON object a line."`
}

// Run lists the models.
func (l *modelListCmd) Run(c *console) error {
	if l.JSON {
		for _, m := range run.Models(c.kinds) {
			if err := json.NewEncoder(c.stdout).Encode(m); err != nil {
				return errors.Wrap(err, "model list")
			}
		}
		return nil
	}
	t := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	for _, m := range run.Models(c.kinds) {
		fmt.Fprintf(t, "%s\t%s\n", m.Name, m.Help)
	}
	fmt.Fprintln(t, "NET.toml\tany network, declared in a file; "+c.program+" model show MODEL --toml writes one to start from")
	return errors.Wrap(t.Flush(), "model list")
}

// modelShowCmd is "prospect model show".
type modelShowCmd struct {
	Name string `arg:"" optional:"" name:"model" help:"Name or file, as for --model."`
	Out  string `placeholder:"DIR" help:"Run directory whose network to show."`
	TOML bool   `name:"toml" xor:"form" help:"Print the network as a file that --model accepts."`
	DOT  bool   `name:"dot" xor:"form" help:"Print nodes and predictions as a graph for Graphviz."`

	Gorgonia  bool `name:"gorgonia" xor:"form" help:"Print the expression graph that Gorgonia has of the energies as a graph for Graphviz."`
	Gradients bool `name:"gradients" help:"With --gorgonia, the gradients too."`

	JSON bool `name:"json" xor:"form" help:"Print nodes and predictions as one JSON object."`

	Network networkFlags `embed:""`
}

// Run shows a network.
func (m *modelShowCmd) Run(c *console) error {
	s, err := m.settings(c)
	if err != nil {
		return err
	}
	if m.Gradients && !m.Gorgonia {
		return usage(errors.New("--gradients: there is no expression graph to print them in; add --gorgonia, or leave it out"))
	}
	if m.TOML {
		text, err := s.TOML()
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(c.stdout, text)
		return errors.Wrap(err, "model show")
	}
	net, err := s.Network()
	if err != nil {
		return err
	}
	if m.DOT {
		return net.DOT(c.stdout)
	}
	if m.Gorgonia {
		return net.ExpressionDOT(c.stdout, m.Gradients)
	}
	if m.JSON {
		return writeNetwork(c, s.Model, net)
	}
	return showNetwork(c, s.Model, net)
}

// settings are those of a run, or of the flags.
func (m *modelShowCmd) settings(c *console) (run.Settings, error) {
	if m.Out == "" {
		if m.Name != "" {
			m.Network.Model = m.Name
		}
		return m.Network.settings(c)
	}
	if m.Name != "" {
		return run.Settings{}, usage(errors.Errorf("model show: got model %q and --out %s, want one of the two", m.Name, m.Out))
	}
	manifest, err := run.ReadManifest(m.Out, c.kinds)
	if errors.Is(err, fs.ErrNotExist) {
		return run.Settings{}, errors.Errorf("model show: %s: holds no run (no manifest.json); pass the --out of %s train", m.Out, c.program)
	}
	return manifest.Settings, err
}

// showNetwork prints tables of the nodes, the predictions and the parameters.
func showNetwork(c *console, name string, net *run.Network) error {
	d := net.Declaration()
	holds := map[string]string{}
	for _, node := range net.Sample {
		holds[node] = "samples"
	}
	if net.Label != "" {
		holds[net.Label] = "labels"
	}
	for _, node := range d.Nodes {
		if node.Mask != "" {
			holds[node.Mask] = "mask"
		}
	}
	parameters := 0
	for _, p := range net.Params() {
		parameters += p.Value.Size()
	}
	fmt.Fprintf(c.stdout, "%s: %d nodes, %d predictions, %d parameters\n\n", name, len(d.Nodes), len(d.Predictions), parameters)
	t := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "node\tshape\tholds\tprior")
	for _, n := range d.Nodes {
		prior := ""
		if n.Prior != nil {
			prior = fmt.Sprintf("%T", n.Prior)
		}
		fmt.Fprintf(t, "%s\t%v\t%s\t%s\n", n.Name, n.Shape, holds[n.Name], strings.TrimPrefix(prior, "energy."))
	}
	if err := t.Flush(); err != nil {
		return errors.Wrap(err, "model show")
	}
	flops := stepWork(net)
	fmt.Fprintln(t, "\nprediction\tof\tfrom\tenergy\tFLOPs a step\tlayer")
	for k, p := range d.Predictions {
		layer, err := modelfile.FormatLayer(p.Layer, c.kinds)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.0f\t%s\n", p.Name, p.Of, strings.Join(p.From, ", "), energyName(p.Energy), flops[k], layer)
	}
	if err := t.Flush(); err != nil {
		return errors.Wrap(err, "model show")
	}
	return showWork(c, net)
}

// stepWork returns the operations of each prediction in a relaxation step of one sample;
// zeros for a network that does not relax with the data clamped.
func stepWork(net *run.Network) []float64 {
	flops, err := net.FLOPs(net.Clamped())
	if err != nil {
		return make([]float64, len(net.Declaration().Predictions))
	}
	return flops
}

// showWork prints the operations of a relaxation step of one sample.
func showWork(c *console, net *run.Network) error {
	session, err := net.Session(1, graph.Roles{Clamped: net.Clamped()})
	if err != nil {
		return nil // a text, whose symbols are integers, or another network that does not relax so
	}
	work, err := session.FLOPs()
	if err != nil || work == 0 {
		return err
	}
	_, err = fmt.Fprintf(c.stdout, "\nA relaxation step takes %.0f floating-point operations a sample.\n", work)
	return errors.Wrap(err, "model show")
}

// energyName names an energy.
func energyName(e graph.Energy) string {
	if e == nil {
		return "squared error"
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", e), "energy.")
}
