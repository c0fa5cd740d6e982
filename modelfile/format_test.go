package modelfile_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/modelfile"
	"github.com/seed-be841da4/prospect/models"
)

// What is written is read again as the same declaration.
func TestFormat(t *testing.T) {
	text, err := os.ReadFile("testdata/digits.toml")
	if err != nil {
		t.Fatal(err)
	}
	f, err := modelfile.Parse("digits.toml", text, kinds.Standard())
	if err != nil {
		t.Fatal(err)
	}
	odd := graph.Declaration{
		Nodes: []graph.Node{
			{Name: "x \"1\"\\\n\x01é", Shape: graph.Shape{3}, Data: true}, {Name: "y", Shape: graph.Shape{2, 2}, Prior: energy.L2{Weight: 1e-7}},
		},
		Predictions: []graph.Prediction{{
			Name: "p", Of: "y", From: []string{"x \"1\"\\\n\x01é"}, Energy: energy.Gaussian{Learned: energy.LearnedUnits},
			Layer: layers.Sequential{layers.Sequential{layers.Dense{Out: 4, Weight: layers.Values{1.5, -2e300}}, layers.Tanh{}}, layers.Reshape{Shape: graph.Shape{2, 2}}},
		}},
	}
	declarations := map[string]graph.Declaration{"file": f.Declaration, "odd": odd}
	for name, m := range map[string]models.Model{
		"mlp":         models.MLP{Widths: []int{4, 3, 2}, Activation: layers.GELU{}, Init: layers.Orthogonal{Gain: 2}, Output: energy.CrossEntropy{}},
		"residual":    models.MLPResidual{Inputs: 3, Width: 4, Depth: 3, Outputs: 2},
		"generative":  models.Generative{Size: 4, Classes: 2, Latent: 3, Hidden: []int{5}, Squash: layers.Sigmoid{}, Output: energy.Bernoulli{}},
		"recurrent":   models.Recurrent{Widths: []int{2, 3, 2}, Tied: true, Lateral: true, FeedbackPrecision: 0.5},
		"autoencoder": models.Autoencoder{Widths: []int{4, 2}, Tied: true},
	} {
		d, err := m.Declaration()
		if err != nil {
			t.Fatal(err)
		}
		declarations[name] = d
	}
	for name, d := range declarations {
		t.Run(name, func(t *testing.T) {
			input, target := d.Nodes[0].Name, d.Nodes[1].Name
			text, err := modelfile.Format(d, input, target, kinds.Standard())
			if err != nil {
				t.Fatal(err)
			}
			got, err := modelfile.Parse("again.toml", []byte(text), kinds.Standard())
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if diff := cmp.Diff(d, got.Declaration, cmpopts.EquateEmpty()); diff != "" || got.Input != input || got.Target != target {
				t.Errorf("declaration (-want +got):\n%s\n%s", diff, text)
			}
		})
	}
}

func TestFormatErrors(t *testing.T) {
	d := graph.Declaration{Predictions: []graph.Prediction{{Layer: Doubled{}}}}
	if _, err := modelfile.Format(d, "x", "y", kinds.Standard()); err == nil || !strings.Contains(err.Error(), "Doubled has no name") {
		t.Errorf("got %v, want that the layer has no name", err)
	}
	if got, err := modelfile.FormatLayer(Doubled{Strength: 2, Pair: [2]uint8{1, 2}}, withOwn()); err != nil || got != `{kind = "doubled", pair = [1, 2]}` {
		t.Errorf("got %s, %v", got, err)
	}
}
