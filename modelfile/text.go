package modelfile

import (
	"bytes"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// plain returns the text without the byte-order mark that some editors put before
// UTF-8. Other encodings, which are known by theirs or by the zeros between the
// letters, are an error.
func plain(text []byte) ([]byte, error) {
	if rest, ok := bytes.CutPrefix(text, []byte("\xef\xbb\xbf")); ok {
		return rest, nil
	}
	var name string
	switch {
	case bytes.HasPrefix(text, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(text, []byte("\x00\x00")):
		name = "UTF-32"
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")),
		len(text) > 1 && (text[0] == 0) != (text[1] == 0):
		name = "UTF-16"
	default:
		return text, nil
	}
	return nil, wrong(1, "file: the encoding is %s, want UTF-8; save it as UTF-8", name)
}

// mostKeys bounds the keys of a table. The library compares every key with all
// others of its table, which takes minutes for a file of a megabyte.
const mostKeys = 1000

// census counts the keys of tables.
type census struct {
	keys map[string]*census
}

// count returns an error if a table of the text has too many keys. Mistakes of
// syntax end it; the library finds them again.
func count(text []byte) error {
	r := reader{lines: lineStarts(text)}
	root := &census{}
	current := root
	r.parser.Reset(text)
	for r.parser.NextExpression() {
		n := r.parser.Expression()
		from := current
		if n.Kind != unstable.KeyValue {
			from = root
		}
		keys, line := r.key(n)
		last, ok := from.add(keys)
		if ok && n.Kind == unstable.KeyValue {
			ok = countInline(&r, n.Value())
		}
		if !ok {
			return wrong(line, "%s: got more than %d keys in one table, want at most that; no table of a model has as many",
				shortened(strings.Join(keys, ".")), mostKeys)
		}
		switch n.Kind {
		case unstable.Table:
			current = last
		case unstable.ArrayTable: // a new table of that name
			last.keys = nil
			current = last
		}
	}
	return nil
}

// add adds a path of keys and returns the last, and whether there is room for all.
func (c *census) add(path []string) (*census, bool) {
	for _, key := range path {
		if c.keys == nil {
			c.keys = map[string]*census{}
		}
		next, ok := c.keys[key]
		if !ok {
			next = &census{}
			c.keys[key] = next
		}
		if len(c.keys) > mostKeys {
			return nil, false
		}
		c = next
	}
	return c, true
}

// countInline reports whether all inline tables in a value are small enough.
func countInline(r *reader, n *unstable.Node) bool {
	if n.Kind != unstable.Array && n.Kind != unstable.InlineTable {
		return true
	}
	c := &census{}
	for it := n.Children(); it.Next(); {
		item := it.Node()
		if item.Kind == unstable.KeyValue {
			keys, _ := r.key(item)
			if _, ok := c.add(keys); !ok {
				return false
			}
			item = item.Value()
		}
		if !countInline(r, item) {
			return false
		}
	}
	return true
}

// shortened cuts a name for a message.
func shortened(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "..."
	}
	return s
}
