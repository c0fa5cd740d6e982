package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// Read reads all tensors.
func Read(r io.ReaderAt, size int64) (File, error) {
	return ReadSelected(r, size, func(Info) bool { return true })
}

// Tensor returns the tensor of that name and whether there is one.
func (f File) Tensor(name string) (Tensor, bool) {
	for _, t := range f.Tensors {
		if t.Name == name {
			return t, true
		}
	}
	return Tensor{}, false
}

const reference = "testdata/reference.safetensors"

// sample is the content of the reference file, which the reference
// implementation wrote.
func sample() File {
	return File{
		Metadata: map[string]string{"format": "np", "é": "<&>"},
		Tensors: []Tensor{
			{Name: "v", Shape: []int{1}, U64: []uint64{1 << 63}},
			{Name: "step", Shape: []int{}, I64: []int64{7}},
			{Name: "a", Shape: []int{2}, F64: []float64{1.5, math.Float64frombits(0x7ff8 << 48)}},
			{Name: "b/weight", Shape: []int{2, 3}, F32: []float32{0, 1, 2, 3, 4, 5}},
			{Name: "empty", Shape: []int{0, 3}, F32: []float32{}},
			{Name: "u", Shape: []int{3}, U8: []uint8{1, 2, 3}},
		},
	}
}

func write(t testing.TB, f File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(b []byte) (File, error) {
	return Read(bytes.NewReader(b), int64(len(b)))
}

// file returns a file of that header and n bytes of data.
func file(header string, n int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, n)...)
}

