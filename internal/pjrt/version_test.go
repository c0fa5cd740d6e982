package pjrt

import (
	"strings"
	"testing"
	"unsafe"
)

// table is a plugin's table in memory of this process.
type table struct {
	header
	functions [required]uintptr
}

func fake(size uintptr, major int32) *table {
	t := &table{}
	t.size, t.version.major, t.version.minor = size, major, 7
	for i := range t.functions {
		t.functions[i] = 1
	}
	return t
}

func TestVersion(t *testing.T) {
	whole := unsafe.Sizeof(table{})
	accept := func(uintptr, unsafe.Pointer) uintptr { return 0 }
	for _, c := range []struct {
		name  string
		table *table
		want  string // in the error; empty for none
	}{
		{"this version", fake(whole, 0), ""},
		{"another major version", fake(whole, 1), "got 1.7, want major version 0"},
		{"too few functions", fake(whole-8, 0), "functions, got 70, want at least 71"},
		{"no functions", fake(8, 0), "functions, got 0"},
	} {
		p, err := newPlugin("fake.so", uintptr(unsafe.Pointer(c.table)), accept)
		switch {
		case c.want == "" && (err != nil || p.Minor != 7):
			t.Errorf("%s: got %+v, %v", c.name, p, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := newPlugin("fake.so", 0, accept); err == nil {
		t.Error("a plugin without a table is accepted")
	}
	p, err := newPlugin("fake.so", uintptr(unsafe.Pointer(fake(whole, 0))), accept)
	if err != nil {
		t.Fatal(err)
	}
	var args object1
	if err := p.invoke(executableMemory, "measure", unsafe.Pointer(&args), unsafe.Sizeof(args)); err == nil || !strings.Contains(err.Error(), "does not have the function") {
		t.Errorf("a function that the plugin lacks: got %v", err)
	}
}

func TestNamedValues(t *testing.T) {
	options := intOptions(map[string]int64{"b": 2, "a": 1})
	if len(options) != 2 || text(uintptr(options[0].name), options[0].length) != "a" {
		t.Fatalf("got %+v, want a before b", options)
	}
	got := valuesAt(uintptr(unsafe.Pointer(&options[0])), 2)
	if got["a"] != int64(1) || got["b"] != int64(2) || len(got) != 2 {
		t.Errorf("got %v", got)
	}
	word := "cpu"
	v := namedValue{kind: valueString, count: 3}
	*(*unsafe.Pointer)(unsafe.Pointer(&v.value)) = unsafe.Pointer(unsafe.StringData(word))
	if v.get() != "cpu" {
		t.Errorf("got %v", v.get())
	}
}
