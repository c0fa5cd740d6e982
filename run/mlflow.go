package run

import (
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
	"github.com/seed-be841da4/prospect/internal/mlflow"
	"github.com/seed-be841da4/prospect/train"
)

// MLflowFile is the file in a run directory that says where the run is logged.
const MLflowFile = "mlflow.json"

// MLflow is an [Observer] of a [Run] that logs it where MLflow shows it: the settings as
// parameters, the numbers of every epoch as metrics whose step is the epoch's number, and
// at the end files as artifacts. A run that goes on from a checkpoint goes on with the
// same run of MLflow, in which each epoch is once.
//
// That the place cannot be written to is an error at the start. Later it is a warning:
// the run goes on, and what is missing is logged with the next epoch, or when the run is
// resumed. It changes no bit of the training.
type MLflow struct {
	// Place is the folder of a file store, or the http:// address of a tracking server.
	// Empty means that of MLflowFile.
	Place string
	// Experiment is the name of the experiment, Name that of the run. Empty means those
	// of the data and of the directory.
	Experiment, Name string
	// Source is the program that trains.
	Source string
	// Artifacts returns more files for the end, by name, such as figures. Nil means none.
	Artifacts func() (map[string][]byte, error)
	// Log receives warnings. Nil means slog.Default().
	Log *slog.Logger

	view   *View
	store  mlflow.Store
	ref    mlflow.Ref
	logged int // epochs
}

// mlflowRun is what MLflowFile holds.
type mlflowRun struct {
	Place string `json:"place"`
	mlflow.Ref
}

// View implements [Viewer].
func (m *MLflow) View(v *View) error {
	m.view = v
	return nil
}

// progress is the metric that says which epochs are logged: it is logged last.
const progress = "train/epoch"

// Start implements [Observer].
func (m *MLflow) Start(int, int) error {
	if m.view == nil || m.view.Manifest == nil {
		return errors.New("run: mlflow: wants to be the observer of a run, or among its Observers")
	}
	path := filepath.Join(m.view.Dir, MLflowFile)
	var before mlflowRun
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && m.Place == "":
		return errors.Errorf("run: mlflow: %s: is missing; say where to log", path)
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return errors.Wrap(err, "run: mlflow")
	default:
		if err := json.Unmarshal(text, &before); err != nil {
			return errors.Wrapf(err, "run: mlflow: %s", path)
		}
	}
	if m.Place, err = m.place(before.Place); err != nil {
		return err
	}
	if m.store, err = mlflow.Open(m.Place); err != nil {
		return withSetting(err, "{mlflow}")
	}
	if before.Run != "" && before.Place == m.Place {
		return m.goOn(before.Ref)
	}
	if m.ref, err = m.store.Create(m.describe()); err != nil {
		return withSetting(err, "{mlflow}")
	}
	if text, err = json.Marshal(mlflowRun{m.Place, m.ref}); err != nil {
		return errors.Wrap(err, "run: mlflow")
	}
	return atomicfile.WriteFile(path, append(text, '\n'), 0o666)
}

// place is where to log, a folder from the root, so that a run that goes on from
// elsewhere finds it.
func (m *MLflow) place(before string) (string, error) {
	place := m.Place
	if place == "" {
		return before, nil
	}
	if strings.Contains(place, "://") {
		return place, nil
	}
	place, err := filepath.Abs(strings.TrimPrefix(place, "file:"))
	return place, errors.Wrap(err, "run: mlflow")
}

// goOn goes on with a run.
func (m *MLflow) goOn(ref mlflow.Ref) error {
	m.ref = ref
	var err error
	if m.logged, err = m.store.LastStep(ref, progress); err != nil {
		return withSetting(err, "{mlflow}")
	}
	return withSetting(m.store.SetStatus(ref, mlflow.Running, time.Now()), "{mlflow}")
}

