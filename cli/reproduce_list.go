package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/reproduce"
)

// list prints what can be run: all panels, or those that are named in full.
func (r *reproduceCmd) list(c *console) error {
	panels := reproduce.Panels()
	if len(r.Panels) > 1 {
		var err error
		if panels, err = reproduce.Find(r.Panels[1:]); err != nil {
			return usage(err)
		}
	}
	var err error
	switch {
	case r.JSON:
		for _, p := range panels {
			if err = writeEvent(c.stdout, p.Info()); err != nil {
				break
			}
		}
	case len(r.Panels) > 1:
		_, err = fmt.Fprint(c.stdout, describePanels(panels))
	default:
		_, err = fmt.Fprint(c.stdout, tablePanels(panels))
	}
	return errors.Wrap(err, "reproduce list")
}

// tablePanels is a line for each panel.
func tablePanels(panels []*reproduce.Panel) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "panel\tquick\tfull\tseeds\tdata\tslips\tshows")
	for _, p := range panels {
		info := p.Info()
		name := strings.Join(append([]string{p.Name}, p.Aliases...), ", ")
		slips := "-"
		if n := len(p.Quirks); n > 0 {
			slips = fmt.Sprint(n)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name, minutes(info.Minutes[reproduce.Quick]), minutes(info.Minutes[reproduce.Full]),
			seeds(info.Seeds), dash(p.Data), slips, p.Shows)
	}
	_ = t.Flush() // a strings.Builder never fails
	b.WriteString("\nquick is thinner than full, beside the seeds:\n")
	t = tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	for _, p := range panels {
		if p.Thinner != "" {
			fmt.Fprintf(t, "%s\t%s\n", p.Name, p.Thinner)
		}
	}
	_ = t.Flush()
	shared := map[string]bool{}
	for _, p := range panels {
		if names := p.Info().SharesTrials; len(names) > 0 && !shared[p.Name] {
			fmt.Fprintf(&b, "\n%s and %s share their trials: those that both show are run once.\n", p.Name, strings.Join(names, ", "))
			for _, name := range names {
				shared[name] = true
			}
		}
	}
	b.WriteString("\nTimes are on two cores, seeds those of quick/full. all stands for every panel. prospect reproduce list NAME describes a panel with its slips.\n")
	return b.String()
}

// describePanels is all that is known of panels before they are run.
func describePanels(panels []*reproduce.Panel) string {
	var b strings.Builder
	for i, p := range panels {
		if i > 0 {
			b.WriteString("\n")
		}
		info := p.Info()
		fmt.Fprintf(&b, "%s: %s\n%s\n", p.Name, p.Shows, p.Protocol)
		t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		if len(p.Aliases) > 0 {
			fmt.Fprintf(t, "also called:\t%s\n", strings.Join(p.Aliases, ", "))
		}
		fmt.Fprintf(t, "data:\t%s\n", dash(p.Data))
		if len(info.SharesTrials) > 0 {
			fmt.Fprintf(t, "shares its trials with:\t%s\n", strings.Join(info.SharesTrials, ", "))
		}
		quick := minutes(info.Minutes[reproduce.Quick])
		if p.Seeds.Full > 0 {
			quick += fmt.Sprintf(", seeds: %d", p.Seeds.Quick)
		}
		if p.Thinner != "" {
			quick += ", " + p.Thinner
		}
		fmt.Fprintf(t, "quick:\t%s\n", quick)
		full := minutes(info.Minutes[reproduce.Full])
		if p.Seeds.Full > 0 {
			full += fmt.Sprintf(", seeds: %d", p.Seeds.Full)
		}
		fmt.Fprintf(t, "full:\t%s\n", full)
		_ = t.Flush() // a strings.Builder never fails
		if len(p.Quirks) == 0 {
			b.WriteString("no slip of the published configuration is known: --protocol clean is the same\n")
		}
		for _, q := range p.Quirks {
			fmt.Fprintf(&b, "--quirk %s=off: %s\n", q.Name, q.Text)
		}
	}
	return b.String()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// seeds prints how many there are at the presets.
func seeds(s reproduce.Seeds) string {
	if s.Full == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d", s.Quick, s.Full)
}

// minutes prints a time.
func minutes(m float64) string {
	switch {
	case m < 1:
		return fmt.Sprintf("%.0f s", 60*m)
	case m < 100:
		return fmt.Sprintf("%.0f min", m)
	}
	return fmt.Sprintf("%.0f h", m/60)
}
