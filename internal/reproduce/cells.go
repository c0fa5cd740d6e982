package reproduce

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"math"
	"strconv"
	"sync"

	"github.com/seed-be841da4/prospect/stats"
)

// cellNumber names a number that a trial of a cell finds: a statistic of a series.
type cellNumber struct {
	store     string
	cell      Trial
	series    string
	statistic string
}

// The statistics of a series.
const (
	statMean  = "mean"
	statLeast = "least"
	statLast  = "last"
)

// spread is how a number is distributed over many seeds.
type spread struct {
	seeds    int
	mean, sd float64
}

// cellHead are the columns of cells.csv, and after the panel those of spreads.csv.
var cellHead = []string{"rule", "case", "size", "std", "rate", "second_rate", "third_rate", "series", "statistic", "seeds", "mean", "sd"}

// cellsCSV returns mean and standard deviation over the seeds of every cell: of the mean
// of each series and, if it is longer than one number, of its least and last one. A cell
// with a trial that diverged has a row for what the others found.
func cellsCSV(records []Record) []byte {
	rows := [][]string{cellHead}
	values := map[cellNumber][]float64{}
	var order []cellNumber
	add := func(n cellNumber, x float64) {
		if values[n] == nil {
			order = append(order, n)
		}
		values[n] = append(values[n], x)
	}
	for _, r := range records {
		for _, s := range r.Series {
			n := cellNumber{cell: r.Trial.cell(), series: s.Name, statistic: statMean}
			add(n, mean(s.Values))
			if len(s.Values) > 1 {
				n.statistic = statLeast
				add(n, least(s.Values))
				n.statistic = statLast
				add(n, s.Values[len(s.Values)-1])
			}
		}
	}
	for _, n := range order {
		v, t := values[n], n.cell
		sd := ""
		if len(v) > 1 {
			sd = plain(stats.SEM(v) * math.Sqrt(float64(len(v))))
		}
		rows = append(rows, []string{
			t.Rule, t.Case, known(float64(t.Size)), known(t.Std), known(t.Rate), known(t.SecondRate), known(t.ThirdRate),
			n.series, n.statistic, strconv.Itoa(len(v)), plain(mean(v)), sd,
		})
	}
	return encode(rows)
}

// plain prints a number with six digits.
func plain(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

// spreadsText is the table of the spreads that were measured over many seeds: rows of
// cells.csv with the panel's store before them. docs/results/README.md has the commands.
//
//go:embed spreads.csv
var spreadsText []byte

// spreads reads the table.
var spreads = sync.OnceValue(func() map[cellNumber]spread {
	rows, err := csv.NewReader(bytes.NewReader(spreadsText)).ReadAll()
	if err != nil {
		panic(err) // it is compiled in
	}
	out := map[cellNumber]spread{}
	for _, row := range rows[1:] {
		number := func(i int) float64 { x, _ := strconv.ParseFloat(row[i], 64); return x } // empty is 0
		out[cellNumber{
			store: row[0], series: row[8], statistic: row[9],
			cell: Trial{Rule: row[1], Case: row[2], Size: int(number(3)), Std: number(4), Rate: number(5), SecondRate: number(6), ThirdRate: number(7)},
		}] = spread{int(number(10)), number(11), number(12)}
	}
	return out
})

// spreadOf returns the spread of a number, zero if it was not measured.
func spreadOf(store string, cell Trial, series, statistic string) spread {
	return spreads()[cellNumber{store, cell, series, statistic}]
}
