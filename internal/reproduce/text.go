package reproduce

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/pkg/errors"
)

// legendOfTable says how the numbers of tables and figures are to be read.
const legendOfTable = "±: standard error of the mean (SEM) over seeds, unless the claim says otherwise; in figures bars and bands are 68 % bootstrap intervals of the mean"

// WriteText writes the verdict on a panel: what was published, what was found,
// the criterion, and whether the two agree.
func (s *Summary) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n%s\n", s.Name, s.Shows, s.Setting())
	if s.Faultless() {
		b.WriteString("no slip of the published configuration is known: clean is the same as published\n")
	}
	for _, q := range s.Quirks {
		fmt.Fprintf(&b, "slip %s, %s: %s\n", q.Name, q.State(), q.Text)
	}
	b.WriteString("\n")
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "claim\tpublished\tours\tcriterion\tagrees?")
	for _, c := range s.Claims {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", c.What, c.Published, c.Ours, c.Criterion, c.Verdict())
	}
	_ = t.Flush() // a strings.Builder never fails
	if s.Seeds > 0 {
		fmt.Fprintf(&b, "%s\n", legendOfTable)
	}
	fmt.Fprintf(&b, "\n%s\n", s.Verdict())
	for _, n := range s.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return errors.Wrap(err, "reproduce")
}
