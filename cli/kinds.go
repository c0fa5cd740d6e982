package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/choice"
	"github.com/seed-be841da4/prospect/kinds"
)

// kindsCmd is "prospect kinds".
type kindsCmd struct {
	Name string `arg:"" optional:"" help:"What to list, such as layer or rule, or a name whose settings to show, such as leaky-relu."`
	JSON bool   `name:"json" help:"Print one JSON object a line."`
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
	found := false
	for _, l := range all {
		for _, info := range l.Kinds {
			names = append(names, info.Name)
			if _, ok := choice.Find(k.Name, []string{info.Name}); ok {
				found = true
				if err := k.show(c, l.Of, info); err != nil {
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
	t := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	for _, l := range all {
		for _, info := range l.Kinds {
			name := info.Name
			if info.Main != "" {
				name += ":" + strings.ToUpper(info.Main)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\n", l.Of, name, info.Help)
		}
	}
	return errors.Wrap(t.Flush(), "kinds")
}

// show prints the settings of a kind.
func (k *kindsCmd) show(c *console, of string, info kinds.Info) error {
	if k.JSON {
		return errors.Wrap(json.NewEncoder(c.stdout).Encode(struct {
			Of string `json:"of"`
			kinds.Info
		}{of, info}), "kinds")
	}
	t := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s %s: %s\n", of, info.Name, info.Help)
	for _, s := range info.Settings {
		fmt.Fprintf(t, "  %s\t%s\t", s.Name, s.Type)
		if s.Default != "" {
			fmt.Fprintf(t, "default %s", s.Default)
		}
		if s.Name == info.Main {
			fmt.Fprintf(t, "  (may be given alone: %s:%s)", info.Name, strings.ToUpper(s.Name))
		}
		fmt.Fprintln(t)
	}
	return errors.Wrap(t.Flush(), "kinds")
}
