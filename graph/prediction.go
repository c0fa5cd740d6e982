package graph

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
)

// Prediction computes what a prediction, by its name, predicts from the current
// activities and parameters: the output μ of its layer, a row for each sample. Of an
// energy with a link it is what the link is applied to, such as the logits of
// energy.CrossEntropy. Reading changes nothing; the first reading of a name compiles a
// program.
func (s *Session) Prediction(name string) (relax.Vector, error) {
	k, err := s.net.predictionIndex(name)
	if err != nil {
		return relax.Vector{}, err
	}
	mu := s.plan.mus[k]
	if mu == nil {
		return relax.Vector{}, errors.Errorf("graph: prediction %q: is not computed in this session", name)
	}
	key := "prediction " + name
	u := probeUse{name: key, node: mu}
	p, err := s.probes.readNode(s.plan, u, func() []Input { return s.moduleInputs(ClampedInput) })
	return p.Value, err
}

// Error computes the prediction error x − μ of a prediction, by its name, at the current
// activities, a row for each sample. The prediction of an energy with a link, such as
// energy.CrossEntropy, is not comparable with the activity, which is an error.
func (s *Session) Error(name string) (relax.Vector, error) {
	k, err := s.net.predictionIndex(name)
	if err != nil {
		return relax.Vector{}, err
	}
	d := s.net.decl.Predictions[k]
	if _, linked := d.Energy.(Meaner); linked {
		return relax.Vector{}, errors.Errorf("graph: prediction %q: %T has a link between the prediction and node %q; compare Activity with Network.Forward", name, d.Energy, d.Of)
	}
	x, err := s.View(d.Of)
	if err != nil {
		return relax.Vector{}, err
	}
	mu, err := s.Prediction(name)
	if err != nil {
		return relax.Vector{}, err
	}
	out := copyOf(x)
	out.AddScaled(-1, mu)
	return out, nil
}

// predictionIndex returns the index of a prediction, or an error that lists them.
func (n *Network) predictionIndex(name string) (int, error) {
	k := slices.IndexFunc(n.decl.Predictions, func(p Prediction) bool { return p.Name == name })
	if k < 0 {
		names := make([]string, len(n.decl.Predictions))
		for i, p := range n.decl.Predictions {
			names[i] = strconv.Quote(p.Name)
		}
		return 0, errors.Errorf("graph: prediction %q: not found; the predictions are %s", name, strings.Join(names, ", "))
	}
	return k, nil
}
