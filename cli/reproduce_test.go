package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestReproduceList(t *testing.T) {
	out := prospect(t, "reproduce", "list")
	for _, want := range []string{"fig3a", "fig4b", "fig6c", "fashion-mnist", "quick", "full"} {
		if !strings.Contains(out.stdout, want) {
			t.Errorf("got %q, want %q in it", out.stdout, want)
		}
	}
}

func TestReproduceBadLines(t *testing.T) {
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"reproduce", exitUsage, "reproduce list"},
		{"reproduce fig9", exitUsage, `"fig9"`},
		{"reproduce list fig9", exitUsage, `"fig9"`},
		{"reproduce fig3a --quirk dead-output=off", exitUsage, "no slips"},
		{"reproduce fig4d --quirk dead-outputs=off", exitUsage, "dead-output, colliding-labels"},
		{"reproduce fig4d --quirk dead-output=no", exitUsage, "on or off"},
		{"reproduce fig5f --seeds 1000000000", exitUsage, "at most"},
		{"reproduce fig3a --preset slow", exitUsage, "--preset"},
		{"reproduce fig3a --protocol other", exitUsage, "--protocol"},
		{"reproduce fig3a --seeds -1", exitUsage, "--seeds, got -1, want at least 1"},
		{"reproduce fig3e --seeds some", exitUsage, "want a number or published"},
		{"reproduce fig3a --seeds published", exitUsage, "fig3a has none"},
		{"reproduce fig3a --workers -2", exitUsage, "--workers"},
		{"reproduce fig3a --resume", exitUsage, "--out"},
		{"reproduce fig4b --out here", exitFailure, "fashion-mnist"},
		{"reproduce fig4b fig2 fig4i fig4h --out here", exitFailure, "prospect: fig4b, fig4h: datasets: fashion-mnist: "},
		{"reproduce fig4b fig4i --out here", exitFailure, "; fig4i: datasets: cifar-10: "},
	} {
		out := finish(t, command(t, strings.Fields(tt.args)...))
		text := strings.Split(strings.TrimSpace(out.stderr), "\n")
		last := text[len(text)-1]
		if out.code != tt.code || !strings.HasPrefix(last, "prospect: ") || !strings.Contains(last, tt.want) {
			t.Errorf("%s: exit code %d, %q, want %d and %q", tt.args, out.code, out.stderr, tt.code, tt.want)
		}
	}
}

