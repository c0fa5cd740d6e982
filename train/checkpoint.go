package train

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
)

// The files of a checkpoint.
const (
	weightsFile   = "weights.safetensors"
	optimizerFile = "optimizer.safetensors"
	trainerFile   = "trainer.json"
	warmFile      = "warmstart.safetensors"
)

// checkpointFormat is the version of the files. Any other is refused.
const checkpointFormat = 1

// checkpointHeader is the content of trainer.json.
type checkpointHeader struct {
	Format    int              `json:"format"`
	Progress  Progress         `json:"progress"`
	Observed  *Observed        `json:"observed,omitempty"`
	Optimizer *optimizerHeader `json:"optimizer,omitempty"`
	WarmStart bool             `json:"warm_start,omitempty"` // there is a file of it
}

// optimizerHeader is the part of an [OptimizerState] without the tensors.
type optimizerHeader struct {
	Kind  string `json:"kind"`
	Steps int64  `json:"steps"`
}

// SaveCheckpoint replaces the directory dir by a checkpoint from which LoadCheckpoint
// continues bit for bit:
//
//	weights.safetensors      one tensor per parameter and buffer, by name
//	optimizer.safetensors    the state of a [Stateful] optimizer, also inside a [Wrapper]
//	trainer.json             Progress and Observed, and the optimizer's kind and steps
//	warmstart.safetensors    what a [Prospective] with WarmStart keeps of its relaxations
//
// Whenever the process is killed, either the complete old checkpoint or the complete
// new one exists. There is no random source to save: every random choice, including the
// order of the samples and the initial activities, is a function of a seed, the epoch
// and the number of updates, so Progress suffices.
//
// A weight that is NaN or infinite is an error and leaves the old checkpoint, and so is
// an optimizer that hides the state of another, see [Wrapper].
func (t *Trainer) SaveCheckpoint(dir string) error {
	return atomicfile.WriteDir(dir, t.WriteCheckpoint)
}

// WriteCheckpoint writes the files of a checkpoint into an existing directory, for
// callers who store other files beside them. Others use [Trainer.SaveCheckpoint].
func (t *Trainer) WriteCheckpoint(dir string) error {
	if t.Network == nil || t.Optimizer == nil {
		return errors.New("train: checkpoint: Network and Optimizer are required")
	}
	if err := t.Network.Sync(); err != nil {
		return err
	}
	if err := writeTensors(filepath.Join(dir, weightsFile), weightsOf(t.Network), map[string]string{layoutKey: LayoutProspect.String()}); err != nil {
		return err
	}
	head := checkpointHeader{Format: checkpointFormat, Progress: t.Progress, Observed: &t.Observed}
	s, err := statefulOf(t.Optimizer)
	if err != nil {
		return err
	}
	if s != nil {
		state := s.State()
		head.Optimizer = &optimizerHeader{Kind: state.Kind, Steps: state.Steps}
		if err := writeTensors(filepath.Join(dir, optimizerFile), state.Tensors, nil); err != nil {
			return err
		}
	}
	if head.WarmStart, err = writeWarmStart(dir, t.Rule); err != nil {
		return err
	}
	text, err := json.MarshalIndent(head, "", "\t")
	if err != nil {
		return errors.Wrap(err, "train: checkpoint: progress")
	}
	return atomicfile.WriteFile(filepath.Join(dir, trainerFile), append(text, '\n'), 0o666)
}

// LoadCheckpoint sets the weights, the optimizer and Progress from a checkpoint, so
// that Fit continues from there. Names, shapes and precisions must match the network,
// the kind of optimizer the trainer's, and every value must be finite; otherwise the
// error names the difference and nothing is changed.
func (t *Trainer) LoadCheckpoint(dir string) error {
	if t.Network == nil || t.Optimizer == nil {
		return errors.New("train: checkpoint: Network and Optimizer are required")
	}
	if err := t.Network.Sync(); err != nil { // or a device's weights would replace those of the file
		return err
	}
	dir, err := openCheckpoint(dir)
	if err != nil {
		return err
	}
	head, err := readHeader(filepath.Join(dir, trainerFile))
	if err != nil {
		return err
	}
	reader := newWeightReader(WeightSettings{}, t.Network, dir)
	reader.ofCheckpoint(dir)
	weights, err := reader.read()
	if err != nil {
		return err
	}
	rule := warmRuleOf(t.Rule)
	var warm *warmStart
	if rule != nil && head.WarmStart {
		if warm, err = readWarmStart(dir); err != nil {
			return err
		}
	}
	if err := t.loadOptimizer(dir, head.Optimizer); err != nil {
		return err
	}
	setWeights(t.Network, weights) // cannot fail, so either everything changes or nothing
	if rule != nil {
		rule.warm = warm
	}
	t.Progress = head.Progress
	t.Observed = Observed{}
	if head.Observed != nil { // nil in older checkpoints
		t.Observed = *head.Observed
	}
	return nil
}

// openCheckpoint returns the directory of the checkpoint's files.
func openCheckpoint(dir string) (string, error) {
	actual, err := atomicfile.OpenDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return "", errors.Wrapf(fs.ErrNotExist, "train: checkpoint: %s", dir)
	}
	return actual, err
}

// readHeader reads and checks trainer.json.
func readHeader(path string) (checkpointHeader, error) {
	var head checkpointHeader
	text, err := os.ReadFile(path)
	if err != nil {
		return head, errors.Wrap(err, "train: checkpoint")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&head); err != nil {
		return head, errors.Wrapf(err, "train: checkpoint: %s: is damaged or of another program; use another checkpoint", path)
	}
	if head.Format != checkpointFormat {
		return head, errors.Errorf("train: checkpoint: %s: format, got %d, want %d; use the version that wrote it", path, head.Format, checkpointFormat)
	}
	p := head.Progress
	if min(p.Epoch, p.Batch, p.Updates, p.RelaxSteps, p.Samples) < 0 {
		return head, errors.Errorf("train: checkpoint: %s: progress, got a negative count, want counts of at least 0", path)
	}
	return head, nil
}

// loadOptimizer restores the optimizer. It changes nothing on an error.
func (t *Trainer) loadOptimizer(dir string, head *optimizerHeader) error {
	stateful, err := statefulOf(t.Optimizer)
	switch {
	case err != nil:
		return err
	case stateful == nil && head == nil:
		return nil
	case stateful == nil:
		return errors.Errorf("train: checkpoint: optimizer, got the state of %q, want none for %T; resume with the optimizer of the checkpoint", head.Kind, t.Optimizer)
	case head == nil:
		return errors.Errorf("train: checkpoint: optimizer, got no state, want that of %T; resume with the optimizer of the checkpoint", t.Optimizer)
	}
	tensors, err := readTensors(filepath.Join(dir, optimizerFile))
	if err != nil {
		return err
	}
	return stateful.SetState(t.Network.Params(), OptimizerState{Kind: head.Kind, Steps: head.Steps, Tensors: tensors})
}
