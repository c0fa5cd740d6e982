package tensorboard

import (
	"encoding/binary"
	"encoding/json"
	"image"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
)

// readRecords reads the records of a file and checks lengths and checksums.
func readRecords(t *testing.T, path string) [][]byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for len(b) > 0 {
		if len(b) < 16 {
			t.Fatalf("record %d: %d bytes are left", len(out), len(b))
		}
		n := binary.LittleEndian.Uint64(b)
		if binary.LittleEndian.Uint32(b[8:]) != masked(b[:8]) || uint64(len(b)) < 16+n {
			t.Fatalf("record %d: the length %d is damaged", len(out), n)
		}
		data := b[12 : 12+n]
		if binary.LittleEndian.Uint32(b[12+n:]) != masked(data) {
			t.Fatalf("record %d: the data are damaged", len(out))
		}
		out = append(out, data)
		b = b[16+n:]
	}
	return out
}

// fields decodes a message: the values of each field, numbers as bits.
func fields(t *testing.T, b []byte) map[protowire.Number][]any {
	t.Helper()
	out := map[protowire.Number][]any{}
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		var v any
		switch kind {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			v, n = protowire.ConsumeFixed32(b)
		case protowire.Fixed64Type:
			v, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			v, n = protowire.ConsumeBytes(b)
		default:
			t.Fatalf("field %d has type %d", number, kind)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		out[number], b = append(out[number], v), b[n:]
	}
	return out
}

// value decodes an event with a summary.
func value(t *testing.T, record []byte) (step uint64, tag string, v map[protowire.Number][]any) {
	t.Helper()
	event := fields(t, record)
	if len(event[eventSummary]) != 1 {
		t.Fatalf("got fields %v, want a summary", event)
	}
	s := fields(t, event[eventSummary][0].([]byte))
	v = fields(t, s[1][0].([]byte))
	return event[eventStep][0].(uint64), string(v[1][0].([]byte)), v
}

// onlyFile is the one event file of a folder.
func onlyFile(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	if err != nil || len(names) != 1 {
		t.Fatalf("got files %v, %v, want one", names, err)
	}
	return names[0]
}

// The checksum is CRC-32C, masked; the value of "123456789" is that of the standard.
func TestMasked(t *testing.T) {
	crc := uint32(0xe3069283)
	if got, want := masked([]byte("123456789")), (crc>>15|crc<<17)+0xa282ead8; got != want {
		t.Errorf("got %#x, want %#x", got, want)
	}
}

// writeAll writes one of each kind.
func writeAll(t *testing.T, dir string) {
	t.Helper()
	w, err := Create(dir, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		w.Scalar("a/b", 3, 1.5),
		w.Histogram("h", 4, []float64{10, 10.5, 11, 40}),
		w.Histogram("same", 4, []float64{2, 2}),
		w.Image("i", 5, image.NewRGBA(image.Rect(0, 0, 4, 2))),
		w.Text("t", 6, "some *text*"),
		w.Close(), w.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestWriter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "run")
	writeAll(t, dir)
	records := readRecords(t, onlyFile(t, dir))
	if len(records) != 7 {
		t.Fatalf("got %d records, want a version, a start and 5 summaries", len(records))
	}
	first, start := fields(t, records[0]), fields(t, records[1])
	if string(first[eventFileVersion][0].([]byte)) != "brain.Event:2" || first[eventStep][0] != uint64(3) {
		t.Errorf("got %v, want version 2 at step 3", first)
	}
	if s := fields(t, start[eventSessionLog][0].([]byte)); s[1][0] != uint64(1) || start[eventStep][0] != uint64(3) {
		t.Errorf("got %v, %v, want START at step 3", start, s)
	}
	if step, tag, v := value(t, records[2]); step != 3 || tag != "a/b" || v[valueSimple][0] != math.Float32bits(1.5) {
		t.Errorf("got %s at %d: %v", tag, step, v)
	}
	_, _, v := value(t, records[3])
	h := fields(t, v[valueHistogram][0].([]byte))
	for field, want := range map[protowire.Number]float64{1: 10, 2: 40, 3: 4, 4: 71.5, 5: 1931.25} {
		if got := math.Float64frombits(h[field][0].(uint64)); got != want {
			t.Errorf("histogram: field %d, got %v, want %v", field, got, want)
		}
	}
	counts := make([]float64, buckets)
	counts[0], counts[1], counts[buckets-1] = 2, 1, 1
	if diff := cmp.Diff(counts, packed(h[7][0].([]byte))); diff != "" {
		t.Error(diff)
	}
	if limits := packed(h[6][0].([]byte)); limits[0] != 11 || limits[buckets-1] != 40 {
		t.Errorf("limits: got %v", limits)
	}
	_, _, v = value(t, records[4])
	if h := fields(t, v[valueHistogram][0].([]byte)); !cmp.Equal(packed(h[7][0].([]byte)), []float64{2}) {
		t.Errorf("equal numbers: got %v, want one bucket", packed(h[7][0].([]byte)))
	}
	_, _, v = value(t, records[5])
	if i := fields(t, v[valueImage][0].([]byte)); i[1][0] != uint64(2) || i[2][0] != uint64(4) || !strings.HasPrefix(string(i[4][0].([]byte)), "\x89PNG") {
		t.Errorf("image: got %v", i)
	}
}

