package cli

import (
	"slices"

	"github.com/seed-be841da4/prospect/modelfile"
	"github.com/seed-be841da4/prospect/run"
)

// networkEvent is a network for programs.
type networkEvent struct {
	Model       string            `json:"model"`
	Nodes       []nodeEvent       `json:"nodes"`
	Predictions []predictionEvent `json:"predictions"`
	// Parameters are all numbers that are learned.
	Parameters int `json:"parameters"`
}

type nodeEvent struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
	// Holds is "samples" or "labels" of a node that data are clamped to.
	Holds string `json:"holds,omitempty"`
}

type predictionEvent struct {
	Name  string   `json:"name"`
	Of    string   `json:"of"`
	From  []string `json:"from"`
	Layer string   `json:"layer"`
}

// writeNetwork prints the nodes and predictions of a network as JSON.
func writeNetwork(c *console, name string, net *run.Network) error {
	d, event := net.Declaration(), networkEvent{Model: name}
	for _, n := range d.Nodes {
		e := nodeEvent{Name: n.Name, Shape: n.Shape}
		switch {
		case slices.Contains(net.Sample, n.Name):
			e.Holds = "samples"
		case n.Name == net.Label:
			e.Holds = "labels"
		}
		event.Nodes = append(event.Nodes, e)
	}
	for _, p := range d.Predictions {
		layer, err := modelfile.FormatLayer(p.Layer, c.kinds)
		if err != nil {
			return err
		}
		event.Predictions = append(event.Predictions, predictionEvent{p.Name, p.Of, p.From, layer})
	}
	for _, p := range net.Params() {
		event.Parameters += p.Value.Size()
	}
	return writeEvent(c.stdout, event)
}
