package reproduce

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// sabotageFile says what is broken on purpose, and which panels have to notice.
//
//go:embed testdata/sabotage.toml
var sabotageFile []byte

// sabotage is a mistake in the program. Every panel of Panels claims to depend on what it
// breaks; Data says that they take images.
type sabotage struct {
	Name   string   `toml:"name"`
	Panels []string `toml:"panels"`
	Edits  []struct {
		File string `toml:"file"`
		Old  string `toml:"old"`
		New  string `toml:"new"`
	} `toml:"edit"`
}

var (
	runSabotage  = flag.Bool("sabotage", false, "build every sabotaged program and ask the panels, which takes minutes")
	sabotageOnly = flag.String("sabotage-only", "", "the sabotages whose name has this in it")
	sabotageOut  = flag.String("sabotage-table", "", "write the table as Markdown into this file")
)

// exactPanels are run with the published seeds, the others with the quick preset's.
var exactPanels = []string{"alignment", "teacher-student", "fig6c", "fig3f-g-h"}

const root = "../.."

func sabotages(t *testing.T) []sabotage {
	t.Helper()
	var f struct {
		Sabotage []sabotage `toml:"sabotage"`
	}
	d := toml.NewDecoder(bytes.NewReader(sabotageFile))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		t.Fatal(err)
	}
	return f.Sabotage
}

// Every sabotage fits the program as it is, and names panels.
func TestSabotagesFit(t *testing.T) {
	all := sabotages(t)
	if len(all) < 12 {
		t.Errorf("got %d sabotages, want at least 12", len(all))
	}
	for _, s := range all {
		for _, e := range s.Edits {
			text, err := os.ReadFile(filepath.Join(root, e.File))
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(text), e.Old); n != 1 {
				t.Errorf("%s: %s has %q %d times, want once", s.Name, e.File, e.Old, n)
			}
		}
		if _, err := Find(s.Panels, false); err != nil || len(s.Panels) == 0 {
			t.Errorf("%s: panels %v: %v", s.Name, s.Panels, err)
		}
	}
}

// A program that is wrong in what a panel depends on does not get its agreement.
func TestSabotage(t *testing.T) {
	if !*runSabotage {
		t.Skip("the sabotaged programs are built and run with -sabotage only")
	}
	all := slices.Insert(sabotages(t), 0, sabotage{Name: "none", Panels: []string{"fig2", "fig3a", "alignment", "teacher-student", "fig6c", "fig3f-g-h", "width-depth", "mupc"}})
	rows := "| sabotage | panels that say no |\n| --- | --- |\n"
	for _, s := range all {
		if !strings.Contains(s.Name, *sabotageOnly) {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			program := s.build(t)
			var no []string
			for _, panel := range s.Panels {
				verdict, ran := ask(t, program, panel)
				if ran && verdict == (s.Name != "none") {
					t.Errorf("%s: agrees: %v", panel, verdict)
				}
				if ran && !verdict {
					no = append(no, panel)
				}
			}
			if s.Name != "none" {
				rows += fmt.Sprintf("| %s | %s |\n", s.Name, strings.Join(no, ", "))
			}
		})
	}
	if *sabotageOut != "" {
		if err := os.WriteFile(*sabotageOut, []byte(rows), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// build builds the program with the edits, which the tree never sees.
func (s sabotage) build(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	replace := map[string]string{}
	for i, e := range s.Edits {
		path, err := filepath.Abs(filepath.Join(root, e.File))
		if err != nil {
			t.Fatal(err)
		}
		source := path
		if replace[path] != "" {
			source = replace[path]
		}
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		replace[path] = filepath.Join(dir, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(replace[path], []byte(strings.Replace(string(text), e.Old, e.New, 1)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file, program := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "prospect")
	if err := os.WriteFile(file, overlay, 0o666); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-overlay", file, "-o", program, "./cmd/prospect")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// ask runs a panel and returns whether it agrees, but for what rounding decides. A panel without its data is not run; one
// that cannot be run does not agree.
func ask(t *testing.T, program, panel string) (agrees, ran bool) {
	t.Helper()
	args := []string{"reproduce", panel, "--json", "--out", filepath.Join(t.TempDir(), "out")}
	if slices.Contains(exactPanels, panel) {
		args = append(args, "--seeds", "published")
	}
	var stderr bytes.Buffer
	c := exec.Command(program, args...)
	c.Stderr = &stderr
	out, err := c.Output()
	if all, _ := Find([]string{panel}, false); strings.Contains(stderr.String(), "set PROSPECT_DATA") && all[0].Data != "" {
		t.Logf("%s: not run: there is no %s; set PROSPECT_DATA", panel, all[0].Data)
		return false, false
	}
	if err != nil {
		t.Logf("%s: %v: %s", panel, err, stderr.String())
		return false, true
	}
	var e Event
	if err := json.Unmarshal(out, &e); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return e.Hold+e.Claims.Chaotic() == len(e.Claims), true
}
