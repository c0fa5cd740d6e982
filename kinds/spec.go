package kinds

import (
	"encoding"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/choice"
	"github.com/seed-be841da4/prospect/models"
)

// Spec is a kind and settings as a command line writes them:
//
//	NAME
//	NAME:MAIN                    leaky-relu:0.2
//	NAME:MAIN,KEY=VALUE,...      mlp:784-64-10,no_bias
//	NAME:KEY=VALUE,...           cosine:floor=0.2
//
// MAIN is the value of the kind's main field. A key is the JSON name of a field, with
// hyphens or underscores; one alone sets a truth value. Integers of a list are separated
// by hyphens, WxN standing for N times W; numbers with a fraction and names by
// semicolons. A kind within a kind has its settings in parentheses:
// mlp:activation=leaky-relu(0.2).
type Spec[T any] struct {
	// Kind is the kind of the name.
	Kind Kind[T]

	r        *Registry
	settings []setting
}

// setting is a field with the text of its value.
type setting struct{ key, text string }

// Shortener is implemented by kinds whose main setting stands for several fields.
type Shortener interface {
	// SetMain reads the text of the main setting and returns the fields that it set, by
	// their JSON names.
	SetMain(text string) (fields []string, err error)
}

// Parse reads a spec of a kind of the interface T, which is one of the registry's. Its
// settings are looked at by [Spec.Apply].
func Parse[T any](r *Registry, text string) (Spec[T], error) {
	var none Spec[T]
	kinds, err := kindsOf[T](r)
	if err != nil {
		return none, err
	}
	name, rest, err := splitName(text)
	if err != nil {
		return none, err
	}
	kind, err := kinds.Find(name)
	if err != nil {
		return none, err
	}
	settings, err := parseSettings(kind.prototype(), rest)
	return Spec[T]{kind, r, settings}, err
}

// kindsOf returns the kinds of an interface.
func kindsOf[T any](r *Registry) (*Kinds[T], error) {
	for _, t := range r.tables() {
		if k, ok := t.table.(*Kinds[T]); ok {
			return k, nil
		}
	}
	return nil, errors.Errorf("kinds: the registry has no %v", reflect.TypeFor[T]())
}

// splitName splits "NAME:SETTINGS", "NAME,SETTINGS" and "NAME(SETTINGS)".
func splitName(text string) (name, rest string, err error) {
	i := strings.IndexAny(text, ":,(")
	switch {
	case i < 0:
		return text, "", nil
	case text[i] != '(':
		if i == len(text)-1 {
			return "", "", errors.Errorf("got %q, want settings behind the %c, or none", text, text[i])
		}
		return text[:i], text[i+1:], nil
	case !strings.HasSuffix(text, ")"):
		return "", "", errors.Errorf("got %q, want a closing parenthesis at the end", text)
	}
	return text[:i], text[i+1 : len(text)-1], nil
}

// parseSettings splits settings at the commas outside parentheses.
func parseSettings(p prototype, text string) ([]setting, error) {
	if text == "" {
		return nil, nil
	}
	parts, err := splitOutside(text, ',')
	if err != nil {
		return nil, err
	}
	var all []setting
	for i, part := range parts {
		key, value, ok := cutKey(part)
		key = p.key(key)
		switch {
		case ok && key != "" && value != "":
		case !ok && p.flag(key):
			value = "true"
		case !ok && i == 0 && p.main != "" && part != "":
			key, value = p.main, part
		default:
			return nil, errors.Errorf("got %q in the settings of %s, want KEY=VALUE", part, p.name)
		}
		if slices.ContainsFunc(all, func(s setting) bool { return s.key == key }) {
			return nil, errors.Errorf("got %s twice in the settings of %s, want it once", key, p.name)
		}
		all = append(all, setting{key, value})
	}
	return all, nil
}

// cutKey splits KEY=VALUE. An equals sign in parentheses belongs to the value.
func cutKey(part string) (key, value string, ok bool) {
	if i := strings.IndexAny(part, "=("); i >= 0 && part[i] == '=' {
		return part[:i], part[i+1:], true
	}
	return part, "", false
}

