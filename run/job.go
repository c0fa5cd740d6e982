package run

import (
	"context"
	"math"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/train"
)

// Job trains with any trainer in a directory, with metrics and checkpoints: what a [Run]
// does for settings, a Job does for a network, a rule or data of a program's own. A job
// whose directory holds a checkpoint goes on from it, and ends with the weights of one
// that was never stopped, bit for bit.
//
// It writes metrics.jsonl, a line for each epoch (see [Epoch]), and checkpoint/. [Claim]
// makes the directory and [Lock] keeps other processes out of it.
type Job struct {
	// Dir is the directory. It exists.
	Dir string
	// Trainer trains. Its Progress is replaced by that of the checkpoint.
	Trainer *train.Trainer
	// Training is the training data.
	Training train.Source
	// Test tests the network after every epoch. Nil means that nothing is tested.
	Test func(ctx context.Context) (Outcome, error)
	// Validate is Test on data for choosing among networks. Nil means that there are
	// none.
	Validate func(ctx context.Context) (Outcome, error)
	// Patience ends the job when Validate has not become better for so many epochs: in
	// its error, or squared error where there is none. The weights of the best epoch are
	// kept beside the checkpoint and are those of the network at the end. Zero means that
	// all epochs are trained.
	Patience int
	// CheckpointEvery is the number of updates between checkpoints within an
	// epoch, and CheckpointAfter the time. Zero means that none is due to it.
	// There is one at the end of every epoch anyway.
	CheckpointEvery int
	CheckpointAfter time.Duration
	// Observer is told how the job gets on. Nil means no one is.
	Observer Observer

	view View // what a Run adds for a Viewer
}

// Run runs the job from its last checkpoint, or from the start if there is none, and
// returns the last epoch. When ctx is cancelled it saves a checkpoint after the current
// update and returns an error for which errors.Is(err, context.Canceled) holds. A job
// goes once.
func (j *Job) Run(ctx context.Context) (Epoch, error) {
	l, err := j.load()
	if err != nil {
		return Epoch{}, err
	}
	return l.run(ctx)
}

// loop is a job in progress.
type loop struct {
	*Job
	metrics *metrics
	clock   stopwatch
	before  float64 // the seconds of the epochs before
	best    best
	saved   time.Time
	last    Epoch
}

// leads reports whether this process reads and writes the directory, and tests: rank 0 of
// the trainer's group.
func (j *Job) leads() bool { return leads(j.Trainer.Group) }

func leads(g train.Communicator) bool { return g == nil || g.Rank() == 0 }

// load restores the trainer from the checkpoint if there is one. The other processes of a
// group get what rank 0 has when the training begins.
func (j *Job) load() (*loop, error) {
	if !j.leads() {
		return &loop{Job: j}, nil
	}
	c, found, err := loadCheckpoint(j.Dir, j.Trainer)
	if err != nil {
		return nil, err
	}
	if found && j.Trainer.Progress.Epoch >= j.Trainer.Epochs {
		return nil, errors.Errorf("run: checkpoint: epoch, got %d, want one of %d; it is of a longer run", j.Trainer.Progress.Epoch+1, j.Trainer.Epochs)
	}
	l := &loop{Job: j, before: c.TrainSeconds - c.EpochSeconds}
	if err := l.loadBest(); err != nil {
		return nil, err
	}
	l.clock.total = time.Duration(c.TrainSeconds * float64(time.Second))
	return l, nil
}

// run trains, and tells the observer of the end.
func (l *loop) run(ctx context.Context) (Epoch, error) {
	last, err := l.train(ctx)
	if ender, ok := l.Observer.(Ender); ok {
		if endErr := ender.End(last, err); err == nil {
			err = endErr
		}
	}
	return last, err
}

