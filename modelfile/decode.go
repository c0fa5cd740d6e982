package modelfile

import (
	"encoding"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// decoder writes values of a file into Go values, by reflection: a layer of a
// user's own needs nothing but JSON tags, as those of package layers have.
type decoder struct{ kinds Kinds }

// Decode reads the text of a TOML table into the fields of the struct that dst
// points to, by the names of their JSON tags, as a file's kinds are read: for
// settings that come from somewhere else than a file. Errors are an [Error] with
// the given name.
func Decode(name string, text []byte, kinds Kinds, dst any) error {
	f := &File{Name: name}
	root, err := parse(text)
	if err != nil {
		return f.locate(err)
	}
	return f.locate(decoder{kinds}.fields(root, reflect.ValueOf(dst).Elem(), name))
}

// decode writes v into dst, which is settable. where names it in messages:
// `layer "dense": out`.
func (d decoder) decode(v *value, dst reflect.Value, where string) error {
	switch p := dst.Addr().Interface().(type) {
	case *graph.Layer:
		return d.layer(v, p)
	case *Model:
		return ofKind(d, v, p, d.kinds.Models, "model")
	case *graph.Energy:
		return ofKind(d, v, p, d.kinds.Energies, "energy")
	case *graph.Prior:
		return ofKind(d, v, p, d.kinds.Priors, "prior")
	case *graph.Initializer:
		return ofKind(d, v, p, d.kinds.Initializers, "initialiser")
	case encoding.TextUnmarshaler:
		text, ok := v.data.(string)
		if !ok {
			return wrong(v.line, "%s: got %s, want a string", where, v.kindOf())
		}
		if err := p.UnmarshalText([]byte(text)); err != nil {
			return wrong(v.line, "%s: %v", where, err)
		}
		return nil
	}
	switch dst.Kind() {
	case reflect.Slice:
		return d.slice(v, dst, where)
	case reflect.Array:
		return d.array(v, dst, where)
	case reflect.Struct:
		return d.fields(v, dst, where)
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		return d.decode(v, dst.Elem(), where)
	}
	return scalar(v, dst, where)
}

// layer reads a layer; a list is a sequence of them.
func (d decoder) layer(v *value, dst *graph.Layer) error {
	if _, ok := v.data.(list); !ok {
		return ofKind(d, v, dst, d.kinds.Layers, "layer")
	}
	var s layers.Sequential
	if err := d.slice(v, reflect.ValueOf(&s).Elem(), "layer"); err != nil {
		return err
	}
	*dst = s
	return nil
}

// ofKind reads a kind by its name, or a table of its name and its fields.
func ofKind[T any](d decoder, v *value, dst *T, known map[string]T, what string) error {
	kind, fields := v, &value{v.line, newTable()}
	switch data := v.data.(type) {
	case string:
	case *table:
		var ok bool
		if kind, ok = data.entries["kind"]; !ok {
			return wrong(v.line, `%s: has no kind; add kind = "NAME", one of %s`, what, names(known))
		}
		fields.data = data.without("kind")
	default:
		return wrong(v.line, "%s: got %s, want the name of a kind or a table with kind = \"NAME\", one of %s", what, v.kindOf(), names(known))
	}
	name, ok := kind.data.(string)
	if !ok {
		return wrong(kind.line, "%s: kind, got %s, want a string, one of %s", what, kind.kindOf(), names(known))
	}
	prototype, ok := known[name]
	if !ok {
		return wrong(kind.line, "%s: kind, got %q, want one of %s", what, name, names(known))
	}
	made := reflect.New(reflect.TypeOf(prototype)).Elem()
	made.Set(reflect.ValueOf(prototype))
	if err := d.contents(fields, made, what+" \""+name+"\""); err != nil {
		return err
	}
	*dst = made.Interface().(T)
	return nil
}

// contents reads the fields of a kind; one that is a list takes its elements
// under the name of [elements].
func (d decoder) contents(v *value, dst reflect.Value, where string) error {
	if dst.Kind() == reflect.Pointer { // a kind that is implemented by pointer
		fresh := reflect.New(dst.Type().Elem())
		if !dst.IsNil() {
			fresh.Elem().Set(dst.Elem())
		}
		dst.Set(fresh)
		return d.contents(v, fresh.Elem(), where)
	}
	if dst.Kind() != reflect.Slice {
		return d.fields(v, dst, where)
	}
	key := elements(dst.Type())
	t := v.data.(*table)
	for _, k := range t.keys {
		if k != key {
			return wrong(t.entries[k].line, "%s: unknown field %q; the field is %s", where, k, key)
		}
	}
	if of, ok := t.entries[key]; ok {
		return d.slice(of, dst, where+": "+key)
	}
	return nil
}

// elements is the key of the elements of a kind that is a list.
func elements(t reflect.Type) string {
	if t.Elem() == reflect.TypeFor[graph.Layer]() {
		return "layers"
	}
	return "values"
}

func (t *table) without(key string) *table {
	out := newTable()
	for _, k := range t.keys {
		if k != key {
			out.set(k, t.entries[k])
		}
	}
	return out
}

// slice reads a list, or one value as a list of one.
func (d decoder) slice(v *value, dst reflect.Value, where string) error {
	items, ok := v.data.(list)
	if !ok {
		items = list{v}
	}
	out := reflect.MakeSlice(dst.Type(), len(items), len(items))
	for i, item := range items {
		if err := d.decode(item, out.Index(i), where); err != nil {
			return err
		}
	}
	dst.Set(out)
	return nil
}

// array reads a list of a fixed length; one value stands for all.
func (d decoder) array(v *value, dst reflect.Value, where string) error {
	items, ok := v.data.(list)
	if !ok {
		items = slices.Repeat(list{v}, dst.Len())
	}
	if len(items) != dst.Len() {
		return wrong(v.line, "%s: got %d values, want %d", where, len(items), dst.Len())
	}
	for i, item := range items {
		if err := d.decode(item, dst.Index(i), where); err != nil {
			return err
		}
	}
	return nil
}

// fields reads a table into a struct by the names of its JSON tags.
func (d decoder) fields(v *value, dst reflect.Value, where string) error {
	t, ok := v.data.(*table)
	if !ok {
		return wrong(v.line, "%s: got %s, want a table", where, v.kindOf())
	}
	byName, all := fieldsOf(dst)
	for _, key := range t.keys {
		field, ok := byName[key]
		if !ok {
			remedy := "the fields are " + strings.Join(all, ", ")
			if len(all) == 0 {
				remedy = "it has none"
			}
			return wrong(t.entries[key].line, "%s: unknown field %q; %s", where, key, remedy)
		}
		if err := d.decode(t.entries[key], field, where+": "+key); err != nil {
			return err
		}
	}
	return nil
}

// fieldsOf returns the exported fields of a struct by name, those of embedded
// structs included, and the names in order.
func fieldsOf(s reflect.Value) (map[string]reflect.Value, []string) {
	byName := map[string]reflect.Value{}
	var all []string
	for _, f := range reflect.VisibleFields(s.Type()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" || !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		byName[name] = s.FieldByIndex(f.Index)
		all = append(all, name)
	}
	return byName, all
}

// scalar reads a string, a number or a truth value.
func scalar(v *value, dst reflect.Value, where string) error {
	switch data := v.data.(type) {
	case string:
		if dst.Kind() == reflect.String {
			dst.SetString(data)
			return nil
		}
	case bool:
		if dst.Kind() == reflect.Bool {
			dst.SetBool(data)
			return nil
		}
	case int64:
		switch {
		case dst.CanInt() && !dst.OverflowInt(data):
			dst.SetInt(data)
			return nil
		case dst.CanUint() && data >= 0 && !dst.OverflowUint(uint64(data)):
			dst.SetUint(uint64(data))
			return nil
		case dst.CanFloat():
			dst.SetFloat(float64(data))
			return nil
		}
	case float64:
		if dst.CanFloat() {
			if math.IsNaN(data) || math.IsInf(data, 0) {
				return wrong(v.line, "%s: got %v, want a finite number", where, data)
			}
			dst.SetFloat(data)
			return nil
		}
	}
	return wrong(v.line, "%s: got %s, want %s", where, v.kindOf(), wanted(dst.Kind()))
}

// wanted names what a Go kind is in a file.
func wanted(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "an integer of at least 0 in range"
	}
	return "an integer"
}
