package run

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/choice"
	"github.com/seed-be841da4/prospect/kinds"
)

// Cache keeps the files that settings read, so that each is read once. Copies of settings
// share it.
type Cache struct {
	lock sync.Mutex
	data map[string]*datasets.Split
	// whole takes files without a test part for one, for an evaluation.
	whole bool
}

// testFraction is the part of the samples that is held out to test with where files have
// no test part, and testSeed chooses it: the same for all seeds of a run, so that their
// tests compare.
const (
	testFraction = 0.2
	testSeed     = 1
)

// readerOf returns the name of the reader of a path, or "" if it is not one of data: by
// how it ends, a folder by what is in it.
func readerOf(path string) string {
	name := strings.TrimSuffix(strings.ToLower(path), ".gz")
	for ending, reader := range map[string]string{
		".csv": "csv", ".tsv": "csv", ".npz": "npz", ".npy": "npy", ".parquet": "parquet",
	} {
		if strings.HasSuffix(name, ending) {
			return reader
		}
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return ""
	}
	for _, c := range []struct{ pattern, reader string }{
		{"*.parquet", "parquet"}, {"*/*.parquet", "parquet"}, {"*idx?-ubyte*", "idx"}, {"*/*idx?-ubyte*", "idx"}, {"*idx[0-9]-*", "idx"},
	} {
		if found, _ := filepath.Glob(filepath.Join(path, c.pattern)); len(found) > 0 {
			return c.reader
		}
	}
	return "images"
}

// splitData splits "PATH:SETTINGS" into the path and the settings of its reader, at the
// first colon with a path of data before it.
func splitData(data string) (path, settings string) {
	if _, err := os.Stat(data); err == nil {
		return data, ""
	}
	for i := range len(data) {
		if data[i] == ':' && readerOf(data[:i]) != "" {
			return data[:i], data[i+1:]
		}
	}
	return data, ""
}

// isFiles reports whether data are files for a reader, rather than a name or a text. A
// name goes before a folder that is called so, which is "./NAME".
func isFiles(data string) bool {
	path, _ := splitData(data)
	return readerOf(path) != "" && !isText(data) && !isNamed(data)
}

// isNamed reports whether data is the name of a dataset.
func isNamed(data string) bool {
	return slices.ContainsFunc(datasets.Names(), func(info datasets.Info) bool {
		_, ok := choice.Find(data, []string{info.Name})
		return ok
	})
}

// readFiles reads the files of s.Data. Where they have no test part, a fifth of the
// samples is held out. Means and deviations are those of the training samples that are
// left, and the manifest's where there are some: the files are read a second time by
// them.
func (s *Settings) readFiles() (*datasets.Split, error) {
	key := fmt.Sprintf("%s\x00%p\x00%s", s.Pixels, s.Scalings, s.Data)
	if s.Cache != nil {
		s.Cache.lock.Lock()
		defer s.Cache.lock.Unlock()
		if split, ok := s.Cache.data[key]; ok {
			return split, nil
		}
	}
	split, err := s.readParts()
	if err == nil && split.Test == nil {
		if s.Cache != nil && s.Cache.whole {
			split.Test = split.Train
		} else {
			split, err = s.holdoutTest(split)
		}
	}
	if err == nil && s.Cache != nil {
		if s.Cache.data == nil {
			s.Cache.data = map[string]*datasets.Split{}
		}
		s.Cache.data[key] = split
	}
	return split, err
}

// readParts reads the files; there is no test part where they have none.
func (s *Settings) readParts() (*datasets.Split, error) {
	path, settings := splitData(s.Data)
	spec := readerOf(path)
	if settings != "" {
		spec += ":" + settings
	}
	fields := map[string]any{"standardize": s.Pixels != UnitPixels, "standardize_targets": true, "scalings": s.Scalings}
	reader, err := newKind[kinds.Reader](s.registry(), "{data} "+strings.ReplaceAll(path, "%", "%%"), spec, fields)
	if err != nil {
		return nil, err
	}
	split, err := reader.Read(path)
	err = spelled(err)
	if err != nil && settings == "" && strings.Contains(err.Error(), "name it by target=COLUMN") {
		return nil, settingf("{data}: %v; settings stand behind the name: %s:target=COLUMN", err, path)
	}
	if err != nil {
		return nil, withSetting(err, "{data}")
	}
	if names := datasets.ClassNames(split.Train); len(names) == 1 {
		return nil, settingf("{data} %s: the targets, got %q for all samples, want at least 2 classes; name another target, or say task=no-targets", s.Data, names[0])
	}
	return split, nil
}

// spellings turn the Go of a reader's remedies into settings behind a file's name.
var spellings = strings.NewReplacer(
	"Task NoTargets", "task=no-targets", "Task Classification or Regression", "task=classification or task=regression",
	"Task Classification", "task=classification", "Task Regression", "task=regression",
	"name the column in Ignore or Targets", "name the column by ignore= or target=", "name it in Ignore or Targets", "name it by ignore= or target=",
	"name it in Targets", "name it by target=COLUMN", "TargetColumns: []int{-1}", "target_columns=-1", "use TargetColumns", "use target_columns=",
	"say HeaderAbsent", "say header=absent", "say HeaderPresent", "say header=present", "Ignore: []string{\"\"}", "ignore=",
	"say OneHot", "say one_hot", "say Standardize", "say standardize", "say ChannelsLast", "say channels=last", "else ChannelsFirst", "else channels=first",
	"give the data a Shape", "give the data a shape=, such as shape=28-28", "say Rows and Columns", "say rows=N,columns=N", "say smaller Rows and Columns", "say smaller rows= and columns=",
	"; or say Unstratified", "", ": Targets, got the column", ": target, got the column", ": Ignore, got the column", ": ignore, got the column", "several are a list", "several have semicolons between them, in quotes",
)

