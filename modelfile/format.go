package modelfile

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
)

// Format writes a declaration as the text of a file: what [Parse] reads it from. It is an
// error if a layer or an energy has no name in the registry.
func Format(d graph.Declaration, input, target string, r *kinds.Registry) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "input = %s\ntarget = %s\n", quote(input), quote(target))
	tree, err := r.EncodeBrief(&d)
	if err != nil {
		return "", errors.WithMessage(err, "modelfile")
	}
	for _, part := range []struct{ key, header string }{{"nodes", "node"}, {"predictions", "prediction"}} {
		items, ok := tree.Data.(*kinds.Table).Get(part.key)
		if !ok {
			continue
		}
		for _, item := range items.Data.(kinds.List) {
			b.WriteString("\n[[" + part.header + "]]\n")
			for _, line := range fields(item.Data.(*kinds.Table)) {
				b.WriteString(line + "\n")
			}
		}
	}
	return b.String(), nil
}

// FormatLayer writes a layer as it stands in a file.
func FormatLayer(l graph.Layer, r *kinds.Registry) (string, error) {
	tree, err := r.EncodeBrief(&l)
	if err != nil {
		return "", errors.WithMessage(err, "modelfile")
	}
	return text(tree), nil
}

// fields returns "key = value" for every key of a table.
func fields(t *kinds.Table) []string {
	var out []string
	for _, key := range t.Keys {
		v, _ := t.Get(key)
		out = append(out, key+" = "+text(v))
	}
	return out
}

// text returns a value as it stands in a file.
func text(v *kinds.Value) string {
	switch data := v.Data.(type) {
	case string:
		return quote(data)
	case bool:
		return strconv.FormatBool(data)
	case int64:
		return strconv.FormatInt(data, 10)
	case uint64: // beyond what TOML's integers hold
		return strconv.FormatFloat(float64(data), 'g', -1, 64)
	case float64:
		return strconv.FormatFloat(data, 'g', -1, 64)
	case kinds.List:
		items := make([]string, len(data))
		for i := range items {
			items[i] = text(data[i])
		}
		return "[" + strings.Join(items, ", ") + "]"
	case *kinds.Table:
		if kind, ok := data.Get("kind"); ok && len(data.Keys) == 1 {
			return text(kind) // it has its defaults
		}
		return "{" + strings.Join(fields(data), ", ") + "}"
	}
	return "[]" // a list that is nil, or nothing at all
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
