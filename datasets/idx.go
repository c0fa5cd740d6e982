package datasets

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// IDX is an array of unsigned bytes in the format of the MNIST files.
type IDX struct {
	// Shape has 1 to 4 dimensions, each at least 1.
	Shape []int
	// Data is row-major, product(Shape) bytes.
	Data []uint8
}

// ReadIDX reads an uncompressed IDX file of unsigned bytes from r.
//
//	0x00 0x00 0x08 ndim | ndim × uint32, big endian | data, row-major
//
// The size is the number of bytes r holds: a header that promises more, or fewer, is an
// error before anything is allocated. A negative size means unknown, as behind gzip; then
// memory grows with the bytes that really arrive. Other element types than unsigned bytes
// and bytes after the data are errors.
//
// Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits",
// section "The IDX file format".
func ReadIDX(r io.Reader, size int64) (*IDX, error) {
	shape, want, err := readIDXHeader(r)
	if err != nil {
		return nil, err
	}
	header := int64(4 + 4*len(shape))
	if size >= 0 && size != header+want {
		return nil, errors.Errorf("datasets: idx: file of shape %v, got %d bytes, want %d", shape, size, header+want)
	}
	data, err := readExactly(r, want, size >= 0)
	if err != nil {
		return nil, errors.WithMessagef(err, "datasets: idx: data of shape %v", shape)
	}
	switch _, err := io.ReadFull(r, make([]byte, 1)); err {
	case io.EOF:
	case nil:
		return nil, errors.Errorf("datasets: idx: file of shape %v, got bytes after the data, want %d bytes in all", shape, header+want)
	default:
		return nil, errors.Wrap(err, "datasets: idx: end of file")
	}
	return &IDX{Shape: shape, Data: data}, nil
}

// readIDXHeader returns the shape and the number of bytes it promises, at most 2³¹-1.
func readIDXHeader(r io.Reader) (shape []int, want int64, err error) {
	var magic [4]byte
	if _, err := io.ReadFull(r, magic[:]); err != nil {
		return nil, 0, errors.Wrap(err, "datasets: idx: magic number")
	}
	if magic[0] != 0 || magic[1] != 0 {
		return nil, 0, errors.Errorf("datasets: idx: magic number, got % x, want 00 00 08 and the number of dimensions%s", magic, guess(magic[:]))
	}
	if magic[2] != 0x08 {
		return nil, 0, errors.Errorf("datasets: idx: element type, got %#02x, want 0x08 (unsigned byte)", magic[2])
	}
	n := int(magic[3])
	if n < 1 || n > 4 {
		return nil, 0, errors.Errorf("datasets: idx: dimensions, got %d, want 1 to 4", n)
	}
	raw := make([]byte, 4*n)
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, 0, errors.Wrapf(err, "datasets: idx: %d dimensions", n)
	}
	shape, want = make([]int, n), 1
	for k := range shape {
		dim := int64(binary.BigEndian.Uint32(raw[4*k:]))
		if dim == 0 || dim > math.MaxInt32/want {
			return nil, 0, errors.Errorf("datasets: idx: dimension %d, got %d, want 1 or more and at most %d bytes in all", k, dim, math.MaxInt32)
		}
		shape[k] = int(dim)
		want *= dim
	}
	return shape, want, nil
}

// guess adds to a message what a file of the wrong kind may be.
func guess(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return " (this is a gzip file: unpack it first)"
	case bytes.HasPrefix(bytes.TrimSpace(head), []byte("<")):
		return " (this looks like a web page, not data: fetch the file again)"
	}
	return ""
}

// firstChunk is the most that is allocated on the word of a header alone.
const firstChunk = 1 << 16

// readExactly reads want bytes. Unless the promise is trusted, memory doubles as bytes
// arrive, so that a short file cannot make it allocate more than twice what it holds, or
// 64 kB.
func readExactly(r io.Reader, want int64, trusted bool) ([]byte, error) {
	room := want
	if !trusted {
		room = min(want, firstChunk)
	}
	data := make([]byte, 0, room)
	for int64(len(data)) < want {
		if len(data) == cap(data) {
			data = slices.Grow(data, int(min(want-int64(len(data)), int64(len(data)))))
		}
		next := data[len(data):min(int64(cap(data)), want)]
		n, err := io.ReadFull(r, next)
		data = data[:len(data)+n]
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil, errors.WithMessage(io.ErrUnexpectedEOF, fmt.Sprintf("got %d bytes, want %d", len(data), want))
		}
		if err != nil {
			return nil, errors.Wrapf(err, "after %d of %d bytes", len(data), want)
		}
	}
	return data, nil
}
