package datasets

import (
	"bytes"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// Header says whether the first row of a table names the columns.
type Header int

const (
	// HeaderDetected looks: the first row names the columns if no field of it is a
	// number, or if a field of it is none where the second row has one.
	HeaderDetected Header = iota
	// HeaderPresent takes the first row as names.
	HeaderPresent
	// HeaderAbsent takes the first row as data.
	HeaderAbsent
)

func headerNames() []string { return []string{"detected", "present", "absent"} }

// String returns the name: detected, present or absent.
func (h Header) String() string { return nameOf("header", headerNames(), int(h)) }

// MarshalText returns the name.
func (h Header) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads a name.
func (h *Header) UnmarshalText(text []byte) error {
	return numberOf("header", headerNames(), text, (*int)(h))
}

// CSV reads a data set from tables of numbers as text, one sample a row (RFC 4180).
// Quoted fields, empty lines, a byte order mark, either line ending and files packed by
// gzip are fine.
//
// Every column but the targets and those ignored is a number of the sample. An empty
// cell, NaN, text where a number belongs and a row that is too short or too long are
// errors that name the file, the row as an editor counts it, and the column, from 1.
//
// Samples are 8-bit pixels, and read as such, if their columns are called pixel0, pixel1,
// ... or 1x1, 1x2, ..., or if Shape is set, and all their numbers are whole ones from 0
// to 255. Columns pixel0 ... of a square number give samples of that square.
type CSV struct {
	// Targets names the columns of the targets. Nil, and TargetColumns nil too, means the
	// column called label, target, class or y, in either case of letters; if there is
	// none, it is an error.
	Targets []string `json:"targets,omitempty"`
	// TargetColumns gives the columns of the targets by number, from 0; -1 is the last.
	TargetColumns []int `json:"target_columns,omitempty"`
	// Ignore names columns that are left out, such as an identifier.
	Ignore []string `json:"ignore,omitempty"`
	// Header says whether the first row names the columns. Zero looks.
	Header Header `json:"header,omitempty"`
	// Comma separates the fields. Zero means the one of , ; and tab that is most frequent
	// in the first row.
	Comma rune `json:"comma,omitempty"`
	// Task says what the targets are. Zero goes by their text: other than numbers, or
	// whole numbers, are classes, see [Task].
	Task Task `json:"task,omitempty"`
	// Shape of a sample. Nil means the number of columns, or the square of pixels.
	Shape []int `json:"shape,omitempty"`
	// Normalization of 8-bit pixels. Nil maps 0..255 to [0, 1].
	Normalization *Normalization `json:"normalization,omitempty"`
	// Standardize is that of [Assembly].
	Standardize bool `json:"standardize,omitempty"`
	// StandardizeTargets is that of [Assembly].
	StandardizeTargets bool `json:"standardize_targets,omitempty"`
	// Scalings is that of [Assembly].
	Scalings *Scalings `json:"scalings,omitempty"`
}

// Read reads a table of training samples and, unless test is empty, one of test samples
// with the same columns.
func (c CSV) Read(train, test string) (*Split, error) {
	paths := []string{train}
	if test != "" {
		paths = append(paths, test)
	}
	var tables []*csvTable
	pixels := true
	for k, path := range paths {
		var t *csvTable
		err := openFile(path, func(r io.Reader, _ int64) (err error) {
			t, err = c.table(path, r)
			return errors.WithMessagef(err, "datasets: %s", path)
		})
		if err == nil && k > 0 && !slices.Equal(tables[0].sampleNames(), t.sampleNames()) {
			err = errors.Errorf("datasets: %s: columns, got %s, want those of %s: %s", path, some(t.sampleNames()), train, some(tables[0].sampleNames()))
		}
		if err != nil {
			return nil, err
		}
		pixels = pixels && t.pixels
		tables = append(tables, t)
	}
	parts := [2]*Part{}
	for k, t := range tables {
		var err error
		if parts[k], err = t.part(c.Task, pixels); err != nil {
			return nil, err
		}
	}
	if test != "" && parts[0].Y != nil && parts[1].Words != nil {
		return nil, errors.Errorf("datasets: %s: target of %s, got %q, want a number as in %s", test, parts[1].Row(0), parts[1].Words[0], train)
	}
	if test != "" && parts[0].Words != nil && parts[1].Y != nil {
		parts[1].Y, parts[1].Words = nil, tables[1].words
	}
	shape := c.Shape
	if shape == nil && pixels {
		shape = tables[0].square()
	}
	a := Assembly{Name: baseName(train), Task: c.Task, Shape: shape, Normalization: c.Normalization, Standardize: c.Standardize, StandardizeTargets: c.StandardizeTargets, Scalings: c.Scalings}
	return a.Split(parts[0], parts[1])
}

// csvTable is a table as it is read, row by row.
type csvTable struct {
	file    string
	names   []string // of the columns; nil without a header
	targets []int    // columns, in the order they were asked for
	role    []int    // of each column: -2 ignored, -1 sample, else the target
	task    Task
	count   int // numbers of a sample
	pixels  bool
	values  []float32
	lines   []int    // where each row starts
	words   []string // of a single target
	known   map[string]string
	numbers []float64 // of targets, as long as they are numbers
	textAt  string    // where a target is no number
	whole   bool      // whether every target is written as a whole number
}

// table reads a table.
func (c CSV) table(path string, r io.Reader) (*csvTable, error) {
	rows, first, err := c.open(r)
	if err != nil {
		return nil, err
	}
	if err := first.utf8(); err != nil {
		return nil, err
	}
	second, err := rows.next()
	if err != nil && err != io.EOF {
		return nil, err
	}
	t := &csvTable{file: path, task: c.Task, pixels: true, whole: true, known: map[string]string{}}
	header, err := c.header(first, second)
	if err != nil {
		return nil, err
	}
	pending := []*csvRow{first, second}
	if header {
		t.names, pending = first.fields, pending[1:]
	}
	if pending[0] == nil {
		return nil, errors.New("got no row of data, want at least 1")
	}
	if err := c.columns(t, len(pending[0].fields)); err != nil {
		return nil, err
	}
	for _, row := range pending {
		if row != nil {
			if err := t.add(row); err != nil {
				return nil, err
			}
		}
	}
	for {
		row, err := rows.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := t.add(row); err != nil {
			return nil, err
		}
	}
	t.pixels = t.pixels && (c.Shape != nil || t.pixelNames())
	return t, nil
}

// header decides whether the first row names the columns.
func (c CSV) header(first, second *csvRow) (bool, error) {
	switch c.Header {
	case HeaderPresent:
		return true, nil
	case HeaderAbsent:
		return false, nil
	case HeaderDetected:
	default:
		return false, errors.Errorf("Header, got %d, want HeaderDetected, HeaderPresent or HeaderAbsent", int(c.Header))
	}
	numbers := 0
	for k, field := range first.fields {
		if isNumber(field) {
			numbers++
		} else if second != nil && k < len(second.fields) && strings.TrimSpace(field) != "" && isNumber(second.fields[k]) {
			return true, nil
		}
	}
	return numbers == 0, nil
}

func isNumber(field string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
	return err == nil
}

// part makes arrays of the table.
func (t *csvTable) part(task Task, pixels bool) (*Part, error) {
	p := &Part{File: t.file, Row: func(i int) string { return "row " + strconv.Itoa(t.lines[i]) }}
	n := len(t.lines)
	p.X = &Array{Shape: []int{n, t.count}, Type: "float32", Floats: t.values}
	if t.names != nil && !t.pixelNames() {
		p.Columns, p.TargetColumns = t.sampleNames(), t.named(t.targets)
	}
	if pixels {
		p.X = &Array{Shape: p.X.Shape, Type: "uint8", Bytes: make([]uint8, len(t.values))}
		for i, v := range t.values {
			p.X.Bytes[i] = uint8(v)
		}
		t.values = nil
	}
	switch {
	case len(t.targets) == 0 || task == NoTargets:
		return p, nil
	case t.textAt != "" && (len(t.targets) > 1 || task == Regression):
		return nil, errors.Errorf("datasets: %s: %s, want a number for regression; correct it, or say Task Classification with one target", t.file, t.textAt)
	case t.textAt != "":
		p.Words = t.words
		return p, nil
	}
	p.Y = &Array{Shape: []int{n, len(t.targets)}, Type: "float64", Doubles: t.numbers}
	if t.whole {
		p.Y.Type = "int64"
	}
	return p, nil
}

// add takes in a row of data.
func (t *csvTable) add(row *csvRow) error {
	if len(row.fields) != len(t.role) {
		return errors.Errorf("row %d, got %d fields, want %d as in the rows before; fill the row up, or quote a field that contains the separator", row.line, len(row.fields), len(t.role))
	}
	const most = 1 << 31
	if len(t.values)+t.count >= most {
		return errors.Errorf("row %d, got more than %d numbers, want fewer; save the table as .npz", row.line, most)
	}
	at := len(t.numbers)
	for range t.targets {
		t.numbers = append(t.numbers, 0)
	}
	for k, field := range row.fields {
		if t.role[k] == -2 || t.role[k] >= 0 && t.task == NoTargets {
			continue
		}
		field = strings.TrimSpace(field)
		v, number := parseNumber(field)
		if err := t.refused(row.line, k, field, v, number); err != nil {
			return err
		}
		if t.role[k] == -1 {
			t.pixels = t.pixels && v >= 0 && v <= 255 && v == float64(uint8(v))
			t.values = append(t.values, float32(v))
		} else {
			t.target(row.line, k, at, field, v, number)
		}
	}
	t.lines = append(t.lines, row.line)
	return nil
}

// parseNumber reads a field. Whole numbers of few digits, such as pixels, are read at
// once.
func parseNumber(field string) (v float64, ok bool) {
	if len(field) > 0 && len(field) <= 15 {
		n, whole := 0, true
		for i := range len(field) {
			c := field[i] - '0'
			whole = whole && c <= 9
			n = 10*n + int(c)
		}
		if whole {
			return float64(n), true
		}
	}
	v, err := strconv.ParseFloat(field, 64)
	return v, err == nil
}

// refused returns an error if a field has no place in its column.
func (t *csvTable) refused(line, column int, field string, v float64, number bool) error {
	sample := t.role[column] == -1
	if number && finite(v) && (!sample || math.Abs(v) <= math.MaxFloat32) {
		return nil
	}
	where := "row " + strconv.Itoa(line) + ", " + t.called(column)
	switch {
	case field == "":
		return errors.Errorf("%s: got an empty cell, want a value; fill it, or leave the row out", where)
	case number && !finite(v):
		return errors.Errorf("%s: got %s, want a finite number; fill the gap, or leave the row out", where, field)
	case number:
		return errors.Errorf("%s: got %s, want a number of float32; rescale the column", where, field)
	case sample:
		return errors.Errorf("%s: got %.30q, want a number; correct it, or name the column in Ignore or Targets", where, field)
	}
	return nil
}

// target takes in a field of a target.
func (t *csvTable) target(line, column, at int, field string, v float64, number bool) {
	if !number && t.textAt == "" {
		t.textAt = "row " + strconv.Itoa(line) + ", " + t.called(column) + ": got " + strconv.Quote(field)
	}
	if _, err := strconv.ParseInt(field, 10, 53); err != nil {
		t.whole = false
	}
	t.numbers[at+t.role[column]] = v
	if len(t.targets) == 1 {
		word, ok := t.known[field]
		if !ok { // a field shares the memory of its row
			word = strings.Clone(field)
			t.known[word] = word
		}
		t.words = append(t.words, word)
	}
}

// utf8 refuses the text of a spreadsheet that is not UTF-8.
func (r *csvRow) utf8() error {
	if len(r.fields) > 0 && (strings.HasPrefix(r.fields[0], "\xff\xfe") || strings.HasPrefix(r.fields[0], "\xfe\xff")) {
		return errors.New("row 1, got UTF-16 text, want UTF-8; save it as \"CSV UTF-8\"")
	}
	if len(r.fields) > 0 && bytes.HasPrefix([]byte(strings.TrimSpace(r.fields[0])), []byte("<")) {
		return errors.Errorf("row 1, got %.20q, want data%s", r.fields[0], guess([]byte(r.fields[0])))
	}
	return nil
}
