package safetensors

// DType is the type of a tensor's elements, by its name in the format.
type DType string

// The known types.
const (
	F32 DType = "F32"
	F64 DType = "F64"
	I64 DType = "I64"
	U64 DType = "U64"
	U8  DType = "U8"
)

// size returns the number of bytes of an element, or 0 for an unknown type.
func (d DType) size() int {
	switch d {
	case F64, I64, U64:
		return 8
	case F32:
		return 4
	case U8:
		return 1
	}
	return 0
}

// rank orders tensors in a file as the reference implementation does: wide types
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
	}
	return 4
}
