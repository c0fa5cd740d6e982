package plot

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
)

// Save writes the figure to a file, in the format of the name's ending: .png, .svg,
// .pdf, or .csv for its numbers. The folder has to exist.
func (f Figure) Save(path string) error {
	return save(path, func(format Format) ([]byte, error) {
		if format == "csv" {
			return CSV(f)
		}
		return f.Encode(format)
	}, "csv")
}

// save writes a file in the format of its name's ending, one of the pictures' or of more.
func save(path string, encode func(Format) ([]byte, error), more ...Format) error {
	ending := Format(strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), "."))
	known := append([]Format{PNG, SVG, PDF}, more...)
	if !slices.Contains(known, ending) {
		var names []string
		for _, f := range known {
			names = append(names, "."+string(f))
		}
		last := len(names) - 1
		return errors.Errorf("plot: %s: ending, got %q, want %s or %s", path, filepath.Ext(path), strings.Join(names[:last], ", "), names[last])
	}
	content, err := encode(ending)
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(path, content, 0o666)
}
