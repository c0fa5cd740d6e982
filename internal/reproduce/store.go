package reproduce

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
	// Quirks are the slips that are not as the protocol has them.
	Quirks map[QuirkName]bool `json:"quirks,omitempty"`
}

// header returns that of the store of a panel's trials.
func (p *Panel) header(o Options) header {
	return header{schema, p.store(), o.Preset, o.Protocol, p.overrides(o)}
}

func (h header) equal(other header) bool {
	return h.Schema == other.Schema && h.Store == other.Store && h.Preset == other.Preset && h.Protocol == other.Protocol &&
		maps.Equal(h.Quirks, other.Quirks)
}

// String describes what was run.
func (h header) String() string {
	text := fmt.Sprintf("%s, preset %s, protocol %s", strings.Join(sharing(h.Store), " and "), h.Preset, h.Protocol)
	for _, name := range slices.Sorted(maps.Keys(h.Quirks)) {
		text += fmt.Sprintf(", %s %s", name, QuirkChoice{Repeated: h.Quirks[name]}.State())
	}
	if h.Schema != schema {
		text += fmt.Sprintf(", schema %d", h.Schema)
	}
	return text
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

// storePath returns where a store of that name is kept in an output directory.
func storePath(dir, name string) string { return filepath.Join(dir, "trials", name+".jsonl") }

// openStore opens or makes a store. Without resume it is an error if there are
// trials in it already; with resume they have to be of the same header.
func openStore(dir string, want header, resume bool) (*Store, error) {
	s := &Store{path: storePath(dir, want.Store), records: map[Trial]Record{}}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o777); err != nil {
		return nil, errors.Wrap(err, "--out: choose a folder that can be written")
	}
	text, err := os.ReadFile(s.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Wrap(err, "reproduce: store")
	}
	length := bytes.LastIndexByte(text, '\n') + 1 // without what a killed process left
	trials := max(0, bytes.Count(text, []byte{'\n'})-1)
	if trials > 0 && !resume {
		return nil, errors.Errorf("--out %s: already holds trials of %s; pass --resume to go on or choose another --out",
			dir, strings.Join(sharing(want.Store), " and "))
	}
	if err := s.load(text[:length], want, trials > 0); err != nil {
		return nil, err
	}
	if trials == 0 {
		length = 0 // the header may be another's
	}
	if s.file, err = os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return nil, errors.Wrap(err, "reproduce: store")
	}
	if err := s.start(int64(length), want); err != nil {
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

// load reads the complete lines of a store. Same says that the header has to be
// the wanted one.
func (s *Store) load(text []byte, want header, same bool) error {
	scanner := bufio.NewScanner(bytes.NewReader(text))
	scanner.Buffer(nil, len(text)+1)
	for n := 1; scanner.Scan(); n++ {
		if n == 1 {
			var h header
			if err := json.Unmarshal(scanner.Bytes(), &h); err != nil {
				return errors.Wrapf(err, "reproduce: store: %s: line 1: want the header of a store; choose another --out", s.path)
			}
			if same && !h.equal(want) {
				return errors.Errorf("reproduce: store: %s: holds trials of %s; want %s; choose another --out", s.path, h, want)
			}
			continue
		}
		var r Record
		err := json.Unmarshal(scanner.Bytes(), &r)
		if err == nil {
			err = r.check()
		}
		if err != nil {
			return fmt.Errorf("reproduce: store: %s: line %d: %w; remove the line to run its trial again", s.path, n, err)
		}
		s.records[r.Trial] = r
	}
	return errors.Wrapf(scanner.Err(), "reproduce: store: %s", s.path)
}

// line writes a line. One that cannot be written whole is taken back, so that the
// next does not go on in the middle of it.
func (s *Store) line(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return errors.Wrap(err, "reproduce: store")
	}
	n, err := s.file.Write(append(text, '\n'))
	if err != nil {
		if end, seekErr := s.file.Seek(int64(-n), io.SeekCurrent); seekErr == nil {
			_ = s.file.Truncate(end) // what is left of it is cut off when the store is opened
		}
		return errors.Wrap(err, "reproduce: store")
	}
	return nil
}

// Add stores the result of a trial.
func (s *Store) Add(r Record) error {
	if err := s.line(r); err != nil {
		return err
	}
	s.records[r.Trial] = r
	return nil
}

// Get returns the result of a trial.
func (s *Store) Get(t Trial) (Record, bool) {
	r, ok := s.records[t]
	return r, ok
}

// Close closes the file.
func (s *Store) Close() error { return errors.Wrap(s.file.Close(), "reproduce: store") }
