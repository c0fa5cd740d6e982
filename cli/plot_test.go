package cli

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
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
		"a": {
			"mlp:3-64-64-2 on d.npz", "Test error (%)", "Energy of a sample", "% of batches", "What is taken for what", "recall", "tolerance", "0.01",
			"Of the first 60 test samples", "taken for</th>", "How a test sample settles", "In training the weights would change only then", "Energy by layer", "pc: term", "pc, epoch 2: converged",
		},
		"r --file page.html": {
			"house.csv:target=price", "Test R²", "no criterion", "those with the greatest errors, then the first ones",
			"<th>predicted</th>", `"title":"y, predicted"`, `"marks":[`, `"name":"sum"`,
		},
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
		if found := foreign.FindString(page); found != "" {
			t.Errorf("%s: the page needs the network: %s", args, found)
		}
		if args[0] == 'r' && strings.Contains(page, "taken for") {
			t.Error("numbers are taken for classes")
		}
	}
	if got := in(t, dir, "report", "nowhere"); got.code == 0 || !strings.Contains(got.stderr, "holds no run") {
		t.Errorf("got %d, %s", got.code, got.stderr)
	}
}

// A page of any model has its samples and a relaxation: pictures with what is made of
// them, texts, and rules that do not relax.
func TestReportOfModels(t *testing.T) {
	dir := t.TempDir()
	for flags, want := range map[string][]string{
		"--model generative:8-8 --train-per-class 3":                                            {`<div class="gallery">`, "taken for", `"title":"y, clamped"`, `"title":"x, predicted"`},
		"--model autoencoder:784-8 --train-per-class 3":                                         {`<div class="gallery">`, "each beside what the network makes of it", "squared error", `"title":"y, predicted"`},
		"--model mlp:784-8-10 --rule bp --train-per-class 3":                                    {"backprop, changes the weights without it", "bp: the rule does not relax"},
		"--data sums --model transformer:8,width=8,depth=1,heads=1 --limit-batches 2 --batch 8": {"what follows, and what is said to", " of 8</td>"},
	} {
		args := strings.Fields("train --epochs 1 --steps 3 --out " + strconv.Itoa(len(flags)) + " " + flags)
		if !strings.Contains(flags, "--rule") {
			args = append(args, "--rule", "pc")
		}
		if got := in(t, dir, args...); got.code != 0 {
			t.Fatal(got.stderr)
		}
		got := in(t, dir, "report", strconv.Itoa(len(flags)))
		if got.code != 0 {
			t.Fatal(got.stderr)
		}
		page := readFile(t, filepath.Join(dir, strings.TrimSpace(got.stdout)))
		for _, text := range append(want, "Test samples", "How a test sample settles") {
			if !strings.Contains(page, text) {
				t.Errorf("%s: the page has no %q", flags, text)
			}
		}
	}
}

// A page without the data says so, and has the rest.
func TestReportWithoutData(t *testing.T) {
	data, out := digits(t), filepath.Join(t.TempDir(), "run")
	prospect(t, small(data, out)...)
	prospect(t, "report", out, "--data-dir", filepath.Join(data, "elsewhere"))
	page := read(t, filepath.Join(out, "report.html"))
	if !strings.Contains(page, "They are not shown: ") || !strings.Contains(page, "Energy by layer") {
		t.Error("the page does not say that there are no data")
	}
}