// describe is the run as MLflow is told of it.
func (m *MLflow) describe() mlflow.Run {
	manifest := m.view.Manifest
	dir, err := filepath.Abs(m.view.Dir)
	if err != nil {
		dir = m.view.Dir
	}
	out := mlflow.Run{
		Experiment: m.Experiment, Name: m.Name, Started: time.Now(),
		Params: map[string]string{}, Tags: map[string]string{
			"mlflow.source.name": m.Source, "mlflow.source.type": "LOCAL",
			"prospect.dir": dir, "prospect.version": manifest.Versions.Prospect, "prospect.host": manifest.Host.Name,
		},
	}
	if out.Name == "" {
		out.Name = filepath.Base(dir)
	}
	if out.Experiment == "" {
		out.Experiment = dataName(manifest.Settings.Data)
	}
	if u, err := user.Current(); err == nil {
		out.User = u.Username
	}
	if manifest.Versions.Revision != "" {
		out.Tags["mlflow.source.git.commit"] = manifest.Versions.Revision
	}
	text, err := json.Marshal(manifest.Settings)
	var settings map[string]json.RawMessage
	if err == nil && json.Unmarshal(text, &settings) == nil {
		for name, value := range settings {
			plain := string(value)
			var s string
			if json.Unmarshal(value, &s) == nil {
				plain = s
			}
			if plain != "" {
				out.Params[mlflow.Key(name)] = plain
			}
		}
	}
	return out
}

// Update implements [Observer].
func (m *MLflow) Update(train.Progress) error { return nil }

// Epoch implements [Observer].
func (m *MLflow) Epoch(Epoch) error {
	m.warn(m.send())
	return nil
}

// send logs the epochs that are not logged yet.
func (m *MLflow) send() error {
	epochs, err := ReadMetrics(m.view.Dir)
	if err != nil {
		return err
	}
	now := time.Now()
	for _, e := range epochs {
		if e.Epoch <= m.logged {
			continue
		}
		var metrics []mlflow.Metric
		for _, x := range append(e.Scalars(), Scalar{progress, float64(e.Epoch)}) {
			metrics = append(metrics, mlflow.Metric{Key: mlflow.Key(x.Name), Value: x.Value, Step: e.Epoch, Time: now})
		}
		if err := m.store.Log(m.ref, metrics); err != nil {
			return err
		}
		m.logged = e.Epoch
	}
	return nil
}

// warn tells of what could not be logged.
func (m *MLflow) warn(err error) {
	if err == nil {
		return
	}
	log := m.Log
	if log == nil {
		log = slog.Default()
	}
	log.Warn("not all is logged for MLflow yet; the next epoch or a resumed run tries again", "error", err)
}

// End implements [Ender].
func (m *MLflow) End(_ Epoch, err error) error {
	if m.ref.Run == "" {
		return nil // it did not start
	}
	m.warn(m.end(err))
	return nil
}

func (m *MLflow) end(err error) error {
	if err := m.send(); err != nil {
		return err
	}
	status := mlflow.Finished
	switch {
	case errors.Is(err, context.Canceled):
		status = mlflow.Killed
	case err != nil:
		status = mlflow.Failed
	default:
		if err := m.keep(); err != nil {
			return err
		}
	}
	return m.store.SetStatus(m.ref, status, time.Now())
}

// keep stores the artifacts.
func (m *MLflow) keep() error {
	weights := CheckpointOf(m.view.Dir)
	if info, err := os.Stat(weights); err == nil && info.IsDir() {
		weights = filepath.Join(weights, bestWeights)
	}
	for _, path := range []string{filepath.Join(m.view.Dir, manifestFile), filepath.Join(m.view.Dir, metricsFile), weights} {
		content, err := os.ReadFile(path)
		if err != nil {
			return errors.Wrap(err, "run: mlflow")
		}
		if err := m.store.Artifact(m.ref, filepath.Base(path), content); err != nil {
			return err
		}
	}
	if m.Artifacts == nil {
		return nil
	}
	files, err := m.Artifacts()
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := m.store.Artifact(m.ref, name, content); err != nil {
			return err
		}
	}
	return nil
}
