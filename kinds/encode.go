package kinds

import (
	"encoding"
	"math"
	"reflect"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/layers"
)

// Encode writes what v points to as a tree that [Registry.Decode] reads back to an equal
// value. Every kind is a table with its name under "kind", but a layers.Sequential, which
// is a list. Fields that are zero by default and zero are left out. It is an error if a
// layer, a rule or another kind has no name in the registry.
func (r *Registry) Encode(v any) (*Value, error) {
	e := encoder{r: r}
	out := e.value(reflect.ValueOf(v).Elem())
	return out, e.err
}

// EncodeBrief is Encode without the fields that are as by default, zero or not.
func (r *Registry) EncodeBrief(v any) (*Value, error) {
	e := encoder{r: r, brief: true}
	out := e.value(reflect.ValueOf(v).Elem())
	return out, e.err
}

// encoder is the inverse of decoder.
type encoder struct {
	r     *Registry
	brief bool // leave out all defaults
	err   error
}

func (e *encoder) fail(err error) {
	if e.err == nil && err != nil {
		e.err = errors.WithMessage(err, "kinds")
	}
}

// value returns the tree of v.
func (e *encoder) value(v reflect.Value) *Value {
	if v.Kind() == reflect.Interface {
		return e.kind(v)
	}
	if m, ok := textMarshaler(v); ok {
		text, err := m.MarshalText()
		e.fail(err)
		return &Value{Data: string(text)}
	}
	switch v.Kind() {
	case reflect.Slice:
		if v.IsNil() && !e.brief {
			return &Value{}
		}
		return e.list(v)
	case reflect.Array:
		return e.list(v)
	case reflect.Pointer:
		if v.IsNil() {
			return e.null(v.Type())
		}
		return e.value(v.Elem())
	case reflect.Struct:
		t := NewTable()
		e.fields(t, v, reflect.Zero(v.Type()))
		return &Value{Data: t}
	}
	return e.scalar(v)
}

// textMarshaler returns v, or a pointer to it, as what writes itself. A nil pointer does
// not.
func textMarshaler(v reflect.Value) (encoding.TextMarshaler, bool) {
	if v.Kind() == reflect.Pointer {
		return nil, false // what it points to may
	}
	m, ok := addressable(v).Interface().(encoding.TextMarshaler)
	return m, ok
}

// null is what is nil, which only JSON can express.
func (e *encoder) null(t reflect.Type) *Value {
	if e.brief {
		e.fail(errors.Errorf("no file can express a %v that is nil where another is the default", t))
	}
	return &Value{}
}

func (e *encoder) scalar(v reflect.Value) *Value {
	switch {
	case v.Kind() == reflect.String:
		return &Value{Data: v.String()}
	case v.Kind() == reflect.Bool:
		return &Value{Data: v.Bool()}
	case v.CanInt():
		return &Value{Data: v.Int()}
	case v.CanUint() && v.Uint() <= math.MaxInt64:
		return &Value{Data: int64(v.Uint())}
	case v.CanUint():
		return &Value{Data: v.Uint()}
	case v.CanFloat():
		x := v.Float()
		if math.IsNaN(x) || math.IsInf(x, 0) {
			e.fail(errors.Errorf("got %v, want a finite number", x))
		}
		return &Value{Data: x}
	}
	e.fail(errors.Errorf("a %v cannot be written", v.Type()))
	return &Value{}
}

func (e *encoder) list(v reflect.Value) *Value {
	items := make(List, v.Len())
	for i := range items {
		items[i] = e.value(v.Index(i))
	}
	return &Value{Data: items}
}

// fields writes the fields of a struct into a table.
func (e *encoder) fields(t *Table, s, defaults reflect.Value) {
	byName, all := fieldsOf(s)
	usual, _ := fieldsOf(defaults)
	for _, name := range all {
		if !e.omits(byName[name], usual[name]) {
			t.Set(name, e.value(byName[name]))
		}
	}
}

// omits reports whether a field may be left out.
func (e *encoder) omits(v, usual reflect.Value) bool {
	if e.brief || v.Kind() == reflect.Func {
		return equal(v, usual)
	}
	return v.IsZero() && (!usual.IsValid() || usual.IsZero())
}

// equal reports whether two fields are equal, functions if they are one. One that is
// missing is not.
func equal(a, b reflect.Value) bool {
	if !a.IsValid() || !b.IsValid() {
		return false
	}
	if a.Kind() == reflect.Func {
		return a.Pointer() == b.Pointer()
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// kind writes the value of an interface.
func (e *encoder) kind(v reflect.Value) *Value {
	if v.IsNil() {
		return e.null(v.Type())
	}
	if s, ok := v.Interface().(layers.Sequential); ok {
		return e.list(reflect.ValueOf(s))
	}
	t, ok := e.r.table(v.Type())
	if !ok {
		e.fail(errors.Errorf("a %v cannot be written", v.Type()))
		return &Value{}
	}
	p, ok := t.named(v.Elem())
	if !ok {
		e.fail(errors.Errorf("a %v has no name; add it to the registry's %ss", v.Elem().Type(), t.what))
		return &Value{}
	}
	out := NewTable()
	out.Set("kind", &Value{Data: p.name})
	s := prototype{value: v.Elem()}.contents()
	switch {
	case s.Kind() != reflect.Slice:
		e.fields(out, s, p.contents())
	case s.Len() > 0:
		out.Set(elements(s.Type()), e.list(s))
	}
	return &Value{Data: out}
}

// named returns the kind whose type is that of v. Of several it is the first of those
// from which v differs in the fewest fields.
func (t named) named(v reflect.Value) (best prototype, ok bool) {
	s := prototype{value: v}.contents()
	least := 0
	for _, p := range t.prototypes() {
		if p.empty() || p.contents().Type() != s.Type() {
			continue
		}
		if n := differing(s, p.contents()); !ok || n < least {
			best, least, ok = p, n, true
		}
	}
	return best, ok
}

// differing counts the fields in which two structs differ.
func differing(a, b reflect.Value) int {
	if a.Kind() != reflect.Struct {
		return 0
	}
	byName, all := fieldsOf(a)
	other, _ := fieldsOf(b)
	n := 0
	for _, name := range all {
		if !equal(byName[name], other[name]) {
			n++
		}
	}
	return n
}