func TestReadsReference(t *testing.T) {
	f, err := ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	// fmt compares NaN with NaN, which reflect does not.
	if got, want := fmt.Sprintf("%#v", f), fmt.Sprintf("%#v", sample()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestWritesReference(t *testing.T) {
	want, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	f := sample()
	for range len(f.Tensors) { // whatever the order
		f.Tensors = append(f.Tensors[1:], f.Tensors[0])
		if got := write(t, f); !bytes.Equal(got, want) {
			t.Fatalf("got  %q\nwant %q", got, want)
		}
	}
}

func TestBitsSurvive(t *testing.T) {
	bits32 := []uint32{0, 1 << 31, 0x7f800001, 0x7fc00000, 0xffffffff, 0x7f800000, 1}
	bits64 := []uint64{0, 1 << 63, 0x7ff0000000000001, 0xffffffffffffffff, 1}
	var x Tensor
	x.Name, x.Shape = "x", []int{len(bits32)}
	for _, b := range bits32 {
		x.F32 = append(x.F32, math.Float32frombits(b))
	}
	y := Tensor{Name: "y", Shape: []int{len(bits64)}}
	for _, b := range bits64 {
		y.F64 = append(y.F64, math.Float64frombits(b))
	}
	f, err := read(write(t, File{Tensors: []Tensor{x, y}}))
	if err != nil {
		t.Fatal(err)
	}
	x, _ = f.Tensor("x")
	for i, b := range bits32 {
		if got := math.Float32bits(x.F32[i]); got != b {
			t.Errorf("float32 %#x became %#x", b, got)
		}
	}
	y, _ = f.Tensor("y")
	for i, b := range bits64 {
		if got := math.Float64bits(y.F64[i]); got != b {
			t.Errorf("float64 %#x became %#x", b, got)
		}
	}
	if _, ok := f.Tensor("z"); ok {
		t.Error("a tensor z was found")
	}
}

// TestLongerThanAChunk checks tensors that end before, at and after the buffer.
func TestLongerThanAChunk(t *testing.T) {
	for _, n := range []int{chunk/4 - 1, chunk / 4, chunk/4 + 1, chunk} {
		want := Tensor{Name: "w", Shape: []int{n, 1}, F32: make([]float32, n)}
		for i := range want.F32 {
			want.F32[i] = float32(i)
		}
		b := write(t, File{Tensors: []Tensor{want}})
		f, err := read(b)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(f.Tensors[0], want) {
			t.Errorf("%d elements came back changed", n)
		}
		if head := binary.LittleEndian.Uint64(b); head%8 != 0 {
			t.Errorf("header of %d bytes, want a multiple of 8", head)
		}
	}
}

func TestEmptyFile(t *testing.T) {
	f, err := read(write(t, File{}))
	if err != nil || len(f.Tensors) != 0 || len(f.Metadata) != 0 {
		t.Errorf("got %v, %v, want nothing", f, err)
	}
}

func TestWriteRefuses(t *testing.T) {
	ok := Tensor{Name: "w", Shape: []int{2}, F32: make([]float32, 2)}
	with := func(change func(*Tensor)) File {
		bad := ok
		change(&bad)
		return File{Tensors: []Tensor{{Name: "a", Shape: []int{}, U8: []uint8{1}}, bad}}
	}
	for want, f := range map[string]File{
		`name, got ""`:             with(func(t *Tensor) { t.Name = "" }),
		`name, got "__metadata__"`: with(func(t *Tensor) { t.Name = "__metadata__" }),
		`name, got "\xff"`:         with(func(t *Tensor) { t.Name = "\xff" }),
		"exactly one of":           with(func(t *Tensor) { t.U8 = []uint8{} }),
		`"w": want exactly one`:    with(func(t *Tensor) { t.F32 = nil }),
		"has 3 elements, got 2":    with(func(t *Tensor) { t.Shape = []int{3} }),
		"axis, got -2":             with(func(t *Tensor) { t.Shape = []int{-2, -1} }),
		"can be counted":           with(func(t *Tensor) { t.Shape = []int{1 << 32, 1 << 32, 2} }),
		`"a": name is used twice`:  with(func(t *Tensor) { t.Name = "a" }),
		"metadata":                 {Metadata: map[string]string{"k": "\xff"}},
	} {
		var b bytes.Buffer
		if err := Write(&b, f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %s", err, want)
		}
		if b.Len() > 0 {
			t.Errorf("%s: %d bytes were written", want, b.Len())
		}
	}
}

func TestReadRefuses(t *testing.T) {
	one := func(dtype, shape, offsets string) string {
		return fmt.Sprintf(`{"w":{"dtype":%s,"shape":%s,"data_offsets":%s}}`, dtype, shape, offsets)
	}
	two := func(first, second string) string {
		return fmt.Sprintf(`{"a":{"dtype":"U8","shape":[4],"data_offsets":%s},"b":{"dtype":"U8","shape":[4],"data_offsets":%s}}`, first, second)
	}
	for _, c := range []struct {
		want string
		file []byte
	}{
		{"size, got 0", nil},
		{"size, got 7", make([]byte, 7)},
		{"JSON object in UTF-8", make([]byte, 8)},
		{"header length, got 18446744073709551615", bytes.Repeat([]byte{0xff}, 16)},
		{"header length, got 9, want <= 8", append([]byte{9, 0, 0, 0, 0, 0, 0, 0}, "{}      "...)},
		{"JSON object in UTF-8", file(" \n", 0)},
		{"JSON object in UTF-8", file("{\"\xff\":1}", 0)},
		{"header: ", file(`{`, 0)},
		{"header: ", file(`{"w"`, 0)},
		{"header: ", file(`{1:2}`, 0)},
		{"header: ", file(`{]`, 0)},
		{"something follows", file(`{}{}`, 0)},
		{"something follows", file("{}\x00", 0)},
		{"data, got 1 bytes, want 0", file(`{}`, 1)},
		{"want a JSON object", file(`{"w":null}`, 0)},
		{"want a JSON object", file(`{"w":[]}`, 0)},
		{"want a JSON object", file(`{"__metadata__":"x"}`, 0)},
		{`metadata "k": want a string`, file(`{"__metadata__":{"k":1}}`, 0)},
		{`metadata "k": want a string`, file(`{"__metadata__":{"k":null}}`, 0)},
		{`"k" is there twice`, file(`{"__metadata__":{"k":"1","k":"2"}}`, 0)},
		{"two data_offsets", file(`{"w":{}}`, 0)},
		{`"Dtype", want`, file(`{"w":{"Dtype":"U8"}}`, 0)},
		{`"dtype" is there twice`, file(`{"w":{"dtype":"U8","dtype":"U8"}}`, 0)},
		{"want a name", file(`{"":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}`, 1)},
		{`dtype, got "BF17"`, file(one(`"BF17"`, "[1]", "[0,2]"), 2)},
		{"do not fit", file(one(`"BF16"`, "[3]", "[0,5]"), 5)},
		{"do not fit", file(one(`"F4"`, "[3]", "[0,1]"), 1)},
		{"do not fit", file(one(`"C64"`, "[1152921504606846976]", "[0,0]"), 0)},
		{"element 0 of BOOL, got the byte 7", func() []byte { b := file(one(`"BOOL"`, "[1]", "[0,1]"), 1); b[len(b)-1] = 7; return b }()},
		{"dtype: ", file(one("7", "[1]", "[0,2]"), 2)},
		{"shape is null", file(one(`"U8"`, "null", "[0,1]"), 1)},
		{"shape is null", file(one(`"U8"`, "[null]", "[0,0]"), 0)},
		{"shape: ", file(one(`"U8"`, "[1.5]", "[0,1]"), 1)},
		{"shape: ", file(one(`"U8"`, "[99999999999999999999]", "[0,1]"), 1)},
		{"axis, got -1", file(one(`"U8"`, "[-1]", "[0,1]"), 1)},
		{"can be counted", file(one(`"U8"`, "[4611686018427387904,4]", "[0,0]"), 0)},
		{"do not fit", file(one(`"F64"`, "[2305843009213693952]", "[0,0]"), 0)},
		{"do not fit", file(one(`"F32"`, "[1]", "[0,5]"), 5)},
		{"do not fit", file(one(`"F32"`, "[2]", "[0,4]"), 4)},
		{"do not fit", file(one(`"U8"`, "[0]", "[1,0]"), 1)},
		{"do not fit", file(one(`"U8"`, "[1]", "[-1,0]"), 1)},
		{"do not fit", file(one(`"U8"`, "[1]", "[-9223372036854775808,9223372036854775807]"), 1)},
		{"two data_offsets", file(one(`"U8"`, "[1]", "[0]"), 1)},
		{"two data_offsets", file(one(`"U8"`, "[1]", "[0,1,2]"), 1)},
		{"within 3 bytes", file(one(`"U8"`, "[4]", "[0,4]"), 3)},
		{"within 1 bytes", file(one(`"F64"`, "[1152921504606846975]", "[0,9223372036854775800]"), 1)},
		{"to begin at 0", file(one(`"U8"`, "[4]", "[1,5]"), 5)},
		{"to begin at 4", file(two("[0,4]", "[3,7]"), 8)},
		{"to begin at 4", file(two("[0,4]", "[0,4]"), 8)},
		{"to begin at 4", file(two("[5,9]", "[0,4]"), 9)},
		{"data, got 9 bytes, want 8", file(two("[4,8]", "[0,4]"), 9)},
		{`"w" is there twice`, file(`{"w":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}`, 1)},
	} {
		_, err := read(c.file)
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got error %v, want ErrFormat with %q", c.file, err, c.want)
		}
	}
}

// TestAbsurdSizes checks that a small file that declares terabytes costs nothing.
func TestAbsurdSizes(t *testing.T) {
	b := file(`{"w":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}`, 4)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := read(b)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrFormat) {
		t.Errorf("got error %v, want ErrFormat", err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
}

// TestShorterThanItsSize covers a file that shrinks while it is read.
func TestShorterThanItsSize(t *testing.T) {
	b := write(t, sample())
	for n := range len(b) {
		if _, err := Read(bytes.NewReader(b[:n]), int64(len(b))); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%d of %d bytes: got error %v, want unexpected EOF", n, len(b), err)
		}
		if _, err := read(b[:n]); !errors.Is(err, ErrFormat) {
			t.Fatalf("truncated to %d bytes: got error %v, want ErrFormat", n, err)
		}
	}
}

func TestFileRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if _, err := ReadFile(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: got error %v", err)
	}
	if _, err := ReadFile(t.TempDir()); err == nil {
		t.Error("a directory was read")
	}
	for range 2 {
		if err := WriteFile(path, sample()); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, write(t, sample())) {
		t.Errorf("WriteFile and Write differ: %v", err)
	}
	if err := WriteFile(path, File{Tensors: []Tensor{{Name: "bad"}}}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("an invalid tensor: got error %v", err)
	}
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(got, again) {
		t.Errorf("a failed write changed the file: %v", err)
	}
}

