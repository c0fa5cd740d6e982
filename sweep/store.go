package sweep

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/pkg/errors"
)

// ErrStored says that a store holds trials already and was not to be resumed.
var ErrStored = errors.New("holds trials already; resume it or choose another file")

// StoreSettings say how a store is opened.
type StoreSettings[P, R any] struct {
	// Header says what the trials have in common: a [Header] or any other value whose
	// JSON is an object. A file with another is refused.
	Header any
	// Resume goes on with the trials in the file; without it they are an error.
	Resume bool
	// Codec writes and reads the lines. Nil means JSON objects of [Record].
	Codec Codec[P, R]
	// Shards is a directory of files that other processes have written, perhaps on other
	// machines, each one its own: their trials are taken as done. Empty means none.
	Shards string
	// Task makes the store one of these processes: the results go to a new file in Shards,
	// whose name begins with Task, and everything else is read alone. No lock is taken, so
	// that it serves on a file system of a network, and any number of processes. Empty
	// means that the results go to the file of the store.
	Task string
}

// Store keeps the results of trials in a file of lines: the header, then one for
// each trial, written with one call when the trial ends. A process that is killed
// leaves at most one incomplete line, the last, which is cut off when the store is
// opened again. It is safe for concurrent use by one process; a second one is
// refused.
//
// Nothing is flushed to the disk: a power cut may take the last lines with it.
type Store[P, R any] struct {
	path    string
	codec   Codec[P, R]
	file    *os.File // nil before the first result of a task
	header  []byte   // that a task's file begins with
	unlock  func()
	task    string     // the beginning of the path of a task's file; empty if it is none
	mu      sync.Mutex // of what follows
	records map[string]Record[P, R]
}

// Open opens the store at a path, or makes one, with the folders that lead to it. A
// file without trials is as good as none, whatever its header says. Errors that a
// program may tell apart are [ErrStored], [ErrLocked] and [*HeaderError]; a file
// that is refused is left as it is.
func Open[P, R any](path string, s StoreSettings[P, R]) (*Store[P, R], error) {
	header, err := headerLine(s.Header)
	if err != nil {
		return nil, err
	}
	store := &Store[P, R]{path: path, codec: s.Codec, records: map[string]Record[P, R]{}}
	if store.codec == nil {
		store.codec = jsonCodec[P, R]{}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, errors.Wrapf(err, "sweep: store %s: choose a folder that can be written", path)
	}
	if s.Task != "" {
		return store, store.join(header, s)
	}
	if store.unlock, err = lock(path); err != nil {
		return nil, err
	}
	if err = store.merge(s.Shards, header, s.Resume); err == nil {
		err = store.open(header, s.Resume)
	}
	if err != nil {
		store.unlock()
		return nil, err
	}
	return store, nil
}

// open reads what is there and prepares the file for the next line.
func (s *Store[P, R]) open(header []byte, resume bool) error {
	text, err := os.ReadFile(s.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s.wrap(err)
	}
	length := bytes.LastIndexByte(text, '\n') + 1 // without what a killed process left
	trials := max(0, bytes.Count(text, []byte{'\n'})-1)
	if trials > 0 && !resume {
		return errors.Wrapf(ErrStored, "sweep: store %s", s.path)
	}
	if err := s.load(text[:length], header, trials > 0); err != nil {
		return err
	}
	if trials == 0 {
		length = 0 // the header may be another's
	}
	if s.file, err = os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return s.wrap(err)
	}
	if err := s.start(int64(length), header); err != nil {
		_ = s.file.Close()
		return err
	}
	return nil
}

// start cuts off what is behind the last complete line, and writes the header of an
// empty store.
func (s *Store[P, R]) start(length int64, header []byte) error {
	if err := s.file.Truncate(length); err != nil {
		return s.wrap(err)
	}
	if _, err := s.file.Seek(length, io.SeekStart); err != nil {
		return s.wrap(err)
	}
	if length > 0 {
		return nil
	}
	return s.line(header)
}

