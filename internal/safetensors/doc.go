// Package safetensors reads and writes the safetensors format, for exchanging weights
// with Python.
//
//	8 bytes    N, the length of the header, little-endian
//	N bytes    the header: a JSON object, padded with spaces to a multiple of 8
//	the rest   the tensors' data, little-endian, row-major, without holes
//
// The header maps each name to its dtype, shape and data_offsets [begin, end),
// and __metadata__ to an object of strings.
//
// A file is untrusted input: every size it declares is checked against the header,
// against the other sizes and against the size of the file before anything of that size
// is allocated. Values are not checked: NaN and infinities are read and written bit for
// bit.
//
// The format and its reference implementation, version 0.8, are at
// https://github.com/huggingface/safetensors. Tensors of every type of the format can
// be skipped; the types listed at [DType] are read, the narrow ones widened without
// loss. F64, F32, I64, U64, U8 and BOOL are written.
package safetensors
