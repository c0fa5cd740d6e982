package kinds

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"reflect"
	"strconv"

	"github.com/pkg/errors"
)

// Marshal returns v as JSON that tells the kind of every layer, energy, rule, solver ...
// in it, so that [Registry.Unmarshal] reads an equal value: a graph.Declaration, a model,
// a rule, a train.Trainer. A v of an interface of the registry is passed by a pointer to
// it:
//
//	var rule train.Rule = train.Paper(128, 0.1, 0.5)
//	text, err := r.Marshal(&rule)
//	// {"kind":"pc","relax":{"steps":128,"solver":{"kind":"euler"}, ...}, ...}
func (r *Registry) Marshal(v any) ([]byte, error) {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return nil, errors.Errorf("kinds: json: got %T, want a pointer to what is to be written", v)
	}
	tree, err := r.Encode(v)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = writeJSON(&b, tree)
	return b.Bytes(), err
}

// Unmarshal reads JSON as [Registry.Marshal] writes it into what v points to. Fields that
// are not in it keep their values, those of a kind its defaults; unknown fields and names
// are errors that list the known ones, as an [Error] with the line.
func (r *Registry) Unmarshal(text []byte, v any) error {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return errors.Errorf("kinds: json: got %T, want a pointer to what is to be read", v)
	}
	tree, err := ParseJSON(text)
	if err != nil {
		return err
	}
	return r.Decode(tree, v, "json")
}

// writeJSON writes a tree.
func writeJSON(b *bytes.Buffer, v *Value) error {
	switch data := v.Data.(type) {
	case List:
		b.WriteByte('[')
		for i, item := range data {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	case *Table:
		b.WriteByte('{')
		for i, key := range data.Keys {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, &Value{Data: key}); err != nil {
				return err
			}
			b.WriteByte(':')
			if err := writeJSON(b, data.entries[key]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
		return nil
	}
	text, err := json.Marshal(v.Data)
	b.Write(text)
	return errors.Wrap(err, "kinds: json")
}

// ParseJSON reads a JSON value as a tree.
func ParseJSON(text []byte) (*Value, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	p := &jsonParser{d, text, 0}
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, wrong(p.line(), "json: got more than one value, want one")
	}
	return v, nil
}

// jsonParser builds trees with lines of tokens.
type jsonParser struct {
	*json.Decoder
	text  []byte
	depth int
}

// maxDepth bounds how deep values are nested: no network is as deep.
const maxDepth = 1000

// line is the line of the last token.
func (p *jsonParser) line() int {
	return 1 + bytes.Count(p.text[:p.InputOffset()], []byte{'\n'})
}

func (p *jsonParser) token() (json.Token, error) {
	token, err := p.Token()
	if err == io.EOF {
		return nil, wrong(p.line(), "json: ends too early; it may be cut off")
	}
	if err != nil {
		return nil, wrong(p.line(), "json: %v", err)
	}
	return token, nil
}

func (p *jsonParser) value() (*Value, error) {
	token, err := p.token()
	if err != nil {
		return nil, err
	}
	line := p.line()
	switch token := token.(type) {
	case json.Delim:
		if p.depth++; p.depth > maxDepth {
			return nil, wrong(line, "json: got values nested more than %d deep, want at most that", maxDepth)
		}
		defer func() { p.depth-- }()
		if token == '[' {
			return p.list(line)
		}
		return p.table(line)
	case json.Number:
		x, err := number(token)
		if err != nil {
			return nil, wrong(line, "json: got %s, want a number that a float64 can hold", token)
		}
		return &Value{line, x}, nil
	}
	return &Value{line, token}, nil // a string, a bool or nil
}

// number returns an int64 or a uint64 if the text is an integer that one can hold, else a
// float64.
func number(n json.Number) (any, error) {
	if x, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
		return x, nil
	}
	if x, err := strconv.ParseUint(n.String(), 10, 64); err == nil {
		return x, nil
	}
	x, err := n.Float64()
	if err != nil || math.IsInf(x, 0) {
		return nil, errors.New("out of range")
	}
	return x, nil
}

func (p *jsonParser) list(line int) (*Value, error) {
	items := List{}
	for p.More() {
		item, err := p.value()
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	_, err := p.token()
	return &Value{line, items}, err
}

func (p *jsonParser) table(line int) (*Value, error) {
	t := NewTable()
	for p.More() {
		key, err := p.token()
		if err != nil {
			return nil, err
		}
		name, at := key.(string), p.line() // the decoder takes no other key
		if _, twice := t.Get(name); twice {
			return nil, wrong(at, "json: got key %q twice, want it once", name)
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		t.Set(name, v)
	}
	_, err := p.token()
	return &Value{line, t}, err
}
