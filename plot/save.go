package plot

import (
	"path/filepath"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
)

// Save writes the figure to a file, in the format of the name's ending: .png, .svg,
// .pdf, or .csv for its numbers. The folder has to exist.
func (f Figure) Save(path string) error {
	var content []byte
	var err error
	switch ending := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), "."); Format(ending) {
	case PNG, SVG, PDF:
		content, err = f.Encode(Format(ending))
	case "csv":
		content, err = CSV(f)
	default:
		err = errors.Errorf("plot: %s: ending, got %q, want .png, .svg, .pdf or .csv", path, filepath.Ext(path))
	}
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(path, content, 0o666)
}