// key returns the name of the field that is meant, in which hyphens and underscores are
// equal, as flags are written.
func (p prototype) key(text string) string {
	underscored := strings.ReplaceAll(text, "-", "_")
	if p.contents().Kind() == reflect.Struct {
		for _, x := range settables(p.contents().Type()) {
			if strings.ReplaceAll(x.name, "-", "_") == underscored {
				return x.name
			}
		}
	}
	return underscored
}

// flag reports whether a key is that of a truth value.
func (p prototype) flag(key string) bool {
	if p.contents().Kind() != reflect.Struct {
		return false
	}
	fields, _ := fieldsOf(p.contents())
	f, ok := fields[key]
	return ok && f.Kind() == reflect.Bool
}

// splitOutside splits at a separator that stands outside parentheses.
func splitOutside(text string, at byte) ([]string, error) {
	var parts []string
	depth, from := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		case at:
			if depth == 0 {
				parts = append(parts, text[from:i])
				from = i + 1
			}
		}
		if depth < 0 || depth > 100 {
			break
		}
	}
	if depth != 0 {
		return nil, errors.Errorf("got %q, want every parenthesis closed", text)
	}
	return append(parts, text[from:]), nil
}

// String returns the spec with the kind's own name, its main setting first.
func (s Spec[T]) String() string {
	main := s.Kind.prototype().main
	var first, rest []string
	for _, x := range s.settings {
		if x.key == main {
			first = []string{x.text}
		} else {
			rest = append(rest, x.key+"="+x.text)
		}
	}
	if all := append(first, rest...); len(all) > 0 {
		return s.Kind.Name + ":" + strings.Join(all, ",")
	}
	return s.Kind.Name
}

// Given reports whether the spec sets a field, by its JSON name.
func (s Spec[T]) Given(field string) bool {
	if slices.ContainsFunc(s.settings, func(x setting) bool { return x.key == field }) {
		return true
	}
	return slices.Contains(s.covered(), field)
}

// covered are the fields that a main setting of several sets.
func (s Spec[T]) covered() []string {
	p := s.Kind.prototype()
	for _, x := range s.settings {
		if x.key == p.main {
			if short, ok := shortener(copyOf(addressable(p.value))); ok {
				fields, _ := short.SetMain(x.text) // which Apply reports
				return fields
			}
		}
	}
	return nil
}

// addressable returns a pointer to a copy of v, or v if it is a pointer.
func addressable(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Pointer {
		return v
	}
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return p
}

func shortener(v reflect.Value) (Shortener, bool) {
	s, ok := v.Interface().(Shortener)
	return s, ok
}

// Apply returns a copy of base, which is of the kind's type, with the settings of the
// spec. A base is what [Kind.New] returns, with fields that the program sets.
func (s Spec[T]) Apply(base T) (T, error) {
	made, err := s.r.apply(s.Kind.prototype(), reflect.ValueOf(base), s.settings)
	if err != nil {
		return base, err
	}
	return made.Interface().(T), nil
}

// New returns the kind with the settings of the spec.
func (s Spec[T]) New() (T, error) { return s.Apply(s.Kind.New()) }

// apply returns a copy of base with the settings.
func (r *Registry) apply(p prototype, base reflect.Value, settings []setting) (reflect.Value, error) {
	pointer := copyOf(addressable(base))
	for _, s := range settings {
		if short, ok := shortener(pointer); ok && s.key == p.main {
			covered, err := short.SetMain(s.text)
			if err != nil {
				return base, err
			}
			for _, other := range settings {
				if slices.Contains(covered, other.key) {
					return base, errors.Errorf("got %q beside %s, want one of the two", other.key, s.text)
				}
			}
			continue
		}
		if err := r.set(p, pointer.Elem(), s); err != nil {
			return base, err
		}
	}
	if base.Kind() == reflect.Pointer {
		return pointer, nil
	}
	return pointer.Elem(), nil
}

