package run

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/internal/atomicfile"
	"github.com/seed-be841da4/prospect/internal/choice"
	"github.com/seed-be841da4/prospect/kinds"
)

// manifestFormat is the version of a run directory. A reader refuses any other.
const manifestFormat = 1

const manifestFile = "manifest.json"

// Manifest says what a run directory holds and where it came from.
type Manifest struct {
	Format int `json:"format"`
	// Settings are complete.
	Settings Settings `json:"settings"`
	// Beside names a rule that is to be trained alike, with a run directory of
	// that name inside this one. Empty means none.
	Beside string `json:"beside,omitempty"`
	// Created is when the run started.
	Created  time.Time `json:"created"`
	Versions Versions  `json:"versions"`
	Host     Host      `json:"host"`
	// Scalings are the means and deviations by which the numbers of the training files
	// were standardised, and by which those of other files and questions are. Nil for
	// other data.
	Scalings *datasets.Scalings `json:"scalings,omitempty"`
}

// NewManifest describes a run that starts now on this host.
func NewManifest(s Settings) Manifest {
	return Manifest{
		Format: manifestFormat, Settings: s, Created: time.Now().UTC().Truncate(time.Second),
		Versions: ReadVersions(), Host: ReadHost(),
	}
}

// ReadManifest reads the manifest of a run directory, whose kinds are those of r; nil
// means those of kinds.Standard. If there is none, the error is fs.ErrNotExist. Files of
// data that are not there are no error; it comes from what reads them.
func ReadManifest(dir string, r *kinds.Registry) (Manifest, error) {
	m := Manifest{Settings: Settings{Kinds: r}}
	path := filepath.Join(dir, manifestFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, errors.Wrapf(fs.ErrNotExist, "run: manifest: %s", path)
	}
	if err != nil {
		return m, errors.Wrap(err, "run: manifest")
	}
	// Without Format all that follows may have another meaning.
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return m, errors.Wrapf(err, "run: manifest: %s", path)
	}
	if head.Format != manifestFormat {
		return m, errors.Errorf("run: manifest: %s: format, got %d, want %d; use the version that wrote it", path, head.Format, manifestFormat)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, errors.Wrapf(err, "run: manifest: %s", path)
	}
	if _, err := d.Token(); err != io.EOF {
		return m, errors.Errorf("run: manifest: %s: got more than one JSON value, want one", path)
	}
	m.Settings.fillOld()
	m.Settings.Scalings = m.Scalings
	if m.Beside != "" && m.Beside != BP {
		return m, errors.Errorf("run: manifest: %s: beside, got %q, want %q or nothing", path, m.Beside, BP)
	}
	check := m.Settings.Check
	if m.Settings.missing() != nil { // its curves and settings are there all the same
		check = m.Settings.checkAlone
	}
	err = check()
	if errors.As(err, new(*choice.UnknownError)) {
		err = settingf("%v; if the run is of another program, use that, which has kinds of its own", err)
	}
	return m, errors.WithMessagef(err, "run: manifest: %s", path)
}

// fillOld sets what was no setting yet when an old manifest was written.
func (s *Settings) fillOld() {
	if s.Solver == "" {
		s.Solver = usualSolver(s.Coordinates)
	}
	if s.Pixels == "" {
		s.Pixels = StandardPixels
	}
}

// write writes the manifest of a run directory.
func (m Manifest) write(dir string) error {
	text, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return errors.Wrap(err, "run: manifest")
	}
	return atomicfile.WriteFile(filepath.Join(dir, manifestFile), append(text, '\n'), 0o666)
}
