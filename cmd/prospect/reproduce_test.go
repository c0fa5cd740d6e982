package main

import (
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
		{"reproduce", exitUsage, "panel"},
		{"reproduce fig9", exitUsage, `"fig9"`},
		{"reproduce list fig3a", exitUsage, `"list"`},
		{"reproduce fig3a --preset slow", exitUsage, "--preset"},
		{"reproduce fig3a --protocol other", exitUsage, "--protocol"},
		{"reproduce fig3a --seeds -1", exitUsage, "--seeds"},
		{"reproduce fig3a --workers -2", exitUsage, "--workers"},
		{"reproduce fig3a --resume", exitUsage, "--out"},
		{"reproduce fig4b --out here", exitFailure, "fashion-mnist"},
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
		if killAfter(t, cmd, whole*time.Duration(i+1)/8) {
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
