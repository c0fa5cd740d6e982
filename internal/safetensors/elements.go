package safetensors

import (
	"encoding/binary"
	"io"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// readData allocates and fills the slice of t from r. It overwrites buf.
func readData(r *io.SectionReader, t *Tensor, dtype DType, buf []byte) error {
	err := readElements(r, t, dtype, buf)
	switch {
	case err == nil:
		if d := t.DType(); d != dtype {
			t.Stored = dtype
		}
		return nil
	case errors.Is(err, ErrFormat):
		return err
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return errors.Wrapf(err, "safetensors: read tensor %q", t.Name)
}

func readElements(r *io.SectionReader, t *Tensor, dtype DType, buf []byte) error {
	le := binary.LittleEndian
	n := int(r.Size()) / dtype.size()
	switch dtype {
	case F64:
		return readSlice(r, &t.F64, n, buf, 8, func(b []byte) float64 { return math.Float64frombits(le.Uint64(b)) })
	case F32:
		return readSlice(r, &t.F32, n, buf, 4, func(b []byte) float32 { return math.Float32frombits(le.Uint32(b)) })
	case F16:
		return readSlice(r, &t.F32, n, buf, 2, func(b []byte) float32 { return fromF16(le.Uint16(b)) })
	case BF16:
		return readSlice(r, &t.F32, n, buf, 2, func(b []byte) float32 { return fromBF16(le.Uint16(b)) })
	case I64:
		return readSlice(r, &t.I64, n, buf, 8, func(b []byte) int64 { return int64(le.Uint64(b)) })
	case I32:
		return readSlice(r, &t.I64, n, buf, 4, func(b []byte) int64 { return int64(int32(le.Uint32(b))) })
	case I16:
		return readSlice(r, &t.I64, n, buf, 2, func(b []byte) int64 { return int64(int16(le.Uint16(b))) })
	case I8:
		return readSlice(r, &t.I64, n, buf, 1, func(b []byte) int64 { return int64(int8(b[0])) })
	case U64:
		return readSlice(r, &t.U64, n, buf, 8, le.Uint64)
	case U32:
		return readSlice(r, &t.U64, n, buf, 4, func(b []byte) uint64 { return uint64(le.Uint32(b)) })
	case U16:
		return readSlice(r, &t.U64, n, buf, 2, func(b []byte) uint64 { return uint64(le.Uint16(b)) })
	case BOOL:
		return readBool(r, t, n)
	}
	t.U8 = make([]uint8, n)
	_, err := io.ReadFull(r, t.U8)
	return err
}

// readBool reads bytes that must be 0 or 1.
func readBool(r io.Reader, t *Tensor, n int) error {
	data := make([]uint8, n)
	if _, err := io.ReadFull(r, data); err != nil {
		return err
	}
	t.Bool = make([]bool, n)
	for i, b := range data {
		if b > 1 {
			return bad("tensor %q: element %d of BOOL, got the byte %d, want 0 or 1", t.Name, i, b)
		}
		t.Bool[i] = b == 1
	}
	return nil
}

// readSlice makes n elements, of size bytes each in r, and fills them a buffer at a
// time.
func readSlice[T any](r io.Reader, dst *[]T, n int, buf []byte, size int, get func([]byte) T) error {
	xs := make([]T, n)
	*dst = xs
	for part := range slices.Chunk(xs, len(buf)/size) {
		b := buf[:len(part)*size]
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		for i := range part {
			part[i] = get(b[i*size:])
		}
	}
	return nil
}
