package reproduce

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// PageFile is the page of an output directory.
const PageFile = "index.html"

// pagePanel is what the page shows of a panel.
type pagePanel struct {
	*Summary
	dir string
}

// Source returns a picture of the panel as a source of an image.
func (p pagePanel) Source(picture Picture) (template.URL, error) {
	b, err := os.ReadFile(filepath.Join(p.dir, p.Name, picture.Name+".png"))
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b)), errors.Wrap(err, "reproduce: page")
}

// WritePage writes all panels of an output directory, those of earlier runs too,
// in the order of the paper as one HTML file that needs no other. A panel of an
// earlier run that cannot be read is left out, and the error says so.
func WritePage(dir string) error {
	var panels []pagePanel
	var left error
	for _, p := range Panels() {
		s, err := readSummary(dir, p.Name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		panel := pagePanel{s, dir}
		if err == nil {
			err = panel.check()
		}
		if err != nil {
			left = errors.WithMessagef(err, "reproduce: page: panel %s is left out of it; run it again with --resume", p.Name)
			continue
		}
		panels = append(panels, panel)
	}
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, struct {
		Panels []pagePanel
		Legend string
	}{panels, legendOfTable})
	if err != nil {
		return errors.Wrap(err, "reproduce: page")
	}
	if err := atomicfile.WriteFile(filepath.Join(dir, PageFile), b.Bytes(), 0o666); err != nil {
		return err
	}
	return left
}

// check reports whether all pictures can be read.
func (p pagePanel) check() error {
	for _, picture := range p.Figures {
		if _, err := p.Source(picture); err != nil {
			return err
		}
	}
	return nil
}
