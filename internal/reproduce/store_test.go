package reproduce

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/sweep"
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
	s, err := openStore(dir, testHeader(o), resume, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStoreKeepsRecords(t *testing.T) {
	dir, o := t.TempDir(), resolved(t, Options{})
	want := Record{
		Trial:   Trial{Rule: PC, Case: "LN+,L-", Size: 3, Std: 1e-5, Rate: 0.1, SecondRate: 5e-6, Seed: 2},
		Outcome: Outcome{Series: []Series{{"a", Numbers{1, 0.1, -1e-300}}, {"b", Numbers{2}}}, Diverged: true},
		Seconds: 1.5,
	}
	s := testStore(t, dir, o, false)
	if _, err := s.Add(sweep.Record[Trial, Outcome]{Params: want.Trial, Result: want.Outcome, Seconds: want.Seconds}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	got, ok := testStore(t, dir, o, true).Get(want.Trial)
	if !ok || !reflect.DeepEqual(newRecord(got), want) {
		t.Errorf("got %+v, %v, want %+v", got, ok, want)
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
		if _, err := openStore(dir, testHeader(o), tt.resume, ""); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error with %q", tt.name, err, tt.want)
		}
		if after, _ := os.ReadFile(storePath(dir, "panel")); string(after) != tt.text {
			t.Errorf("%s: the file was changed", tt.name)
		}
	}
}

// Stores of older versions are read, and written as they were: line by line the same
// bytes.
func TestOlderStores(t *testing.T) {
	for _, tt := range []struct {
		panel  string
		quirks map[QuirkName]bool
		trials int
	}{
		{"fig3a", nil, 2},
		{"fig4d-e", map[QuirkName]bool{deadOutput: false}, 1},
		{"fig5f", nil, 3}, // one of which diverged
	} {
		want, err := os.ReadFile("testdata/older/" + tt.panel + ".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		panels, err := Find([]string{tt.panel}, false)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := os.MkdirAll(dir+"/trials", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(storePath(dir, tt.panel), want, 0o666); err != nil {
			t.Fatal(err)
		}
		h := panels[0].header(resolved(t, Options{Quirks: tt.quirks}))
		s, err := openStore(dir, h, true, "")
		if err != nil {
			t.Fatal(err)
		}
		if s.Len() != tt.trials {
			t.Errorf("%s: got %d trials, want %d", tt.panel, s.Len(), tt.trials)
		}
		again, err := openStore(t.TempDir(), h, false, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range bytes.Split(bytes.TrimSpace(want), []byte("\n"))[1:] {
			r, err := codec{}.Decode(line)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := s.Get(r.Params); !ok {
				t.Errorf("%s: trial %s is not stored", tt.panel, r.Params)
			}
			if _, err := again.Add(r); err != nil {
				t.Fatal(err)
			}
		}
		if got, _ := os.ReadFile(again.Path()); !bytes.Equal(got, want) {
			t.Errorf("%s: got %s, want %s", tt.panel, got, want)
		}
		s.Close()
		again.Close()
	}
}

// A panel whose trials are all stored by an older version runs none of them.
func TestOlderTrialsDoNotRun(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir+"/trials", os.DirFS("testdata/older")); err != nil {
		t.Fatal(err)
	}
	r, watch, err := runToy(t, dir, Options{}, true, interferencePanel())
	if err != nil || watch.found != 2 || watch.finished != 0 || !r.Report.Claims.Agree() {
		t.Errorf("found %d trials, ran %d, %v, want 2 and none", watch.found, watch.finished, err)
	}
}
