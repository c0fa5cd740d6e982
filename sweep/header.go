package sweep

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// Header says what the trials of a store have in common. It is the first line of
// the file.
type Header struct {
	// Schema is the version of what Params and Result mean. Count it up when they
	// change, so that old results are not taken for new ones.
	Schema int `json:"schema"`
	// Name is what is run.
	Name string `json:"name"`
	// Settings are whatever else decides the results: the data, the model, the
	// version of the program. They are compared as JSON.
	Settings any `json:"settings,omitempty"`
}

// HeaderError says that a store holds the trials of something else.
type HeaderError struct {
	// Path is the file.
	Path string
	// Stored is the header in it, as JSON.
	Stored json.RawMessage
	// Differences name what is not the same, as "settings.rate, got 0.1, want 0.2".
	Differences []string
}

// Error names what differs.
func (e *HeaderError) Error() string {
	return fmt.Sprintf("sweep: store %s: holds other trials: %s; go on as they were begun, or choose another file", e.Path, strings.Join(e.Differences, "; "))
}

// headerLine returns a header as JSON, which has to be an object.
func headerLine(header any) ([]byte, error) {
	line, err := json.Marshal(header)
	if err != nil {
		return nil, errors.Wrap(err, "sweep: store: header")
	}
	if len(line) == 0 || line[0] != '{' {
		return nil, errors.Errorf("sweep: store: header, got %s, want a JSON object; pass a sweep.Header or a struct", line)
	}
	return line, nil
}

// decode reads JSON with numbers as they are written.
func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// differences names where two values decoded from JSON differ.
func differences(path string, got, want any) []string {
	g, isG := got.(map[string]any)
	w, isW := want.(map[string]any)
	if !isG || !isW {
		if a, b := text(got), text(want); a != b {
			return []string{fmt.Sprintf("%s, got %s, want %s", path, a, b)}
		}
		return nil
	}
	names := map[string]bool{}
	for name := range g {
		names[name] = true
	}
	for name := range w {
		names[name] = true
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		at := name
		if path != "" {
			at = path + "." + name
		}
		a, inG := g[name]
		b, inW := w[name]
		switch {
		case !inG:
			out = append(out, fmt.Sprintf("%s, got none, want %s", at, text(b)))
		case !inW:
			out = append(out, fmt.Sprintf("%s, got %s, want none", at, text(a)))
		default:
			out = append(out, differences(at, a, b)...)
		}
	}
	return out
}

// text is a value decoded from JSON as JSON, whose names are in order.
func text(v any) string {
	b, _ := json.Marshal(v) // it was JSON
	return string(b)
}
