package replace

import (
	"reflect"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// fields reads the fields of a Gorgonia operation. A missing field panics, which fails
// the building of the network: the version of Gorgonia has changed.
type fields struct{ v reflect.Value }

func fieldsOf(op gorgonia.Op) fields {
	v := reflect.ValueOf(op)
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	return fields{v}
}

func (f fields) integer(name string) int   { return int(f.v.FieldByName(name).Int()) }
func (f fields) float(name string) float64 { return f.v.FieldByName(name).Float() }
func (f fields) truth(name string) bool    { return f.v.FieldByName(name).Bool() }

func (f fields) integers(name string) []int {
	v := f.v.FieldByName(name)
	out := make([]int, v.Len())
	for i := range out {
		out[i] = int(v.Index(i).Int())
	}
	return out
}

// pair returns the two sizes of a window, such as "h" and "w".
func (f fields) pair(a, b string) [2]int { return [2]int{f.integer(a), f.integer(b)} }

// bounds returns the bounds of a slice; all is the whole axis.
func bounds(op gorgonia.Op, length int) (from, to, step int) {
	s := op.(interface{ IsSlice() tensor.Slice }).IsSlice()
	if s == nil || s.End() <= s.Start() {
		return 0, length, 1
	}
	return s.Start(), min(s.End(), length), max(s.Step(), 1)
}
