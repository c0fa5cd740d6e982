package sweep_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"
	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/sweep"
)

type params struct {
	Rule string  `json:"rule"`
	Rate float64 `json:"rate"`
	Seed int     `json:"seed"`
}

type result struct {
	Errors sweep.Numbers `json:"errors"`
	Note   string        `json:"note,omitempty"`
}

type (
	record   = sweep.Record[params, result]
	store    = sweep.Store[params, result]
	settings = sweep.StoreSettings[params, result]
)

var header = sweep.Header{Schema: 1, Name: "rates", Settings: map[string]any{"data": "digits", "epochs": 3}}

func open(t tester, path string, resume bool) *store {
	t.Helper()
	s, err := sweep.Open(path, settings{Header: header, Resume: resume})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func add(t tester, s *store, records ...record) {
	t.Helper()
	for _, r := range records {
		if _, err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t tester, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const (
	goodHeader = `{"schema":1,"name":"rates","settings":{"data":"digits","epochs":3}}` + "\n"
	goodLine   = `{"params":{"rule":"pc","rate":0.1,"seed":2},"result":{"errors":[0.5,null,1e-300]},"seconds":1.5,"cpu_seconds":1.25}` + "\n"
)

var goodRecord = record{
	Params: params{"pc", 0.1, 2}, Result: result{Errors: sweep.Numbers{0.5, math.NaN(), 1e-300}}, Seconds: 1.5, CPUSeconds: 1.25,
}

// The file is a header and a line for each trial.
func TestStoreFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "a.jsonl")
	s := open(t, path, false)
	add(t, s, goodRecord)
	if got := read(t, path); got != goodHeader+goodLine {
		t.Errorf("got %q, want %q", got, goodHeader+goodLine)
	}
	if s.Path() != path || s.Len() != 1 {
		t.Errorf("got %d trials at %s", s.Len(), s.Path())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, true)
	defer s.Close()
	got, ok := s.Get(goodRecord.Params)
	if diff := cmp.Diff(goodRecord, got, nans); !ok || diff != "" {
		t.Error(ok, diff)
	}
	if _, ok := s.Get(params{Rule: "pc"}); ok {
		t.Error("found a trial that is not stored")
	}
}

var nans = cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) || a != a && b != b })

// What is returned is what will be read: an infinity is NaN at once.
func TestAddReturnsWhatIsRead(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "a.jsonl"), false)
	defer s.Close()
	got, err := s.Add(record{Result: result{Errors: sweep.Numbers{math.Inf(1)}}})
	if err != nil || !math.IsNaN(got.Result.Errors[0]) {
		t.Errorf("got %v, %v, want NaN", got, err)
	}
}

func TestStoreRefuses(t *testing.T) {
	with := func(settings string) string {
		return `{"schema":1,"name":"rates","settings":` + settings + "}\n" + goodLine
	}
	for _, tt := range []struct {
		name, text string
		resume     bool
		want       string
	}{
		{"no resume", goodHeader + goodLine, false, "holds trials already; resume it or choose another file"},
		{"schema", strings.Replace(goodHeader, "1", "2", 1) + goodLine, true, "schema, got 2, want 1; go on as they were begun"},
		{"name", strings.Replace(goodHeader, "rates", "other", 1) + goodLine, true, `name, got "other", want "rates"`},
		{"settings", with(`{"data":"fashion","epochs":3}`), true, `trials: settings.data, got "fashion", want "digits"; go`},
		{"two settings", with(`{"data":"fashion","epochs":4}`), true, `settings.data, got "fashion", want "digits"; settings.epochs, got 4, want 3;`},
		{"one setting less", with(`{"data":"digits"}`), true, "settings.epochs, got none, want 3"},
		{"one setting more", with(`{"data":"digits","epochs":3,"rate":0.1}`), true, "settings.rate, got 0.1, want none"},
		{"other kind", with(`[1]`), true, `settings, got [1], want {"data":"digits","epochs":3}`},
		{"nonsense", "nonsense\n", true, "line 1: want the header"},
		{"list", "[]\n" + goodLine, true, "line 1: want the header"},
		{"line", goodHeader + goodLine + "{\n", true, "line 3: unexpected end of JSON input; remove the line"},
		{"empty object", goodHeader + "{}\n", true, "line 2: got no params"},
		{"null", goodHeader + "null\n", true, "line 2: got no params"},
		{"no result", goodHeader + `{"params":{}}` + "\n", true, "line 2: got no params or no result"},
		{"kind", goodHeader + `{"params":{"seed":"a"},"result":{}}` + "\n", true, "line 2: json"},
	} {
		path := filepath.Join(t.TempDir(), "a.jsonl")
		if err := os.WriteFile(path, []byte(tt.text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := sweep.Open(path, settings{Header: header, Resume: tt.resume})
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want an error with %q", tt.name, err, tt.want)
		}
		if got := read(t, path); got != tt.text {
			t.Errorf("%s: the file was changed to %q", tt.name, got)
		}
		if errors.Is(err, sweep.ErrStored) != (tt.name == "no resume") {
			t.Errorf("%s: ErrStored: %v", tt.name, err)
		}
		var other *sweep.HeaderError
		if errors.As(err, &other) && (other.Path != path || string(other.Stored)+"\n" != strings.SplitAfter(tt.text, "\n")[0]) {
			t.Errorf("%s: got %+v", tt.name, other)
		}
	}
	for _, bad := range []any{nil, 1, []int{1}, math.NaN()} {
		if _, err := sweep.Open(filepath.Join(t.TempDir(), "a"), settings{Header: bad}); err == nil || !strings.Contains(err.Error(), "header") {
			t.Errorf("header %v: got %v", bad, err)
		}
	}
}

// A store without trials is as good as none, whatever its header says.
func TestStoreWithoutTrials(t *testing.T) {
	for _, text := range []string{"", `{"schema":1,"na`, `{"schema":9,"name":"other"}` + "\n{"} {
		path := filepath.Join(t.TempDir(), "a.jsonl")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		s := open(t, path, false)
		add(t, s, goodRecord)
		s.Close()
		if got := read(t, path); got != goodHeader+goodLine {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

// Two cannot have one store at a time; the second can when the first is done.
func TestStoreIsLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.jsonl")
	s := open(t, path, true)
	if _, err := sweep.Open(path, settings{Header: header, Resume: true}); !errors.Is(err, sweep.ErrLocked) || !strings.Contains(err.Error(), "wait for it") {
		t.Errorf("got %v, want ErrLocked", err)
	}
	s.Close()
	open(t, path, true).Close()
	// A store that is refused is not kept from others.
	if err := os.WriteFile(path, []byte("nonsense\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := sweep.Open(path, settings{Header: header}); err == nil || errors.Is(err, sweep.ErrLocked) {
			t.Errorf("got %v, want an error of the header", err)
		}
	}
}

// A result that could not be written is not stored.
func TestStoreThatCannotBeWritten(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "a.jsonl"), false)
	s.Close()
	if _, err := s.Add(goodRecord); err == nil || !strings.Contains(err.Error(), "sweep: store") {
		t.Fatalf("got %v, want an error", err)
	}
	if _, ok := s.Get(goodRecord.Params); ok || s.Len() != 0 {
		t.Error("the result counts as stored")
	}
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		return
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := sweep.Open(filepath.Join(dir, "a"), settings{Header: header}); err == nil || !strings.Contains(err.Error(), "can be written") {
		t.Errorf("got %v, want a remedy", err)
	}
}

// A process that is killed at any byte leaves a store that goes on to the same
// bytes.
func TestStoreAfterAKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.jsonl")
	other := record{Params: params{Rule: "ü\n"}, Result: result{Note: "ends\n"}}
	for cut := range len(whole(t, path, goodRecord, other)) {
		afterCut(t, path, cut, goodRecord, other)
	}
}

