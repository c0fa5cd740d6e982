package datasets

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Array is numbers with a shape, row-major, as [ReadNPY] and [ReadIDXArray] find them.
// One of its three slices holds the elements, the narrowest that is exact:
//
//	bool, uint8                       Bytes
//	int8, int16, uint16, float16, float32   Floats
//	int32, uint32, int64, uint64, float64   Doubles (64-bit integers up to ±2⁵³)
type Array struct {
	// Shape has at least one dimension, each at least 1.
	Shape []int
	// Type is the element type in the file, in NumPy's words.
	Type string
	// Bytes, Floats or Doubles has product(Shape) elements; the others are nil.
	Bytes   []uint8
	Floats  []float32
	Doubles []float64
}

// Len is the number of elements.
func (a *Array) Len() int { return len(a.Bytes) + len(a.Floats) + len(a.Doubles) }

// At is element i in row-major order.
func (a *Array) At(i int) float64 {
	switch {
	case a.Bytes != nil:
		return float64(a.Bytes[i])
	case a.Floats != nil:
		return float64(a.Floats[i])
	}
	return a.Doubles[i]
}

// Whole reports whether the element type holds whole numbers only.
func (a *Array) Whole() bool {
	return a.Type != "float16" && a.Type != "float32" && a.Type != "float64"
}

// pixels reports whether the array holds samples of 8 bits, which are normalised.
func (a *Array) pixels() bool { return a.Bytes != nil && a.Type != "bool" }

// sound reports whether the array has as many elements as its shape says.
func (a *Array) sound() bool {
	size, err := product(a.Shape)
	return err == nil && size == a.Len()
}

// rows is the array of the same elements with the first dimension kept and the others
// replaced by shape, or an error if the numbers of elements differ.
func (a *Array) rows(shape []int) (*Array, error) {
	size, err := product(shape)
	if err != nil {
		return nil, err
	}
	if n := a.Shape[0]; n*size != a.Len() {
		return nil, errors.Errorf("shape, got %v of %d numbers, want one of the %d of a sample", shape, size, a.Len()/n)
	}
	out := *a
	out.Shape = append([]int{a.Shape[0]}, shape...)
	return &out, nil
}

// float32s returns the elements as float32. A number that is not finite, or beyond the
// range, is an error that names it.
func (a *Array) float32s() ([]float32, error) {
	if a.Floats != nil && !slices.ContainsFunc(a.Floats, func(v float32) bool { return v-v != 0 }) {
		return a.Floats, nil
	}
	out := make([]float32, a.Len())
	for i := range out {
		v := a.At(i)
		if out[i] = float32(v); !finite(float64(out[i])) {
			size := a.Len() / a.Shape[0]
			return nil, errors.Errorf("sample %d, number %d of it: got %g, want a finite number of float32; fill the gap or leave the sample out", i/size, i%size, v)
		}
	}
	return out, nil
}

// element is how a file stores a number.
type element struct {
	name  string
	size  int
	order binary.ByteOrder
}

// room is how many bytes an element takes up once it is decoded.
func (e element) room() int64 {
	switch e.name {
	case "bool", "uint8":
		return 1
	case "int8", "int16", "uint16", "float16", "float32":
		return 4
	}
	return 8
}

// decode turns raw bytes, whose number is product(shape)·size, into an array. It keeps
// raw where the elements are bytes.
func (e element) decode(shape []int, raw []byte) (*Array, error) {
	a := &Array{Shape: shape, Type: e.name}
	n := len(raw) / e.size
	switch e.room() {
	case 1:
		a.Bytes = raw
		if e.name == "bool" && slices.ContainsFunc(raw, func(b byte) bool { return b > 1 }) {
			return nil, errors.New("a bool that is neither 0 nor 1; the file is damaged")
		}
	case 4:
		a.Floats = make([]float32, n)
		for i := range a.Floats {
			a.Floats[i] = float32(e.number(raw[i*e.size:]))
		}
	default:
		a.Doubles = make([]float64, n)
		for i := range a.Doubles {
			v := e.number(raw[i*e.size:])
			if (e.name == "int64" || e.name == "uint64") && math.Abs(v) > 1<<53 {
				return nil, errors.Errorf("element %d, got about %.3g, want whole numbers up to 2⁵³; is it an identifier rather than a quantity?", i, v)
			}
			a.Doubles[i] = v
		}
	}
	return a, nil
}

// number decodes the element at the start of raw.
func (e element) number(raw []byte) float64 {
	switch e.name {
	case "int8":
		return float64(int8(raw[0]))
	case "int16":
		return float64(int16(e.order.Uint16(raw)))
	case "uint16":
		return float64(e.order.Uint16(raw))
	case "int32":
		return float64(int32(e.order.Uint32(raw)))
	case "uint32":
		return float64(e.order.Uint32(raw))
	case "int64":
		return float64(int64(e.order.Uint64(raw)))
	case "uint64":
		return float64(e.order.Uint64(raw))
	case "float16":
		return half(e.order.Uint16(raw))
	case "float32":
		return float64(math.Float32frombits(e.order.Uint32(raw)))
	}
	return math.Float64frombits(e.order.Uint64(raw))
}

// half decodes a number of half precision.
//
//	sign (1 bit) | exponent e (5 bits) | mantissa m (10 bits)
//	e = 0: ± m·2⁻²⁴     0 < e < 31: ± (1024+m)·2^(e−25)     e = 31: ± Inf, or NaN
//
// Source: IEEE 754-2008, binary16.
func half(bits uint16) float64 {
	e, m := int(bits>>10&31), float64(bits&1023)
	v := math.Ldexp(m, -24)
	switch {
	case e == 31 && m == 0:
		v = math.Inf(1)
	case e == 31:
		v = math.NaN()
	case e > 0:
		v = math.Ldexp(1024+m, e-25)
	}
	if bits&0x8000 != 0 {
		v = -v
	}
	return v
}
