package run

import (
	"context"

	"github.com/seed-be841da4/prospect/train"
)

// Evaluate evaluates the checkpoint of a run on the test data of its dataset, or
// of another that fits it if data is not empty.
func Evaluate(ctx context.Context, m Manifest, checkpoint, data, dataDir string) (train.Evaluation, error) {
	s := m.Settings
	net, err := LoadNetwork(m, checkpoint)
	if err != nil {
		return train.Evaluation{}, err
	}
	if data != "" {
		s.Data = data
		if err := s.checkModel(); err != nil {
			return train.Evaluation{}, err
		}
	}
	s.TrainPerClass = 0 // the test data are always all
	_, test, err := s.sources(dataDir)
	if err != nil {
		return train.Evaluation{}, err
	}
	evaluator, err := train.NewEvaluator(net, targetNode)
	if err != nil {
		return train.Evaluation{}, err
	}
	return evaluator.Evaluate(ctx, test)
}
