package sweep

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// Shard is the part of a list of trials that one of several processes runs: every Of-th of
// them, from Index. The zero value is all.
type Shard struct {
	// Index counts from 0, Of is the number of shards; 0 means 1.
	Index int `json:"index"`
	Of    int `json:"of"`
}

// ParseShard reads "2/8": the third of eight.
func ParseShard(text string) (Shard, error) {
	index, of, ok := strings.Cut(text, "/")
	i, err := strconv.Atoi(index)
	n, err2 := strconv.Atoi(of)
	if !ok || err != nil || err2 != nil || n < 1 || i < 0 || i >= n {
		return Shard{}, errors.Errorf("sweep: shard, got %q, want INDEX/NUMBER with an index from 0 up to, without, the number, such as 0/8", text)
	}
	return Shard{i, n}, nil
}

// String returns "2/8".
func (s Shard) String() string { return strconv.Itoa(s.Index) + "/" + strconv.Itoa(max(1, s.Of)) }

// Holds reports whether trial i is one of the shard.
func (s Shard) Holds(i int) bool { return s.Of <= 1 || i%s.Of == s.Index }

// Take returns the trials of a shard.
func Take[P any](s Shard, params []P) []P {
	var out []P
	for i, p := range params {
		if s.Holds(i) {
			out = append(out, p)
		}
	}
	return out
}

// shardSuffix ends the names of files of shards.
const shardSuffix = ".jsonl"

// ShardFiles returns the files of a directory of shards, in the order of their names. That
// there is no such directory is no error.
func ShardFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, errors.Wrap(err, "sweep: shards")
	}
	var out []string
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), shardSuffix) {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(out)
	return out, nil
}

// join opens the store as that of a task.
func (s *Store[P, R]) join(header []byte, settings StoreSettings[P, R]) error {
	if settings.Shards == "" {
		return errors.New("sweep: store: Task, got one without Shards, want the directory of the tasks' files")
	}
	if err := os.MkdirAll(settings.Shards, 0o777); err != nil {
		return errors.Wrap(err, "sweep: shards: choose a folder that can be written")
	}
	if err := s.merge(settings.Shards, header, true); err != nil {
		return err
	}
	if err := s.read(s.path, header); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.header, s.task = header, filepath.Join(settings.Shards, settings.Task)
	return nil
}

// merge reads the trials of the files of a directory. Those that a file holds twice, or
// two files, are the same.
func (s *Store[P, R]) merge(dir string, header []byte, resume bool) error {
	if dir == "" {
		return nil
	}
	files, err := ShardFiles(dir)
	if err != nil {
		return err
	}
	for _, path := range files {
		if err := s.read(path, header); err != nil {
			return err
		}
	}
	if len(s.records) > 0 && !resume {
		return errors.Wrapf(ErrStored, "sweep: store %s", s.path)
	}
	return nil
}

// read reads the complete lines of a file. One that is being written, or that a killed
// process left, may end in an incomplete line.
func (s *Store[P, R]) read(path string, header []byte) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return errors.Wrapf(err, "sweep: store %s", path)
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	if bytes.Count(text, []byte{'\n'}) < 2 {
		return nil
	}
	other := &Store[P, R]{path: path, codec: s.codec, records: s.records}
	return other.load(text, header, true)
}

// create makes the file of a task. Its name is new, whoever else runs the task, or has.
func (s *Store[P, R]) create() error {
	var unique [6]byte
	_, _ = rand.Read(unique[:]) // never fails
	host, _ := os.Hostname()
	host, _, _ = strings.Cut(host, ".")
	path := s.task + "-" + host + "-" + strconv.Itoa(os.Getpid()) + "-" + hex.EncodeToString(unique[:]) + shardSuffix
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return errors.Wrapf(err, "sweep: store %s: choose a folder that can be written", path)
	}
	s.file, s.path = file, path
	return s.line(s.header)
}
