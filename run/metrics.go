package run

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/train"
)

const metricsFile = "metrics.jsonl"

// Epoch is what is known after an epoch: a line of metrics.jsonl.
type Epoch struct {
	// Epoch is its number, from 1, of Epochs.
	Epoch  int `json:"epoch"`
	Epochs int `json:"epochs"`
	// Updates and RelaxSteps count since the start of the run.
	Updates    int `json:"updates"`
	RelaxSteps int `json:"relax_steps"`
	// TrainEnergy is the energy of a training sample, averaged over the epoch,
	// at the state the weights learned from.
	TrainEnergy float64 `json:"train_energy"`
	// TestError is the fraction of test samples whose label is wrong; nil for a
	// network without labels.
	TestError *float64 `json:"test_error,omitempty"`
	// TestSquaredError is ½Σ(target−prediction)², averaged over the test samples;
	// see [Layout] for the target.
	TestSquaredError float64 `json:"test_squared_error"`
	// TestR2 is the coefficient of determination of numbers that are predicted; nil for
	// other data. See [train.OutputFit].
	TestR2 *float64 `json:"test_r2,omitempty"`
	// ValError, ValSquaredError and ValR2 are the same of the validation part; nil if
	// there is none, see [Settings.ValSplit].
	ValError        *float64 `json:"val_error,omitempty"`
	ValSquaredError *float64 `json:"val_squared_error,omitempty"`
	ValR2           *float64 `json:"val_r2,omitempty"`
	// BestEpoch is the epoch of the best validation so far; 0 without
	// [Settings.Patience].
	BestEpoch int `json:"best_epoch,omitempty"`
	// TrainSeconds is the time spent on updates since the start of the run,
	// without evaluations and checkpoints and without the time it was stopped.
	TrainSeconds float64 `json:"train_seconds"`

	// Steps is the mean number of relaxation steps of a batch; 0 for rules without
	// a relaxation that is told.
	Steps float64 `json:"steps"`
	// Converged is the share of the epoch's batches whose relaxation met the
	// criterion; nil without one, see [Settings.Tolerance]. Stalled is the share of
	// those that ended because no step lowered the energy.
	Converged *float64 `json:"converged,omitempty"`
	Stalled   float64  `json:"stalled,omitempty"`
	// Rising is the share of the epoch's batches whose relaxation raised the energy.
	Rising float64 `json:"rising,omitempty"`
	// GradientNormMedian and GradientNormLargest are the norms of the samples of
	// measured batches at the end of their relaxation; see [train.Observed]. Nil for
	// rules that measure none.
	GradientNormMedian  *float64 `json:"gradient_norm_median,omitempty"`
	GradientNormLargest *float64 `json:"gradient_norm_largest,omitempty"`
	// Energies is TrainEnergy by term; nil for rules that tell the total alone.
	Energies map[string]float64 `json:"energies,omitempty"`
	// LearningRate is that of the epoch's last update.
	LearningRate float64 `json:"learning_rate"`
	// SamplesPerSecond are learned, by the time of TrainSeconds.
	SamplesPerSecond float64 `json:"samples_per_second"`
}

// observe fills in what the trainer saw.
func (e *Epoch) observe(o *train.Observed, seconds float64) {
	e.Steps, e.LearningRate = o.MeanSteps(), o.Rate
	e.Stalled = float64(o.Stalled) / float64(max(1, o.Batches))
	e.Rising = float64(o.Rising) / float64(max(1, o.Batches))
	if share, ok := o.ConvergedShare(); ok {
		e.Converged = &share
	}
	if n, ok := o.GradientNorms(); ok {
		e.GradientNormMedian, e.GradientNormLargest = &n.Median, &n.Largest
	}
	for i, x := range o.MeanEnergies() {
		if e.Energies == nil {
			e.Energies = map[string]float64{}
		}
		e.Energies[o.Terms[i]] = x
	}
	if seconds > 0 {
		e.SamplesPerSecond = float64(o.Samples) / seconds
	}
}

// ReadMetrics returns the epochs of a run directory that are finished. A torn last line,
// as a killed process leaves, is left out. No file means no epochs.
func ReadMetrics(dir string) ([]Epoch, error) {
	path := filepath.Join(dir, metricsFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, errors.Wrap(err, "run: metrics")
	}
	var out []Epoch
	for line := range bytes.Lines(text[:bytes.LastIndexByte(text, '\n')+1]) {
		var e Epoch
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, errors.Wrapf(err, "run: metrics: %s: line %d", path, len(out)+1)
		}
		out = append(out, e)
	}
	return out, nil
}

// metrics is an open metrics.jsonl.
type metrics struct {
	file *os.File
	path string
}

// openMetrics opens the metrics of a run that has finished the given number of
// epochs. What was written after that checkpoint, be it whole lines or a torn
// one, is dropped, because it is going to be written again.
func openMetrics(dir string, epochs int) (*metrics, error) {
	path := filepath.Join(dir, metricsFile)
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Wrap(err, "run: metrics")
	}
	end := 0
	for i := range epochs {
		n := bytes.IndexByte(text[end:], '\n')
		if n < 0 {
			return nil, settingf("run: metrics: %s: got %d lines, want one for each of the %d epochs in the checkpoint; put the file back or choose another {out}", path, i, epochs)
		}
		var e Epoch
		if err := json.Unmarshal(text[end:end+n], &e); err != nil || e.Epoch != i+1 {
			return nil, settingf("run: metrics: %s: line %d, got something else, want epoch %d; put the file back or choose another {out}", path, i+1, i+1)
		}
		end += n + 1
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, errors.Wrap(err, "run: metrics")
	}
	if err := f.Truncate(int64(end)); err != nil {
		f.Close()
		return nil, errors.Wrap(err, "run: metrics")
	}
	if _, err := f.Seek(int64(end), 0); err != nil {
		f.Close()
		return nil, errors.Wrap(err, "run: metrics")
	}
	return &metrics{file: f, path: path}, nil
}

// add appends a line and flushes it to the disk, so that no checkpoint counts an
// epoch whose line is lost.
func (m *metrics) add(e Epoch) error {
	line, err := json.Marshal(e)
	if err != nil {
		return errors.Wrapf(err, "run: metrics: epoch %d", e.Epoch)
	}
	if _, err := m.file.Write(append(line, '\n')); err != nil {
		return withSetting(err, "run: metrics: free some space or choose another {out}")
	}
	return withSetting(m.file.Sync(), "run: metrics: free some space or choose another {out}")
}

func (m *metrics) close() { _ = m.file.Close() } // every line is on the disk already
