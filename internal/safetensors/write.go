package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/pkg/errors"
)

const (
	// metadataKey is the only name in the header that is not a tensor.
	metadataKey = "__metadata__"
	// maxHeader is the maximum length of a header, as in the reference implementation.
	maxHeader = 100_000_000
	// chunk is the number of bytes converted at a time.
	chunk = 1 << 16
)

// entry is a tensor's description in the header.
type entry struct {
	DType   DType    `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// Write writes f to w. Equal files give equal bytes, whatever the order of their
// tensors: wide types come first, and within a type names are in byte order. With at
// most one metadata key the bytes equal those of the reference implementation, which
// leaves the order of several unspecified; here they are sorted.
//
// An invalid tensor or a duplicate name is an error and nothing is written.
func Write(w io.Writer, f File) error {
	tensors := slices.Clone(f.Tensors)
	for _, t := range tensors {
		if err := t.check(); err != nil {
			return err
		}
	}
	slices.SortStableFunc(tensors, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(a.DType().rank(), b.DType().rank()), cmp.Compare(a.Name, b.Name))
	})
	head, err := header(tensors, f.Metadata)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return errors.Wrap(err, "safetensors: write header")
	}
	buf := make([]byte, 0, chunk)
	for _, t := range tensors {
		if err := writeData(w, t, buf); err != nil {
			return errors.Wrapf(err, "safetensors: write tensor %q", t.Name)
		}
	}
	return nil
}

// header returns the length and the padded header of the tensors, in their order.
func header(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	var b bytes.Buffer
	b.Write(make([]byte, 8))
	b.WriteByte('{')
	if len(metadata) > 0 {
		for k, v := range metadata {
			if !utf8.ValidString(k) || !utf8.ValidString(v) {
				return nil, errors.Errorf("safetensors: metadata %q: not valid UTF-8", k)
			}
		}
		if err := writeMember(&b, metadataKey, metadata); err != nil {
			return nil, err
		}
	}
	seen, offset := make(map[string]bool, len(tensors)), int64(0)
	for _, t := range tensors {
		if seen[t.Name] {
			return nil, errors.Errorf("safetensors: tensor %q: name is used twice", t.Name)
		}
		seen[t.Name] = true
		size := int64(t.Len()) * int64(t.DType().size())
		e := entry{DType: t.DType(), Shape: t.Shape, Offsets: [2]int64{offset, offset + size}}
		if e.Shape == nil {
			e.Shape = []int{}
		}
		if err := writeMember(&b, t.Name, e); err != nil {
			return nil, err
		}
		offset += size
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	n := b.Len() - 8
	if n > maxHeader {
		return nil, errors.Errorf("safetensors: header, got %d bytes, want <= %d", n, maxHeader)
	}
	binary.LittleEndian.PutUint64(b.Bytes(), uint64(n))
	return b.Bytes(), nil
}

// writeMember adds a member to the JSON object in b.
func writeMember(b *bytes.Buffer, name string, value any) error {
	if b.Bytes()[b.Len()-1] != '{' {
		b.WriteByte(',')
	}
	if err := writeJSON(b, name); err != nil {
		return err
	}
	b.WriteByte(':')
	return writeJSON(b, value)
}

// writeJSON adds v as the reference implementation writes it, with < and & unescaped.
func writeJSON(b *bytes.Buffer, v any) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return errors.Wrap(err, "safetensors: header")
	}
	b.Truncate(b.Len() - 1) // Encode ends with a newline
	return nil
}

// writeData writes the elements of t. It overwrites buf.
func writeData(w io.Writer, t Tensor, buf []byte) error {
	le := binary.LittleEndian
	switch t.DType() {
	case F32:
		return writeSlice(w, t.F32, buf, 4, func(b []byte, x float32) []byte { return le.AppendUint32(b, math.Float32bits(x)) })
	case F64:
		return writeSlice(w, t.F64, buf, 8, func(b []byte, x float64) []byte { return le.AppendUint64(b, math.Float64bits(x)) })
	case I64:
		return writeSlice(w, t.I64, buf, 8, func(b []byte, x int64) []byte { return le.AppendUint64(b, uint64(x)) })
	case U64:
		return writeSlice(w, t.U64, buf, 8, le.AppendUint64)
	case BOOL:
		return writeSlice(w, t.Bool, buf, 1, func(b []byte, x bool) []byte {
			if x {
				return append(b, 1)
			}
			return append(b, 0)
		})
	}
	_, err := w.Write(t.U8)
	return err
}

// writeSlice writes xs, of size bytes each, a buffer at a time.
func writeSlice[T any](w io.Writer, xs []T, buf []byte, size int, put func([]byte, T) []byte) error {
	for part := range slices.Chunk(xs, cap(buf)/size) {
		buf = buf[:0]
		for _, x := range part {
			buf = put(buf, x)
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	return nil
}
