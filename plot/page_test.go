package plot_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/plot"
)

// A page holds all that it shows, and what is put into it cannot break out of it.
func TestPage(t *testing.T) {
	p := plot.Page{
		Title: "A <page>", Blocks: []plot.Block{plot.Text("first\nsecond & third"), plot.Table{
			Head: []string{"a<b"},
			Rows: [][]plot.Span{{{Text: "yes", Style: plot.Good}, {Text: "no", Style: plot.Bad}, {Text: "go", Link: "s1"}}},
		}},
		Sections: []plot.Section{{ID: "s1", Title: "Section", Blocks: []plot.Block{
			plot.Picture{PNG: []byte("picture"), Alt: `the "picture"`},
			plot.Paragraph{Small: true, Spans: []plot.Span{{Text: "strong", Style: plot.Strong}, {Text: "<script>", Style: plot.Code}}},
		}}},
	}
	path := filepath.Join(t.TempDir(), "index.html")
	if err := p.Save(path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for _, want := range []string{
		"<title>A &lt;page&gt;</title>", "<h1>A &lt;page&gt;</h1>", "<p>first\nsecond &amp; third</p>", "<th>a&lt;b</th>",
		`<td><span class="good">yes</span></td><td><span class="bad">no</span></td><td><a href="#s1">go</a></td>`,
		`<h2 id="s1">Section</h2>`, `<img src="data:image/png;base64,cGljdHVyZQ==" alt="the &#34;picture&#34;">`,
		`<p class="small"><strong>strong</strong><code>&lt;script&gt;</code></p>`, "</html>\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if strings.Contains(page, "://") || strings.Contains(page, "@import") || strings.Contains(page, "<script") || strings.Contains(page, "<link") {
		t.Error("the page needs something else")
	}
}
