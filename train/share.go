package train

import (
	"bytes"
	"encoding/json"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/safetensors"
)

// shared is what all processes of a group begin with, beside weights and the optimizer's
// tensors.
type shared struct {
	Rate      float64          `json:"rate"`
	Epochs    int              `json:"epochs"`
	Blocks    int              `json:"blocks"`
	Steps     int              `json:"steps"`
	Progress  Progress         `json:"progress"`
	Observed  Observed         `json:"observed"`
	Optimizer *optimizerHeader `json:"optimizer,omitempty"`
}

// share gives the processes of a group the state of rank 0. Settings that differ are an
// error.
func (t *Trainer) share(c *collective, steps int) error {
	if c.size() == 1 {
		return nil
	}
	head := shared{Rate: t.Rate, Epochs: t.Epochs, Blocks: t.Blocks, Steps: steps, Progress: t.Progress, Observed: t.Observed}
	var parts [3][]byte
	if c.rank() == 0 {
		var err error
		if parts, err = t.pack(head); err != nil {
			return c.fail(err)
		}
	}
	if err := c.combine(nil, nil); err != nil {
		return err
	}
	for i := range parts {
		var err error
		if parts[i], err = c.broadcast(parts[i]); err != nil {
			return errors.WithMessage(err, "train: group: state of rank 0")
		}
	}
	if c.rank() != 0 {
		if err := t.unpack(head, parts); err != nil {
			return c.fail(errors.WithMessage(err, "train: group"))
		}
	}
	return c.combine(nil, nil) // all have it
}

// pack returns the header, the weights and the optimizer's tensors.
func (t *Trainer) pack(head shared) (parts [3][]byte, err error) {
	s, err := statefulOf(t.Optimizer)
	if err != nil {
		return parts, err
	}
	var state OptimizerState
	if s != nil {
		state = s.State()
		head.Optimizer = &optimizerHeader{Kind: state.Kind, Steps: state.Steps}
	}
	if parts[0], err = json.Marshal(head); err != nil {
		return parts, errors.Wrap(err, "train: group: progress")
	}
	if parts[1], err = packTensors(weightsOf(t.Network)); err != nil {
		return parts, err
	}
	parts[2], err = packTensors(state.Tensors)
	return parts, err
}

func packTensors(tensors map[string]*tensor.Dense) ([]byte, error) {
	f, err := tensorFile(tensors, nil)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = safetensors.Write(&b, f)
	return b.Bytes(), err
}

// unpack takes over the state of rank 0.
func (t *Trainer) unpack(own shared, parts [3][]byte) error {
	var head shared
	if err := json.Unmarshal(parts[0], &head); err != nil {
		return errors.Wrap(err, "state")
	}
	if own.Rate != head.Rate || own.Epochs != head.Epochs || own.Blocks != head.Blocks || own.Steps != head.Steps {
		return errors.Errorf("Rate, Epochs, Blocks and batches of an epoch, got %v, %d, %d and %d, want %v, %d, %d and %d as on rank 0; run the same program with the same settings and data on all",
			own.Rate, own.Epochs, own.Blocks, own.Steps, head.Rate, head.Epochs, head.Blocks, head.Steps)
	}
	weights, err := unpackTensors(parts[1])
	if err != nil {
		return err
	}
	for name, mine := range weightsOf(t.Network) {
		w := weights[name]
		if w == nil || w.Dtype() != mine.Dtype() || !w.Shape().Eq(mine.Shape()) || len(weights) != len(weightsOf(t.Network)) {
			return errors.Errorf("network, got %s %q of shape %v, want the network of rank 0; run the same program with the same settings on all", kindOf(t.Network, name), name, mine.Shape())
		}
	}
	tensors, err := unpackTensors(parts[2])
	if err != nil {
		return err
	}
	s, err := statefulOf(t.Optimizer)
	switch {
	case err != nil:
		return err
	case (s != nil) != (head.Optimizer != nil):
		return errors.Errorf("Optimizer, got %T, want that of rank 0", t.Optimizer)
	case s != nil:
		if err := s.SetState(t.Network.Params(), OptimizerState{Kind: head.Optimizer.Kind, Steps: head.Optimizer.Steps, Tensors: tensors}); err != nil {
			return err
		}
	}
	setWeights(t.Network, weights)
	t.Progress, t.Observed = head.Progress, head.Observed
	return nil
}

func unpackTensors(data []byte) (map[string]*tensor.Dense, error) {
	f, err := safetensors.ReadSelected(bytes.NewReader(data), int64(len(data)), func(safetensors.Info) bool { return true })
	if err != nil {
		return nil, err
	}
	return tensorsOf(f, "the state of rank 0")
}
