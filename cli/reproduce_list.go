package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/reproduce"
	"github.com/seed-be841da4/prospect/internal/tables"
)

// list prints what can be run: all panels, or those that are named in full.
func (r *reproduceCmd) list(c *console) error {
	panels := reproduce.Panels()
	if len(r.Panels) > 1 {
		var err error
		if panels, err = reproduce.Find(r.Panels[1:], false); err != nil {
			return usage(err)
		}
	}
	p := r.printer(c)
	switch {
	case r.JSON:
		for _, panel := range panels {
			if err := writeEvent(c.stdout, panel.Info()); err != nil {
				return errors.Wrap(err, "reproduce list")
			}
		}
	case len(r.Panels) > 1 && p.ForPeople():
		describePanels(p, panels)
	default:
		tablePanels(p, panels)
	}
	return p.Err()
}

// panelTable has a row for each panel.
func panelTable(panels []*reproduce.Panel) tables.Table {
	after := tables.Column{Key: "after"}
	if panels[0].After != "" {
		after.Name = "after the paper"
	}
	t := tables.Table{Columns: []tables.Column{
		{Name: "panel", Key: "name"},
		{Key: "aliases"},
		after,
		{Name: "quick", Key: "minutes_quick"},
		{Name: "full", Key: "minutes_full"},
		{Name: "seeds"},
		{Key: "seeds_quick"},
		{Key: "seeds_full"},
		{Name: "data", Key: "data"},
		{Name: "slips", Key: "slips"},
		{Name: "shows", Key: "shows", Below: true},
	}}
	for _, p := range panels {
		info := p.Info()
		slips := tables.Cell{Text: "-", Value: len(p.Quirks)}
		if n := len(p.Quirks); n > 0 {
			slips.Text = fmt.Sprint(n)
		}
		t.Add(p.Name, strings.Join(p.Aliases, " "), p.After, minutes(info.Minutes[reproduce.Quick]), minutes(info.Minutes[reproduce.Full]),
			seeds(info.Seeds), info.Seeds.Quick, info.Seeds.Full, tables.Cell{Text: dash(p.Data), Value: p.Data}, slips, p.Shows)
	}
	return t
}

// tablePanels prints all panels, for people those after the paper apart.
func tablePanels(w *tables.Writer, panels []*reproduce.Panel) {
	if !w.ForPeople() {
		w.Table(panelTable(panels))
		return
	}
	later := slices.IndexFunc(panels, func(p *reproduce.Panel) bool { return p.After != "" })
	if later < 0 {
		later = len(panels)
	}
	for i, part := range [][]*reproduce.Panel{panels[:later], panels[later:]} {
		if len(part) == 0 {
			continue
		}
		if i > 0 {
			w.Gap()
		}
		w.Table(panelTable(part))
	}
	thinner := tables.Table{Columns: []tables.Column{{Name: "panel"}, {Name: "quick is thinner than full, beside the seeds"}}}
	var others []string
	for _, p := range panels {
		if len(p.Aliases) > 0 {
			others = append(others, strings.Join(p.Aliases, ", ")+" for "+p.Name)
		}
		if p.Thinner != "" {
			thinner.Add(p.Name, p.Thinner)
		}
	}
	w.Gap()
	w.Table(thinner)
	shared := map[string]bool{}
	for _, p := range panels {
		if names := p.Info().SharesTrials; len(names) > 0 && !shared[p.Name] {
			w.Gap()
			w.Line("%s and %s share their trials: those that both show are run once.", p.Name, strings.Join(names, ", "))
			for _, name := range names {
				shared[name] = true
			}
		}
	}
	w.Gap()
	w.Line("Other names: %s.", strings.Join(others, "; "))
	w.Line("Times are on two cores, seeds those of quick/full. all stands for every panel, paper for those of the paper, after for the others. prospect reproduce list NAME describes a panel with its slips.")
}

// describePanels is all that is known of panels before they are run.
func describePanels(w *tables.Writer, panels []*reproduce.Panel) {
	for i, p := range panels {
		if i > 0 {
			w.Gap()
		}
		info := p.Info()
		w.Line("%s: %s", p.Name, p.Shows)
		if p.After != "" {
			w.Line("after the paper: %s", p.After)
		}
		w.Line("%s", p.Protocol)
		if len(p.Aliases) > 0 {
			w.Line("also called: %s", strings.Join(p.Aliases, ", "))
		}
		w.Line("data: %s", dash(p.Data))
		if len(info.SharesTrials) > 0 {
			w.Line("shares its trials with: %s", strings.Join(info.SharesTrials, ", "))
		}
		quick := minutes(info.Minutes[reproduce.Quick]).Text
		if p.Seeds.Full > 0 {
			quick += fmt.Sprintf(", seeds: %d", p.Seeds.Quick)
		}
		if p.Thinner != "" {
			quick += ", " + p.Thinner
		}
		w.Line("quick: %s", quick)
		full := minutes(info.Minutes[reproduce.Full]).Text
		if p.Seeds.Full > 0 {
			full += fmt.Sprintf(", seeds: %d", p.Seeds.Full)
		}
		w.Line("full: %s", full)
		if info.PublishedSeeds > 0 {
			w.Line("--seeds published: %d seeds, %d numbers to compare digit by digit", info.PublishedSeeds, info.PublishedNumbers)
		}
		if len(p.Quirks) == 0 {
			w.Line("no slip of the published configuration is known: --protocol clean is the same")
		}
		for _, q := range p.Quirks {
			w.Line("--quirk %s=off: %s", q.Name, q.Text)
		}
	}
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

// minutes is a time.
func minutes(m float64) tables.Cell {
	switch {
	case m < 1:
		return tables.Cell{Text: fmt.Sprintf("%.0f s", 60*m), Value: m}
	case m < 100:
		return tables.Cell{Text: fmt.Sprintf("%.0f min", m), Value: m}
	}
	return tables.Cell{Text: fmt.Sprintf("%.0f h", m/60), Value: m}
}
