package kinds

import (
	"reflect"
	"slices"
	"strings"

	"github.com/pkg/errors"
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
// mlp:activation=leaky-relu(0.2), and so have fields that are tables:
// pc:stages=(relax=(steps=5,control=constant(0.1))).
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
	parts, err := Split(text, ',')
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

// Split splits a text at a separator that stands outside parentheses, as those of a
// [Spec] do. A parenthesis that is not closed is an error.
func Split(text string, at byte) ([]string, error) {
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
				if other.key != p.main && slices.Contains(covered, other.key) {
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