// load reads the complete lines of a store. Same says that the header has to be the
// wanted one.
func (s *Store[P, R]) load(text, header []byte, same bool) error {
	scanner := bufio.NewScanner(bytes.NewReader(text))
	scanner.Buffer(nil, len(text)+1)
	for n := 1; scanner.Scan(); n++ {
		if n == 1 {
			if err := s.checkHeader(scanner.Bytes(), header, same); err != nil {
				return err
			}
			continue
		}
		r, err := s.codec.Decode(scanner.Bytes())
		if err == nil {
			err = s.keep(r)
		}
		if err != nil {
			return fmt.Errorf("sweep: store %s: line %d: %w; remove the line to run its trial again", s.path, n, err)
		}
	}
	return s.wrap(scanner.Err())
}

func (s *Store[P, R]) checkHeader(line, header []byte, same bool) error {
	got, err := decode(line)
	if _, ok := got.(map[string]any); err != nil || !ok {
		return errors.Errorf("sweep: store %s: line 1: want the header of a store, a JSON object; choose another file", s.path)
	}
	want, err := decode(header)
	if err != nil {
		return s.wrap(err)
	}
	if d := differences("", got, want); same && len(d) > 0 {
		return &HeaderError{Path: s.path, Stored: json.RawMessage(bytes.Clone(line)), Differences: d}
	}
	return nil
}

// line writes a line. One that cannot be written whole is taken back, so that the
// next does not go on in the middle of it.
func (s *Store[P, R]) line(text []byte) error {
	if s.file == nil {
		if err := s.create(); err != nil {
			return err
		}
	}
	n, err := s.file.Write(append(bytes.Clone(text), '\n'))
	if err != nil {
		if end, seekErr := s.file.Seek(int64(-n), io.SeekCurrent); seekErr == nil {
			_ = s.file.Truncate(end) // what is left of it is cut off when the store is opened
		}
	}
	return s.wrap(err)
}

// keep holds a record in memory.
func (s *Store[P, R]) keep(r Record[P, R]) error {
	k, err := key(r.Params)
	if err == nil {
		s.records[k] = r
	}
	return err
}

// Add stores the result of a trial and returns it as it will be read: a number that
// cannot be written, or a field that is not, is missing at once and not only after
// a resume. A later result of the same parameters takes the place of an earlier
// one.
func (s *Store[P, R]) Add(r Record[P, R]) (Record[P, R], error) {
	line, read, err := s.encode(r)
	if err != nil {
		return read, err
	}
	return read, s.add(line, read)
}

// encode returns the line of a record, and the record as it will be read.
func (s *Store[P, R]) encode(r Record[P, R]) ([]byte, Record[P, R], error) {
	line, err := s.codec.Encode(r)
	if err != nil {
		return nil, r, err
	}
	if bytes.IndexByte(line, '\n') >= 0 {
		return nil, r, errors.New("sweep: store: got a record of several lines, want one; use another codec")
	}
	read, err := s.codec.Decode(line)
	return line, read, errors.WithMessage(err, "sweep: store: a result cannot be read back; use another type or codec")
}

// add writes the line of a record.
func (s *Store[P, R]) add(line []byte, r Record[P, R]) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.line(line); err != nil {
		return err
	}
	return s.keep(r)
}

// Get returns the result of a trial, if there is one.
func (s *Store[P, R]) Get(p P) (Record[P, R], bool) {
	k, err := key(p)
	if err != nil {
		return Record[P, R]{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.records[k]
	return r, ok
}

// Len returns how many trials are stored.
func (s *Store[P, R]) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.records)
}

// Path returns the file's path.
func (s *Store[P, R]) Path() string { return s.path }

// Close closes the file and lets others have it.
func (s *Store[P, R]) Close() error {
	if s.file == nil { // of a task without a result
		return nil
	}
	err := s.file.Close()
	if s.unlock != nil {
		s.unlock()
	}
	return s.wrap(err)
}

func (s *Store[P, R]) wrap(err error) error { return errors.Wrapf(err, "sweep: store %s", s.path) }
