package models

import (
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// Recurrent declares networks with cycles: value nodes "x", "h1" ... "y" that predict
// one another in both directions.
//
// In a [Layered] network every node is predicted from its predecessor and from its
// successor, each a separate term of the energy,
//
//	forward:   μ_l = f(a_{l−1})·W_l + b_l
//	feedback:  μ_l = f(a_{l+1})·V_l + c_l     named "h1<h2"
//	lateral:   μ_l = f(a_l)·U_l               named "h1<h1", of hidden nodes
//
// so that it classifies and generates. In a [Clique] every node has one prediction,
// from all other nodes,
//
//	μ_i = Σ_{j≠i} f(a_j)·W_ji + b_i
//
// and input, hidden node and output differ only in being clamped or not. Tied shares
// the two matrices between a pair of nodes: V_l = W_{l+1}ᵀ, W_ji = W_ijᵀ.
//
// On a cycle a feedforward pass is not the minimum of the energy: to predict, leave the
// output free and relax. Nodes on a cycle start as [graph.Start] says.
//
// Source: Salvatori et al. 2022, "Learning on arbitrary graph topologies via predictive
// coding", for the clique; Oliviers, Tang and Bogacz 2025, "Bidirectional predictive
// coding", for the two directions of the layered network.
type Recurrent struct {
	// Widths are the sizes of input, hidden nodes and output: at least two.
	Widths []int `json:"widths"`
	// Topology selects which nodes predict which. Zero means Layered.
	Topology Topology `json:"topology"`
	// NoFeedback omits the feedback of a layered network.
	NoFeedback bool `json:"no_feedback,omitempty"`
	// Lateral lets the units of each hidden node of at least two units predict one
	// another; no unit predicts itself.
	Lateral bool `json:"lateral,omitempty"`
	// Tied shares the matrices of both directions.
	Tied bool `json:"tied,omitempty"`
	// FeedbackPrecision is the precision of the feedback and lateral terms of a layered
	// network. Zero means 1.
	FeedbackPrecision float64 `json:"feedback_precision,omitempty"`
	// Activation is f, which is not applied to x and y. Nil means the identity.
	Activation graph.Layer `json:"activation,omitempty"`
	// Init draws the weights; biases start at 0 with it. Nil means layers.FanIn
	// for weights and biases.
	Init graph.Initializer `json:"init,omitempty"`
}

// Topology says which nodes of a [Recurrent] network predict which.
type Topology int

// The topologies.
const (
	Layered Topology = iota // neighbours in a chain
	Clique                  // every node predicts every other
)

// String returns "layered" or "clique".
func (t Topology) String() string {
	if t == Clique {
		return "clique"
	}
	return "layered"
}

// MarshalText returns "layered" or "clique".
func (t Topology) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads "layered" or "clique".
func (t *Topology) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case "layered":
		*t = Layered
	case "clique":
		*t = Clique
	default:
		return errors.Errorf("models: topology, got %q, want layered or clique", text)
	}
	return nil
}

// maxLateral bounds a node with lateral connections: its weight matrix has the maximum
// size of a parameter.
const maxLateral = 1 << 14

// Declaration returns the network as data, for [graph.New].
func (m Recurrent) Declaration() (graph.Declaration, error) {
	var d graph.Declaration
	if err := checkWidths("Recurrent", "Widths", m.Widths, 2, "at least an input and an output, for example [784 256 10]"); err != nil {
		return d, err
	}
	if limit := 1000; m.Topology == Clique && len(m.Widths) > limit {
		return d, errors.Errorf("models: Recurrent: Widths, got %d nodes in a clique, want at most %d; every pair of them is connected", len(m.Widths), limit)
	}
	for i, w := range m.Widths {
		if m.lateral(i) && w > maxLateral {
			return d, errors.Errorf("models: Recurrent: Widths, got %d with Lateral, want at most %d; every pair of units is connected", w, maxLateral)
		}
	}
	names := slices.Concat([]string{"x"}, numbered("h", len(m.Widths)-2), []string{"y"})
	for i, w := range m.Widths {
		d.Nodes = append(d.Nodes, graph.Node{Name: names[i], Shape: graph.Shape{w}})
	}
	if m.Topology == Clique {
		d.Predictions = m.clique(names)
	} else {
		d.Predictions = m.layered(names)
	}
	return d, nil
}

func (m Recurrent) layered(names []string) []graph.Prediction {
	var p []graph.Prediction
	for i := 1; i < len(names); i++ {
		p = append(p, graph.Prediction{Of: names[i], From: names[i-1 : i], Layer: m.connection(names, i-1, i, false)})
	}
	var back graph.Energy
	if m.FeedbackPrecision != 0 {
		back = energy.Gaussian{Precision: m.FeedbackPrecision}
	}
	for i := 0; i < len(names)-1; i++ {
		if !m.NoFeedback {
			p = append(p, graph.Prediction{
				Name: names[i] + "<" + names[i+1], Of: names[i], From: names[i+1 : i+2], Layer: m.connection(names, i+1, i, false), Energy: back,
			})
		}
		if m.lateral(i) {
			p = append(p, graph.Prediction{
				Name: names[i] + "<" + names[i], Of: names[i], From: names[i : i+1], Layer: m.connection(names, i, i, true), Energy: back,
			})
		}
	}
	return p
}

func (m Recurrent) clique(names []string) []graph.Prediction {
	var all []graph.Prediction
	for i, of := range names {
		p := graph.Prediction{Of: of}
		var sum layers.Sum
		for j, from := range names {
			if i == j && !m.lateral(i) {
				continue
			}
			p.From = append(p.From, from)
			sum = append(sum, m.connection(names, j, i, len(sum) > 0))
		}
		p.Layer = sum
		if len(sum) == 1 {
			p.Layer = sum[0]
		}
		all = append(all, p)
	}
	return all
}

// lateral reports whether the units of node i predict one another.
func (m Recurrent) lateral(i int) bool {
	return m.Lateral && i > 0 && i < len(m.Widths)-1 && m.Widths[i] > 1
}

// connection is the map from node j to node i.
func (m Recurrent) connection(names []string, j, i int, noBias bool) graph.Layer {
	var l graph.Layer = denseTo(m.Widths[i], m.Init, noBias)
	switch {
	case i == j:
		l = layers.MaskedDense{Out: m.Widths[i], Connections: others(m.Widths[i]), NoBias: true, Weight: m.Init}
	case m.Tied:
		d := denseTo(m.Widths[i], m.Init, noBias)
		d.Transposed = j > i
		l = layers.Shared{Name: names[min(i, j)] + "-" + names[max(i, j)], Layer: d}
	}
	if j == 0 || j == len(names)-1 {
		return l
	}
	return after(m.Activation, l)
}

// others lists, for each of n units, all other units.
func others(n int) [][]int {
	lists := make([][]int, n)
	for i := range lists {
		for j := range n {
			if j != i {
				lists[i] = append(lists[i], j)
			}
		}
	}
	return lists
}

// New declares the network and draws its parameters.
func (m Recurrent) New(s graph.Settings) (*graph.Network, error) { return build(m, s) }
