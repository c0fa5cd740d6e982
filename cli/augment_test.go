package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// Augmented samples and rates of some parameters are settings like others: from flags, a
// file and another run, the same after a resume, and in the training part alone.
func TestAugmentAndRates(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	plain := strings.Fields("train --data pictures --rule bp --batch 16 --val-split 0.2 --model mlp:81-12-3 --json --epochs")
	flags := append(plain, "3", "--augment", "Crop:1,flip,rotate:10,noise:0.1,cutout(2,fill=1)", "--rates", "h1/*=0.1,*/bias=2")
	whole := in(t, dir, append(flags, "--out", "whole")...)
	if whole.code != 0 {
		t.Fatal(whole.stderr)
	}
	var manifest struct {
		Settings struct{ Augment, Rates string }
	}
	if err := json.Unmarshal([]byte(readFile(t, filepath.Join(dir, "whole", "manifest.json"))), &manifest); err != nil {
		t.Fatal(err)
	}
	if m := manifest.Settings; m.Augment != "crop:1,flip,rotate:10,noise:0.1,cutout(2,fill=1)" || m.Rates != "h1/*=0.1,*/bias=2" {
		t.Errorf("the manifest has %+v", m)
	}
	run := func(out string, args ...string) {
		t.Helper()
		if got := in(t, dir, append(args, "--out", out)...); got.code != 0 {
			t.Fatalf("%s: %s", out, got.stderr)
		}
	}
	same := func(out string) {
		t.Helper()
		compareRuns(t, filepath.Join(dir, out), filepath.Join(dir, "whole"))
	}
	run("again", "train", "--like", "whole")
	same("again")
	writeFile(t, filepath.Join(dir, "s.toml"), []byte("data = \"pictures\"\nrule = \"bp\"\nbatch = 16\nepochs = 3\nval_split = 0.2\nmodel = \"mlp:81-12-3\"\n"+
		"augment = \"crop:1,flip,rotate:10,noise:0.1,cutout(2,fill=1)\"\nrates = \"h1/*=0.1,*/bias=2\"\n"))
	run("file", "train", "--config", "s.toml")
	same("file")
	weights := func(out string) string {
		return readFile(t, filepath.Join(dir, out, "checkpoint", "weights.safetensors"))
	}
	for out, args := range map[string][]string{
		"plain": nil, "augmented": {"--augment", "crop:1,flip"}, "rated": {"--rates", "h1=0.1"}, "unit": {"--rates", "h1=1"},
	} {
		run(out, append(append(plain[:len(plain):len(plain)], "3"), args...)...)
	}
	if weights("plain") == weights("augmented") || weights("plain") == weights("rated") || weights("plain") != weights("unit") {
		t.Error("augmentation or rates make no difference, or a factor of 1 does")
	}
	// With weights that do not move, what is evaluated does not depend on the changes.
	for out, args := range map[string][]string{"still": nil, "changed": {"--augment", "noise:3"}} {
		run(out, append(append(plain[:len(plain):len(plain)], "1", "--lr", "1e-30"), args...)...)
	}
	still, changed := map[string]any{}, map[string]any{}
	for out, into := range map[string]*map[string]any{"still": &still, "changed": &changed} {
		if err := json.Unmarshal([]byte(readFile(t, filepath.Join(dir, out, "metrics.jsonl"))), into); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"val_error", "val_squared_error", "test_error", "test_squared_error"} {
		if still[name] == nil || still[name] != changed[name] {
			t.Errorf("%s: got %v, want %v, as without changes", name, changed[name], still[name])
		}
	}
	if still["train_energy"] == changed["train_energy"] {
		t.Error("the training part is not changed")
	}
}
