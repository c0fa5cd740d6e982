package train

import (
	"context"
	"log/slog"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
)

// Trainer runs a learning rule and an optimizer over the batches of a source.
// It is deterministic: the same network, settings and source give the same
// weights, bit for bit.
type Trainer struct {
	// Network to train. Required.
	Network *graph.Network `json:"-"`
	// Rule fills the gradients. Required.
	Rule Rule `json:"rule"`
	// Optimizer applies them. Required.
	Optimizer Optimizer `json:"optimizer"`
	// Rate is the learning rate. Zero is an error: there is no default.
	Rate float64 `json:"rate"`
	// Schedule multiplies the rate over the run. Nil means Constant{}.
	Schedule Schedule `json:"schedule,omitempty"`
	// Epochs is the number of epochs of a whole run. Zero is an error.
	Epochs int `json:"epochs"`

	// Blocks is the number of equal parts, a power of two, in which every batch is
	// learned: their gradients are added up along a binary tree, so that the same blocks
	// give the same bits on 1, 2, 4 … processes of a Group, and in one. Zero means whole
	// batches, or with a Group [DefaultBlocks], or as many as it has members if they are
	// more. The rule has to be [Divisible], and its fields are read when Fit begins.
	Blocks int `json:"blocks,omitempty"`
	// Group is the processes that train the network together: each runs the same program
	// with the same data, learns its share of the blocks of every batch, and ends with
	// the same weights. Fit begins with the weights, the optimizer's state and Progress
	// of rank 0 on all, and ends on all with an error if one of them fails. Nil means
	// this one.
	Group Communicator `json:"-"`

	// Progress is the position in the run. Fit continues from here, so a checkpoint is
	// loaded by setting it.
	Progress Progress `json:"-"`
	// Observed are the observations of the current epoch, or, after it, of the last. An
	// epoch's hook finds its report here.
	Observed Observed `json:"-"`
	// Log receives warnings, once each, such as that the signal does not reach some
	// nodes. Nil means slog.Default().
	Log *slog.Logger `json:"-"`

	warned     bool
	stepHooks  []stepHook
	epochHooks []Hook
	evaluators map[string]*Evaluator
	learning   learning
	division   *division // during Fit; nil if batches are whole
	launches   *launches // during Fit; nil unless many updates are one launch on a device
	alone      string    // why they are not
	most       int       // updates of the next launch, once it is known
}

// ErrRunOver is the cause of the error of a Fit with no epoch left.
var ErrRunOver = errors.New("the run is over")

// ErrStop is what a hook returns to end [Trainer.Fit] without an error, for example
// because the network has learned enough. Progress stays where the hook was called: a
// later Fit goes on from there. In a [Trainer.Group] it ends the training of all
// processes if an epoch's hook of one returns it; a step's hook has to on all.
var ErrStop = errors.New("stop")

// Progress is the position of a run.
type Progress struct {
	// Epoch is the current epoch, from 0.
	Epoch int `json:"epoch"`
	// Batch is the number of batches of this epoch already learned.
	Batch int `json:"batch"`
	// Updates counts weight updates since the start of the run; for a [Learner] it
	// counts batches.
	Updates int `json:"updates"`
	// RelaxSteps counts relaxation steps since the start of the run.
	RelaxSteps int `json:"relax_steps"`
	// Samples and Energy are sums over this epoch's batches.
	Samples int     `json:"samples"`
	Energy  float64 `json:"energy"`
}

// MeanEnergy is the mean energy per sample in this epoch so far; 0 after the end of an
// epoch, but not yet in the hooks of [Trainer.OnEpoch].
func (p Progress) MeanEnergy() float64 {
	if p.Samples == 0 {
		return 0
	}
	return p.Energy / float64(p.Samples)
}

// Hook is called between updates. An error ends Fit.
type Hook func(ctx context.Context, t *Trainer, last Stats) error

type stepHook struct {
	every  int
	hook   Hook
	blind  bool // does not read gradients
	sparse bool // need not be called after every update; every is then 0 for any number
}

// each reports whether the hook is called after every update, however it is learned.
func (h stepHook) each() bool { return !h.sparse && h.every == 1 }

// due reports whether the hook is called after an update that was learned alone.
func (h stepHook) due(updates int) bool { return h.sparse || updates%h.every == 0 }

// OnStep calls hook after every n-th update of the run, whose gradients it may read. On a
// device that keeps such an update from being one launch.
func (t *Trainer) OnStep(n int, hook Hook) {
	t.stepHooks = append(t.stepHooks, stepHook{every: max(1, n), hook: hook})
}

// OnProgress calls hook after every update of the run. It must not read the gradients of
// the parameters: the update before it need not store them, which saves time and memory
// traffic. A hook that reads Param.Value on a device calls [graph.Network.Sync] first. On
// a device it keeps several updates from being one launch; see [Trainer.OnUpdates].
func (t *Trainer) OnProgress(hook Hook) {
	t.stepHooks = append(t.stepHooks, stepHook{every: 1, hook: hook, blind: true})
}

