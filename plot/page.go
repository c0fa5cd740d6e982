package plot

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
)

// Page is a page of text, pictures and tables in one HTML file that needs no other
// and nothing from the network.
type Page struct {
	// Title is that of the page.
	Title string
	// Blocks stand at its top.
	Blocks []Block
	// Sections follow one another.
	Sections []Section
}

// Section is a part of a page with a heading.
type Section struct {
	// ID is what a [Span] may link to.
	ID string
	// Title is the heading.
	Title string
	// Blocks are what is in it.
	Blocks []Block
}

// Block is a part of a page: a [Paragraph], a [Picture], a [Table], a [Gallery] or a
// [Stepper].
type Block interface{ write(b *strings.Builder) }

// Style is how a [Span] is set.
type Style int

// The styles.
const (
	Plain Style = iota
	// Strong is bold, Code as it is typed.
	Strong
	Code
	// Good and Bad are bold in green and red.
	Good
	Bad
)

// Span is a piece of text.
type Span struct {
	Text  string
	Style Style
	// Link, if not empty, is the ID of a section that a click leads to.
	Link string
}

// Paragraph is a paragraph of text.
type Paragraph struct {
	// Spans follow one another without a space. A line break stays one.
	Spans []Span
	// Small sets it as a remark.
	Small bool
}

// Text returns a paragraph of plain text.
func Text(text string) Paragraph { return Paragraph{Spans: []Span{{Text: text}}} }

// Picture is an image.
type Picture struct {
	// PNG is the file.
	PNG []byte
	// Alt says what is seen.
	Alt string
}

// Table is a table.
type Table struct {
	// Head are the titles of the columns.
	Head []string
	// Rows are lists of cells.
	Rows [][]Span
}

// pageStyle is how a page looks.
//
//go:embed page.css
var pageStyle string

// pagePolicy forbids a browser to load anything that is not in the page.
const pagePolicy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

// Encode returns the page as HTML.
func (p Page) Encode() []byte {
	var b strings.Builder
	title := html.EscapeString(p.Title)
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"+
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"+
		"<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n<title>%s</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>%s</h1>\n", pagePolicy, title, pageStyle, title)
	writeBlocks(&b, p.Blocks)
	for _, s := range p.Sections {
		fmt.Fprintf(&b, "<h2 id=\"%s\">%s</h2>\n", html.EscapeString(s.ID), html.EscapeString(s.Title))
		writeBlocks(&b, s.Blocks)
	}
	if p.steps() {
		b.WriteString("<script>\n" + stepperScript + "</script>\n")
	}
	b.WriteString("</body>\n</html>\n")
	return []byte(b.String())
}

// steps reports whether a block of the page is a [Stepper].
func (p Page) steps() bool {
	is := func(b Block) bool {
		_, ok := b.(Stepper)
		return ok
	}
	return slices.ContainsFunc(p.Blocks, is) ||
		slices.ContainsFunc(p.Sections, func(s Section) bool { return slices.ContainsFunc(s.Blocks, is) })
}

// Save writes the page to a file. The folder has to exist.
func (p Page) Save(path string) error { return atomicfile.WriteFile(path, p.Encode(), 0o666) }

func writeBlocks(b *strings.Builder, blocks []Block) {
	for _, block := range blocks {
		block.write(b)
	}
}

func (p Paragraph) write(b *strings.Builder) {
	b.WriteString("<p")
	if p.Small {
		b.WriteString(` class="small"`)
	}
	b.WriteString(">")
	for _, s := range p.Spans {
		s.write(b)
	}
	b.WriteString("</p>\n")
}

func (p Picture) write(b *strings.Builder) {
	fmt.Fprintf(b, "<img src=\"data:image/png;base64,%s\" alt=\"%s\">\n", base64.StdEncoding.EncodeToString(p.PNG), html.EscapeString(p.Alt))
}

func (t Table) write(b *strings.Builder) {
	b.WriteString("<div class=\"wide\"><table>\n<tr>")
	for _, head := range t.Head {
		fmt.Fprintf(b, "<th>%s</th>", html.EscapeString(head))
	}
	b.WriteString("</tr>\n")
	for _, row := range t.Rows {
		b.WriteString("<tr>")
		for _, cell := range row {
			b.WriteString("<td>")
			cell.write(b)
			b.WriteString("</td>")
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</table></div>\n")
}

func (s Span) write(b *strings.Builder) {
	before, after := "", ""
	switch s.Style {
	case Strong:
		before, after = "<strong>", "</strong>"
	case Code:
		before, after = "<code>", "</code>"
	case Good:
		before, after = `<span class="good">`, "</span>"
	case Bad:
		before, after = `<span class="bad">`, "</span>"
	}
	if s.Link != "" {
		before, after = `<a href="#`+html.EscapeString(s.Link)+`">`+before, after+"</a>"
	}
	b.WriteString(before + html.EscapeString(s.Text) + after)
}