// fieldNamed is a remedy that names a field of one word, which spellings leaves.
var fieldNamed = regexp.MustCompile(`name it in (X|Y|Images|Labels|Picture)\b`)

// spelled returns the error in the words of the command line. What it wraps is lost where
// words change: remedies are for people.
func spelled(err error) error {
	if err == nil {
		return nil
	}
	text := fieldNamed.ReplaceAllStringFunc(spellings.Replace(err.Error()), func(s string) string {
		return "name it by " + strings.ToLower(strings.TrimPrefix(s, "name it in ")) + "="
	})
	if text != err.Error() {
		return errors.New(text)
	}
	return err
}

// holdoutTest holds a test part out of the training part.
func (s *Settings) holdoutTest(split *datasets.Split) (*datasets.Split, error) {
	hold := func() (train, test datasets.Dataset, err error) {
		train, test, err = datasets.Holdout(split.Train, datasets.HoldoutSettings{Fraction: testFraction, Seed: testSeed})
		return train, test, withSetting(spelled(err), "{data} %s: holding out a test part, which wants some samples of every class, or another file by test=", s.Data)
	}
	train, test, err := hold()
	if err != nil {
		return nil, err
	}
	if s.Scalings == nil && (split.Scalings.Samples != nil || split.Scalings.Targets != nil) {
		scalings, err := split.Scalings.On(train)
		if err != nil {
			return nil, withSetting(err, "{data} %s", s.Data)
		}
		again := *s
		again.Scalings = &scalings
		if split, err = again.readParts(); err != nil {
			return nil, err
		}
		if train, test, err = hold(); err != nil {
			return nil, err
		}
	}
	return &datasets.Split{Name: split.Name, Train: train, Test: test, Scalings: split.Scalings}, nil
}

// sizes are the sizes of a dataset.
type sizes struct {
	datasets.Info
	inputs int  // the size of a sample
	text   bool // whether it is one
	lines  bool // whether it is one of lines, which differ in length
	// outputs is the number of units of the targets: that of the classes, or of the
	// numbers to predict. 0 means that there are no targets.
	outputs int
	// regression says that targets are numbers.
	regression bool
}

// missing returns an error if the files of a run, or a text, are not there. Other names
// may be anything, so that it is nil.
func (s *Settings) missing() error {
	path, _ := splitData(s.Data)
	if isText(s.Data) {
		path, _ = cutText(s.Data)
	}
	if s.Scalings == nil && !isText(s.Data) || isNamed(path) || path == sums {
		return nil
	}
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return settingf("{data} %s: got no such file or folder here; a run finds its data from the folder where it was started: start the command there, or put them back", s.Data)
}

// sizes returns the sizes of the data of s.
func (s *Settings) sizes() (sizes, error) {
	if err := s.missing(); err != nil && s.Scalings != nil {
		return sizes{}, err
	}
	if !isFiles(s.Data) {
		info, err := dataInfo(s.Data)
		_, lines := cutText(info.Name)
		return sizes{Info: info, inputs: graph.Shape(info.Shape).Size(), text: isText(info.Name), lines: lines, outputs: info.Classes}, err
	}
	split, err := s.readFiles()
	if err != nil {
		return sizes{}, err
	}
	d := sizes{Info: datasets.Info{
		Name: s.Data, Shape: split.Train.Shape(), Classes: split.Train.Classes(), Train: split.Train.Len(), Test: split.Test.Len(),
	}}
	d.inputs, d.outputs = graph.Shape(d.Shape).Size(), d.Classes
	d.Bytes = int64(d.inputs) * int64(d.Train)
	if t, ok := datasets.Targets(split.Train); ok {
		d.outputs, d.regression = graph.Shape(t.TargetShape()).Size(), true
	}
	return d, nil
}

// describe tells what the data have, for messages.
func (d sizes) describe() string {
	switch {
	case d.lines:
		return fmt.Sprintf("data %s has lines of several lengths", d.Name)
	case d.text:
		return fmt.Sprintf("data %s has windows of one length", d.Name)
	case d.regression:
		return fmt.Sprintf("data %s has samples of %d numbers and %d numbers to predict", d.Name, d.inputs, d.outputs)
	case d.outputs == 0:
		return fmt.Sprintf("data %s has samples of %d numbers and no targets", d.Name, d.inputs)
	}
	return fmt.Sprintf("data %s has samples of %d numbers and %d classes", d.Name, d.inputs, d.Classes)
}

// maskRemedy says what to do about a target with a mask too much or too little.
func (d sizes) maskRemedy() string {
	if d.lines {
		return "name a data node that masks it"
	}
	return "leave it out, or add :lines behind the name of the data"
}

// holdout cuts the validation part off the training samples; nil if there is none.
func (s *Settings) holdout(data datasets.Dataset) (train, validation datasets.Dataset, err error) {
	if s.ValSplit == 0 {
		return data, nil, nil
	}
	train, validation, err = datasets.Holdout(data, datasets.HoldoutSettings{Fraction: s.ValSplit, Seed: s.Seed})
	return train, validation, withSetting(spelled(err), "{val_split}")
}
