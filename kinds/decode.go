package kinds

import (
	"encoding"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/choice"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/train"
)

// Decode reads a tree into what dst points to, by the names of JSON tags: a kind of a
// user's own needs nothing else. Where a kind is wanted, its name stands for it with its
// defaults, and a table sets fields beside kind = "NAME". A list of layers is a
// layers.Sequential. Where a list is wanted, one value is a list of one. where names dst
// in messages. Errors are an [Error] with the line.
func (r *Registry) Decode(v *Value, dst any, where string) error {
	return decoder{r}.decode(v, reflect.ValueOf(dst).Elem(), where)
}

// decoder writes values of a tree into Go values, by reflection.
type decoder struct{ r *Registry }

// decode writes v into dst, which is settable. where names it in messages:
// `layer "dense": out`.
func (d decoder) decode(v *Value, dst reflect.Value, where string) error {
	if v.Data == nil {
		dst.SetZero()
		return nil
	}
	if dst.Kind() == reflect.Interface {
		return d.kind(v, dst, where)
	}
	if p, ok := dst.Addr().Interface().(encoding.TextUnmarshaler); ok {
		text, ok := v.Data.(string)
		if !ok {
			return wrong(v.Line, "%s: got %s, want a string", where, v.kind())
		}
		if err := p.UnmarshalText([]byte(text)); err != nil {
			return wrong(v.Line, "%s: %v", where, err)
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
	if !readable(dst.Kind()) {
		return wrong(v.Line, "%s: a %v cannot be read; leave it out", where, dst.Type())
	}
	return scalar(v, dst, where)
}

// readable reports whether [scalar] can set a Go kind.
func readable(k reflect.Kind) bool {
	return k >= reflect.Bool && k <= reflect.Float64 && k != reflect.Uintptr || k == reflect.String
}

// kind reads a kind into an interface; a list of layers is a sequence of them.
func (d decoder) kind(v *Value, dst reflect.Value, where string) error {
	t, ok := d.r.table(dst.Type())
	if !ok {
		return wrong(v.Line, "%s: a %v cannot be read; leave it out", where, dst.Type())
	}
	if _, ok := v.Data.(List); !ok || dst.Type() != reflect.TypeFor[graph.Layer]() {
		return d.ofKind(v, dst, t)
	}
	var s layers.Sequential
	if err := d.slice(v, reflect.ValueOf(&s).Elem(), "layer"); err != nil {
		return err
	}
	dst.Set(reflect.ValueOf(s))
	return nil
}

// ofKind reads a kind by its name, or a table of its name and its fields.
func (d decoder) ofKind(v *Value, dst reflect.Value, t named) error {
	name, fields, err := split(v, t)
	if err != nil {
		return err
	}
	text, ok := name.Data.(string)
	if !ok {
		return wrong(name.Line, "%s: kind, got %s, want a string, one of %s", t.what, name.kind(), strings.Join(t.Names(), ", "))
	}
	p, err := t.find(text)
	if err != nil {
		return wrong(name.Line, "%s: kind, %v", t.what, err)
	}
	made, err := p.fresh(dst.Type())
	if err != nil {
		return wrong(name.Line, "%s: kind, %v", t.what, err)
	}
	if err := d.contents(fields, made, t.what+" \""+p.name+"\""); err != nil {
		return err
	}
	dst.Set(made)
	return nil
}

// split returns the name of a kind and the table of its fields.
func split(v *Value, t named) (name, fields *Value, err error) {
	fields = &Value{v.Line, NewTable()}
	switch data := v.Data.(type) {
	case string:
		return v, fields, nil
	case *Table:
		name, ok := data.Get("kind")
		if !ok {
			return nil, nil, wrong(v.Line, `%s: has no kind; add kind = "NAME", one of %s`, t.what, strings.Join(t.Names(), ", "))
		}
		fields.Data = data.without("kind")
		return name, fields, nil
	}
	return nil, nil, wrong(v.Line, "%s: got %s, want the name of a kind or a table with kind = \"NAME\", one of %s", t.what, v.kind(), strings.Join(t.Names(), ", "))
}

// fresh returns a settable copy of the prototype, which has to be of the interface.
func (p prototype) fresh(of reflect.Type) (reflect.Value, error) {
	if !p.value.Type().Implements(of) {
		return reflect.Value{}, errors.Errorf("got %q, which is no %v; choose another", p.name, of)
	}
	return deepCopy(p.value), nil
}

// contents reads the fields of a kind; one that is a list takes its elements under the
// name of [elements].
func (d decoder) contents(v *Value, dst reflect.Value, where string) error {
	if dst.Kind() == reflect.Pointer {
		dst = dst.Elem()
	}
	if dst.Kind() != reflect.Slice {
		return d.fields(v, dst, where)
	}
	key := elements(dst.Type())
	t := v.Data.(*Table)
	for _, k := range t.Keys {
		if k != key {
			return wrong(t.entries[k].Line, "%s: unknown field %q; the field is %s", where, k, key)
		}
	}
	if of, ok := t.Get(key); ok {
		return d.slice(of, dst, where+": "+key)
	}
	return nil
}

// elements is the key of the elements of a kind that is a list.
func elements(t reflect.Type) string {
	switch t.Elem() {
	case reflect.TypeFor[graph.Layer]():
		return "layers"
	case reflect.TypeFor[train.Optimizer]():
		return "optimizers"
	case reflect.TypeFor[train.Group]():
		return "groups"
	}
	return "values"
}

// slice reads a list, or one value as a list of one.
func (d decoder) slice(v *Value, dst reflect.Value, where string) error {
	items, ok := v.Data.(List)
	if !ok {
		items = List{v}
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
func (d decoder) array(v *Value, dst reflect.Value, where string) error {
	items, ok := v.Data.(List)
	if !ok {
		items = slices.Repeat(List{v}, dst.Len())
	}
	if len(items) != dst.Len() {
		return wrong(v.Line, "%s: got %d values, want %d", where, len(items), dst.Len())
	}
	for i, item := range items {
		if err := d.decode(item, dst.Index(i), where); err != nil {
			return err
		}
	}
	return nil
}

// fields reads a table into a struct by the names of its JSON tags.
func (d decoder) fields(v *Value, dst reflect.Value, where string) error {
	t, ok := v.Data.(*Table)
	if !ok {
		return wrong(v.Line, "%s: got %s, want a table", where, v.kind())
	}
	byName, all := fieldsOf(dst)
	for _, key := range t.Keys {
		field, ok := byName[key]
		if !ok {
			return wrong(t.entries[key].Line, "%s: unknown field %q; %s", where, key, remedyOf(key, all))
		}
		if err := d.decode(t.entries[key], field, where+": "+key); err != nil {
			return err
		}
	}
	return nil
}

// remedyOf says which fields there are.
func remedyOf(key string, all []string) string {
	if len(all) == 0 {
		return "it has none"
	}
	return "the fields are " + strings.Join(all, ", ") + choice.Hint(key, all)
}

// scalar reads a string, a number or a truth value.
func scalar(v *Value, dst reflect.Value, where string) error {
	switch data := v.Data.(type) {
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
		if setInt(data, dst) {
			return nil
		}
	case uint64:
		if dst.CanUint() && !dst.OverflowUint(data) {
			dst.SetUint(data)
			return nil
		}
	case float64:
		if dst.CanFloat() {
			if math.IsNaN(data) || math.IsInf(data, 0) {
				return wrong(v.Line, "%s: got %v, want a finite number", where, data)
			}
			if dst.OverflowFloat(data) {
				return wrong(v.Line, "%s: got %v, want a number that a %v can hold", where, data, dst.Kind())
			}
			dst.SetFloat(data)
			return nil
		}
	}
	return wrong(v.Line, "%s: got %s, want %s", where, v.kind(), wanted(dst.Kind()))
}

// setInt sets dst to an integer that it can hold.
func setInt(x int64, dst reflect.Value) bool {
	switch {
	case dst.CanInt() && !dst.OverflowInt(x):
		dst.SetInt(x)
	case dst.CanUint() && x >= 0 && !dst.OverflowUint(uint64(x)):
		dst.SetUint(uint64(x))
	case dst.CanFloat():
		dst.SetFloat(float64(x))
	default:
		return false
	}
	return true
}

// wanted says what a Go kind is in a file.
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
