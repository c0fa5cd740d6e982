package datasets

import (
	"bufio"
	"bytes"
	"io"

	"github.com/pkg/errors"
)

const (
	optdigitsPixels = 8 * 8
	// optdigitsMost bounds the rows of a file: more than a hundred times the official
	// ones.
	optdigitsMost = 1 << 20
)

// ReadOptdigits reads the comma-separated rows of the UCI digits until r ends.
//
//	row: 64 counts from 0 to 16 (8 × 8, row-major), label 0 to 9
//	pixels: (rows, 8, 8)      labels: (rows)
//
// Spaces around a number, empty lines and either line ending are accepted; every other
// departure is an error that names line and column. Memory grows with the rows that
// really arrive.
//
// Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
// Learning Repository (1998).
func ReadOptdigits(r io.Reader) (pixels, labels []uint8, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 512), 4096)
	number := 0
	for lines.Scan() {
		number++
		row := bytes.TrimSpace(lines.Bytes())
		if len(row) == 0 {
			continue
		}
		if len(labels) == optdigitsMost {
			return nil, nil, errors.Errorf("datasets: optdigits: file, got more than %d rows, want at most that", optdigitsMost)
		}
		var values [optdigitsPixels + 1]uint8
		if err := parseOptdigitsRow(row, &values); err != nil {
			return nil, nil, errors.WithMessagef(err, "datasets: optdigits: line %d", number)
		}
		pixels = append(pixels, values[:optdigitsPixels]...)
		labels = append(labels, values[optdigitsPixels])
	}
	if err := lines.Err(); err != nil {
		return nil, nil, errors.Wrapf(err, "datasets: optdigits: line %d", number+1)
	}
	if len(labels) == 0 {
		return nil, nil, errors.New("datasets: optdigits: file, got 0 rows, want at least 1")
	}
	return pixels, labels, nil
}

func parseOptdigitsRow(row []byte, values *[optdigitsPixels + 1]uint8) error {
	if n := bytes.Count(row, []byte(",")) + 1; n != len(values) {
		return errors.Errorf("values, got %d, want %d%s", n, len(values), guess(row))
	}
	for k := range values {
		field, rest, _ := bytes.Cut(row, []byte(","))
		row = rest
		most := 16
		if k == optdigitsPixels {
			most = 9
		}
		v, ok := smallNumber(bytes.TrimSpace(field))
		if !ok || v > most {
			return errors.Errorf("column %d, got %.20q, want a whole number from 0 to %d", k+1, field, most)
		}
		values[k] = uint8(v)
	}
	return nil
}

// smallNumber reads one or two decimal digits.
func smallNumber(field []byte) (v int, ok bool) {
	if len(field) < 1 || len(field) > 2 {
		return 0, false
	}
	for _, b := range field {
		if b < '0' || b > '9' {
			return 0, false
		}
		v = 10*v + int(b-'0')
	}
	return v, true
}
