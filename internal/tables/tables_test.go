package tables_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/pkg/errors"
	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/internal/tables"
)

var update = flag.Bool("update", false, "write the golden files anew")

// claims is a table with all that there is.
func claims() tables.Table {
	t := tables.Table{Columns: []tables.Column{
		{Key: "panel"},
		{Name: "claim", Key: "claim"},
		{Name: "error", Key: "error"},
		{Name: "criterion of the comparison", Key: "criterion", Below: true},
		{Name: "explanation", Key: "why", Below: true},
		{Name: "agrees?"},
	}}
	within := "within 0.05 + 2 SEM of ours (at most 0.1); from 27 seeds on"
	t.Add("a", "prospective configuration with a, \"quoted\" | name", tables.Percent(0.12345), within, "the first of three", "yes")
	t.Add("a", "backpropagation", tables.Percent(1), within, "the second of three, which takes somewhat longer to explain than the others do", "NO")
	t.Add("b", "αβγ of a text with wide letters: 予測符号化", tables.Number("%.2f %%", math.NaN()), "< 0.5", "the third", "yes")
	return t
}

// golden compares with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// write prints lines and tables.
func write(format tables.Format, width int) string {
	var b bytes.Buffer
	w := tables.New(&b, format, width)
	w.Line("%s", "What was found, in a line that is longer than the eighty columns that a terminal has by custom.")
	w.Gap()
	w.Table(claims())
	w.Table(claims())
	w.Table(tables.Table{Columns: []tables.Column{{Name: "other", Key: "other"}}, Rows: [][]any{{1}, {nil}}})
	w.Code("prospect reproduce fig3e --preset full --protocol published --seeds 100 --out DIR --resume")
	return b.String()
}

// Every format is as in its file: text at several widths, with nothing beyond the
// width but what is to be copied.
func TestFormats(t *testing.T) {
	for _, width := range []int{40, 80, 120, 0} {
		got := write(tables.Text, width)
		golden(t, fmt.Sprintf("text%d.txt", width), got)
		for line := range strings.Lines(got) {
			if n := text.StringWidth(strings.TrimSuffix(line, "\n")); width > 0 && n > width && !strings.HasPrefix(line, "prospect ") {
				t.Errorf("width %d: got %d columns: %s", width, n, line)
			}
		}
	}
	golden(t, "all.md", write(tables.Markdown, 80))
	golden(t, "all.csv", write(tables.CSV, 80))
	golden(t, "all.jsonl", write(tables.JSON, 80))
}

// CSV and JSON are read back as what was written, the numbers in full.
func TestReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, x := rapid.String().Draw(t, "text"), rapid.Float64().Draw(t, "number")
		table := tables.Table{Columns: []tables.Column{{Name: "text", Key: "text"}, {Name: "number", Key: "number"}}}
		table.Add(s, tables.Number("%.1f", x))
		var b bytes.Buffer
		w := tables.New(&b, tables.CSV, 0)
		w.Table(table)
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil || w.Err() != nil {
			t.Fatal(err, w.Err())
		}
		if got, want := rows[1][0], strings.ReplaceAll(s, "\r\n", "\n"); got != want {
			t.Fatalf("text, got %q, want %q", got, want)
		}
		if got := rows[1][1]; got != fmt.Sprint(x) && !math.IsInf(x, 0) && !math.IsNaN(x) {
			var back float64
			if _, err := fmt.Sscan(got, &back); err != nil || back != x {
				t.Fatalf("number, got %s, want %v", got, x)
			}
		}
		b.Reset()
		w = tables.New(&b, tables.JSON, 0)
		w.Table(table)
		var object struct {
			Text   string
			Number *float64
		}
		if err := json.Unmarshal(b.Bytes(), &object); err != nil {
			t.Fatalf("%v: %s", err, &b)
		}
		if object.Text != strings.ToValidUTF8(s, "�") || object.Number == nil != (math.IsInf(x, 0) || math.IsNaN(x)) || object.Number != nil && *object.Number != x {
			t.Fatalf("got %+v, want %q and %v", object, s, x)
		}
	})
}

// No line is wider than the terminal, no letter is lost, and no column or number runs
// into another, whatever the texts.
func TestWidths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(30, 120).Draw(t, "width")
		word := rapid.StringMatching(`[a-z]{1,12}`)
		columns := rapid.IntRange(1, 5).Draw(t, "columns")
		var table tables.Table
		for j := range columns {
			table.Columns = append(table.Columns, tables.Column{Name: fmt.Sprintf("c%d", j), Below: rapid.Bool().Draw(t, "below")})
		}
		for range rapid.IntRange(1, 4).Draw(t, "rows") {
			var row []any
			for range columns {
				words := rapid.SliceOfN(word, 0, 8).Draw(t, "words")
				row = append(row, strings.Join(words, " "))
			}
			table.Add(row...)
		}
		var b bytes.Buffer
		tables.New(&b, tables.Text, width).Table(table)
		for line := range strings.Lines(b.String()) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > width {
				t.Fatalf("got %d columns, want at most %d:\n%s", n, width, &b)
			}
		}
		var wide bytes.Buffer
		tables.New(&wide, tables.Text, 0).Table(table)
		all := strings.Count(wide.String(), "e")
		if got := strings.Count(b.String(), "e"); got < all && !strings.Contains(b.String(), "[1]") {
			t.Fatalf("got %d letters e, want the %d of\n%s\nin\n%s", got, all, &wide, &b)
		}
	})
}

// A number is not parted from its unit, even where words have to be broken.
func TestNumbersWhole(t *testing.T) {
	table := tables.Table{Columns: []tables.Column{{Name: "name"}, {Name: "a"}, {Name: "b"}}}
	table.Add("abcdefghijkl", tables.Percent(1), tables.Percent(0.25))
	var b bytes.Buffer
	tables.New(&b, tables.Text, 28).Table(table)
	if !strings.Contains(b.String(), "  100.00 %  25.00 %\n") {
		t.Errorf("got\n%s\nwant whole numbers", &b)
	}
}

// A text cannot move the cursor or break a row.
func TestControlCharacters(t *testing.T) {
	table := tables.Table{Columns: []tables.Column{{Name: "name"}}}
	table.Add("a\x1b[2Jb\nc\td\r")
	var b bytes.Buffer
	tables.New(&b, tables.Text, 0).Table(table)
	if got, want := b.String(), "name\na[2Jb c d\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The width is $COLUMNS; a file that is no terminal has any.
func TestWidth(t *testing.T) {
	for columns, want := range map[string]int{"80": 80, "": 0, "-3": 0, "wide": 0} {
		t.Setenv("COLUMNS", columns)
		if got := tables.Width(new(bytes.Buffer)); got != want {
			t.Errorf("COLUMNS=%q: got %d, want %d", columns, got, want)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("full") }

// The first error stays.
func TestError(t *testing.T) {
	w := tables.New(broken{}, tables.Text, 0)
	w.Line("a")
	w.Table(claims())
	if err := w.Err(); err == nil || err.Error() != "tables: full" {
		t.Errorf("got %v", err)
	}
}
