package reproduce

import (
	"encoding/csv"
	"math"
	"strconv"
	"strings"
)

// dataCSV returns the numbers of figures, one point a row. A cell is empty where
// there is nothing to say: rate and seed of a point that has many, and the bounds
// of one seed.
func dataCSV(figures []Figure) []byte {
	rows := [][]string{{"figure", "series", "source", "rule", "rate", "seed", "x", "y", "low", "high"}}
	for _, f := range figures {
		for _, l := range f.Lines {
			for i := range l.X {
				x := plain(l.X[i])
				if k := int(l.X[i]); k >= 0 && k < len(f.Ticks) && float64(k) == l.X[i] {
					x = f.Ticks[k]
				}
				rate, seed, low, high := "", "", "", ""
				switch {
				case f.X == rateAxis:
					rate = known(l.X[i])
				case len(l.Rates) > 0:
					rate = known(l.Rates[i])
				}
				if len(l.Seeds) > 0 {
					seed = strconv.Itoa(l.Seeds[i])
				}
				if l.Low != nil {
					low, high = plain(l.Low[i]), plain(l.High[i])
				}
				rows = append(rows, []string{f.Name, l.series(), l.source(), l.Rule, rate, seed, x, plain(l.Y[i]), low, high})
			}
		}
	}
	return encode(rows)
}

// trialsCSV returns every number that every trial found. A trial without numbers,
// which diverged, has a row without series.
func trialsCSV(records []Record) []byte {
	rows := [][]string{{"rule", "case", "size", "std", "rate", "second_rate", "third_rate", "seed", "diverged", "series", "index", "value"}}
	for _, r := range records {
		t := r.Trial
		trial := []string{
			t.Rule, t.Case, known(float64(t.Size)), known(t.Std), known(t.Rate), known(t.SecondRate), known(t.ThirdRate),
			strconv.Itoa(t.Seed), strconv.FormatBool(r.Diverged),
		}
		add := func(more ...string) { rows = append(rows, append(trial[:len(trial):len(trial)], more...)) }
		for _, s := range r.Series {
			for i, v := range s.Values {
				value := ""
				if !math.IsNaN(v) {
					value = strconv.FormatFloat(v, 'g', -1, 64)
				}
				add(s.Name, strconv.Itoa(i), value)
			}
		}
		if len(r.Series) == 0 {
			add("", "", "")
		}
	}
	return encode(rows)
}

func claimsCSV(claims Claims) []byte {
	rows := [][]string{{"claim", "published", "ours", "criterion", "agrees", "too_few_seeds"}}
	for _, c := range claims {
		rows = append(rows, []string{c.What, c.Published, c.Ours, c.Criterion, strconv.FormatBool(c.Agrees), strconv.FormatBool(c.TooFewSeeds)})
	}
	return encode(rows)
}

func encode(rows [][]string) []byte {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.WriteAll(rows) // a strings.Builder never fails
	return []byte(b.String())
}

// plain prints a number with six digits, nothing for NaN.
func plain(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}

// known prints a parameter, nothing for 0.
func known(x float64) string {
	if x == 0 {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
