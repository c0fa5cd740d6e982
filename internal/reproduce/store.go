package reproduce

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"
)

// schema is the version of the stored lines.
const schema = 1

// header is the first line of a store: what the trials in it have in common.
type header struct {
	Schema   int      `json:"schema"`
	Store    string   `json:"store"`
	Preset   Preset   `json:"preset"`
	Protocol Protocol `json:"protocol"`
}

// Store keeps the results of trials in a file of JSON lines: a header, then one
// line for each trial, written when the trial ends. A line is written with one
// call, so a process that is killed leaves at most one incomplete line, the last,
// which the next one removes.
type Store struct {
	path    string
	file    *os.File
	records map[Trial]Record
}

// StorePath returns where a store of that name is kept in an output directory.
func StorePath(dir, name string) string { return filepath.Join(dir, "trials", name+".jsonl") }

// OpenStore opens or makes a store. Without resume it is an error if it exists
// already; with resume it has to be of the same preset and protocol.
func OpenStore(dir, name string, o Options, resume bool) (*Store, error) {
	s := &Store{path: StorePath(dir, name), records: map[Trial]Record{}}
	want := header{schema, name, o.Preset, o.Protocol}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o777); err != nil {
		return nil, errors.Wrap(err, "--out: choose a folder that can be written")
	}
	text, err := os.ReadFile(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, errors.Wrap(err, "reproduce: store")
	case !resume:
		return nil, errors.Errorf("--out %s: already holds trials of %s; pass --resume to go on or choose another --out", dir, name)
	}
	length, err := s.load(text, want)
	if err != nil {
		return nil, err
	}
	if s.file, err = os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return nil, errors.Wrap(err, "reproduce: store")
	}
	if err := s.start(length, want); err != nil {
		s.file.Close()
		return nil, err
	}
	return s, nil
}

// start cuts off what is behind the last complete line, and writes the header of
// an empty store.
func (s *Store) start(length int64, h header) error {
	if err := s.file.Truncate(length); err != nil {
		return errors.Wrap(err, "reproduce: store")
	}
	if _, err := s.file.Seek(length, io.SeekStart); err != nil {
		return errors.Wrap(err, "reproduce: store")
	}
	if length > 0 {
		return nil
	}
	return s.line(h)
}

// load reads the complete lines of a store and returns their length in bytes.
func (s *Store) load(text []byte, want header) (int64, error) {
	length := bytes.LastIndexByte(text, '\n') + 1
	scanner := bufio.NewScanner(bytes.NewReader(text[:length]))
	scanner.Buffer(nil, len(text)+1)
	for n := 1; scanner.Scan(); n++ {
		if n == 1 {
			var h header
			if err := json.Unmarshal(scanner.Bytes(), &h); err != nil {
				return 0, errors.Wrapf(err, "reproduce: store: %s: line 1", s.path)
			}
			if h != want {
				return 0, errors.Errorf("reproduce: store: %s: trials of %s, schema %d, preset %s, protocol %s, want %s, %d, %s, %s; choose another --out",
					s.path, h.Store, h.Schema, h.Preset, h.Protocol, want.Store, want.Schema, want.Preset, want.Protocol)
			}
			continue
		}
		var r Record
		if err := json.Unmarshal(scanner.Bytes(), &r); err != nil {
			return 0, errors.Wrapf(err, "reproduce: store: %s: line %d; remove the line to run its trial again", s.path, n)
		}
		s.records[r.Trial] = r
	}
	return int64(length), errors.Wrapf(scanner.Err(), "reproduce: store: %s", s.path)
}

func (s *Store) line(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return errors.Wrap(err, "reproduce: store")
	}
	_, err = s.file.Write(append(text, '\n'))
	return errors.Wrap(err, "reproduce: store")
}

// Add stores the result of a trial.
func (s *Store) Add(r Record) error {
	s.records[r.Trial] = r
	return s.line(r)
}

// Get returns the result of a trial.
func (s *Store) Get(t Trial) (Record, bool) {
	r, ok := s.records[t]
	return r, ok
}

// Close closes the file.
func (s *Store) Close() error { return errors.Wrap(s.file.Close(), "reproduce: store") }
