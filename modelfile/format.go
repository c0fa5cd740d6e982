package modelfile

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// Format writes a declaration as the text of a file: what [Parse] reads it from.
// It is an error if a layer or an energy has no name in kinds.
func Format(d graph.Declaration, input, target string, kinds Kinds) (string, error) {
	w := writer{kinds: kinds}
	fmt.Fprintf(&w, "input = %s\ntarget = %s\n", quote(input), quote(target))
	for _, n := range d.Nodes {
		w.WriteString("\n[[node]]\n")
		w.fields(reflect.ValueOf(n))
	}
	for _, p := range d.Predictions {
		w.WriteString("\n[[prediction]]\n")
		w.fields(reflect.ValueOf(p))
	}
	return w.String(), w.err
}

// FormatLayer writes a layer as it stands in a file.
func FormatLayer(l graph.Layer, kinds Kinds) (string, error) {
	w := writer{kinds: kinds}
	return w.value(reflect.ValueOf(&l).Elem()), w.err
}

// writer is the inverse of decoder.
type writer struct {
	strings.Builder
	kinds Kinds
	err   error
}

// fields writes the fields of a struct that are not zero, a line each.
func (w *writer) fields(s reflect.Value) {
	for _, f := range w.set(s, reflect.Zero(s.Type())) {
		w.WriteString(f + "\n")
	}
}

// set returns "name = value" for every field that differs from the default.
func (w *writer) set(s, def reflect.Value) []string {
	byName, all := fieldsOf(s)
	defaults, _ := fieldsOf(def)
	var out []string
	for _, name := range all {
		if !reflect.DeepEqual(byName[name].Interface(), defaults[name].Interface()) {
			out = append(out, name+" = "+w.value(byName[name]))
		}
	}
	return out
}

// value returns a value as it stands in a file.
func (w *writer) value(v reflect.Value) string {
	switch v.Type() {
	case reflect.TypeFor[graph.Layer]():
		if s, ok := v.Interface().(layers.Sequential); ok {
			return w.list(reflect.ValueOf(s))
		}
		return ofType(w, v.Elem(), w.kinds.Layers)
	case reflect.TypeFor[graph.Energy]():
		return ofType(w, v.Elem(), w.kinds.Energies)
	case reflect.TypeFor[graph.Prior]():
		return ofType(w, v.Elem(), w.kinds.Priors)
	case reflect.TypeFor[graph.Initializer]():
		return ofType(w, v.Elem(), w.kinds.Initializers)
	}
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		w.fail(err)
		return quote(string(text))
	}
	switch v.Kind() {
	case reflect.String:
		return quote(v.String())
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Slice, reflect.Array:
		return w.list(v)
	case reflect.Pointer:
		return w.value(v.Elem())
	case reflect.Struct:
		return "{" + strings.Join(w.set(v, reflect.Zero(v.Type())), ", ") + "}"
	}
	switch {
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits())
	}
	w.fail(errors.Errorf("no file can express a %v", v.Type()))
	return ""
}

func (w *writer) list(v reflect.Value) string {
	items := make([]string, v.Len())
	for i := range items {
		items[i] = w.value(v.Index(i))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func (w *writer) fail(err error) {
	if w.err == nil && err != nil {
		w.err = errors.WithMessage(err, "modelfile")
	}
}

// ofType writes a value by the name of the kind of its type.
func ofType[T any](w *writer, v reflect.Value, known map[string]T) string {
	for name, prototype := range known {
		def := reflect.ValueOf(prototype)
		if def.Type() != v.Type() {
			continue
		}
		if v.Kind() == reflect.Pointer {
			v, def = v.Elem(), def.Elem()
		}
		var set []string
		switch {
		case v.Kind() != reflect.Slice:
			set = w.set(v, def)
		case v.Len() > 0:
			set = []string{elements(v.Type()) + " = " + w.list(v)}
		}
		if len(set) == 0 {
			return quote(name)
		}
		return "{" + strings.Join(append([]string{"kind = " + quote(name)}, set...), ", ") + "}"
	}
	w.fail(errors.Errorf("a %v has no name; add it to the kinds", v.Type()))
	return ""
}

// quote returns a TOML string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			b.WriteString(`\u00` + string("0123456789abcdef"[r>>4]) + string("0123456789abcdef"[r&15]))
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}
