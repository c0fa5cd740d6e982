package parquet

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pkg/errors"
)

// layout is what the columns of a file are.
type layout struct {
	picture string   // empty: a table of numbers
	numbers []string // of a sample
	targets []string
	text    bool // whether the target is text
}

// String describes the columns in an error.
func (l *layout) String() string {
	x := strings.Join(l.numbers, " ")
	if l.picture != "" {
		x = "pictures " + l.picture
	}
	return fmt.Sprintf("%s with targets [%s]", x, strings.Join(l.targets, " "))
}

// isPicture reports whether a column is {bytes, path}.
func isPicture(c *pq.Column) bool {
	if c.Leaf() || c.Repeated() {
		return false
	}
	b := c.Column("bytes")
	return b != nil && b.Leaf() && !b.Repeated() && b.Type().Kind() == pq.ByteArray
}

// isText reports whether a column holds text.
func isText(c *pq.Column) bool {
	return c.Leaf() && !c.Repeated() && c.Type().Kind() == pq.ByteArray
}

// isNumber reports whether a column holds numbers, truth values among them: not dates,
// decimals and the like.
func isNumber(c *pq.Column) bool {
	if !c.Leaf() || c.Repeated() {
		return false
	}
	switch c.Type().Kind() {
	case pq.Boolean, pq.Int32, pq.Int64, pq.Float, pq.Double:
	default:
		return false
	}
	if l := c.Type().LogicalType(); l != nil && l.Value != nil {
		_, ok := l.Value.(*format.IntType)
		return ok
	}
	return true
}

// layoutOf decides what the columns of a file are.
func (f Files) layoutOf(root *pq.Column) (*layout, error) {
	columns := map[string]*pq.Column{}
	var names, pictures []string
	for _, c := range root.Columns() {
		if columns[c.Name()] != nil {
			return nil, errors.Errorf("column %s, got it twice, want each once", c.Name())
		}
		columns[c.Name()] = c
		names = append(names, c.Name())
		if isPicture(c) {
			pictures = append(pictures, c.Name())
		}
	}
	l := &layout{picture: f.Picture}
	for _, name := range slices.Concat([]string{f.Picture}, f.Targets, f.Ignore) {
		if name != "" && columns[name] == nil {
			return nil, errors.Errorf("column, got %q, want one of %s", name, strings.Join(names, ", "))
		}
	}
	switch {
	case f.Picture != "" && !isPicture(columns[f.Picture]):
		return nil, errors.Errorf("column %s, got no pictures, want {bytes, path}; leave Picture out for a table of numbers", f.Picture)
	case f.Picture == "" && len(pictures) > 1:
		return nil, errors.Errorf("pictures, got the columns %s, want one; name it in Picture", strings.Join(pictures, ", "))
	case f.Picture == "" && len(pictures) == 1:
		l.picture = pictures[0]
	}
	if err := f.findTargets(l, names, columns); err != nil {
		return nil, err
	}
	for _, name := range names {
		if l.picture != "" || slices.Contains(l.targets, name) || slices.Contains(f.Ignore, name) {
			continue
		}
		if !isNumber(columns[name]) {
			return nil, errors.Errorf("column %s, got %s, want numbers; name it in Ignore or Targets", name, kindOf(columns[name]))
		}
		l.numbers = append(l.numbers, name)
	}
	if l.picture == "" && len(l.numbers) == 0 {
		return nil, errors.Errorf("columns, got no sample among %s, want pictures or numbers", strings.Join(names, ", "))
	}
	return l, nil
}

// findTargets sets the columns of the targets.
func (f Files) findTargets(l *layout, names []string, columns map[string]*pq.Column) error {
	l.targets = f.Targets
	if f.Targets == nil && f.Task != noTargets {
		for _, usual := range []string{"label", "target", "class", "fine_label", "y"} {
			k := slices.IndexFunc(names, func(name string) bool {
				return strings.EqualFold(name, usual) && name != l.picture && !slices.Contains(f.Ignore, name)
			})
			if k >= 0 {
				l.targets = []string{names[k]}
				break
			}
		}
		if l.targets == nil {
			return errors.Errorf("target, got no column label, target, class, fine_label or y among %s; name it in Targets, or say Task NoTargets", strings.Join(names, ", "))
		}
	}
	for k, name := range l.targets {
		switch c := columns[name]; {
		case slices.Contains(l.targets[:k], name) || name == l.picture || slices.Contains(f.Ignore, name):
			return errors.Errorf("target %s, got it twice, or as a picture or ignored too, want it once", name)
		case isText(c) && len(l.targets) == 1:
			l.text = true
		case !isNumber(c):
			return errors.Errorf("target %s, got %s, want numbers, or text if it is the only target", name, kindOf(c))
		}
	}
	return nil
}

// kindOf names what a column holds.
func kindOf(c *pq.Column) string {
	switch {
	case isPicture(c):
		return "pictures"
	case c.Repeated() || !c.Leaf():
		return "lists or records"
	case isText(c):
		return "text"
	}
	return c.Type().String()
}

// classNames are the names of the classes of the target, where the file notes them as the
// Hugging Face hub does; nil if not.
func (l *layout) classNames(file *pq.File) []string {
	text, ok := file.Lookup("huggingface")
	if !ok || len(l.targets) != 1 || l.text {
		return nil
	}
	var note struct {
		Info struct {
			Features map[string]json.RawMessage `json:"features"`
		} `json:"info"`
	}
	var feature struct {
		Type  string   `json:"_type"`
		Names []string `json:"names"`
	}
	if json.Unmarshal([]byte(text), &note) != nil || json.Unmarshal(note.Info.Features[l.targets[0]], &feature) != nil || feature.Type != "ClassLabel" {
		return nil // a note of another kind is no fault of the data
	}
	return feature.Names
}
