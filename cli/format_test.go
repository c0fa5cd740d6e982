package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	pretty "github.com/jedib0t/go-pretty/v6/text"

	"github.com/seed-be841da4/prospect/internal/tables"
	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/sweep"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		write(t, path, got)
	}
	if diff := cmp.Diff(read(t, path), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// checkWidth wants no line beyond 80 columns but one that is to be copied.
func checkWidth(t *testing.T, what, out string) {
	t.Helper()
	for line := range strings.Lines(out) {
		if n := pretty.StringWidth(strings.TrimSuffix(line, "\n")); n > 80 && !strings.HasPrefix(line, "try: ") && !strings.HasPrefix(line, "figures and tables: ") {
			t.Errorf("%s: got %d columns: %s", what, n, line)
		}
	}
}

// What the commands print that tell something is as in its file, in each format, with
// text for a terminal of 80 columns.
func TestTables(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	for name, line := range map[string]string{
		"data":      "data list",
		"kinds":     "kinds rule",
		"kind":      "kinds nesterov",
		"models":    "model list",
		"model":     "model show mlpresidual:784-32x3-10",
		"panels":    "reproduce list",
		"panel":     "reproduce list fig4b path-length",
		"explained": "explain --model mlp:784-16-10",
	} {
		args := strings.Fields(line)
		out := prospect(t, args...).stdout
		checkWidth(t, line, out)
		if name == "explained" {
			continue // whose text is the engine's
		}
		golden(t, name+".txt", out)
		golden(t, name+".md", prospect(t, append(args, "--format", "markdown")...).stdout)
		golden(t, name+".csv", prospect(t, append(args, "--format", "csv")...).stdout)
		plain := prospect(t, append(args, "--format", "json")...).stdout
		if got := prospect(t, append(args, "--json")...).stdout; got != plain {
			t.Errorf("%s --json: got\n%s\nwant what --format json prints\n%s", line, got, plain)
		}
		for d := json.NewDecoder(strings.NewReader(plain)); d.More(); {
			var object map[string]any
			if err := d.Decode(&object); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		}
	}
}

// columnsOf reads a table in CSV and returns its columns by their heads.
func columnsOf(t *testing.T, text string) map[string][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	out := map[string][]string{}
	for _, row := range rows[1:] {
		for j, head := range rows[0] {
			out[head] = append(out[head], row[j])
		}
	}
	return out
}

// What the commands print that measure fits 80 columns, and as CSV holds what --json
// has, in full.
func TestMeasuredTables(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	data := digits(t)
	out := filepath.Join(t.TempDir(), "run")
	trained := columnsOf(t, prospect(t, small(data, out, "--format", "csv")...).stdout)
	if len(trained["rule"]) != 1 || trained["rule"][0] != "pc" || trained["updates"][0] != "90" || trained["out"][0] != out {
		t.Errorf("train, got %v", trained)
	}
	var evaluated struct {
		TestError float64 `json:"test_error"`
	}
	ask := []string{"evaluate", "--out", out, "--data-dir", data}
	if err := json.Unmarshal([]byte(prospect(t, append(ask, "--json")...).stdout), &evaluated); err != nil {
		t.Fatal(err)
	}
	full, _ := json.Marshal(evaluated.TestError)
	if got := columnsOf(t, prospect(t, append(ask, "--format", "csv")...).stdout)["test_error"]; len(got) != 1 || got[0] != string(full) || trained["test_error"][0] != got[0] {
		t.Errorf("evaluate, got the error %v, of train %v, want %s", got, trained["test_error"], full)
	}
	query := []string{"query", "--out", out, "--data-dir", data, "--clamp", "x=test:0..3", "--read", "y", "--energy"}
	answered := columnsOf(t, prospect(t, append(query, "--format", "csv")...).stdout)
	if len(answered["y_9"]) != 4 || len(answered["energy"]) != 4 || len(answered["truth"]) != 4 {
		t.Errorf("query, got %v", answered)
	}
	for _, args := range [][]string{
		ask, query,
		{"query", "--out", out, "--data-dir", data, "--clamp", "x=test:0..3", "--score"},
		small(data, filepath.Join(t.TempDir(), "again")),
		{"bench", "--cases", "a", "--seconds", "0.001"},
		{"sweep", "--data", "optdigits", "--data-dir", data, "--model", "mlp:64-8-10", "--steps", "2", "--epochs", "1", "--rule", "pc,bp", "--lr", "0.001,0.01", "--seed", "1..2", "--out", filepath.Join(t.TempDir(), "sweep")},
	} {
		checkWidth(t, strings.Join(args[:1], " "), prospect(t, args...).stdout)
	}
	for _, line := range []string{"kinds --format csv --json", "model show --dot --format csv", "kinds --format xml"} {
		checkFailure(t, finish(t, command(t, strings.Fields(line)...)), exitUsage, "format")
	}
}

// Down a pipe nothing is cut or broken: a panel is a line.
func TestTablesDownAPipe(t *testing.T) {
	t.Setenv("COLUMNS", "")
	out := prospect(t, "reproduce", "list").stdout
	for _, want := range []string{"  online learning: the mean test error by batch size\n", "\nfig4f-g            rate 0.01 of 5, 1,500 of 3,000 epochs, 16 of 64 epochs of pre-training\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %q in\n%s", want, out)
		}
	}
}

// No help is wider than 80 columns, whatever the terminal.
func TestHelpWidth(t *testing.T) {
	for _, columns := range []string{"80", "", "200"} {
		t.Setenv("COLUMNS", columns)
		for _, line := range []string{
			"", "train", "sweep", "plot", "report", "evaluate", "data", "data list", "data get", "query", "model", "model list", "model show",
			"kinds", "explain", "bench", "reproduce", "version",
		} {
			checkWidth(t, line+" --help, COLUMNS="+columns, prospect(t, append(strings.Fields(line), "--help")...).stdout)
		}
	}
}

// A sweep's table is as in its file: numbers on the right, intervals, marks.
func TestSweepTable(t *testing.T) {
	plan := &sweepPlan{base: run.Settings{ValSplit: 0.1, Rule: "pc"}, axes: []sweepAxis{{name: "rule"}, {name: "lr"}, {name: "targets"}, {name: "seed"}}}
	var records []sweep.Record[point, trialResult]
	for i, rule := range []string{"pc", "bp"} {
		for j, lr := range []string{"1e-3", "0.01"} {
			for k, seed := range []string{"1", "2", "3"} {
				x := 0.125 + 0.25*float64(i*j) + 0.0625*float64(k*(2-k)+i)
				records = append(records, sweep.Record[point, trialResult]{
					Params: point{"rule": rule, "lr": lr, "targets": "01", "seed": seed},
					Result: trialResult{Classes: true, Test: x, Validation: x / 2, Diverged: i == 1 && j == 1 && k == 2},
				})
			}
		}
	}
	report, err := newSweepReport(plan, records)
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []tables.Format{tables.Text, tables.CSV} {
		var b bytes.Buffer
		w := tables.New(&b, format, 80)
		if report.write(w, "runs/sweep"); w.Err() != nil {
			t.Fatal(w.Err())
		}
		if format == tables.Text {
			checkWidth(t, "sweep", b.String())
		}
		golden(t, "sweep."+string(format), b.String())
	}
}
