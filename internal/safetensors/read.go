package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"io"
	mathbits "math/bits"
	"slices"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// ErrFormat matches, by errors.Is, the error of a file that is not a valid safetensors
// file, as opposed to one that cannot be read.
var ErrFormat = errors.New("not a valid safetensors file; it is damaged or of another format, write or copy it again")

// ErrType matches, by errors.Is, the error of a tensor whose element type a [Tensor]
// cannot hold. Such a tensor can be skipped with [ReadSelected].
var ErrType = errors.New("this type of elements cannot be read")

// Info describes a tensor of a file.
type Info struct {
	Name string
	// DType is the type of the elements in the file, any of the format.
	DType DType
	Shape []int
}

// ReadSelected reads the tensors for which keep returns true from a file of size bytes.
// The others are checked by their header but not read; they may be of any type. Keep is
// called once per tensor, in the order of the data.
//
// A file that violates the format is an [ErrFormat]: a header that is too long, is not
// one JSON object or names a tensor twice; an unknown dtype; data_offsets that are out
// of range, overlap, leave a hole or do not fit the shape. A tensor of a type of the
// format that a [Tensor] cannot hold, such as F8_E4M3, is an [ErrType]. Nothing larger
// than the file is allocated, except for widened elements, which take at most eight
// times their size in the file.
func ReadSelected(r io.ReaderAt, size int64, keep func(Info) bool) (File, error) {
	head, err := readHeader(r, size)
	if err != nil {
		return File{}, err
	}
	start := int64(8 + len(head))
	f, entries, err := parseHeader(head)
	if err != nil {
		return File{}, err
	}
	if err := checkLayout(f.Tensors, entries, size-start); err != nil {
		return File{}, err
	}
	f.Tensors = slices.DeleteFunc(f.Tensors, func(t Tensor) bool {
		return !keep(Info{t.Name, entries[t.Name].DType, t.Shape})
	})
	for _, t := range f.Tensors { // before any data is read
		if d := entries[t.Name].DType; !d.readable() {
			return File{}, errors.WithMessagef(ErrType, "safetensors: tensor %q: dtype, got %s, want %s; skip it, or convert it in Python, tensor.float()",
				t.Name, d, readableTypes)
		}
	}
	buf := make([]byte, chunk)
	for i := range f.Tensors {
		t := &f.Tensors[i]
		e := entries[t.Name]
		section := io.NewSectionReader(r, start+e.Offsets[0], e.Offsets[1]-e.Offsets[0])
		if err := readData(section, t, e.DType, buf); err != nil {
			return File{}, err
		}
	}
	return f, nil
}

// space is the white space of JSON, allowed as padding.
const space = " \t\r\n"

// bad returns an ErrFormat with a reason.
func bad(format string, args ...any) error {
	return errors.WithMessagef(ErrFormat, "safetensors: "+format, args...)
}

