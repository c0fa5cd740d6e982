package modelfile

import (
	"bytes"
	"sort"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/kinds"
)

// Tree reads TOML as a tree of values with lines, for [kinds.Registry.Decode]. Errors are
// an [Error] with the name.
func Tree(name string, text []byte) (*kinds.Value, error) {
	f := &File{Name: name}
	v, err := parse(text)
	return v, f.locate(err)
}

// parse reads a TOML document. The library's decoder finds every mistake of
// syntax and every key that is set twice; what it returns has no lines, so its
// syntax tree is read beside it.
func parse(text []byte) (*kinds.Value, error) {
	text, err := plain(text)
	if err != nil {
		return nil, err
	}
	if err := count(text); err != nil {
		return nil, err
	}
	var all map[string]any
	if err := toml.Unmarshal(text, &all); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, _ := at.Position()
			return nil, wrong(line, "%s", strings.TrimPrefix(at.Error(), "toml: "))
		}
		return nil, wrong(1, "%v", err)
	}
	r := reader{root: kinds.NewTable(), lines: lineStarts(text)}
	r.current = r.root
	r.parser.Reset(text)
	for r.parser.NextExpression() {
		if err := r.expression(r.parser.Expression()); err != nil {
			return nil, err
		}
	}
	if err := r.parser.Error(); err != nil {
		return nil, wrong(1, "%v", err)
	}
	return &kinds.Value{Line: 1, Data: r.root}, nil
}

// lineStarts returns the offset at which each line starts.
func lineStarts(text []byte) []int {
	starts := []int{0}
	for at := 0; ; {
		n := bytes.IndexByte(text[at:], '\n')
		if n < 0 {
			return starts
		}
		at += n + 1
		starts = append(starts, at)
	}
}

// reader builds the tree of a document that is known to be right.
type reader struct {
	parser        unstable.Parser
	lines         []int
	root, current *kinds.Table
}

// line returns the line of a node that has a place of its own, or else above.
func (r *reader) line(n *unstable.Node, above int) int {
	if n.Raw.Length == 0 {
		return above
	}
	return sort.SearchInts(r.lines, int(n.Raw.Offset)+1)
}

// expression reads a top-level expression.
func (r *reader) expression(n *unstable.Node) error {
	switch n.Kind {
	case unstable.KeyValue:
		return r.keyValue(r.current, n)
	case unstable.Table, unstable.ArrayTable:
		keys, line := r.key(n)
		last := len(keys) - 1
		parent := descend(r.root, keys[:last], line)
		if n.Kind == unstable.Table {
			r.current = descend(parent, keys[last:], line)
			return nil
		}
		r.current = kinds.NewTable()
		var all kinds.List
		if old, ok := parent.Get(keys[last]); ok {
			all = old.Data.(kinds.List)
			line = old.Line
		}
		parent.Set(keys[last], &kinds.Value{Line: line, Data: append(all, &kinds.Value{Line: r.line(n.Child(), line), Data: r.current})})
	}
	return nil
}

// key returns the parts of the key of n and the line of the first.
func (r *reader) key(n *unstable.Node) (parts []string, line int) {
	for it := n.Key(); it.Next(); {
		if line == 0 {
			line = r.line(it.Node(), 1)
		}
		parts = append(parts, string(it.Node().Data))
	}
	return parts, line
}

// descend returns the table at a path below t, making what is missing. In a list
// of tables it is the last one that is meant.
func descend(t *kinds.Table, path []string, line int) *kinds.Table {
	for _, key := range path {
		v, ok := t.Get(key)
		if !ok {
			v = &kinds.Value{Line: line, Data: kinds.NewTable()}
			t.Set(key, v)
		}
		if l, ok := v.Data.(kinds.List); ok {
			v = l[len(l)-1]
		}
		t = v.Data.(*kinds.Table)
	}
	return t
}

func (r *reader) keyValue(t *kinds.Table, n *unstable.Node) error {
	keys, line := r.key(n)
	v, err := r.value(n.Value(), line)
	if err != nil {
		return err
	}
	last := len(keys) - 1
	descend(t, keys[:last], line).Set(keys[last], v)
	return nil
}

// value reads a value that stands on the given line unless it knows better.
func (r *reader) value(n *unstable.Node, line int) (*kinds.Value, error) {
	line = r.line(n, line)
	v := &kinds.Value{Line: line}
	var err error
	switch n.Kind {
	case unstable.String:
		v.Data = string(n.Data)
	case unstable.Bool:
		v.Data = string(n.Data) == "true"
	case unstable.Integer:
		v.Data, err = strconv.ParseInt(string(n.Data), 0, 64)
	case unstable.Float:
		v.Data, err = strconv.ParseFloat(strings.ReplaceAll(string(n.Data), "_", ""), 64)
	case unstable.Array:
		all := kinds.List{}
		for it := n.Children(); it.Next(); {
			if it.Node().Kind == unstable.Comment {
				continue
			}
			item, err := r.value(it.Node(), line)
			if err != nil {
				return nil, err
			}
			all = append(all, item)
		}
		v.Data = all
	case unstable.InlineTable:
		t := kinds.NewTable()
		for it := n.Children(); it.Next(); {
			if it.Node().Kind != unstable.KeyValue {
				continue
			}
			if err := r.keyValue(t, it.Node()); err != nil {
				return nil, err
			}
		}
		v.Data = t
	default:
		return nil, wrong(line, "a date or a time has no meaning here")
	}
	if err != nil {
		return nil, wrong(line, "%v", err)
	}
	return v, nil
}
