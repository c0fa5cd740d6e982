package run

import (
	"context"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/train"
)

// Classify counts, class by class, what the network of a run with those weights makes of
// the test data of its dataset; see [train.Evaluator.Classification]. It is an error if
// the feedforward pass of the network does not end in labels.
func Classify(ctx context.Context, m Manifest, w Weights, dataDir string) (train.ClassificationScore, error) {
	var none train.ClassificationScore
	s := m.Settings
	net, err := LoadNetwork(m, w)
	if err != nil {
		return none, err
	}
	t, err := newTester(&s, net)
	if err != nil {
		return none, err
	}
	if !net.Classifies() || !t.settles || net.places > 0 {
		return none, errors.Errorf("run: classify: %s on %s does not end in labels", s.Model, s.Data)
	}
	s.TrainPerClass = 0
	from, err := s.sources(dataDir, net.Layout)
	if err != nil {
		return none, err
	}
	settings := train.ClassificationSettings{}
	if net.oneUnit {
		settings.Threshold = &t.threshold
	}
	return t.forward.Classification(ctx, from.test, settings)
}