// OnUpdates calls hook, which is like one of [Trainer.OnProgress], after every update,
// or, where a device takes several as one launch, after the last of them: at the latest
// after the one that makes the updates of the run a multiple of n. Zero means after any
// number of them, at least every half second or so.
func (t *Trainer) OnUpdates(n int, hook Hook) {
	t.stepHooks = append(t.stepHooks, stepHook{every: max(0, n), hook: hook, blind: true, sparse: true})
}

// gradients says who wants the gradients of the next update of an epoch of some batches:
// a step's hook reads them; an epoch's, or the warning after the first update, may.
func (t *Trainer) gradients(batches int) gradients {
	next := t.Progress.Updates + 1
	read := slices.ContainsFunc(t.stepHooks, func(h stepHook) bool { return !h.blind && next%h.every == 0 })
	return gradients{keep: read || !t.warned || t.Progress.Batch+1 >= batches, read: read}
}

// OnEpoch calls hook after the last batch of every epoch, while Progress still holds
// the sums of that epoch. The gradients are those of the last update, unless that was one
// launch on a device.
func (t *Trainer) OnEpoch(hook Hook) { t.epochHooks = append(t.epochHooks, hook) }

// Fit trains from Progress to the end of the last epoch. After an error, including
// cancellation, Progress says how many batches were learned; the failed batch changed
// nothing, see [Learn], so that calling Fit again, or resuming a checkpoint, gives the
// bits of an uninterrupted run. If no epoch is left the error is [ErrRunOver]: raise
// Epochs to train on.
func (t *Trainer) Fit(ctx context.Context, src Source) error {
	if err := t.check(); err != nil {
		return err
	}
	if src == nil {
		return errors.New("train: trainer: source, got nil, want one, for example a Labelled")
	}
	d, err := t.divide()
	if d == nil {
		if err != nil {
			return err
		}
		return t.fit(ctx, src)
	}
	defer d.close()
	if err := t.share(d.collective, src.Steps()); err != nil {
		return err
	}
	t.division = d
	defer func() { t.division = nil }()
	if err := t.fit(ctx, src); err != nil {
		return d.fail(err)
	}
	return d.end()
}

// fit trains.
func (t *Trainer) fit(ctx context.Context, src Source) (err error) {
	if p := warmRuleOf(t.Rule); p != nil {
		p.samples = samplesOf(src)
	}
	setUpdates(t.Rule, t.Progress.Updates)
	total := t.Epochs * src.Steps()
	if total == 0 {
		return noBatches(src)
	}
	if p := t.Progress; p.Epoch >= t.Epochs {
		return errors.Wrapf(ErrRunOver, "train: trainer: Epochs, got %d, want more than the %d that are done; raise it to train on, or set Progress to train.Progress{} to count anew", t.Epochs, p.Epoch)
	}
	t.launches, t.alone = t.launchesOf(src)
	defer func() {
		t.launches.close()
		t.launches = nil
		if lost := t.Network.Sync(); lost != nil && err == nil {
			err = lost
		}
	}()
	for t.Progress.Epoch < t.Epochs {
		err := t.epoch(ctx, src, total)
		if errors.Is(err, ErrStop) {
			return nil
		}
		if err != nil {
			return errors.WithMessagef(err, "train: epoch %d, batch %d", t.Progress.Epoch, t.Progress.Batch)
		}
		t.Progress.Epoch++
		t.Progress.Batch, t.Progress.Samples, t.Progress.Energy = 0, 0, 0
	}
	return nil
}

// noBatches returns the reason why a source has no batches, from the source if
// possible.
func noBatches(src Source) error {
	for _, err := range src.Batches(0, 0) {
		if err != nil {
			return err
		}
		break
	}
	return errors.New("train: trainer: the source has no batches; lower the batch size or add data")
}

// Evaluate compares the feedforward prediction of a target node with the data; see
// [Evaluator.Evaluate].
func (t *Trainer) Evaluate(ctx context.Context, src Source, target string) (Evaluation, error) {
	e, ok := t.evaluators[target]
	if !ok || e.net != t.Network {
		var err error
		if e, err = NewEvaluator(t.Network, target); err != nil {
			return Evaluation{}, err
		}
		if t.evaluators == nil {
			t.evaluators = map[string]*Evaluator{}
		}
		t.evaluators[target] = e
	}
	return e.Evaluate(ctx, src)
}

func (t *Trainer) check() error {
	switch {
	case t.Network == nil || t.Rule == nil || t.Optimizer == nil:
		return errors.New("train: trainer: Network, Rule and Optimizer are required")
	case !Descends(t.Optimizer):
		return errors.Errorf("train: trainer: Optimizer, got %T, which moves no parameter; put it into a Chain with one that does, such as &train.Adam{}", t.Optimizer)
	case !(t.Rate > 0):
		return errors.Errorf("train: trainer: Rate, got %v, want a positive learning rate; there is no default, try 0.001 with Adam", t.Rate)
	case t.Epochs < 1:
		return errors.Errorf("train: trainer: Epochs, got %d, want at least 1", t.Epochs)
	}
	return nil
}
