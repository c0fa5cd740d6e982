package reproduce

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"html/template"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// pagePanel is what the page shows of a panel.
type pagePanel struct {
	*Result
	Pictures []template.URL
}

// Verdict is one line.
func (p pagePanel) Verdict() string { return p.verdict() }

// Time tells how long the trials took.
func (p pagePanel) Time() string { return p.time() }

// Thin says what the preset left out.
func (p pagePanel) Thin() string {
	if p.Options.full() {
		return ""
	}
	return p.Panel.Thinner
}

// WritePage writes all panels as one HTML file that needs no other.
func WritePage(path string, results []*Result) error {
	panels := make([]pagePanel, len(results))
	for i, r := range results {
		panels[i].Result = r
		for _, f := range r.Report.Figures {
			picture, err := f.Draw("png")
			if err != nil {
				return err
			}
			panels[i].Pictures = append(panels[i].Pictures, template.URL("data:image/png;base64,"+base64.StdEncoding.EncodeToString(picture)))
		}
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, panels); err != nil {
		return errors.Wrap(err, "reproduce: page")
	}
	return atomicfile.WriteFile(path, b.Bytes(), 0o666)
}
