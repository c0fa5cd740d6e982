package run

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
	"github.com/seed-be841da4/prospect/train"
)

// bestDir holds the weights of the epoch of the best validation, bestFile says which.
const (
	bestDir     = "best"
	bestFile    = "best.json"
	bestWeights = "weights.safetensors"
)

// best is the epoch of the best validation so far.
type best struct {
	// Epoch counts from 1; 0 means that there is none yet.
	Epoch int `json:"epoch"`
	// Score is the error, or the squared error where there is none.
	Score float64 `json:"score"`
}

// score is what validation goes by: the less, the better.
func (o Outcome) score() float64 {
	if o.Error != nil {
		return *o.Error
	}
	return o.SquaredError
}

// validate tests on the validation part and reports whether the job is to stop.
func (l *loop) validate(ctx context.Context) (stop bool, err error) {
	if l.Validate == nil {
		return false, nil
	}
	o, err := l.Validate(ctx)
	if err != nil {
		return false, err
	}
	if !isFinite(o.SquaredError) {
		return false, errors.Wrapf(ErrDiverged, "run: energy of epoch %d, got %v in the validation", l.last.Epoch, o.SquaredError)
	}
	l.last.ValError, l.last.ValSquaredError, l.last.ValR2 = o.Error, &o.SquaredError, o.R2
	if l.Patience == 0 {
		return false, nil
	}
	if l.best.Epoch == 0 || l.best.Epoch >= l.last.Epoch || o.score() < l.best.Score {
		l.best = best{l.last.Epoch, o.score()}
		if err := l.saveBest(); err != nil {
			return false, err
		}
	}
	l.last.BestEpoch = l.best.Epoch
	return l.last.Epoch-l.best.Epoch >= l.Patience, nil
}

// saveBest keeps the weights.
func (l *loop) saveBest() error {
	return atomicfile.WriteDir(filepath.Join(l.Dir, bestDir), func(dir string) error {
		text, err := json.Marshal(l.best)
		if err != nil {
			return errors.Wrap(err, "run: best")
		}
		if err := os.WriteFile(filepath.Join(dir, bestFile), append(text, '\n'), 0o666); err != nil {
			return errors.Wrap(err, "run: best")
		}
		return train.SaveWeights(l.Trainer.Network, filepath.Join(dir, bestWeights))
	})
}

// loadBest reads which epoch was the best of those that the checkpoint has.
func (l *loop) loadBest() error {
	if l.Patience == 0 || l.Trainer.Progress.Epoch == 0 && l.Trainer.Progress.Batch == 0 {
		return nil
	}
	dir, err := atomicfile.OpenDir(filepath.Join(l.Dir, bestDir))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, bestFile))
	if err != nil {
		return errors.Wrap(err, "run: best")
	}
	if err := json.Unmarshal(text, &l.best); err != nil || !(math.Abs(l.best.Score) <= math.MaxFloat64) {
		return errors.Errorf("run: best: %s: is damaged; remove the folder, or choose another run", filepath.Join(dir, bestFile))
	}
	return nil
}

// restoreBest gives the network the weights of the best epoch, and returns its line.
func (l *loop) restoreBest() (Epoch, error) {
	if l.best.Epoch == 0 {
		return l.last, nil
	}
	dir, err := atomicfile.OpenDir(filepath.Join(l.Dir, bestDir))
	if err != nil {
		return Epoch{}, err
	}
	if err := (train.WeightSettings{}).Load(l.Trainer.Network, filepath.Join(dir, bestWeights)); err != nil {
		return Epoch{}, err
	}
	epochs, err := ReadMetrics(l.Dir)
	if err != nil {
		return Epoch{}, err
	}
	if len(epochs) < l.best.Epoch {
		return Epoch{}, errors.Errorf("run: best: %s has no line of epoch %d; put the file back", filepath.Join(l.Dir, metricsFile), l.best.Epoch)
	}
	return epochs[l.best.Epoch-1], nil
}
