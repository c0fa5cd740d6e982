package run

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"
)

// DefaultDir makes a new directory in the folder runs, named for the time, the
// dataset and the rule, and returns its path.
func DefaultDir(now time.Time, s Settings) (string, error) {
	base := filepath.Join("runs", now.Format("20060102-150405")+"-"+dataName(s.Data)+"-"+s.RuleName())
	if err := os.MkdirAll("runs", 0o777); err != nil {
		return "", withSetting(err, "run: choose another folder with {out}")
	}
	for i := 1; ; i++ {
		dir := base
		if i > 1 {
			dir += "-" + strconv.Itoa(i)
		}
		err := os.Mkdir(dir, 0o777)
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, fs.ErrExist) || i == 1000 {
			return "", withSetting(err, "run: choose another folder with {out}")
		}
	}
}

// Claim makes dir ready for a new run: it has to be missing or empty, and
// writable.
func Claim(dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, manifestFile)); err == nil {
		return settingf("{out} %s: already holds a run; pass {resume} to go on or choose another {out}", dir)
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ownPrefix) {
			return settingf("{out} %s: holds other files (%s); choose another {out}", dir, e.Name())
		}
	}
	return Writable(dir)
}

// Writable makes dir if it is missing and returns an error if no file can be
// made in it.
func Writable(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return withSetting(err, "{out}: choose a folder that can be written")
	}
	f, err := os.CreateTemp(dir, ownPrefix+"*")
	if err != nil {
		return withSetting(err, "{out}: choose a folder that can be written")
	}
	f.Close()
	return withSetting(os.Remove(f.Name()), "{out}: choose a folder that can be written")
}

// dataName is the name of data without the folder and the settings of a reader.
func dataName(data string) string {
	path, _ := splitData(data)
	return filepath.Base(path)
}
