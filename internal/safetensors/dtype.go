package safetensors

// DType is the type of a tensor's elements, by its name in the format.
type DType string

// The types whose elements are read; [Tensor] says how they are stored.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"  // IEEE 754 binary16
	BF16 DType = "BF16" // the upper half of an F32
	I64  DType = "I64"
	I32  DType = "I32"
	I16  DType = "I16"
	I8   DType = "I8"
	U64  DType = "U64"
	U32  DType = "U32"
	U16  DType = "U16"
	U8   DType = "U8"
	BOOL DType = "BOOL" // a byte, 0 or 1
)

// readableTypes lists the types above for messages.
const readableTypes = "F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8 or BOOL"

// sizes are the bits per element of every type of the format, including types that can
// only be skipped.
var sizes = map[DType]int64{
	F64: 64, I64: 64, U64: 64, "C64": 64,
	F32: 32, I32: 32, U32: 32,
	F16: 16, BF16: 16, I16: 16, U16: 16,
	I8: 8, U8: 8, BOOL: 8,
	"F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
	"F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
}

// readable reports whether a [Tensor] can hold elements of the type.
func (d DType) readable() bool {
	switch d {
	case F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL:
		return true
	}
	return false
}

// size returns the number of bytes of an element of a readable type.
func (d DType) size() int { return int(sizes[d] / 8) }

// rank orders the types in a file as the reference implementation does: wide types
// first, which keeps every tensor aligned.
func (d DType) rank() int {
	switch d {
	case U64:
		return 0
	case I64:
		return 1
	case F64:
		return 2
	case F32:
		return 3
	case U8:
		return 4
	}
	return 5
}
