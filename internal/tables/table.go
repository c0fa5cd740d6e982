package tables

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Table is some rows under a head.
type Table struct {
	Columns []Column
	// Rows have a cell for each column: a string, a whole number, a [Cell], or nil for
	// nothing.
	Rows [][]any
}

// Column is a column of a table.
type Column struct {
	// Name is the head for people. Empty means that the column is not for them.
	Name string
	// Key is the head of CSV and the name in JSON. Empty means that the column is not for
	// programs.
	Key string
	// Below moves the texts of the column below the table where the terminal is too
	// narrow for all columns: into a table of their own if all differ, else each text
	// once, under a number that stands in its place.
	Below bool
}

// Cell is a text for people of a value for programs.
type Cell struct {
	// Text is the text. Empty is printed as "-" if the value is a number.
	Text string
	// Value is a string, a truth value or a number, also a [json.Number]. A float that is
	// not finite is null in JSON and nothing in CSV, and so is nil.
	Value any
}

// Number is a cell of a number, formatted as by [fmt.Sprintf]. Where it is not finite
// its text is "-".
func Number(format string, x float64) Cell {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return Cell{Text: "-", Value: x}
	}
	return Cell{Text: fmt.Sprintf(format, x), Value: x}
}

// Percent is a cell of a fraction of 1, whose text is in percent with two digits.
func Percent(x float64) Cell {
	c := Number("%.2f %%", 100*x)
	c.Value = x
	return c
}

// Missing is a cell of a number that there is none of.
func Missing() Cell { return Cell{Text: "-"} }

// Add appends a row.
func (t *Table) Add(cells ...any) { t.Rows = append(t.Rows, cells) }

// cellOf returns the cell of a value.
func cellOf(v any) Cell {
	switch v := v.(type) {
	case Cell:
		return v
	case nil:
		return Cell{}
	case string:
		return Cell{Text: v, Value: v}
	case float64:
		return Number("%.4g", v)
	}
	return Cell{Text: fmt.Sprint(v), Value: v}
}

// isNumber reports whether a value is right-aligned.
func isNumber(v any) bool {
	switch v.(type) {
	case int, int64, uint64, float64, json.Number:
		return true
	}
	return false
}

// exact writes a value in full.
func exact(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return ""
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

// columnsFor returns the columns whose head by a choice is not empty, with the cells.
func (t *Table) columnsFor(head func(Column) string) (columns []Column, rows [][]Cell) {
	rows = make([][]Cell, len(t.Rows))
	for j, c := range t.Columns {
		if head(c) == "" {
			continue
		}
		columns = append(columns, c)
		for i, row := range t.Rows {
			cell := Cell{}
			if j < len(row) {
				cell = cellOf(row[j])
			}
			rows[i] = append(rows[i], cell)
		}
	}
	return columns, rows
}

// Texts returns the heads and the rows as people read them.
func (t *Table) Texts() (head []string, rows [][]string) {
	columns, cells := t.columnsFor(func(c Column) string { return c.Name })
	for _, c := range columns {
		head = append(head, c.Name)
	}
	for _, row := range cells {
		var texts []string
		for _, cell := range row {
			texts = append(texts, oneLine(cell.Text))
		}
		rows = append(rows, texts)
	}
	return head, rows
}

// oneLine writes a text without line breaks, tabs and control characters, which would
// break the columns, or a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r < ' ' || r == 0x7f:
			return -1
		}
		return r
	}, s)
}
