package reproduce

import "github.com/seed-be841da4/prospect/internal/tables"

// legendOfTable says how the numbers of tables and figures are to be read.
const legendOfTable = "±: standard error of the mean (SEM) over seeds, unless the claim says otherwise; in figures bars and bands are 68 % bootstrap intervals of the mean"

// legendOfDigits is the same where digits are compared.
const legendOfDigits = "digits: how many after the point agree, that is, are less than a unit of the last apart (published numbers were read off figures); " +
	"rounding decides: an ulp in one weight moves our number at least a quarter as far as it lies from the published one"

// Print prints the verdict on a panel: what was published, what was found, the
// criterion, and whether the two agree.
func (s *Summary) Print(w *tables.Writer) {
	w.Line("%s: %s", s.Name, s.Shows)
	if s.After != "" {
		w.Line("after the paper: %s", s.After)
	}
	w.Line("%s", s.Setting())
	if s.Faultless() {
		w.Line("no slip of the published configuration is known: clean is the same as published")
	}
	for _, q := range s.Quirks {
		w.Line("slip %s, %s: %s", q.Name, q.State(), q.Text)
	}
	w.Gap()
	t := tables.Table{Columns: []tables.Column{
		{Key: "panel"},
		{Name: "claim", Key: "claim"},
		{Name: "published", Key: "published"},
		{Name: "ours", Key: "ours"},
		{Key: "digits"},
		{Name: "criterion", Key: "criterion", Below: true},
		{Name: "agrees?"},
		{Key: "agrees"},
		{Key: "too_few_seeds"},
		{Key: "chaotic"},
	}}
	if s.Claims.compareDigits() {
		t.Columns[4].Name = "digits"
	}
	for _, c := range s.Claims {
		t.Add(s.Name, c.What, c.Published, c.Ours, c.AgreeingDigits(), c.Criterion, c.Verdict(), c.Agrees, c.TooFewSeeds, c.Chaotic)
	}
	w.Table(t)
	switch {
	case s.Claims.compareDigits():
		w.Line("%s", legendOfDigits)
	case s.Seeds > 0:
		w.Line("%s", legendOfTable)
	}
	w.Gap()
	w.Line("%s", s.Verdict())
	for _, n := range s.Notes {
		w.Line("note: %s", n)
	}
}
