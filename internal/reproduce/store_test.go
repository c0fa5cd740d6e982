package reproduce

import (
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
)

func testHeader(o Options) header { return (&Panel{Name: "panel"}).header(o) }

func resolved(t *testing.T, o Options) Options {
	t.Helper()
	o, err := o.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func testStore(t *testing.T, dir string, o Options, resume bool) *Store {
	t.Helper()
	s, err := openStore(dir, testHeader(o), resume)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStoreKeepsRecords(t *testing.T) {
	dir, o := t.TempDir(), resolved(t, Options{})
	want := Record{
		Trial:    Trial{Rule: PC, Case: "LN+,L-", Size: 3, Std: 1e-5, Rate: 0.1, SecondRate: 5e-6, Seed: 2},
		Series:   []Series{{"a", Numbers{1, 0.1, -1e-300}}, {"b", Numbers{2}}},
		Diverged: true, Seconds: 1.5,
	}
	s := testStore(t, dir, o, false)
	if err := s.Add(want); err != nil {
		t.Fatal(err)
	}
	got, ok := testStore(t, dir, o, true).Get(want.Trial)
	if !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, ok, want)
	}
}

// A result that could not be written is not stored.
func TestStoreThatCannotBeWritten(t *testing.T) {
	s := testStore(t, t.TempDir(), resolved(t, Options{}), false)
	s.Close()
	r := Record{Trial: Trial{Rule: PC}, Series: []Series{{"a", Numbers{1}}}}
	if err := s.Add(r); err == nil {
		t.Fatal("want an error")
	}
	if _, ok := s.Get(r.Trial); ok {
		t.Error("the result counts as stored")
	}
}

func TestNumbersThatAreNotFinite(t *testing.T) {
	text, err := Numbers{1, math.NaN(), math.Inf(1), math.Inf(-1), 2}.MarshalJSON()
	if err != nil || string(text) != "[1,null,null,null,2]" {
		t.Fatalf("got %s, %v", text, err)
	}
	var back Numbers
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

// A killed process leaves at most one incomplete line.
func TestStoreAfterAKill(t *testing.T) {
	dir, o := t.TempDir(), resolved(t, Options{})
	series := []Series{{"a", Numbers{1}}}
	a, b := Record{Trial: Trial{Rule: PC}, Series: series}, Record{Trial: Trial{Rule: BP}, Series: series}
	s := testStore(t, dir, o, false)
	for _, r := range []Record{a, b} {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(storePath(dir, "panel"))
	if err != nil {
		t.Fatal(err)
	}
	for cut := range whole {
		if err := os.WriteFile(storePath(dir, "panel"), whole[:cut], 0o666); err != nil {
			t.Fatal(err)
		}
		s := testStore(t, dir, o, true)
		lines := strings.Count(string(whole[:cut]), "\n")
		if want := max(0, lines-1); len(s.records) != want {
			t.Fatalf("cut to %d bytes: got %d records, want %d", cut, len(s.records), want)
		}
		for _, r := range []Record{a, b} {
			if _, ok := s.Get(r.Trial); !ok {
				if err := s.Add(r); err != nil {
					t.Fatal(err)
				}
			}
		}
		s.Close()
		if again, _ := os.ReadFile(storePath(dir, "panel")); string(again) != string(whole) {
			t.Fatalf("cut to %d bytes: got %q, want %q", cut, again, whole)
		}
	}
}

func TestStoreRefuses(t *testing.T) {
	o := resolved(t, Options{})
	const good, trial = `{"schema":1,"store":"panel","preset":"quick","protocol":"published"}` + "\n",
		`{"trial":{"rule":"pc","seed":0},"series":[{"name":"a","values":[1]}],"seconds":1}` + "\n"
	for _, tt := range []struct {
		name, text string
		resume     bool
		want       string
	}{
		{"no resume", good + trial, false, "--resume"},
		{"preset", `{"schema":1,"store":"panel","preset":"full","protocol":"published"}` + "\n" + trial, true, "panel, preset full, protocol published; want panel, preset quick"},
		{"protocol", `{"schema":1,"store":"panel","preset":"quick","protocol":"clean"}` + "\n" + trial, true, "protocol clean"},
		{"quirks", `{"schema":1,"store":"panel","preset":"quick","protocol":"published","quirks":{"a":false}}` + "\n" + trial, true, "protocol published, a left out;"},
		{"schema", `{"schema":2,"store":"panel","preset":"quick","protocol":"published"}` + "\n" + trial, true, "schema 2"},
		{"header", "nonsense\n", true, "line 1"},
		{"line", good + trial + "{\n", true, "line 3"},
		{"nothing", good + "{}\n", true, "line 2"},
		{"null", good + "null\n", true, "line 2"},
		{"no series", good + `{"trial":{"rule":"pc","seed":0},"series":[]}` + "\n", true, "line 2: se"},
		{"no values", good + `{"trial":{"rule":"pc","seed":0},"series":[{"name":"a","values":[]}]}` + "\n", true, "line 2: se"},
		{"seed", good + `{"trial":{"rule":"pc","seed":-1},"series":[{"name":"a","values":[1]}]}` + "\n", true, "line 2: se"},
	} {
		dir := t.TempDir()
		if err := os.MkdirAll(dir+"/trials", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(storePath(dir, "panel"), []byte(tt.text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := openStore(dir, testHeader(o), tt.resume); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error with %q", tt.name, err, tt.want)
		}
		if after, _ := os.ReadFile(storePath(dir, "panel")); string(after) != tt.text {
			t.Errorf("%s: the file was changed", tt.name)
		}
	}
}

// A store without trials is as good as none, whatever its header says.
func TestStoreWithoutTrials(t *testing.T) {
	o := resolved(t, Options{})
	for _, text := range []string{"", `{"schema":1,"st`, `{"schema":1,"store":"panel","preset":"full","protocol":"published"}` + "\n{"} {
		dir := t.TempDir()
		if err := os.MkdirAll(dir+"/trials", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(storePath(dir, "panel"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		s := testStore(t, dir, o, false)
		if err := s.Add(Record{Trial: Trial{Rule: PC}, Series: []Series{{"a", Numbers{1}}}}); err != nil {
			t.Fatal(err)
		}
		if got := len(testStore(t, dir, o, true).records); got != 1 {
			t.Errorf("%q: got %d records, want the one that was added", text, got)
		}
	}
}
