package datasets

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/pkg/errors"
)

// WriteNPY writes numbers as an array in NumPy's format, which numpy.load and [ReadNPY]
// read, for what was recorded from a network:
//
//	values: product(shape) elements, row-major
//
// float32 as '<f4', float64 as '<f8', int64 as '<i8'.
//
// NaN and infinities are kept. No shape means one axis.
//
// Source: NumPy Enhancement Proposal 1, version 1.0.
func WriteNPY[T float32 | float64 | int64](w io.Writer, values []T, shape ...int) error {
	if len(shape) == 0 {
		shape = []int{len(values)}
	}
	n, axes := 1, make([]string, len(shape))
	for i, size := range shape {
		if size < 1 || n > len(values)/size {
			return errors.Errorf("datasets: npy: shape, got %v for %d numbers, want axes of at least 1 whose product is their number", shape, len(values))
		}
		n *= size
		axes[i] = fmt.Sprintf("%d,", size)
	}
	if n != len(values) {
		return errors.Errorf("datasets: npy: shape, got %v for %d numbers, want axes of at least 1 whose product is their number", shape, len(values))
	}
	kind := map[any]string{float32(0): "f4", float64(0): "f8", int64(0): "i8"}[any(*new(T))]
	header := fmt.Sprintf("{'descr': '<%s', 'fortran_order': False, 'shape': (%s), }", kind, strings.Join(axes, " "))
	// Magic, version, length and header, which a newline ends, fill whole 64 bytes.
	const before = 10
	header += strings.Repeat(" ", 63-(before+len(header))%64) + "\n"
	if len(header) > math.MaxUint16 {
		return errors.Errorf("datasets: npy: shape, got %d axes, want fewer", len(shape))
	}
	out := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(out[before-2:], uint16(len(header)))
	out, err := binary.Append(append(out, header...), binary.LittleEndian, values)
	if err != nil {
		return errors.Wrap(err, "datasets: npy")
	}
	_, err = w.Write(out)
	return errors.Wrap(err, "datasets: npy")
}