func (l *loop) train(ctx context.Context) (Epoch, error) {
	if !l.leads() {
		return Epoch{}, l.Trainer.Fit(ctx, l.Training)
	}
	var err error
	if l.metrics, err = openMetrics(l.Dir, l.Trainer.Progress.Epoch); err != nil {
		return Epoch{}, err
	}
	defer l.metrics.close()
	if l.Observer != nil {
		if v, ok := l.Observer.(Viewer); ok {
			l.view.Dir, l.view.Trainer = l.Dir, l.Trainer
			if err := v.View(&l.view); err != nil {
				return Epoch{}, err
			}
		}
		if err := l.Observer.Start(l.Training.Steps()*l.Trainer.Epochs, l.Trainer.Progress.Updates); err != nil {
			return Epoch{}, err
		}
	}
	l.Trainer.OnUpdates(l.CheckpointEvery, l.afterUpdate)
	l.Trainer.OnEpoch(l.afterEpoch)
	l.saved = time.Now()
	l.clock.start()
	err = l.Trainer.Fit(ctx, l.Training)
	l.clock.stop()
	switch {
	case err == nil:
		return l.restoreBest()
	case ctx.Err() != nil && errors.Is(err, ctx.Err()) || l.Trainer.Group != nil && errors.Is(err, context.Canceled):
		if saveErr := l.save(); saveErr != nil {
			return Epoch{}, saveErr
		}
	}
	return Epoch{}, err
}

// ErrDiverged is found by errors.Is in the error of a run whose energy is not finite.
var ErrDiverged = errors.New("want a finite number")

// afterUpdate is the trainer's progress hook.
func (l *loop) afterUpdate(_ context.Context, t *train.Trainer, stats train.Stats) error {
	if math.IsNaN(stats.Energy) || math.IsInf(stats.Energy, 0) {
		return errors.Wrapf(ErrDiverged, "run: energy after update %d, got %v", t.Progress.Updates, stats.Energy)
	}
	if l.Observer != nil {
		if err := l.Observer.Update(t.Progress); err != nil {
			return err
		}
	}
	due := l.CheckpointEvery > 0 && t.Progress.Updates%l.CheckpointEvery == 0
	if due || l.CheckpointAfter > 0 && time.Since(l.saved) >= l.CheckpointAfter {
		l.clock.stop()
		defer l.clock.start()
		return l.save()
	}
	return nil
}

// afterEpoch is the trainer's epoch hook. A job that goes on from a checkpoint
// at the end of an epoch comes here again without an update, with the same
// result.
func (l *loop) afterEpoch(ctx context.Context, t *train.Trainer, _ train.Stats) error {
	l.clock.stop()
	defer l.clock.start()
	stop, err := l.evaluate(ctx, t)
	if err != nil {
		return err
	}
	if err := l.metrics.add(l.last); err != nil {
		return err
	}
	if err := l.save(); err != nil {
		return err
	}
	l.before = l.clock.seconds()
	if l.Observer != nil {
		if err := l.Observer.Epoch(l.last); err != nil {
			return err
		}
	}
	if stop {
		return train.ErrStop
	}
	return nil
}

// evaluate makes the line of an epoch, and reports whether the job is to stop.
func (l *loop) evaluate(ctx context.Context, t *train.Trainer) (stop bool, err error) {
	var result Outcome
	if l.Test != nil {
		if result, err = l.Test(ctx); err != nil {
			return false, err
		}
	}
	l.last = Epoch{
		Epoch: t.Progress.Epoch + 1, Epochs: t.Epochs,
		Updates: t.Progress.Updates, RelaxSteps: t.Progress.RelaxSteps,
		TrainEnergy: t.Progress.MeanEnergy(),
		TestError:   result.Error, TestSquaredError: result.SquaredError, TestR2: result.R2,
		TrainSeconds: l.clock.seconds(),
	}
	l.last.observe(&t.Observed, l.clock.seconds()-l.before)
	if !isFinite(l.last.TrainEnergy) || !isFinite(l.last.TestSquaredError) {
		return false, errors.Wrapf(ErrDiverged, "run: energy of epoch %d, got %v in training and %v in the test", l.last.Epoch, l.last.TrainEnergy, l.last.TestSquaredError)
	}
	return l.validate(ctx)
}

func isFinite(x float64) bool { return x-x == 0 }

// save writes a checkpoint.
func (l *loop) save() error {
	seconds := l.clock.seconds()
	err := saveCheckpoint(l.Dir, l.Trainer, clock{TrainSeconds: seconds, EpochSeconds: seconds - l.before})
	l.saved = time.Now()
	return err
}
