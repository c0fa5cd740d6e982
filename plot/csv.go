package plot

import (
	"encoding/csv"
	"math"
	"slices"
	"strconv"
	"strings"
)

// CSV returns the numbers of figures, a row for each point: figure, series, the
// columns that series add, x, y, low and high. Numbers have six digits. A cell is
// empty where there is nothing to say, and for a number that is NaN.
func CSV(figures ...Figure) ([]byte, error) {
	var names []string
	for _, f := range figures {
		if err := f.check(); err != nil {
			return nil, err
		}
		for _, s := range f.Series {
			for _, c := range s.Columns {
				if !slices.Contains(names, c.Name) {
					names = append(names, c.Name)
				}
			}
		}
	}
	rows := [][]string{slices.Concat([]string{"figure", "series"}, names, []string{"x", "y", "low", "high"})}
	for _, f := range figures {
		for _, s := range f.Series {
			for i := range s.X {
				rows = append(rows, f.row(s, i, names))
			}
		}
	}
	var b strings.Builder
	_ = csv.NewWriter(&b).WriteAll(rows) // a strings.Builder never fails
	return []byte(b.String()), nil
}

// row is that of point i.
func (f Figure) row(s Series, i int, names []string) []string {
	row := []string{f.Name, s.Name}
	for _, name := range names {
		cell := ""
		if k := slices.IndexFunc(s.Columns, func(c Column) bool { return c.Name == name }); k >= 0 {
			values := s.Columns[k].Values
			cell = values[min(i, len(values)-1)]
		}
		row = append(row, cell)
	}
	x, ok := f.X.name(s.X[i])
	if !ok {
		x = plain(s.X[i])
	}
	low, high := "", ""
	if s.Low != nil {
		low, high = plain(s.Low[i]), plain(s.High[i])
	}
	return append(row, x, plain(s.Y[i]), low, high)
}

// plain prints a number with six digits, nothing for NaN.
func plain(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}
