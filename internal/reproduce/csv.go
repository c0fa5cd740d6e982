package reproduce

import (
	"encoding/csv"
	"math"
	"strconv"
	"strings"
)

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
	rows := [][]string{{"claim", "published", "ours", "criterion", "agrees", "too_few_seeds", "digits", "published_digits", "chaotic"}}
	for _, c := range claims {
		rows = append(rows, append([]string{c.What, c.Published, c.Ours, c.Criterion, strconv.FormatBool(c.Agrees), strconv.FormatBool(c.TooFewSeeds)}, c.digitCells()...))
	}
	return encode(rows)
}

// digitCells are the columns of claims that compare digits, empty for others.
func (c Claim) digitCells() []string {
	if c.PublishedDigits == 0 {
		return []string{"", "", ""}
	}
	return []string{strconv.Itoa(max(0, c.Digits)), strconv.Itoa(c.PublishedDigits), strconv.FormatBool(c.Chaotic)}
}

func encode(rows [][]string) []byte {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.WriteAll(rows) // a strings.Builder never fails
	return []byte(b.String())
}

// known prints a parameter, nothing for 0.
func known(x float64) string {
	if x == 0 {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