func packed(b []byte) []float64 {
	var out []float64
	for ; len(b) > 0; b = b[8:] {
		out = append(out, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return out
}

// Files of one second sort in the order in which they were made, and each has a name of
// its own.
func TestFilesAreOrdered(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for step := range 3 {
		w, err := Create(dir, step)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, w.file.Name())
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	sorted, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(paths, sorted); diff != "" {
		t.Error(diff)
	}
}

// What cannot be shown is an error that says what, and leaves no record.
func TestErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Create(dir, -1); err == nil || !strings.Contains(err.Error(), "first step, got -1") {
		t.Errorf("got %v", err)
	}
	w, err := Create(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	for want, err := range map[string]error{
		`histogram "h": got no numbers`:             w.Histogram("h", 0, nil),
		`histogram "h": number 1, got NaN`:          w.Histogram("h", 0, []float64{1, math.NaN()}),
		`image "i": png`:                            w.Image("i", 0, image.NewRGBA(image.Rectangle{})),
		`tag "" at step 0, want a tag`:              w.Scalar("", 0, 1),
		`tag "a" at step -1, want a tag and a step`: w.Scalar("a", -1, 1),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Scalar("a", 0, 1); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("got %v, want that it is closed", err)
	}
	if n := len(readRecords(t, onlyFile(t, dir))); n != 2 {
		t.Errorf("got %d records, want the first two", n)
	}
}

// pythonEnv names the interpreter whose TensorBoard reads what is written; python3 if it
// is not set.
const pythonEnv = "PROSPECT_PYTHON"

// TensorBoard's own reader reads every kind, and purges what a later file writes again.
func TestPython(t *testing.T) {
	interpreter := os.Getenv(pythonEnv)
	if interpreter == "" {
		interpreter = "python3"
	}
	if text, err := exec.Command(interpreter, "-c", "import tensorboard").CombinedOutput(); err != nil {
		t.Skipf("%s cannot import tensorboard (%v); install it, or set %s: %s", interpreter, err, pythonEnv, text)
	}
	dir := t.TempDir()
	writeAll(t, dir)
	for _, first := range []int{7, 8} { // the second begins at 8: what is at 8 and 9 is void
		w, err := Create(dir, first)
		if err != nil {
			t.Fatal(err)
		}
		for step := first; step < 10; step++ {
			if err := w.Scalar("again", step, float64(first)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(interpreter, "testdata/read.py", dir).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
	}
	var got struct {
		Scalars    map[string][][2]float64
		Histograms map[string][][2]float64
		Images     map[string][][3]int
		Texts      map[string]string
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][][2]float64{"a/b": {{3, 1.5}}, "again": {{7, 7}, {8, 8}, {9, 8}}}, got.Scalars); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string][][2]float64{"h": {{4, 4}}, "same": {{4, 2}}}, got.Histograms); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string][][3]int{"i": {{5, 4, 2}}}, got.Images); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"t": "some *text*"}, got.Texts); diff != "" {
		t.Error(diff)
	}
}
