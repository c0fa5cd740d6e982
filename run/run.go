package run

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Run is one training run in a directory.
type Run struct {
	// Dir is the run directory. It exists.
	Dir string
	// Manifest describes the run. Its settings are complete and valid.
	Manifest Manifest
	// DataDir is where the data are, as in datasets.LoadSettings.
	DataDir string
	// CheckpointEvery is the number of updates between checkpoints within an
	// epoch, and CheckpointAfter the time. Zero means that none is due to it.
	// There is one at the end of every epoch anyway.
	CheckpointEvery int
	CheckpointAfter time.Duration
	// Observer is told how the run gets on. Nil means no one is.
	Observer Observer
	// Log is told what the user should know; see [train.Trainer]. Nil means
	// slog.Default().
	Log *slog.Logger
}

// Observer is told how a run gets on. Its errors end the run.
type Observer interface {
	// Start is called before the first update with the number of updates of the
	// whole run and those that were done before.
	Start(total, done int) error
	// Update is called after every update.
	Update(p train.Progress) error
	// Epoch is called after every epoch, once its line is on the disk.
	Epoch(e Epoch) error
}

// Train runs the run from its last checkpoint, or from the start if there is
// none, and returns the last epoch. When ctx is cancelled it saves a checkpoint
// after the current update and returns an error for which errors.Is(err,
// context.Canceled) holds.
func (r *Run) Train(ctx context.Context) (Epoch, error) {
	s := r.Manifest.Settings
	net, err := s.Network()
	if err != nil {
		return Epoch{}, err
	}
	training, test, err := s.sources(r.DataDir, net.Layout)
	if err != nil {
		return Epoch{}, err
	}
	l := &loop{Run: r, test: test}
	if l.trainer, err = s.trainer(net.Network); err != nil {
		return Epoch{}, err
	}
	if l.tester, err = newTester(s, net); err != nil {
		return Epoch{}, err
	}
	l.trainer.Log = r.Log
	c, found, err := loadCheckpoint(r.Dir, l.trainer)
	if err != nil {
		return Epoch{}, err
	}
	if found && l.trainer.Progress.Epoch >= s.Epochs {
		return Epoch{}, errors.Errorf("run: checkpoint: epoch, got %d, want one of %d; it is of a longer run", l.trainer.Progress.Epoch+1, s.Epochs)
	}
	if err := r.Manifest.write(r.Dir); err != nil {
		return Epoch{}, err
	}
	if l.metrics, err = openMetrics(r.Dir, l.trainer.Progress.Epoch); err != nil {
		return Epoch{}, err
	}
	defer l.metrics.close()
	l.clock.total = time.Duration(c.TrainSeconds * float64(time.Second))
	l.before = c.TrainSeconds - c.EpochSeconds
	return l.run(ctx, training)
}

// loop is a run in progress.
type loop struct {
	*Run
	trainer *train.Trainer
	tester  *tester
	test    train.Source
	metrics *metrics
	clock   stopwatch
	before  float64 // the seconds of the epochs before
	saved   time.Time
	last    Epoch
}

func (l *loop) run(ctx context.Context, training train.Source) (Epoch, error) {
	if l.Observer != nil {
		if err := l.Observer.Start(training.Steps()*l.trainer.Epochs, l.trainer.Progress.Updates); err != nil {
			return Epoch{}, err
		}
	}
	l.trainer.OnStep(1, l.afterUpdate)
	l.trainer.OnEpoch(l.afterEpoch)
	l.saved = time.Now()
	l.clock.start()
	err := l.trainer.Fit(ctx, training)
	l.clock.stop()
	switch {
	case err == nil:
		return l.last, nil
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		if saveErr := l.save(); saveErr != nil {
			return Epoch{}, saveErr
		}
		return Epoch{}, err
	}
	return Epoch{}, l.remedy(err)
}

// remedy adds what can be done about a run that diverged. The last checkpoint is
// left alone: the state in memory is worth less.
func (l *loop) remedy(err error) error {
	if !errors.Is(err, relax.ErrDiverged) && !errors.Is(err, errDiverged) {
		return err
	}
	s, kept := l.Manifest.Settings, ""
	if _, err := os.Stat(filepath.Join(l.Dir, checkpointDir)); err == nil {
		kept = "; the last checkpoint is kept in " + filepath.Join(l.Dir, checkpointDir)
	}
	if !Relaxes(s.Rule) {
		return fmt.Errorf("%w; lower --lr (%v)%s", err, s.LR, kept)
	}
	return fmt.Errorf("%w; lower --step-size (%v) or --lr (%v)%s", err, s.StepSize, s.LR, kept)
}

// errDiverged is the cause of an energy that is not finite.
var errDiverged = errors.New("want a finite number")

// afterUpdate is the trainer's step hook.
func (l *loop) afterUpdate(_ context.Context, t *train.Trainer, stats train.Stats) error {
	if math.IsNaN(stats.Energy) || math.IsInf(stats.Energy, 0) {
		return errors.Wrapf(errDiverged, "run: energy after update %d, got %v", t.Progress.Updates, stats.Energy)
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

// afterEpoch is the trainer's epoch hook. A run that goes on from a checkpoint
// at the end of an epoch comes here again without an update, with the same
// result.
func (l *loop) afterEpoch(ctx context.Context, t *train.Trainer, _ train.Stats) error {
	l.clock.stop()
	defer l.clock.start()
	result, err := l.tester.test(ctx, l.test)
	if err != nil {
		return err
	}
	l.last = Epoch{
		Epoch: t.Progress.Epoch + 1, Epochs: t.Epochs,
		Updates: t.Progress.Updates, RelaxSteps: t.Progress.RelaxSteps,
		TrainEnergy: t.Progress.MeanEnergy(),
		TestError:   result.Error, TestSquaredError: result.SquaredError,
		TrainSeconds: l.clock.seconds(),
	}
	l.last.observe(&t.Observed, l.clock.seconds()-l.before)
	if !isFinite(l.last.TrainEnergy) || !isFinite(l.last.TestSquaredError) {
		return errors.Wrapf(errDiverged, "run: energy of epoch %d, got %v in training and %v in the test", l.last.Epoch, l.last.TrainEnergy, l.last.TestSquaredError)
	}
	if err := l.metrics.add(l.last); err != nil {
		return err
	}
	if err := l.save(); err != nil {
		return err
	}
	l.before = l.clock.seconds()
	if l.Observer == nil {
		return nil
	}
	return l.Observer.Epoch(l.last)
}

func isFinite(x float64) bool { return x-x == 0 }

// save writes a checkpoint.
func (l *loop) save() error {
	seconds := l.clock.seconds()
	err := saveCheckpoint(l.Dir, l.trainer, clock{TrainSeconds: seconds, EpochSeconds: seconds - l.before})
	l.saved = time.Now()
	return err
}
