package pjrt

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"
)

// namedValue is an attribute of a plugin or a device, or an option of a client.
type namedValue struct {
	base
	name   unsafe.Pointer
	length uintptr
	kind   int32
	_      int32
	value  [8]byte // a pointer, an int64, a float32 or a bool
	count  uintptr // of the characters or the numbers
}

// The kinds of named values.
const (
	valueString = iota
	valueInt64
	valueInt64List
	valueFloat
	valueBool
)

// get returns the value: a string, an int64, a list of int64, a float32 or a bool.
func (v *namedValue) get() any {
	word := *(*uintptr)(unsafe.Pointer(&v.value))
	switch v.kind {
	case valueString:
		return text(word, v.count)
	case valueInt64:
		return *(*int64)(unsafe.Pointer(&v.value))
	case valueInt64List:
		if word == 0 || v.count == 0 {
			return []int64{}
		}
		return slices.Clone(unsafe.Slice((*int64)(foreign(word)), v.count))
	case valueFloat:
		return *(*float32)(unsafe.Pointer(&v.value))
	case valueBool:
		return v.value[0] != 0
	}
	return nil
}

// valuesAt copies an array of named values.
func valuesAt(at, count uintptr) map[string]any {
	out := map[string]any{}
	for i := range count {
		size := *(*uintptr)(foreign(at)) // of an element, which newer versions may extend
		v := (*namedValue)(foreign(at + i*max(size, unsafe.Sizeof(namedValue{}))))
		out[text(uintptr(v.name), v.length)] = v.get()
	}
	return out
}

// intOptions makes named values of whole numbers, in the order of their names.
func intOptions(options map[string]int64) []namedValue {
	out := make([]namedValue, 0, len(options))
	names := make([]string, 0, len(options))
	for name := range options {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		v := namedValue{name: unsafe.Pointer(unsafe.StringData(name)), length: uintptr(len(name)), kind: valueInt64, count: 1}
		v.size = unsafe.Sizeof(v)
		*(*int64)(unsafe.Pointer(&v.value)) = options[name]
		out = append(out, v)
	}
	return out
}

// key identifies options.
func key(options map[string]int64) string {
	var parts []string
	for name, v := range options {
		parts = append(parts, fmt.Sprintf("%s=%d", name, v))
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// Attributes returns what a plugin says of itself.
func (p *Plugin) Attributes() (map[string]any, error) {
	var args struct {
		base
		values, count uintptr
	}
	if err := p.invoke(pluginAttributes, "attributes", unsafe.Pointer(&args), unsafe.Sizeof(args)); err != nil {
		return nil, err
	}
	return valuesAt(args.values, args.count), nil
}
