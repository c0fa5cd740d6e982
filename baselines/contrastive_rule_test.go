package baselines_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// hopfieldNet is settlingNet as a network of scalar products, with or without a leak. If
// nudged, its output is h3 and y holds the target.
func hopfieldNet(t *testing.T, leak, nudged bool) (net, chain *graph.Network) {
	t.Helper()
	chain, _ = settlingNet(t)
	d := cloned(chain)
	for i := range d.Nodes {
		if leak && i > 0 {
			d.Nodes[i].Prior = energy.L2{Weight: 1}
		}
	}
	for i := range d.Predictions {
		d.Predictions[i].Energy = energy.Hopfield{Activation: layers.Tanh{}}
	}
	if nudged {
		last := len(d.Nodes) - 1
		d.Nodes[last].Name, d.Predictions[last-1].Of, d.Predictions[last-1].Name = "h3", "h3", "h3"
		d.Nodes = append(d.Nodes, graph.Node{Name: "y", Shape: graph.Shape{2}})
		d.Predictions = append(d.Predictions, graph.Prediction{Of: "y", From: []string{"h3"}, Layer: layers.Identity{}})
	}
	net, err := graph.New(d, graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range chain.Params() {
		net.Params()[i].Values().CopyFrom(p.Values())
	}
	net.ParamsChanged()
	return net, chain
}

// cloned returns the declaration of a network, to change.
func cloned(net *graph.Network) graph.Declaration {
	d := net.Declaration()
	return graph.Declaration{Nodes: slices.Clone(d.Nodes), Predictions: slices.Clone(d.Predictions)}
}

// On a chain train.Contrastive has the gradients of the rules written by hand: GeneRec
// and the deep Hopfield network, clamped and nudged, on the way to equilibrium too.
func TestContrastiveIsGeneRecAndHopfield(t *testing.T) {
	settling := baselines.Settling{Steps: 30, Size: 0.05, Output: layers.Tanh{}}
	r := relax.Settings{Steps: 30, Control: relax.Constant{Size: 0.05}}
	for _, leak := range []bool{false, true} {
		for _, nudge := range []float64{0, 0.3} {
			net, chain := hopfieldNet(t, leak, nudge != 0)
			b := randomBatch(chain, 3, rand.New(rand.NewPCG(2, 3)))
			var byHand train.Rule = &baselines.Hopfield{Settling: settling, Nudge: nudge}
			if leak {
				byHand = &baselines.GeneRec{Settling: settling, Nudge: nudge}
			}
			rule := train.ContrastiveHebbian(r)
			if nudge != 0 {
				rule = &train.Contrastive{Relax: r, Nudging: train.Positive, Nudge: nudge}
			}
			if d := furthest(gradients(t, net, rule, b), gradients(t, chain, byHand, b)); d > 1e-13 {
				t.Errorf("leak %v, nudge %v: gradients differ from %T by %g", leak, nudge, byHand, d)
			}
		}
	}
}

// In a linear network the errors of Almeida-Pineda are those of equilibrium propagation
// in its limit: equal gradients of the biases.
func TestContrastiveIsAlmeidaPineda(t *testing.T) {
	net, chain := hopfieldNet(t, true, true)
	d, linear := cloned(net), cloned(chain)
	for i := range 3 {
		d.Predictions[i].Energy = energy.Hopfield{}
		if s, ok := d.Predictions[i].Layer.(layers.Sequential); ok {
			d.Predictions[i].Layer = layers.Sequential{layers.Identity{}, s[1]}
			linear.Predictions[i].Layer = d.Predictions[i].Layer
		}
	}
	var nets [2]*graph.Network
	for k, d := range []graph.Declaration{d, linear} {
		var err error
		if nets[k], err = graph.New(d, graph.Settings{Precision: graph.Float64}); err != nil {
			t.Fatal(err)
		}
		for i, p := range chain.Params() {
			nets[k].Params()[i].Values().CopyFrom(p.Values())
			nets[k].Params()[i].Values().Scale(0.25)
		}
		nets[k].ParamsChanged()
	}
	b := randomBatch(nets[1], 3, rand.New(rand.NewPCG(2, 3)))
	r := relax.Settings{Steps: 2000, Control: relax.Constant{Size: 0.1}}
	got := gradients(t, nets[0], train.EquilibriumPropagation(1e-4, r), b)
	want := gradients(t, nets[1], &baselines.AlmeidaPineda{Settling: baselines.Settling{Steps: 2000, Size: 0.1}}, b)
	for i, p := range nets[1].Params() {
		if i%2 == 0 {
			continue // weights: those from above are held fixed by Almeida-Pineda
		}
		if d := furthest(got[i:i+1], want[i:i+1]); d > 1e-7 {
			t.Errorf("%s: gradients differ by %g", p.Name, d)
		}
	}
}