// So it is with any records.
func TestStoreOfAnyRecords(t *testing.T) {
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		records := rapid.SliceOfNDistinct(rapid.Custom(drawRecord), 1, 4, func(r record) params { return r.Params }).Draw(t, "records")
		path := filepath.Join(dir, fmt.Sprint(n))
		afterCut(t, path, rapid.IntRange(0, len(whole(t, path, records...))).Draw(t, "cut"), records...)
	})
}

// whole writes a store and returns its text.
func whole(t tester, path string, records ...record) string {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, false)
	defer s.Close()
	add(t, s, records...)
	return read(t, path)
}

// afterCut cuts a whole store and adds what is missing.
func afterCut(t tester, path string, cut int, records ...record) {
	t.Helper()
	want := whole(t, path, records...)
	write(t, path, want[:cut])
	s := open(t, path, true)
	defer s.Close()
	if n := max(0, strings.Count(want[:cut], "\n")-1); s.Len() != n {
		t.Fatal("cut to ", cut, " bytes: got ", s.Len(), " records, want ", n)
	}
	for _, r := range records {
		if _, ok := s.Get(r.Params); !ok {
			add(t, s, r)
		}
	}
	if again := read(t, path); again != want {
		t.Fatal("cut to ", cut, " bytes: got ", again, ", want ", want)
	}
}

func drawRecord(t *rapid.T) record {
	return record{
		Params: params{rapid.String().Draw(t, "rule"), rapid.Float64().Draw(t, "rate"), rapid.Int().Draw(t, "seed")},
		Result: result{rapid.SliceOfN(rapid.Float64(), 0, 4).Draw(t, "errors"), rapid.String().Draw(t, "note")},
	}
}

// A store can be written in another form.
func TestCodec(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	s, err := sweep.Open(path, sweep.StoreSettings[string, string]{Header: header, Codec: words{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Add(sweep.Record[string, string]{Params: "a", Result: "b"}); err != nil || read(t, path) != goodHeader+"a=b\n" {
		t.Errorf("got %q, %v", read(t, path), err)
	}
	for _, bad := range []string{"two\nlines", "un=readable=again"} {
		if _, err := s.Add(sweep.Record[string, string]{Params: "c", Result: bad}); err == nil || s.Len() != 1 {
			t.Errorf("%q: got %v, want an error", bad, err)
		}
	}
}

// words writes a record as "params=result".
type words struct{}

func (words) Encode(r sweep.Record[string, string]) ([]byte, error) {
	return []byte(r.Params + "=" + r.Result), nil
}

func (words) Decode(line []byte) (r sweep.Record[string, string], err error) {
	parts := strings.Split(string(line), "=")
	if len(parts) != 2 {
		return r, errors.New("want params=result")
	}
	r.Params, r.Result = parts[0], parts[1]
	return r, nil
}

func TestNumbers(t *testing.T) {
	text, err := sweep.Numbers{1, math.NaN(), math.Inf(1), math.Inf(-1), 2}.MarshalJSON()
	if err != nil || string(text) != "[1,null,null,null,2]" {
		t.Fatalf("got %s, %v", text, err)
	}
	var back sweep.Numbers
	if err := back.UnmarshalJSON(text); err != nil {
		t.Fatal(err)
	}
	if len(back) != 5 || back[0] != 1 || !math.IsNaN(back[1]) || !math.IsNaN(back[2]) || back[4] != 2 {
		t.Errorf("got %v", back)
	}
	for _, bad := range []string{"", "1", "[1,x]", "{}", "[1"} {
		if err := back.UnmarshalJSON([]byte(bad)); err == nil {
			t.Errorf("%q: want an error", bad)
		}
	}
}
