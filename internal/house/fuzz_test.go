package house_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every fuzz target has a corpus beside it, which the tests run: at least five
// inputs, each small.
func TestFuzzCorpora(t *testing.T) {
	target := regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)
	found := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range target.FindAllStringSubmatch(string(text), -1) {
			found++
			inputs, err := filepath.Glob(filepath.Join(filepath.Dir(path), "testdata", "fuzz", m[1], "*"))
			if err != nil {
				return err
			}
			if len(inputs) < 5 {
				t.Errorf("%s: %s has %d inputs in testdata/fuzz, want at least 5, valid and malformed", path, m[1], len(inputs))
			}
			for _, input := range inputs {
				if info, err := os.Stat(input); err != nil || info.Size() > 64<<10 {
					t.Errorf("%s: got error %v or more than 64 KiB", input, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 9 {
		t.Errorf("got %d fuzz targets, want at least 9", found)
	}
}
