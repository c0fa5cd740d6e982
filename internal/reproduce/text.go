package reproduce

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/pkg/errors"
)

// WriteText writes the verdict on a panel: what was published, what was found,
// the criterion, and whether the two agree.
func (r *Result) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", r.Panel.Name, r.Panel.Shows)
	fmt.Fprintf(&b, "preset %s, protocol %s, %d trials", r.Options.Preset, r.Options.Protocol, r.Trials)
	if !r.Options.full() && r.Panel.Thinner != "" {
		fmt.Fprintf(&b, "; thinner than published: %s", r.Panel.Thinner)
	}
	b.WriteString("\n\n")
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "claim\tpublished\tours\tcriterion\tagrees?")
	for _, c := range r.Report.Claims {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", c.What, c.Published, c.Ours, c.Criterion, yes(c.Agrees))
	}
	if err := t.Flush(); err != nil {
		return errors.Wrap(err, "reproduce: table")
	}
	fmt.Fprintf(&b, "\n%s\n", r.verdict())
	for _, n := range r.Report.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return errors.Wrap(err, "reproduce: table")
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "NO"
}

// verdict is one line.
func (r *Result) verdict() string {
	text := "AGREES"
	if !r.Report.Agrees() {
		text = "DOES NOT AGREE"
	}
	return fmt.Sprintf("%s %s: %d of %d claims hold", r.Panel.Name, text, r.Report.Agreeing(), len(r.Report.Claims))
}
