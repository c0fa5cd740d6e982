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
)

// checkpointFormat is the version of the files. A reader refuses any other.
const checkpointFormat = 1

// checkpointHeader is the content of trainer.json.
type checkpointHeader struct {
	Format    int              `json:"format"`
	Progress  Progress         `json:"progress"`
	Observed  *Observed        `json:"observed,omitempty"`
	Optimizer *optimizerHeader `json:"optimizer,omitempty"`
}

// optimizerHeader is the part of an [OptimizerState] that is not a tensor.
type optimizerHeader struct {
	Kind  string `json:"kind"`
	Steps int64  `json:"steps"`
}

// SaveCheckpoint replaces the directory dir by one from which LoadCheckpoint
// goes on bit for bit:
//
//	weights.safetensors      one tensor for each parameter and buffer, by its name
//	optimizer.safetensors    what a [Stateful] optimizer remembers, also one in a [Wrapper]
//	trainer.json             Progress and Observed, and the optimizer's kind and steps
//
// Whenever the process is killed, the old checkpoint or the new one is there,
// whole. There is no state of a random source to save: every random choice, the
// order of the samples as much as the start of the activities, is a function of
// a seed, the epoch and the number of updates, so Progress is all it takes.
//
// A weight that is NaN or infinite is an error and leaves the old checkpoint, and
// so is an optimizer that hides the state of another, see [Wrapper].
func (t *Trainer) SaveCheckpoint(dir string) error {
	return atomicfile.WriteDir(dir, t.WriteCheckpoint)
}

// WriteCheckpoint writes the files of a checkpoint into a directory that
// exists, for callers who keep files of their own beside them.
// [Trainer.SaveCheckpoint] is what others want.
func (t *Trainer) WriteCheckpoint(dir string) error {
	if t.Network == nil || t.Optimizer == nil {
		return errors.New("train: checkpoint: Network and Optimizer are required")
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
	text, err := json.MarshalIndent(head, "", "\t")
	if err != nil {
		return errors.Wrap(err, "train: checkpoint: progress")
	}
	return atomicfile.WriteFile(filepath.Join(dir, trainerFile), append(text, '\n'), 0o666)
}

// LoadCheckpoint sets the weights, the optimizer and Progress to those of a
// checkpoint, so that Fit goes on from there. Names, shapes and precisions have
// to be those of the network, the sort of optimizer that of the trainer, and
// every number finite; otherwise the error tells what differs and nothing is
// changed.
func (t *Trainer) LoadCheckpoint(dir string) error {
	if t.Network == nil || t.Optimizer == nil {
		return errors.New("train: checkpoint: Network and Optimizer are required")
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
	if err := t.loadOptimizer(dir, head.Optimizer); err != nil {
		return err
	}
	setWeights(t.Network, weights) // cannot fail, so either everything changes or nothing
	t.Progress = head.Progress
	t.Observed = Observed{}
	if head.Observed != nil { // nil in a checkpoint of before there was one
		t.Observed = *head.Observed
	}
	return nil
}

// openCheckpoint returns where the files of the checkpoint are.
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
