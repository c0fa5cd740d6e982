package tables

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	pretty "github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/pkg/errors"
)

// Writer writes tables and lines in a format. The first error stays, and nothing is
// written after it.
type Writer struct {
	w      io.Writer
	format Format
	width  int
	keys   []string // of the last table in CSV
	err    error
}

// New returns a writer of lines of at most width columns, 0 for any width.
func New(w io.Writer, format Format, width int) *Writer {
	return &Writer{w: w, format: format, width: width}
}

// Err returns the first error.
func (w *Writer) Err() error { return w.err }

// ForPeople reports whether the format is one for people.
func (w *Writer) ForPeople() bool { return w.format == Text || w.format == Markdown }

// Line writes a line for people, in Markdown as a paragraph.
func (w *Writer) Line(format string, args ...any) {
	line := format
	if len(args) > 0 {
		line = fmt.Sprintf(format, args...)
	}
	switch w.format {
	case Text:
		w.print(Fill(line, w.width) + "\n")
	case Markdown:
		w.print(strings.TrimSpace(line) + "\n\n")
	}
}

// Code writes a line for people that is to be copied: it is never broken, and in Markdown
// it is a block of code.
func (w *Writer) Code(line string) {
	switch w.format {
	case Text:
		w.print(line + "\n")
	case Markdown:
		w.print("```\n" + line + "\n```\n\n")
	}
}

// Gap writes an empty line where the format does not have one anyway.
func (w *Writer) Gap() {
	if w.format == Text {
		w.print("\n")
	}
}

// Table writes a table.
func (w *Writer) Table(t Table) {
	switch w.format {
	case Text:
		w.print(t.text(w.width))
	case Markdown:
		w.print(t.markdown() + "\n\n")
	case CSV:
		w.csv(t)
	case JSON:
		w.json(t)
	}
}

func (w *Writer) print(s string) {
	if w.err != nil {
		return
	}
	_, err := io.WriteString(w.w, s)
	w.err = errors.Wrap(err, "tables")
}

// csv writes the rows, and the head unless the table before had the same.
func (w *Writer) csv(t Table) {
	columns, rows := t.columnsFor(func(c Column) string { return c.Key })
	var keys []string
	for _, c := range columns {
		keys = append(keys, c.Key)
	}
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	if !slices.Equal(keys, w.keys) {
		if w.keys != nil {
			b.WriteString("\n")
		}
		_ = out.Write(keys) // into memory
		w.keys = keys
	}
	for _, row := range rows {
		var fields []string
		for _, cell := range row {
			fields = append(fields, exact(cell.Value))
		}
		_ = out.Write(fields)
	}
	out.Flush()
	w.print(b.String())
}

// json writes an object for each row, in the order of the columns.
func (w *Writer) json(t Table) {
	columns, rows := t.columnsFor(func(c Column) string { return c.Key })
	for _, row := range rows {
		var b strings.Builder
		for j, cell := range row {
			value := []byte("null")
			if exact(cell.Value) != "" || cell.Value == "" {
				var err error
				if value, err = json.Marshal(cell.Value); err != nil {
					w.err = errors.Wrapf(err, "tables: column %s", columns[j].Key)
					return
				}
			}
			key, _ := json.Marshal(columns[j].Key) // a string
			fmt.Fprintf(&b, "%s%s:%s", map[bool]string{true: ",", false: "{"}[j > 0], key, value)
		}
		w.print(b.String() + "}\n")
	}
}

// markdown returns the table.
func (t *Table) markdown() string {
	columns, rows := t.columnsFor(func(c Column) string { return c.Name })
	return render(columns, rows, nil).RenderMarkdown()
}

// text returns the table with columns that fit a width, 0 for any.
func (t *Table) text(width int) string {
	columns, rows := t.columnsFor(func(c Column) string { return c.Name })
	if len(columns) == 0 {
		return ""
	}
	want, least := measure(columns, rows)
	below := ""
	if width > 0 && sum(want)+gap*(len(want)-1) > width {
		columns, rows, below = moveBelow(columns, rows, width)
		want, least = measure(columns, rows)
	}
	return render(columns, rows, widths(want, least, width)).Render() + "\n" + below
}

// measure returns how wide the columns want to be, and at least have to be so that no
// word and no number is broken.
func measure(columns []Column, rows [][]Cell) (want, least []int) {
	for j, c := range columns {
		n, word := text.StringWidth(c.Name), longestWord(c.Name)
		for _, row := range rows {
			cell := oneLine(row[j].Text)
			n, word = max(n, text.StringWidth(cell)), max(word, longestWord(cell))
			if isNumber(row[j].Value) {
				word = max(word, text.StringWidth(cell)) // with its unit
			}
		}
		want, least = append(want, n), append(least, word)
	}
	return want, least
}

// render hands the table to go-pretty, with columns of some widths, nil for any.
func render(columns []Column, rows [][]Cell, widths []int) pretty.Writer {
	out := pretty.NewWriter()
	out.SuppressTrailingSpaces()
	style := pretty.StyleDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", strings.Repeat(" ", gap)
	style.Format.Header = text.FormatDefault
	style.Options = pretty.OptionsNoBordersAndSeparators
	out.SetStyle(style)
	var head pretty.Row
	var configs []pretty.ColumnConfig
	for j, c := range columns {
		head = append(head, c.Name)
		config := pretty.ColumnConfig{Number: j + 1, VAlignHeader: text.VAlignBottom}
		if numeric(rows, j) {
			config.Align, config.AlignHeader = text.AlignRight, text.AlignRight
		}
		if widths != nil {
			config.WidthMax, config.WidthMaxEnforcer = widths[j], text.WrapSoft
		}
		configs = append(configs, config)
	}
	out.SetColumnConfigs(configs)
	out.AppendHeader(head)
	for _, row := range rows {
		var cells pretty.Row
		for _, cell := range row {
			cells = append(cells, oneLine(cell.Text))
		}
		out.AppendRow(cells)
	}
	return out
}

// numeric reports whether a column holds numbers, and nothing but where there is none.
func numeric(rows [][]Cell, j int) bool {
	some := false
	for _, row := range rows {
		switch {
		case isNumber(row[j].Value):
			some = true
		case row[j].Text != "" && row[j].Text != "-":
			return false
		}
	}
	return some
}
