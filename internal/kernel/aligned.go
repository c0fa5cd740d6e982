package kernel

import "unsafe"

// cacheLine is the alignment of packed data in bytes.
const cacheLine = 64

// Aligned returns n zeroed elements that begin at a multiple of 64 bytes.
func Aligned[T Float](n int) []T {
	if n == 0 {
		return []T{}
	}
	buf := make([]T, n+cacheLine/size[T]()-1)
	skip := 0
	if off := int(uintptr(unsafe.Pointer(&buf[0])) % cacheLine); off != 0 {
		skip = (cacheLine - off) / size[T]()
	}
	return buf[skip : skip+n : skip+n]
}
