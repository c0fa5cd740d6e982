package run

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
	"github.com/seed-be841da4/prospect/train"
)

// checkpointDir is the trainer's checkpoint with a clockFile beside it.
const (
	checkpointDir = "checkpoint"
	clockFile     = "run.json"
)

// clock is what a checkpoint keeps besides the trainer's own files. It decides
// nothing: time never influences results.
type clock struct {
	TrainSeconds float64 `json:"train_seconds"`
	// EpochSeconds is the part of it that was spent on the current epoch.
	EpochSeconds float64 `json:"epoch_seconds"`
}

// saveCheckpoint replaces the checkpoint of a run directory.
func saveCheckpoint(dir string, t *train.Trainer, c clock) error {
	return atomicfile.WriteDir(filepath.Join(dir, checkpointDir), func(dir string) error {
		text, err := json.Marshal(c)
		if err != nil {
			return errors.Wrap(err, "run: checkpoint")
		}
		if err := os.WriteFile(filepath.Join(dir, clockFile), append(text, '\n'), 0o666); err != nil {
			return errors.Wrap(err, "run: checkpoint")
		}
		return t.WriteCheckpoint(dir)
	})
}

// loadCheckpoint restores the trainer from the checkpoint of a run directory and
// reports whether there is one.
func loadCheckpoint(dir string, t *train.Trainer) (c clock, found bool, err error) {
	actual, err := atomicfile.OpenDir(filepath.Join(dir, checkpointDir))
	if errors.Is(err, fs.ErrNotExist) {
		return c, false, nil
	}
	if err != nil {
		return c, false, err
	}
	text, err := os.ReadFile(filepath.Join(actual, clockFile))
	if err != nil {
		return c, false, errors.Wrap(err, "run: checkpoint")
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, false, errors.Wrapf(err, "run: checkpoint: %s", filepath.Join(actual, clockFile))
	}
	return c, true, t.LoadCheckpoint(actual)
}

// LoadNetwork returns the network of a manifest with the weights of a checkpoint
// or a file.
func LoadNetwork(m Manifest, w Weights) (*Network, error) {
	net, err := m.Settings.Network()
	if err != nil {
		return nil, err
	}
	return net, w.Settings.Load(net.Network, w.Path)
}

// CheckpointOf returns the path of the weights of a run directory: its checkpoint, or, of
// a run with [Settings.Patience], the file of the best.
func CheckpointOf(dir string) string {
	if best, err := atomicfile.OpenDir(filepath.Join(dir, bestDir)); err == nil {
		return filepath.Join(best, bestWeights)
	}
	return filepath.Join(dir, checkpointDir)
}
