package kinds

import (
	"encoding"
	"reflect"
	"slices"
)

// Listing tells the kinds of one interface.
type Listing struct {
	// Of is what they are: "layer".
	Of string `json:"of"`
	// Kinds are in the order of the registry.
	Kinds []Info `json:"kinds"`
}

// Info tells what a kind is.
type Info struct {
	Name string `json:"name"`
	Help string `json:"help,omitempty"`
	// Main is the setting that needs no name in a [Spec].
	Main string `json:"main,omitempty"`
	// Settings are the fields that can be set, by name.
	Settings []Setting `json:"settings,omitempty"`
}

// Setting is a field of a kind.
type Setting struct {
	Name string `json:"name"`
	// Type is what it takes: "number", "integer", "truth value", "name", "integers",
	// "numbers", or the kind that it wants, such as "layer".
	Type string `json:"type"`
	// Default is its value where it is not set, in JSON; empty if that is zero.
	Default string `json:"default,omitempty"`
}

// List tells all kinds, one listing for each interface.
func (r *Registry) List() []Listing {
	var all []Listing
	for _, t := range r.tables() {
		if slices.ContainsFunc(all, func(l Listing) bool { return l.Of == t.what }) {
			continue // an interface of kinds that are listed
		}
		l := Listing{Of: t.what}
		for i, p := range t.prototypes() {
			l.Kinds = append(l.Kinds, Info{p.name, t.help()[i], p.main, r.settingsOf(p)})
		}
		all = append(all, l)
	}
	return all
}

func (k *Kinds[T]) help() []string {
	var out []string
	for _, kind := range k.kinds {
		out = append(out, kind.Help)
	}
	return out
}

// settingsOf lists the fields of a kind.
func (r *Registry) settingsOf(p prototype) []Setting {
	if p.contents().Kind() != reflect.Struct {
		return nil
	}
	var out []Setting
	fields, all := fieldsOf(p.contents())
	for _, name := range all {
		if !r.settable(fields[name].Type()) {
			continue
		}
		s := Setting{Name: name, Type: r.typeName(fields[name].Type())}
		if !fields[name].IsZero() {
			s.Default = r.defaultText(fields[name])
		}
		out = append(out, s)
	}
	return out
}

// defaultText is the value of a field in JSON, or empty if it cannot be written.
func (r *Registry) defaultText(field reflect.Value) string {
	pointer := reflect.New(field.Type())
	pointer.Elem().Set(field)
	text, err := r.Marshal(pointer.Interface())
	if err != nil {
		return ""
	}
	return string(text)
}

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

// settable reports whether a field of a type can be set by its name.
func (r *Registry) settable(t reflect.Type) bool {
	if _, ok := r.table(t); ok || reflect.PointerTo(t).Implements(textUnmarshaler) {
		return true
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array, reflect.Pointer:
		return r.settable(t.Elem())
	}
	return t.Kind() == reflect.Struct || readable(t.Kind())
}

// typeName says what a field takes.
func (r *Registry) typeName(t reflect.Type) string {
	if of, ok := r.table(t); ok {
		return of.what
	}
	if reflect.PointerTo(t).Implements(textUnmarshaler) {
		return "name"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "truth value"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.String:
		return "name"
	case reflect.Slice, reflect.Array:
		return r.typeName(t.Elem()) + "s"
	case reflect.Pointer:
		return r.typeName(t.Elem())
	case reflect.Struct:
		return "table"
	}
	return "integer"
}