// set sets a field of a struct.
func (r *Registry) set(p prototype, dst reflect.Value, s setting) error {
	if dst.Kind() == reflect.Slice {
		return errors.Errorf("%s has no settings on the command line; write it in a file", p.name)
	}
	fields, all := fieldsOf(dst)
	field, ok := fields[s.key]
	if !ok {
		return errors.Errorf("%s: unknown field %q; %s", p.name, s.key, remedyOf(s.key, all))
	}
	return errors.WithMessagef(r.setText(field, s.text), "%s: %s", p.name, s.key)
}

// setText reads the text of a setting.
func (r *Registry) setText(dst reflect.Value, text string) error {
	if dst.Kind() == reflect.Interface {
		return r.setKind(dst, text)
	}
	if u, ok := dst.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch dst.Kind() {
	case reflect.Slice:
		return r.setList(dst, text)
	case reflect.Array:
		return r.setArray(dst, text)
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		return r.setText(dst.Elem(), text)
	case reflect.String:
		dst.SetString(text)
		return nil
	case reflect.Bool:
		x, ok := choice.Find(text, []string{"true", "false"})
		if !ok {
			return errors.Errorf("got %q, want true or false", text)
		}
		dst.SetBool(x == "true")
		return nil
	}
	return setNumber(dst, text)
}

// setNumber reads a number.
func setNumber(dst reflect.Value, text string) error {
	v := &Value{}
	if x, err := strconv.ParseInt(text, 10, 64); err == nil {
		v.Data = x
	} else if x, err := strconv.ParseUint(text, 10, 64); err == nil {
		v.Data = x
	} else if x, err := strconv.ParseFloat(text, 64); err == nil {
		v.Data = x
	}
	if !dst.CanInt() && !dst.CanUint() && !dst.CanFloat() {
		return errors.New("cannot be set on the command line; write it in a file")
	}
	if v.Data == nil || scalar(v, dst, "") != nil {
		return errors.Errorf("got %q, want %s", text, wanted(dst.Kind()))
	}
	return nil
}

// setKind reads a kind within a kind.
func (r *Registry) setKind(dst reflect.Value, text string) error {
	t, ok := r.table(dst.Type())
	if !ok {
		return errors.New("cannot be set on the command line; write it in a file")
	}
	name, rest, err := splitName(text)
	if err != nil {
		return err
	}
	p, err := t.find(name)
	if err != nil {
		return err
	}
	made, err := p.fresh(dst.Type())
	if err != nil {
		return err
	}
	settings, err := parseSettings(p, rest)
	if err != nil {
		return err
	}
	if made, err = r.apply(p, made, settings); err != nil {
		return err
	}
	dst.Set(made)
	return nil
}

// setList reads a list.
func (r *Registry) setList(dst reflect.Value, text string) error {
	if dst.Type().Elem().Kind() == reflect.Int {
		widths, err := models.ParseWidths(text)
		if err != nil {
			return err
		}
		out := reflect.MakeSlice(dst.Type(), len(widths), len(widths))
		for i, w := range widths {
			out.Index(i).SetInt(int64(w))
		}
		dst.Set(out)
		return nil
	}
	parts, err := splitOutside(text, ';')
	if err != nil {
		return err
	}
	out := reflect.MakeSlice(dst.Type(), len(parts), len(parts))
	for i, part := range parts {
		if err := r.setText(out.Index(i), part); err != nil {
			return err
		}
	}
	dst.Set(out)
	return nil
}

// setArray reads a list of a fixed length; one value stands for all.
func (r *Registry) setArray(dst reflect.Value, text string) error {
	separator := byte(';')
	if dst.Type().Elem().Kind() == reflect.Int {
		separator = '-'
	}
	parts, err := splitOutside(text, separator)
	if err != nil {
		return err
	}
	if len(parts) == 1 {
		parts = slices.Repeat(parts, dst.Len())
	}
	if len(parts) != dst.Len() {
		return errors.Errorf("got %q, want %d values separated by %c", text, dst.Len(), separator)
	}
	for i, part := range parts {
		if err := r.setText(dst.Index(i), part); err != nil {
			return err
		}
	}
	return nil
}

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