// readHeader returns the bytes of the header, padding included.
func readHeader(r io.ReaderAt, size int64) ([]byte, error) {
	if size < 8 {
		return nil, bad("size, got %d bytes, want at least 8", size)
	}
	var length [8]byte
	if err := readFull(r, length[:], 0); err != nil {
		return nil, errors.Wrap(err, "safetensors: read header length")
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || int64(n) > size-8 {
		return nil, bad("header length, got %d, want <= %d", n, min(maxHeader, size-8))
	}
	head := make([]byte, n)
	if err := readFull(r, head, 8); err != nil {
		return nil, errors.Wrap(err, "safetensors: read header")
	}
	if first := bytes.TrimLeft(head, space); len(first) == 0 || first[0] != '{' || !utf8.Valid(head) {
		return nil, bad("header: want a JSON object in UTF-8")
	}
	return head, nil
}

// readFull fills p from offset off.
func readFull(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// parseHeader returns the tensors, without data, in the order of the header, and their
// entries by name.
func parseHeader(head []byte) (File, map[string]entry, error) {
	var f File
	entries := map[string]entry{}
	err := object(head, func(name string, raw json.RawMessage) error {
		if name == metadataKey {
			if string(raw) == "null" {
				return nil // treated as none by the reference implementation
			}
			f.Metadata = map[string]string{}
			return object(raw, func(key string, raw json.RawMessage) error {
				var text *string
				if err := json.Unmarshal(raw, &text); err != nil || text == nil {
					return bad("metadata %q: want a string", key)
				}
				f.Metadata[key] = *text
				return nil
			})
		}
		e, err := parseEntry(name, raw)
		if err != nil {
			return err
		}
		entries[name] = e
		f.Tensors = append(f.Tensors, Tensor{Name: name, Shape: e.Shape})
		return nil
	})
	return f, entries, err
}

// object calls member for each member of the JSON object in text. Unlike json.Unmarshal
// it refuses duplicate names.
func object(text []byte, member func(name string, raw json.RawMessage) error) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return bad("header: want a JSON object")
	}
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return bad("header: %v", err)
		}
		name := token.(string) // always a string before a colon
		if seen[name] {
			return bad("header: %q is there twice", name)
		}
		seen[name] = true
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return bad("header: %q: %v", name, err)
		}
		if err := member(name, raw); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return bad("header: %v", err)
	}
	if rest := bytes.Trim(text[dec.InputOffset():], space); len(rest) > 0 {
		return bad("header: something follows the JSON object")
	}
	return nil
}

// parseEntry parses a tensor's description and checks it on its own.
func parseEntry(name string, raw json.RawMessage) (entry, error) {
	var e entry
	var offsets []int64
	fields := map[string]any{"dtype": &e.DType, "shape": &e.Shape, "data_offsets": &offsets}
	err := object(raw, func(key string, raw json.RawMessage) error {
		field, ok := fields[key]
		if !ok {
			return bad("tensor %q: %q, want dtype, shape and data_offsets", name, key)
		}
		delete(fields, key)
		if bytes.Contains(raw, []byte("null")) { // Unmarshal would read it as zero
			return bad("tensor %q: %s is null", name, key)
		}
		if err := json.Unmarshal(raw, field); err != nil {
			return bad("tensor %q: %s: %v", name, key, err)
		}
		return nil
	})
	switch {
	case err != nil:
		return e, err
	case name == "" || len(fields) > 0 || e.Shape == nil || len(offsets) != 2:
		return e, bad("tensor %q: want a name, dtype, shape and two data_offsets", name)
	case sizes[e.DType] == 0:
		return e, bad("tensor %q: dtype, got %q, want %s; convert it", name, string(e.DType), readableTypes)
	}
	e.Offsets = [2]int64(offsets)
	n, err := elements(e.Shape)
	if err != nil {
		return e, bad("tensor %q: %v", name, err)
	}
	length := e.Offsets[1] - e.Offsets[0]
	if e.Offsets[0] < 0 || length < 0 || !spans(n, sizes[e.DType], length) {
		return e, bad("tensor %q: data_offsets %v do not fit %s of shape %v", name, e.Offsets, e.DType, e.Shape)
	}
	return e, nil
}

// spans reports whether n elements of the given bits are exactly length bytes.
func spans(n, bits, length int64) bool {
	hi, lo := mathbits.Mul64(uint64(n), uint64(bits))
	if hi >= 8 || lo%8 != 0 {
		return false
	}
	size, _ := mathbits.Div64(hi, lo, 8)
	return size == uint64(length)
}

// checkLayout sorts tensors by the position of their data and checks that the data
// fills exactly size bytes.
func checkLayout(tensors []Tensor, entries map[string]entry, size int64) error {
	slices.SortStableFunc(tensors, func(a, b Tensor) int {
		x, y := entries[a.Name].Offsets, entries[b.Name].Offsets
		return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]))
	})
	end := int64(0)
	for _, t := range tensors {
		e := entries[t.Name]
		if e.Offsets[0] != end || e.Offsets[1] > size {
			return bad("tensor %q: data_offsets, got %v, want to begin at %d and to end within %d bytes",
				t.Name, e.Offsets, end, size)
		}
		end = e.Offsets[1]
	}
	if end != size {
		return bad("data, got %d bytes, want %d", size, end)
	}
	return nil
}
