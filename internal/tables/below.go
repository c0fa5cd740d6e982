package tables

import (
	"fmt"
	"slices"
	"strings"
)

// moveBelow takes the texts of the columns with Below out of the table and returns what
// is written below it. Texts that all differ go to a table of their own, beside the first
// column; others stand there once, under the number that is left in the column, as in
// "criterion [1]: < 0.5".
func moveBelow(columns []Column, rows [][]Cell, width int) (left []Column, cells [][]Cell, below string) {
	cells = make([][]Cell, len(rows))
	var b strings.Builder
	for j, c := range columns {
		texts := map[string]bool{}
		for _, row := range rows {
			texts[row[j].Text] = true
		}
		own := c.Below && j > 0 && len(texts) == len(rows)
		if own {
			t := Table{Columns: []Column{columns[0], c}}
			t.Columns[1].Below = false
			for _, row := range rows {
				t.Add(row[0], row[j])
			}
			b.WriteString("\n" + t.text(width))
			continue
		}
		left = append(left, c)
		var seen []string
		for i, row := range rows {
			cell := row[j]
			if c.Below && cell.Text != "" {
				left[len(left)-1].Name = "see"
				k := slices.Index(seen, cell.Text)
				if k < 0 {
					k, seen = len(seen), append(seen, cell.Text)
					fmt.Fprintln(&b, Fill(fmt.Sprintf("%s [%d]: %s", c.Name, k+1, oneLine(cell.Text)), width))
				}
				cell = Cell{Text: fmt.Sprintf("[%d]", k+1)}
			}
			cells[i] = append(cells[i], cell)
		}
	}
	return left, cells, b.String()
}
