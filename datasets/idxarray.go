package datasets

import (
	"encoding/binary"
	"io"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// ReadIDXArray reads an uncompressed IDX file of any element type from r; [ReadIDX] is
// that for unsigned bytes alone.
//
//	0x00 0x00 type ndim | ndim × uint32, big endian | data, row-major, big endian
//	type: 0x08 uint8, 0x09 int8, 0x0B int16, 0x0C int32, 0x0D float32, 0x0E float64
//
// Of 1 to 32 dimensions are accepted. The size is the number of bytes r holds: a header
// that promises more, or fewer, is an error before anything is allocated. A negative size
// means unknown; then memory grows with the bytes that really arrive.
func ReadIDXArray(r io.Reader, size int64) (*Array, error) {
	a, err := readIDXArray(r, size)
	return a, errors.WithMessage(err, "datasets: idx")
}

func readIDXArray(r io.Reader, size int64) (*Array, error) {
	var magic [4]byte
	n, err := io.ReadFull(r, magic[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, errors.Wrap(err, "magic number")
	}
	if err != nil || magic[0] != 0 || magic[1] != 0 {
		return nil, errors.Errorf("magic number, got % x, want 00 00, a type and the number of dimensions: this is no IDX file%s", magic[:n], guess(magic[:n]))
	}
	types := map[byte]element{
		0x08: {"uint8", 1, binary.BigEndian}, 0x09: {"int8", 1, binary.BigEndian}, 0x0b: {"int16", 2, binary.BigEndian},
		0x0c: {"int32", 4, binary.BigEndian}, 0x0d: {"float32", 4, binary.BigEndian}, 0x0e: {"float64", 8, binary.BigEndian},
	}
	e, ok := types[magic[2]]
	if !ok {
		return nil, errors.Errorf("element type, got %#02x, want 0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e; the file is damaged", magic[2])
	}
	dimensions := int(magic[3])
	if dimensions < 1 || dimensions > 32 {
		return nil, errors.Errorf("dimensions, got %d, want 1 to 32; the file is damaged", dimensions)
	}
	raw := make([]byte, 4*dimensions)
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, errors.Wrapf(err, "%d dimensions; the file is cut off, fetch it again", dimensions)
	}
	shape := make([]int, dimensions)
	for k := range shape {
		shape[k] = int(min(binary.BigEndian.Uint32(raw[4*k:]), math.MaxInt32))
	}
	elements, err := product(shape)
	if err != nil {
		return nil, err
	}
	header, want := int64(4+len(raw)), int64(elements)*int64(e.size)
	if size >= 0 && size != header+want {
		return nil, errors.Errorf("%s array of shape %v, got %d bytes of data, want %d; the file is cut off or damaged, fetch it again", e.name, shape, size-header, want)
	}
	data, err := readExactly(r, want, size >= 0)
	if err != nil {
		return nil, errors.WithMessagef(err, "%s array of shape %v; the file is cut off, fetch it again", e.name, shape)
	}
	if err := atEnd(r); err != nil {
		return nil, err
	}
	return e.decode(slices.Clip(shape), data)
}
