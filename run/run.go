package run

import (
	"context"
	"log/slog"
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
	// Group is the processes that train together, see [train.Trainer]. All of them run
	// the run; rank 0 alone reads and writes the directory and tests. Nil means this one.
	Group train.Communicator
	// Log is told what the user should know; see [train.Trainer]. Nil means
	// slog.Default().
	Log *slog.Logger
}

// Observer is told how a run or a job gets on. Its errors end it.
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
	job, err := r.job()
	if err != nil {
		return Epoch{}, err
	}
	l, err := job.load()
	if err != nil {
		return Epoch{}, err
	}
	if job.leads() {
		if err := r.Manifest.write(r.Dir); err != nil {
			return Epoch{}, err
		}
	}
	last, err := l.run(ctx)
	return last, r.remedy(err)
}

// noteScalings puts into the manifest how the files were standardised.
func (r *Run) noteScalings() error {
	s := &r.Manifest.Settings
	if !isFiles(s.Data) || isText(s.Data) {
		return nil
	}
	split, err := s.readFiles()
	if err == nil {
		r.Manifest.Scalings = &split.Scalings
	}
	return err
}

// job returns the run as a job.
func (r *Run) job() (*Job, error) {
	s := &r.Manifest.Settings
	net, err := s.Network()
	if err != nil {
		return nil, err
	}
	if leads(r.Group) { // the others get the weights from rank 0
		if err := s.initFrom(net, r.Dir); err != nil {
			return nil, err
		}
	}
	from, err := s.sources(r.DataDir, net.Layout)
	if err != nil {
		return nil, err
	}
	trainer, err := s.trainer(net.Network)
	if err != nil {
		return nil, err
	}
	tester, err := newTester(s, net)
	if err != nil {
		return nil, err
	}
	if err := r.noteScalings(); err != nil {
		return nil, err
	}
	if r.Manifest.Scalings != nil {
		tester.targets = r.Manifest.Scalings.Targets
	}
	trainer.Log, trainer.Group = r.Log, r.Group
	job := &Job{
		Dir: r.Dir, Trainer: trainer, Training: from.training,
		Test:            func(ctx context.Context) (Outcome, error) { return tester.test(ctx, from.test) },
		CheckpointEvery: r.CheckpointEvery, CheckpointAfter: r.CheckpointAfter, Observer: r.Observer,
		Patience: s.Patience,
		view:     View{Manifest: &r.Manifest, Net: net, Test: from.test},
	}
	if from.validation != nil {
		job.Validate = func(ctx context.Context) (Outcome, error) { return tester.test(ctx, from.validation) }
	}
	return job, nil
}

// remedy adds what can be done about a run that diverged. The last checkpoint is
// left alone: the state in memory is worth less.
func (r *Run) remedy(err error) error {
	if !errors.Is(err, relax.ErrDiverged) && !errors.Is(err, ErrDiverged) {
		return err
	}
	s, kept := &r.Manifest.Settings, ""
	if _, err := os.Stat(filepath.Join(r.Dir, checkpointDir)); err == nil {
		kept = "; the last checkpoint is kept in " + filepath.Join(r.Dir, checkpointDir)
	}
	if !s.Relaxes() {
		return settingf("%v; lower {lr} (%v)%s", err, s.LR, kept)
	}
	return settingf("%v; lower {step_size} (%v) or {lr} (%v)%s", err, s.StepSize, s.LR, kept)
}
