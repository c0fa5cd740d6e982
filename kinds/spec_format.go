package kinds

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/models"
)

// Format returns v as a spec that [Parse] reads to an equal value: the kind's name and
// the fields that are not as by default.
func Format[T any](r *Registry, v T) (string, error) {
	t, ok := r.table(reflect.TypeFor[T]())
	if !ok {
		return "", errors.Errorf("kinds: the registry has no %v", reflect.TypeFor[T]())
	}
	return format(formatter{r: r}, t, v)
}

// Format is the function of that name, but fields that the spec sets are written as well
// where they are as by default.
func (s Spec[T]) Format(v T) (string, error) {
	t, _ := s.r.table(reflect.TypeFor[T]())
	return format(formatter{r: s.r, keep: s.Given}, t, v)
}

func format[T any](f formatter, t named, v T) (string, error) {
	name, settings := f.kind(t, reflect.ValueOf(&v).Elem().Elem())
	if settings != "" {
		name += ":" + settings
	}
	return name, f.err
}

// formatter is the inverse of Apply.
type formatter struct {
	r    *Registry
	keep func(field string) bool // of the outermost kind; nil keeps none
	err  error
}

func (f *formatter) fail(format string, args ...any) {
	if f.err == nil {
		f.err = errors.Errorf("kinds: "+format, args...)
	}
}

// kind returns a kind's name and its settings.
func (f *formatter) kind(t named, v reflect.Value) (name, settings string) {
	if !v.IsValid() {
		f.fail("no command line can express a %s that is nil", t.what)
		return "", ""
	}
	p, ok := t.named(v)
	if !ok {
		f.fail("a %v has no name; add it to the registry's %ss", v.Type(), t.what)
		return "", ""
	}
	s := prototype{value: v}.contents()
	if s.Kind() != reflect.Struct {
		if s.Len() > 0 {
			f.fail("%s has no settings on the command line; write it in a file", p.name)
		}
		return p.name, ""
	}
	return p.name, strings.Join(f.settings(p, s), ",")
}

// settings returns the settings that differ from the defaults, the main one first.
func (f *formatter) settings(p prototype, s reflect.Value) []string {
	keep := f.keep
	f.keep = nil // for kinds within it
	fields, all := fieldsOf(s)
	usual, _ := fieldsOf(p.contents())
	var main, rest []string
	for _, name := range all {
		switch {
		case equal(fields[name], usual[name]) && (keep == nil || !keep(name)):
		case name == p.main && f.alone(p, fields[name]):
			main = []string{f.text(fields[name])}
		case fields[name].Kind() == reflect.Bool && fields[name].Bool():
			rest = append(rest, name)
		default:
			rest = append(rest, name+"="+f.text(fields[name]))
		}
	}
	return append(main, rest...)
}

// alone reports whether the value of the main field can be written without its name.
func (f *formatter) alone(p prototype, v reflect.Value) bool {
	text := f.text(v)
	_, _, named := cutKey(text)
	return !named && !p.flag(p.key(text))
}

// text is the inverse of setText.
func (f *formatter) text(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Interface:
		t, ok := f.r.table(v.Type())
		if !ok {
			f.fail("no command line can express a %v", v.Type())
			return ""
		}
		name, settings := f.kind(t, v.Elem())
		if settings == "" {
			return name
		}
		return name + "(" + settings + ")"
	case reflect.Pointer:
		if v.IsNil() {
			f.fail("no command line can express a %v that is nil where another is the default", v.Type())
			return ""
		}
		return f.text(v.Elem())
	}
	if m, ok := textMarshaler(v); ok {
		text, err := m.MarshalText()
		if err != nil {
			f.fail("%v", err)
		}
		return string(text)
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		return f.list(v)
	case reflect.String:
		return f.plain(v.String())
	case reflect.Struct:
		return "(" + strings.Join(f.settings(prototype{value: reflect.Zero(v.Type())}, v), ",") + ")"
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	}
	switch {
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits())
	}
	f.fail("no command line can express a %v", v.Type())
	return ""
}

// plain refuses a string that would not be read back.
func (f *formatter) plain(s string) string {
	if s == "" || strings.ContainsAny(s, ",;()") {
		f.fail("no command line can express the string %q", s)
	}
	return s
}

func (f *formatter) list(v reflect.Value) string {
	if v.Type().Elem().Kind() == reflect.Int && v.Kind() == reflect.Slice {
		widths := make([]int, v.Len())
		for i := range widths {
			widths[i] = int(v.Index(i).Int())
		}
		text := models.FormatWidths(widths)
		if _, err := models.ParseWidths(text); err != nil {
			f.fail("no command line can express the list %v", widths)
		}
		return text
	}
	separator := ";"
	if v.Type().Elem().Kind() == reflect.Int {
		separator = "-"
	}
	if inner := v.Type().Elem(); (inner.Kind() == reflect.Slice || inner.Kind() == reflect.Array) && inner.Elem().Kind() != reflect.Int {
		f.fail("no command line can express a list of lists")
	}
	parts := make([]string, v.Len())
	for i := range parts {
		parts[i] = f.text(v.Index(i))
	}
	if len(parts) == 0 {
		f.fail("no command line can express an empty list")
	}
	return strings.Join(parts, separator)
}