// One line of JSON for each panel, files beside it, and no second run over the
// trials of the first.
func TestReproduce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	out := prospect(t, "reproduce", "fig2", "fig3a", "--json", "--out", dir)
	var names []string
	for line := range strings.Lines(out.stdout) {
		var e struct {
			Event, Name string
			Agrees      bool
			Seconds     float64
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Event != "panel" || !e.Agrees || e.Seconds <= 0 {
			t.Errorf("got line %q, %v", line, err)
		}
		names = append(names, e.Name)
	}
	if strings.Join(names, " ") != "fig2 fig3a" {
		t.Errorf("got panels %v", names)
	}
	for _, name := range []string{"index.html", "fig3a/fig3a.png", "fig3a/fig3a.svg", "fig3a/data.csv", "fig3a/claims.csv", "fig3a/report.txt", "trials/fig3a.jsonl"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if again := finish(t, command(t, "reproduce", "fig3a", "--out", dir)); again.code != exitFailure || !strings.Contains(again.stderr, "--resume") {
		t.Errorf("again: exit code %d, %q", again.code, again.stderr)
	}
	if text := prospect(t, "reproduce", "fig3a", "--out", dir, "--resume").stdout; !strings.Contains(text, "fig3a AGREES: 12 of 12 claims hold") {
		t.Errorf("got %q", text)
	}
}

// A run that is killed again and again ends with the numbers of one that was not.
func TestReproduceAfterKills(t *testing.T) {
	root := t.TempDir()
	line := func(dir string) []string {
		return []string{"reproduce", "fig6c", "--seeds", "120", "--workers", "2", "--resume", "--out", filepath.Join(root, dir)}
	}
	begin := time.Now()
	prospect(t, line("undisturbed")...)
	whole := time.Since(begin)
	kills := 0
	for i := range 4 {
		cmd := command(t, line("killed")...)
		cmd.Stdout = io.Discard
		if killAfter(t, cmd, os.Kill, whole*time.Duration(i+1)/8) {
			kills++
		}
	}
	prospect(t, append(line("killed"), "--workers", "1")...)
	for _, name := range []string{"data.csv", "claims.csv"} {
		if read(t, filepath.Join(root, "killed/fig6c", name)) != read(t, filepath.Join(root, "undisturbed/fig6c", name)) {
			t.Errorf("%s differs from that of the undisturbed run", name)
		}
	}
	if kills == 0 {
		t.Error("no run was killed before its end")
	}
}

// Each panel in the list has what is needed to decide what to run.
func TestReproduceListJSON(t *testing.T) {
	out := prospect(t, "reproduce", "list", "--json")
	shares := map[string][]string{}
	for line := range strings.Lines(out.stdout) {
		var e struct {
			Event, Name, Shows string
			SharesTrials       []string `json:"shares_trials"`
			Trials             map[string]int
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Event != "list" || e.Shows == "" || e.Trials["quick"] == 0 || e.Trials["full"] == 0 {
			t.Errorf("got line %q, %v", line, err)
		}
		shares[e.Name] = e.SharesTrials
	}
	if len(shares) < 19 || len(shares["fig4b"]) != 1 || shares["fig4b"][0] != "fig4c" || shares["fig3a"] != nil {
		t.Errorf("got %v", shares)
	}
	one := prospect(t, "reproduce", "list", "fig4d").stdout
	for _, want := range []string{"fig4d-e", "dead-output=off", "seeds: 21"} {
		if !strings.Contains(one, want) {
			t.Errorf("got %q, want %q in it", one, want)
		}
	}
}

// waitForTrials waits until a store has some, but not for ever.
func waitForTrials(path string) {
	for range 1000 {
		if info, err := os.Stat(path); err == nil && info.Size() > 1000 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Two processes do not write to one directory, and one that was killed leaves it
// free.
func TestReproduceLocks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	first := command(t, "reproduce", "fig6c", "--workers", "1", "--out", dir)
	first.Stderr = io.Discard
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	waitForTrials(filepath.Join(dir, "trials", "fig6c.jsonl"))
	second := finish(t, command(t, "reproduce", "fig3a", "--resume", "--out", dir))
	_ = first.Process.Kill()
	_ = first.Wait()
	if second.code != exitFailure || !strings.Contains(second.stderr, "another prospect process") {
		t.Errorf("second process: exit code %d, %q", second.code, second.stderr)
	}
	prospect(t, "reproduce", "fig3a", "--resume", "--out", dir)
}

// A panel that fails leaves the others alone, and the page has all that are in
// the directory.
func TestReproduceGoesOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	prospect(t, "reproduce", "fig2", "--out", dir)
	write(t, filepath.Join(dir, "trials", "fig3a.jsonl"),
		`{"schema":1,"store":"fig3a","preset":"quick","protocol":"published"}`+"\n"+`{"trial":{"rule":"pc","rate":0.2,"seed":0},"series":[]}`+"\n")
	out := finish(t, command(t, "reproduce", "fig3a", "fig3d", "--json", "--resume", "--out", dir))
	if out.code != exitFailure || !strings.Contains(out.stderr, "fig3a.jsonl: line 2") || !strings.HasSuffix(strings.TrimSpace(out.stderr), "--resume") {
		t.Errorf("exit code %d, %q", out.code, out.stderr)
	}
	if strings.Count(out.stdout, "\n") != 1 || !strings.Contains(out.stdout, `"name":"fig3d"`) || !strings.Contains(out.stdout, `"out":"`+dir+`"`) {
		t.Errorf("got %q, want the event of fig3d", out.stdout)
	}
	page := read(t, filepath.Join(dir, "index.html"))
	if first, second := strings.Index(page, `id="fig2"`), strings.Index(page, `id="fig3d"`); first < 0 || second < first || strings.Contains(page, `id="fig3a"`) {
		t.Errorf("the page has fig2 at %d, fig3d at %d", first, second)
	}
}

// Interrupted, it says how to go on, with everything that was asked for.
func TestReproduceInterrupted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	cmd := command(t, "reproduce", "fig6c", "--seeds", "5000", "--workers", "1", "--json", "--out", dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForTrials(filepath.Join(dir, "trials", "fig6c.jsonl"))
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Fatalf("exit code %d, %q", code, &stderr)
	}
	for _, want := range []string{"reproduce fig6c --preset quick --seeds 5000 --workers 1", "--resume", "--json"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("got %q, want %q in it", &stderr, want)
		}
	}
}
