package datasets

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// columns decides what each column is.
func (c CSV) columns(t *csvTable, width int) error {
	if t.names != nil {
		if len(t.names) != width {
			return errors.Errorf("row 1, got %d names, want %d as the first row of data has fields; correct it, or say HeaderAbsent", len(t.names), width)
		}
		for k, name := range t.names {
			t.names[k] = strings.TrimSpace(name)
		}
	}
	t.role = make([]int, width)
	for k := range t.role {
		t.role[k] = -1
	}
	for _, name := range c.Ignore {
		k, err := t.column(name, "Ignore")
		if err != nil {
			return err
		}
		t.role[k] = -2
	}
	if err := c.findTargets(t, width); err != nil {
		return err
	}
	for k, column := range t.targets {
		if t.role[column] != -1 {
			return errors.Errorf("%s, got it twice among the targets, or as a target that is ignored, want it once", t.called(column))
		}
		t.role[column] = k
	}
	for k := range t.role {
		if t.role[k] == -1 {
			if t.names != nil && t.names[k] == "" {
				return errors.Errorf("column %d, got no name (pandas writes its index so), want one; write the file with index=False, or say Ignore: []string{\"\"}", k+1)
			}
			t.count++
		}
	}
	if t.count == 0 {
		return errors.Errorf("got %d columns and no sample among them, want at least 1; set Comma if they are separated by something else", width)
	}
	return nil
}

// findTargets sets the columns of the targets.
func (c CSV) findTargets(t *csvTable, width int) error {
	if c.Task == NoTargets && c.Targets == nil && c.TargetColumns == nil {
		return nil
	}
	for _, name := range c.Targets {
		k, err := t.column(name, "Targets")
		if err != nil {
			return err
		}
		t.targets = append(t.targets, k)
	}
	for _, k := range c.TargetColumns {
		if k < -width || k >= width {
			return errors.Errorf("TargetColumns, got %d, want %d to %d for the %d columns", k, -width, width-1, width)
		}
		t.targets = append(t.targets, (k+width)%width)
	}
	if t.targets != nil {
		return nil
	}
	for _, usual := range []string{"label", "target", "class", "y"} {
		for k, name := range t.names {
			if strings.EqualFold(name, usual) && t.role[k] == -1 {
				t.targets = []int{k}
				return nil
			}
		}
	}
	if t.names == nil {
		return errors.Errorf("target, got a table of %d columns without names, want to know which; say TargetColumns: []int{-1} for the last, or Task NoTargets", width)
	}
	return errors.Errorf("target, got no column label, target, class or y among %s; name it in Targets, or say Task NoTargets", some(t.names))
}

// column finds a column by name.
func (t *csvTable) column(name, what string) (int, error) {
	k := slices.Index(t.names, name)
	switch {
	case t.names == nil:
		return 0, errors.Errorf("%s, got the column %q of a table without names; say HeaderPresent if it has them, or use TargetColumns", what, name)
	case k < 0:
		return 0, errors.Errorf("%s, got the column %q, want one of %s; several are a list", what, name, some(t.names))
	case slices.Contains(t.names[k+1:], name):
		return 0, errors.Errorf("%s, got the column %q, which is there twice; give each column its own name", what, name)
	}
	return k, nil
}

// called names a column in an error.
func (t *csvTable) called(column int) string {
	if t.names == nil {
		return "column " + strconv.Itoa(column+1)
	}
	return "column " + strconv.Itoa(column+1) + " (" + t.names[column] + ")"
}

// sampleNames are the names of the columns of a sample, or their numbers.
func (t *csvTable) sampleNames() []string {
	var names []string
	for k, role := range t.role {
		if role == -1 {
			if t.names != nil {
				names = append(names, t.names[k])
			} else {
				names = append(names, strconv.Itoa(k+1))
			}
		}
	}
	return names
}

// named are the names of some columns.
func (t *csvTable) named(columns []int) []string {
	var names []string
	for _, k := range columns {
		names = append(names, t.names[k])
	}
	return names
}

// pixelNames reports whether the columns of a sample are called pixel0, ... or 1x1, ...
func (t *csvTable) pixelNames() bool {
	if t.names == nil {
		return false
	}
	for k, name := range t.sampleNames() {
		number, pixel := strings.CutPrefix(strings.ToLower(name), "pixel")
		row, column, cross := strings.Cut(name, "x")
		n, err := strconv.Atoi(number)
		_, err1 := strconv.Atoi(row)
		_, err2 := strconv.Atoi(column)
		if !(pixel && err == nil && (n == k || n == k+1)) && !(cross && err1 == nil && err2 == nil) {
			return false
		}
	}
	return true
}

// square is the shape of samples of pixels, or nil if their number is no square.
func (t *csvTable) square() []int {
	for side := 2; side*side <= t.count; side++ {
		if side*side == t.count {
			return []int{side, side}
		}
	}
	return nil
}
