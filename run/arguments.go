package run

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// arguments are the settings of a model on the command line,
// "NAME:784-64-10,no_bias=true": pairs of a field's JSON name and a value. Hyphens
// in the name are as good as underscores. The first may be a value alone, of the
// model's main field.
type arguments struct {
	name   string
	main   string // the field that needs no name; empty means none
	keys   []string
	values map[string]string
}

// parseArguments splits what follows the name.
func parseArguments(name, main, text string, given bool) (*arguments, error) {
	a := &arguments{name: name, main: main, values: map[string]string{}}
	if !given {
		return a, nil
	}
	for i, part := range strings.Split(text, ",") {
		key, value, ok := strings.Cut(part, "=")
		if !ok && i == 0 && main != "" {
			key, value = main, part
		} else if !ok || key == "" || value == "" {
			return nil, errors.Errorf("--model, got %q in the settings of %s, want KEY=VALUE", part, name)
		}
		key = strings.ReplaceAll(key, "-", "_") // as flags are written
		if _, twice := a.values[key]; twice {
			return nil, errors.Errorf("--model, got %s twice in the settings of %s", key, name)
		}
		a.set(key, value)
	}
	return a, nil
}

func (a *arguments) set(key, value string) {
	if _, ok := a.values[key]; !ok {
		a.keys = append(a.keys, key)
	}
	a.values[key] = value
}

func (a *arguments) remove(key string) {
	delete(a.values, key)
	a.keys = slices.DeleteFunc(a.keys, func(k string) bool { return k == key })
}

// order puts some keys first.
func (a *arguments) order(first ...string) {
	rest := slices.DeleteFunc(slices.Clone(a.keys), func(k string) bool { return slices.Contains(first, k) })
	a.keys = append(slices.Clone(first), rest...)
}

// missing sets a setting that was not given.
func (a *arguments) missing(key, value string) {
	if _, ok := a.values[key]; !ok {
		a.set(key, value)
	}
}

// String returns the model as the command line takes it.
func (a *arguments) String() string {
	var parts []string
	if v, ok := a.values[a.main]; ok {
		parts = append(parts, v)
	}
	for _, key := range a.keys {
		if key != a.main {
			parts = append(parts, key+"="+a.values[key])
		}
	}
	if len(parts) == 0 {
		return a.name
	}
	return a.name + ":" + strings.Join(parts, ",")
}

// with returns a copy with another value.
func (a *arguments) with(key, value string) *arguments {
	c := &arguments{name: a.name, main: a.main, values: map[string]string{}}
	for _, k := range a.keys {
		c.set(k, a.values[k])
	}
	c.set(key, value)
	return c
}

// most nodes that "64x1000" may stand for.
const mostRepeats = 10_000

// widths returns a list of widths, "784-64x3-10", in which WxN stands for N times
// W.
func (a *arguments) widths(key, example string) ([]int, error) {
	var widths []int
	for _, field := range strings.Split(a.values[key], "-") {
		number, times, repeated := strings.Cut(field, "x")
		w, err := strconv.Atoi(number)
		n := 1
		if err == nil && repeated {
			n, err = strconv.Atoi(times)
		}
		if err != nil || w < 1 || w > mostParameters || n < 1 || n > mostRepeats-len(widths) {
			return nil, errors.Errorf("--model, got %q, want widths of 1 to %d separated by hyphens, for example %s", a, mostParameters, example)
		}
		widths = append(widths, slices.Repeat([]int{w}, n)...)
	}
	return widths, nil
}

// formatWidths is the inverse of widths: WxN stands for more than four equal
// widths, which are easier to read one by one.
func formatWidths(widths []int) string {
	var fields []string
	for i := 0; i < len(widths); {
		n := 1
		for i+n < len(widths) && widths[i+n] == widths[i] {
			n++
		}
		field := strconv.Itoa(widths[i])
		if n > 4 {
			fields = append(fields, field+"x"+strconv.Itoa(n))
		} else {
			fields = append(fields, slices.Repeat([]string{field}, n)...)
		}
		i += n
	}
	return strings.Join(fields, "-")
}

var (
	numberForm = regexp.MustCompile(`^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$`)
	listForm   = regexp.MustCompile(`^\d+(x\d+)?(-\d+(x\d+)?)+$|^\d+x\d+$`)
)

// toml writes the settings as TOML. Lists are numbers with hyphens.
func (a *arguments) toml() (string, error) {
	var b strings.Builder
	for _, key := range a.keys {
		value := a.values[key]
		switch {
		case listForm.MatchString(value):
			widths, err := a.widths(key, a.name+":"+key+"=64-64")
			if err != nil {
				return "", err
			}
			fields := make([]string, len(widths))
			for i, w := range widths {
				fields[i] = strconv.Itoa(w)
			}
			value = "[" + strings.Join(fields, ", ") + "]"
		case value == "true" || value == "false" || numberForm.MatchString(value):
		default:
			value = strconv.Quote(value)
		}
		b.WriteString(strconv.Quote(key) + " = " + value + "\n")
	}
	return b.String(), nil
}
