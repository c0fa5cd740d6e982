package cli

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/tables"
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
	formatFlags
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
	t := tables.Table{Columns: []tables.Column{{Name: "model", Key: "name"}, {Name: "what it is", Key: "help"}}}
	for _, m := range run.Models(c.kinds) {
		t.Add(m.Name, m.Help)
	}
	t.Add("NET.toml", "any network, declared in a file; "+c.program+" model show MODEL --toml writes one to start from")
	p := l.printer(c)
	p.Table(t)
	return p.Err()
}

// modelShowCmd is "prospect model show".
type modelShowCmd struct {
	Name string `arg:"" optional:"" name:"model" help:"Name or file, as for --model."`
	Out  string `placeholder:"DIR" help:"Run directory whose network to show."`
	TOML bool   `name:"toml" xor:"form,format" help:"Print the network as a file that --model accepts."`
	DOT  bool   `name:"dot" xor:"form,format" help:"Print nodes and predictions as a graph for Graphviz."`

	Gorgonia  bool `name:"gorgonia" xor:"form,format" help:"Print the expression graph that Gorgonia has of the energies as a graph for Graphviz."`
	Gradients bool `name:"gradients" help:"With --gorgonia, the gradients too."`

	Network networkFlags `embed:""`
	formatFlags
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
	p := m.printer(c)
	if err := showNetwork(c, p, s.Model, net); err != nil {
		return err
	}
	return p.Err()
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
func showNetwork(c *console, p *tables.Writer, name string, net *run.Network) error {
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
	p.Line("%s: %d nodes, %d predictions, %d parameters", name, len(d.Nodes), len(d.Predictions), parameters)
	p.Gap()
	nodes := tables.Table{Columns: []tables.Column{
		{Name: "node", Key: "node"}, {Name: "shape", Key: "shape"}, {Name: "holds", Key: "holds"}, {Name: "prior", Key: "prior"},
	}}
	for _, n := range d.Nodes {
		prior := ""
		if n.Prior != nil {
			prior = strings.TrimPrefix(fmt.Sprintf("%T", n.Prior), "energy.")
		}
		nodes.Add(n.Name, fmt.Sprint(n.Shape), holds[n.Name], prior)
	}
	p.Table(nodes)
	p.Gap()
	predictions := tables.Table{Columns: []tables.Column{
		{Name: "prediction", Key: "prediction"},
		{Name: "of", Key: "of"},
		{Name: "from", Key: "from"},
		{Name: "energy", Key: "energy"},
		{Name: "FLOPs a step", Key: "flops"},
		{Name: "layer", Key: "layer"},
	}}
	flops := stepWork(net)
	for k, q := range d.Predictions {
		layer, err := modelfile.FormatLayer(q.Layer, c.kinds)
		if err != nil {
			return err
		}
		predictions.Add(q.Name, q.Of, strings.Join(q.From, ", "), energyName(q.Energy), tables.Cell{Text: fmt.Sprintf("%.0f", flops[k]), Value: flops[k]}, layer)
	}
	p.Table(predictions)
	return showWork(p, net)
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
func showWork(p *tables.Writer, net *run.Network) error {
	session, err := net.Session(1, graph.Roles{Clamped: net.Clamped()})
	if err != nil {
		return nil // a text, whose symbols are integers, or another network that does not relax so
	}
	work, err := session.FLOPs()
	if err != nil || work == 0 {
		return err
	}
	p.Gap()
	p.Line("A relaxation step takes %.0f floating-point operations a sample.", work)
	return nil
}

// energyName names an energy.
func energyName(e graph.Energy) string {
	if e == nil {
		return "squared error"
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", e), "energy.")
}
