package cli

import (
	"encoding/json"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/choice"
	"github.com/seed-be841da4/prospect/internal/tables"
	"github.com/seed-be841da4/prospect/kinds"
)

// kindsCmd is "prospect kinds".
type kindsCmd struct {
	Name string `arg:"" optional:"" help:"What to list, such as layer or rule, or a name whose settings to show, such as leaky-relu."`
	formatFlags
}

// Run lists.
func (k *kindsCmd) Run(c *console) error {
	all := c.kinds.List()
	if k.Name == "" {
		return k.print(c, all)
	}
	var of, names []string
	for _, l := range all {
		of = append(of, l.Of)
	}
	if what, ok := choice.Find(singular(k.Name), of); ok {
		for _, l := range all {
			if l.Of == what {
				return k.print(c, []kinds.Listing{l})
			}
		}
	}
	found, p := false, k.printer(c)
	for _, l := range all {
		for _, info := range l.Kinds {
			names = append(names, info.Name)
			if _, ok := choice.Find(k.Name, []string{info.Name}); ok {
				if found {
					p.Gap()
				}
				found = true
				if err := k.show(c, p, l.Of, info); err != nil {
					return err
				}
			}
		}
	}
	if found {
		return nil
	}
	return usage(errors.Errorf("kinds: got %q, want one of %s, or a name that %s kinds lists%s",
		k.Name, strings.Join(of, ", "), c.program, choice.Hint(k.Name, append(of, names...))))
}

// singular returns a word without the ending of the plural.
func singular(s string) string {
	if stem, ok := strings.CutSuffix(s, "ies"); ok {
		return stem + "y"
	}
	return strings.TrimSuffix(s, "s")
}

// print prints tables of names.
func (k *kindsCmd) print(c *console, all []kinds.Listing) error {
	if k.JSON {
		for _, l := range all {
			if err := json.NewEncoder(c.stdout).Encode(l); err != nil {
				return errors.Wrap(err, "kinds")
			}
		}
		return nil
	}
	t := tables.Table{Columns: []tables.Column{{Name: "kind", Key: "of"}, {Name: "name", Key: "name"}, {Key: "main"}, {Name: "what it is", Key: "help"}}}
	for _, l := range all {
		for _, info := range l.Kinds {
			t.Add(l.Of, tables.Cell{Text: alone(info), Value: info.Name}, info.Main, info.Help)
		}
	}
	p := k.printer(c)
	p.Table(t)
	return p.Err()
}

// alone is the name of a kind with the setting that may be given without its name.
func alone(info kinds.Info) string {
	if info.Main == "" {
		return info.Name
	}
	return info.Name + ":" + strings.ToUpper(info.Main)
}

// show prints the settings of a kind.
func (k *kindsCmd) show(c *console, p *tables.Writer, of string, info kinds.Info) error {
	if k.JSON {
		return errors.Wrap(json.NewEncoder(c.stdout).Encode(struct {
			Of string `json:"of"`
			kinds.Info
		}{of, info}), "kinds")
	}
	t := tables.Table{Columns: []tables.Column{
		{Key: "of"}, {Key: "kind"}, {Name: "setting", Key: "setting"}, {Name: "type", Key: "type"}, {Name: "default", Key: "default"}, {Name: "note"},
	}}
	for _, s := range info.Settings {
		note := ""
		if s.Name == info.Main {
			note = "may be given alone, as " + alone(info)
		}
		t.Add(of, info.Name, s.Name, s.Type, s.Default, note)
	}
	p.Line("%s %s: %s", of, info.Name, info.Help)
	if len(t.Rows) > 0 {
		p.Table(t)
	}
	return p.Err()
}
