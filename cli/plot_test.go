package cli

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Curves of one run and of several are pictures, and numbers.
func TestPlot(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	for _, flags := range []string{"--out a", "--out b --lr 0.01 --rule pc", "--out r --data house.csv:target=price --val-split 0.2"} {
		if !strings.Contains(flags, "house") {
			flags += " --data d.npz"
		}
		if got := in(t, dir, append(strings.Fields("train --epochs 3 --batch 16"), strings.Fields(flags)...)...); got.code != 0 {
			t.Fatal(got.stderr)
		}
	}
	for args, want := range map[string]string{
		"a":                                "curves.png: test error (%) of 2 runs",
		"a b --file c.svg":                 "c.svg: test error (%) of 3 runs",
		"b --what energies --file e.pdf":   "e.pdf: energy of a sample of 1 runs",
		"b --what Gradient":                "median gradient norm of a sample",
		"r --what validation --file v.csv": "v.csv: validation R² of 2 runs",
		"a --what rate":                    "learning rate of 2 runs",
	} {
		got := in(t, dir, append([]string{"plot"}, strings.Fields(args)...)...)
		if got.code != 0 || !strings.Contains(got.stdout, want) {
			t.Errorf("%s: got %d, %s%s\nwant %s", args, got.code, got.stdout, got.stderr, want)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "curves.png"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(text)); err != nil {
		t.Error(err)
	}
	if csv := readFile(t, filepath.Join(dir, "v.csv")); strings.Count(csv, "\n") != 7 || !strings.Contains(csv, "curves,pc,1,") || !strings.Contains(csv, "curves,bp,3,") {
		t.Errorf("got %s, want three epochs of both rules", csv)
	}
	for args, want := range map[string]string{
		"nowhere":                    "nowhere: holds no run",
		"a --what enrgy":             `did you mean "energy"?`,
		"a --what validation":        "no epoch of these runs has it",
		"a --file c.gif":             "want a name that ends in .png, .svg, .pdf or .csv",
		"a/backprop --what energies": "total energy alone",
	} {
		got := in(t, dir, append([]string{"plot"}, strings.Fields(args)...)...)
		if got.code == 0 || !strings.Contains(got.stderr, want) {
			t.Errorf("%s: got %d, %s\nwant %s", args, got.code, got.stderr, want)
		}
	}
}

// The page of a run is one file with everything in it.
func TestReport(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	for _, flags := range []string{"--data d.npz --out a --tolerance 0.01", "--data house.csv:target=price --out r"} {
		if got := in(t, dir, append(strings.Fields("train --epochs 2 --batch 16 --rule pc"), strings.Fields(flags)...)...); got.code != 0 {
			t.Fatal(got.stderr)
		}
	}
	for args, want := range map[string][]string{
		"a":                  {"mlp:3-64-64-2 on d.npz", "test error (%)", "energy of a sample", "% of batches", "What is taken for what", "recall", "tolerance", "0.01"},
		"r --file page.html": {"house.csv:target=price", "test R²", "no criterion"},
	} {
		got := in(t, dir, append([]string{"report"}, strings.Fields(args)...)...)
		if got.code != 0 {
			t.Fatalf("%s: %s", args, got.stderr)
		}
		page := readFile(t, filepath.Join(dir, strings.TrimSpace(got.stdout)))
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s: the page has no %q", args, text)
			}
		}
		if strings.Contains(page, "src=\"http") || strings.Contains(page, "href=\"http") {
			t.Errorf("%s: the page needs the network", args)
		}
		if args[0] == 'r' && strings.Contains(page, "taken for") {
			t.Error("numbers are taken for classes")
		}
	}
	if got := in(t, dir, "report", "nowhere"); got.code == 0 || !strings.Contains(got.stderr, "holds no run") {
		t.Errorf("got %d, %s", got.code, got.stderr)
	}
}
