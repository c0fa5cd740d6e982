package kinds

import (
	"reflect"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// settable is a field of a struct that a name stands for.
type settable struct {
	name  string
	index []int
}

// settables lists the exported fields of a struct, those of embedded structs included, as
// encoding/json does: what is embedded and no struct, or has a name in its tag, is a
// field.
func settables(s reflect.Type) []settable {
	var all []settable
	var closed [][]int // embedded structs that are fields themselves, or left out
	for _, f := range reflect.VisibleFields(s) {
		if slices.ContainsFunc(closed, func(c []int) bool { return len(f.Index) > len(c) && slices.Equal(f.Index[:len(c)], c) }) {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" && structure(f.Type).Kind() == reflect.Struct {
			continue // its fields follow
		}
		if f.Anonymous {
			closed = append(closed, f.Index)
		}
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		all = append(all, settable{name, f.Index})
	}
	return all
}

// structure is the type that a pointer points to, or the type itself.
func structure(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// fieldsOf returns the fields of a struct by name, and the names in order. Those behind a
// nil embedded pointer are left out.
func fieldsOf(s reflect.Value) (map[string]reflect.Value, []string) {
	byName := map[string]reflect.Value{}
	var all []string
	for _, x := range settables(s.Type()) {
		if f, err := s.FieldByIndexErr(x.index); err == nil {
			byName[x.name] = f
			all = append(all, x.name)
		}
	}
	return byName, all
}

// checkFields returns an error for a struct whose fields cannot all be reached by names.
func checkFields(s reflect.Value) error {
	seen := map[string]bool{}
	for _, x := range settables(s.Type()) {
		switch _, err := s.FieldByIndexErr(x.index); {
		case err != nil:
			return errors.Errorf("field %s, got a nil embedded pointer above it; set the pointer, or embed the struct itself", x.name)
		case x.name == "kind":
			return errors.New(`field kind, want another name in its tag: files have the name of the kind under "kind"`)
		case seen[x.name]:
			return errors.Errorf("field %s, got two fields of that name, want one; give one another name in its tag", x.name)
		}
		seen[x.name] = true
	}
	return nil
}

// copyOf copies what a pointer points to, and what the pointers embedded in it do, so
// that its fields can be set.
func copyOf(v reflect.Value) reflect.Value {
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return v
	}
	fresh := reflect.New(v.Type().Elem())
	fresh.Elem().Set(v.Elem())
	detachEmbedded(fresh.Elem())
	return fresh
}

func detachEmbedded(s reflect.Value) {
	if s.Kind() != reflect.Struct {
		return
	}
	for i := range s.NumField() {
		f := s.Field(i)
		if !s.Type().Field(i).Anonymous || !f.CanSet() {
			continue
		}
		if f.Kind() == reflect.Pointer {
			f.Set(copyOf(f))
		}
		detachEmbedded(f)
	}
}

// deepCopy returns a settable copy that shares nothing with v that a name stands for.
func deepCopy(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	detach(out)
	return out
}

// detach replaces what v points to by copies.
func detach(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fresh := reflect.New(v.Type().Elem())
			fresh.Elem().Set(v.Elem())
			detach(fresh.Elem())
			v.Set(fresh)
		}
	case reflect.Interface:
		if !v.IsNil() {
			v.Set(deepCopy(v.Elem()))
		}
	case reflect.Slice:
		if !v.IsNil() {
			fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(fresh, v)
			v.Set(fresh)
		}
		detachElements(v)
	case reflect.Array:
		detachElements(v)
	case reflect.Struct:
		detachEmbedded(v)
		fields, _ := fieldsOf(v)
		for _, f := range fields {
			detach(f)
		}
	}
}

func detachElements(v reflect.Value) {
	for i := range v.Len() {
		detach(v.Index(i))
	}
}
