package kinds

import (
	"encoding"
	"reflect"
	"slices"
	"strconv"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/choice"
	"github.com/seed-be841da4/prospect/models"
)

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
	case reflect.Struct:
		return r.setTable(dst, text)
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

// setTable reads the fields of a struct that is no kind: "(KEY=VALUE,...)".
func (r *Registry) setTable(dst reflect.Value, text string) error {
	if len(text) < 2 || text[0] != '(' || text[len(text)-1] != ')' {
		return errors.Errorf("got %q, want (KEY=VALUE,...)", text)
	}
	p := prototype{name: text, value: dst}
	settings, err := parseSettings(p, text[1:len(text)-1])
	if err != nil {
		return err
	}
	for _, s := range settings {
		if err := r.set(p, dst, s); err != nil {
			return err
		}
	}
	return nil
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
	parts, err := Split(text, ';')
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
	parts, err := Split(text, separator)
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
