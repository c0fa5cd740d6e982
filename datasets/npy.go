package datasets

import (
	"io"

	"github.com/pkg/errors"
)

// npyHeaderMost bounds the header, as NumPy itself does at a sixth of it.
const npyHeaderMost = 1 << 16

// npyHeader is what the header of an .npy file says.
type npyHeader struct {
	element element
	fortran bool
	shape   []int
}

// ReadNPY reads an array in NumPy's format, versions 1 to 3, from r.
//
//	0x93 NUMPY major minor | length (2 or 4 bytes, little endian) | header | data
//	header: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
//
// The elements are bool, integers of 8 to 64 bits, or floats of 16 to 64 bits, in either
// byte order; the array is in C or Fortran order and comes out in C order. Objects,
// strings, dates, complex numbers and records are errors with a remedy: no pickle is ever
// run. The size is the number of bytes r holds: a header that promises more, or fewer, is
// an error before anything is allocated. A negative size means unknown; then memory grows
// with the bytes that really arrive.
//
// Source: NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays".
func ReadNPY(r io.Reader, size int64) (*Array, error) {
	a, err := readNPY(r, size)
	return a, errors.WithMessage(err, "datasets: npy")
}

func readNPY(r io.Reader, size int64) (*Array, error) {
	h, read, err := readNPYHeader(r)
	if err != nil {
		return nil, err
	}
	elements, err := product(h.shape)
	if err != nil {
		return nil, err
	}
	want := int64(elements) * int64(h.element.size)
	if size >= 0 && size != read+want {
		return nil, errors.Errorf("%s array of shape %v, got %d bytes of data, want %d; the file is cut off or damaged, save it again", h.element.name, h.shape, size-read, want)
	}
	return h.data(r, size)
}

// data reads the elements; size is negative if what the header promises is not to be
// trusted.
func (h npyHeader) data(r io.Reader, size int64) (*Array, error) {
	elements, err := product(h.shape)
	if err != nil {
		return nil, err
	}
	raw, err := readExactly(r, int64(elements)*int64(h.element.size), size >= 0)
	if err != nil {
		return nil, errors.WithMessagef(err, "%s array of shape %v; the file is cut off, save it again", h.element.name, h.shape)
	}
	if err := atEnd(r); err != nil {
		return nil, err
	}
	if h.fortran {
		raw = fromFortran(raw, h.shape, h.element.size)
	}
	return h.element.decode(h.shape, raw)
}

// atEnd refuses bytes after the data.
func atEnd(r io.Reader) error {
	switch _, err := io.ReadFull(r, make([]byte, 1)); err {
	case io.EOF:
		return nil
	case nil:
		return errors.New("got bytes after the data, want the end of the file; save one array a file")
	default:
		return errors.Wrap(err, "end of file")
	}
}

// fromFortran puts elements of size bytes from column-major into row-major order.
func fromFortran(raw []byte, shape []int, size int) []byte {
	if len(shape) < 2 {
		return raw
	}
	strides, stride := make([]int, len(shape)), size // in raw
	for k, n := range shape {
		strides[k] = stride
		stride *= n
	}
	out, at := make([]byte, len(raw)), make([]int, len(shape))
	from := 0
	for to := 0; to < len(out); to += size {
		copy(out[to:to+size], raw[from:from+size])
		for k := len(shape) - 1; k >= 0; k-- {
			at[k]++
			from += strides[k]
			if at[k] < shape[k] {
				break
			}
			at[k] = 0
			from -= strides[k] * shape[k]
		}
	}
	return out
}