func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	if err := Write(full, sample()); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got error %v, want no space", err)
	}
}

// FuzzRead checks that no input makes Read panic, and that what it accepts is
// written and read again as the same.
func FuzzRead(f *testing.F) {
	f.Add(write(f, sample()))
	f.Add(write(f, File{}))
	f.Add(file(`{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}`, 8))
	f.Add(file(`{"w":{"dtype":"F32","shape":[1,0],"data_offsets":[0,0]}}`, 0))
	f.Add(file(`{"__metadata__":null,"w":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}`, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := read(b)
		_, skipped := ReadSelected(bytes.NewReader(b), int64(len(b)), func(Info) bool { return false })
		if skipped != nil && err == nil {
			t.Fatalf("got error %v when nothing is read, want none", skipped)
		}
		if err != nil {
			if !errors.Is(err, ErrFormat) && !errors.Is(err, ErrType) {
				t.Fatalf("got error %v, want ErrFormat or ErrType", err)
			}
			return
		}
		bytesOnce := write(t, first)
		second, err := read(bytesOnce)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(write(t, second), bytesOnce) || len(first.Tensors) != len(second.Tensors) {
			t.Fatal("a second round trip gives another file")
		}
	})
}

func BenchmarkReadWrite(b *testing.B) {
	const n = 1 << 20
	f := File{Tensors: []Tensor{{Name: "w", Shape: []int{n}, F32: make([]float32, n)}}}
	data := write(b, f)
	b.Run("write", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			if err := Write(io.Discard, f); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := read(data); err != nil {
				b.Fatal(err)
			}
		}
	})
}
