package parquet

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// findShards lists the files of the training and of the test part, each in the order of
// their names.
func findShards(path string) (parts [2][]string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return parts, errors.Wrap(err, "parquet")
	}
	if !info.IsDir() {
		parts[0] = []string{path}
		return parts, nil
	}
	found := map[string][]string{}
	err = filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if file != path && strings.HasPrefix(entry.Name(), ".") {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.IsDir() && strings.EqualFold(filepath.Ext(file), ".parquet") {
			below, err := filepath.Rel(path, file)
			if err != nil {
				return err
			}
			part := partOf(filepath.ToSlash(below))
			found[part] = append(found[part], file)
		}
		return nil
	})
	if err != nil {
		return parts, errors.Wrap(err, "parquet")
	}
	parts = [2][]string{found["train"], found["test"]}
	if len(parts[1]) == 0 {
		parts[1] = found["validation"]
	}
	if len(parts[0]) == 0 {
		return parts, errors.New("got no Parquet file of training data, want at least 1, for example train-00000-of-00001.parquet")
	}
	for _, shards := range parts {
		slices.Sort(shards)
		if err := complete(shards); err != nil {
			return parts, err
		}
	}
	return parts, nil
}

// partOf is the part that a path below the folder names; the word nearest to its end
// counts.
func partOf(path string) string {
	words := strings.FieldsFunc(strings.ToLower(path), func(r rune) bool { return strings.ContainsRune("/-_. ", r) })
	for _, w := range slices.Backward(words) {
		switch w {
		case "train", "test":
			return w
		case "validation", "valid", "val", "dev":
			return "validation"
		}
	}
	return "train"
}

// shardName ends the name of a shard: its number and how many there are.
var shardName = regexp.MustCompile(`^(.*)-(\d{5})-of-(\d{5})(-[0-9a-f]+)?\.parquet$`)

// complete refuses shards of which one is missing.
func complete(paths []string) error {
	have, total := map[string]int{}, map[string]int{}
	for _, path := range paths {
		if m := shardName.FindStringSubmatch(path); m != nil {
			of, _ := strconv.Atoi(m[3])
			have[m[1]]++
			total[m[1]] = max(total[m[1]], of)
		}
	}
	for prefix, n := range total {
		if have[prefix] != n {
			return errors.Errorf("shards %s, got %d, want %d; fetch the missing ones", filepath.Base(prefix), have[prefix], n)
		}
	}
	return nil
}
