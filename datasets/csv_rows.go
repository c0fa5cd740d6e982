package datasets

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"io"

	"github.com/pkg/errors"
)

// csvRow is a row with the line on which it starts, from 1.
type csvRow struct {
	fields []string
	line   int
}

// csvRows reads rows.
type csvRows struct{ reader *csv.Reader }

// open reads the first row, from which the separator is known.
func (c CSV) open(r io.Reader) (*csvRows, *csvRow, error) {
	text := bufio.NewReaderSize(r, 1<<16)
	if mark, _ := text.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		if _, err := text.Discard(3); err != nil {
			return nil, nil, errors.Wrap(err, "byte order mark")
		}
	}
	rows := &csvRows{csv.NewReader(text)}
	rows.reader.FieldsPerRecord = -1
	rows.reader.Comma = c.Comma
	if c.Comma == 0 {
		head, _ := text.Peek(1 << 16)
		rows.reader.Comma = separator(head)
	}
	first, err := rows.next()
	if err == io.EOF {
		return nil, nil, errors.New("got an empty file, want a table")
	}
	return rows, first, err
}

// separator is the most frequent one, outside of quotes, of the first line that has any
// text.
func separator(head []byte) rune {
	line, _, _ := bytes.Cut(bytes.TrimLeft(head, "\r\n"), []byte("\n"))
	counts, quoted := [3]int{}, false
	const all = ",;\t"
	for _, b := range line {
		if b == '"' {
			quoted = !quoted
		}
		if k := bytes.IndexByte([]byte(all), b); k >= 0 && !quoted {
			counts[k]++
		}
	}
	best := 0
	for k := range counts {
		if counts[k] > counts[best] {
			best = k
		}
	}
	return rune(all[best])
}

// next returns the next row, or io.EOF.
func (r *csvRows) next() (*csvRow, error) {
	fields, err := r.reader.Read()
	if err == io.EOF {
		return nil, err
	}
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return nil, errors.Errorf("row %d, column %d: %v; double the quotes within a quoted field", parse.StartLine, parse.Column, parse.Err)
	}
	if err != nil {
		return nil, errors.Wrap(err, "rows")
	}
	line, _ := r.reader.FieldPos(0)
	return &csvRow{fields: fields, line: line}, nil
}
