package sweep

import (
	"bytes"
	"math"
	"strconv"

	"github.com/pkg/errors"
)

// Numbers are floating-point numbers that may be NaN or infinite, which JSON has no
// way to write: such a number is null in it, and read back as NaN.
type Numbers []float64

// MarshalJSON writes the numbers.
func (n Numbers) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i, x := range n {
		if i > 0 {
			b = append(b, ',')
		}
		if math.IsNaN(x) || math.IsInf(x, 0) {
			b = append(b, "null"...)
		} else {
			b = strconv.AppendFloat(b, x, 'g', -1, 64)
		}
	}
	return append(b, ']'), nil
}

// UnmarshalJSON reads the numbers.
func (n *Numbers) UnmarshalJSON(text []byte) error {
	text = bytes.TrimSpace(text)
	if len(text) < 2 || text[0] != '[' || text[len(text)-1] != ']' {
		return errors.New("sweep: numbers: want a JSON list")
	}
	*n = Numbers{}
	if text = bytes.TrimSpace(text[1 : len(text)-1]); len(text) == 0 {
		return nil
	}
	for field := range bytes.SplitSeq(text, []byte{','}) {
		x := math.NaN()
		if field = bytes.TrimSpace(field); string(field) != "null" {
			var err error
			if x, err = strconv.ParseFloat(string(field), 64); err != nil {
				return errors.Wrap(err, "sweep: numbers")
			}
		}
		*n = append(*n, x)
	}
	return nil
}
