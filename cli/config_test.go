package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A run can be made like another, or as a file says, and flags go before both.
func TestLikeAndConfig(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	first := in(t, dir, strings.Fields("train --data d.npz --rule pc --lr 0.02 --epochs 2 --batch 16 --activation leaky-relu:0.2 --out first --json")...)
	if first.code != 0 {
		t.Fatal(first.stderr)
	}
	same := func(what string, got outcome) {
		t.Helper()
		a, b := lastEnergy(first.stdout), lastEnergy(got.stdout)
		if got.code != 0 || a != b || a == "" {
			t.Errorf("%s: got %d, energy %s, want %s: %s", what, got.code, b, a, got.stderr)
		}
	}
	same("--like", in(t, dir, "train", "--like", "first", "--out", "second", "--json"))
	same("the manifest", in(t, dir, "train", "--config", "first/manifest.json", "--out", "third", "--json"))
	writeFile(t, filepath.Join(dir, "s.toml"), []byte("data = \"d.npz\"\nrule = \"pc\"\nlr = 0.02\nepochs = 2\nbatch = 16\nactivation = \"leaky-relu:0.2\"\n"))
	same("a file", in(t, dir, "train", "--config", "s.toml", "--out", "fourth", "--json"))
	same("flags first", in(t, dir, "train", "--config", "s.toml", "--lr", "0.02", "--out", "fifth", "--json"))
	if got := in(t, dir, "train", "--like", "first", "--lr", "0.001", "--out", "sixth", "--json"); got.code != 0 || lastEnergy(got.stdout) == lastEnergy(first.stdout) {
		t.Errorf("--lr beside --like is ignored: %s%s", got.stdout, got.stderr)
	}
	// A network of a file comes along, though the file is gone.
	writeFile(t, filepath.Join(dir, "net.toml"), []byte("model = {kind = \"mlp\", widths = [3, 4, 2]}\n"))
	if got := in(t, dir, strings.Fields("train --data d.npz --model net.toml --rule pc --epochs 1 --out file")...); got.code != 0 {
		t.Fatal(got.stderr)
	}
	if err := os.Remove(filepath.Join(dir, "net.toml")); err != nil {
		t.Fatal(err)
	}
	if got := in(t, dir, "train", "--like", "file", "--out", "file2", "--json"); got.code != 0 {
		t.Error(got.stderr)
	}
	writeFile(t, filepath.Join(dir, "bad.toml"), []byte("rule = \"pc\"\n\nlearning_rate = 1\n"))
	for args, want := range map[string]string{
		"--config bad.toml":              `line 3: settings: unknown field "learning_rate"`,
		"--config missing.toml":          "missing.toml",
		"--config d.npz":                 "want a file that ends in .toml or .json",
		"--like nowhere":                 "--like: run: manifest",
		"--like first --config bad.toml": "can't be used together",
	} {
		got := in(t, dir, append([]string{"train"}, strings.Fields(args)...)...)
		if got.code != 2 || !strings.Contains(got.stderr, want) {
			t.Errorf("%s: got %d, %s\nwant %s", args, got.code, got.stderr, want)
		}
	}
}

// lastEnergy is the training energy of the last line.
func lastEnergy(out string) string {
	_, rest, _ := strings.Cut(out[strings.LastIndex(out, "\"event\":\"done\"")+1:], `"train_energy":`)
	energy, _, _ := strings.Cut(rest, ",")
	return energy
}

// A run starts with the weights of another, but for those that are kept.
func TestInitFrom(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	train := strings.Fields("train --data d.npz --rule bp --batch 16 --json --epochs 1 --out")
	if got := in(t, dir, append(train, "a")...); got.code != 0 {
		t.Fatal(got.stderr)
	}
	if got := in(t, dir, append(train, "long", "--epochs", "4")...); got.code != 0 {
		t.Fatal(got.stderr)
	}
	fresh, on := in(t, dir, append(train, "b")...), in(t, dir, append(train, "c", "--init-from", "long")...)
	if on.code != 0 || !(lastEnergy(on.stdout) < lastEnergy(fresh.stdout)) {
		t.Errorf("got energy %s from trained weights, and %s from drawn ones: %s", lastEnergy(on.stdout), lastEnergy(fresh.stdout), on.stderr)
	}
	if got := in(t, dir, append(train, "d", "--init-from", "long", "--init-keep", "h1/*,h2/*,y/*")...); got.code != 0 || lastEnergy(got.stdout) != lastEnergy(fresh.stdout) {
		t.Errorf("all kept: got %s, want %s as drawn: %s", lastEnergy(got.stdout), lastEnergy(fresh.stdout), got.stderr)
	}
	if got := in(t, dir, append(train, "e", "--model", "mlp:3-64-2", "--init-from", "long")...); got.code == 0 || !strings.Contains(got.stderr, "--init-from long:") {
		t.Errorf("another network: got %d, %s", got.code, got.stderr)
	}
	if got := in(t, dir, append(train, "f", "--init-keep", "y")...); got.code != 2 || !strings.Contains(got.stderr, "add --init-from") {
		t.Errorf("nothing to keep from: got %d, %s", got.code, got.stderr)
	}
}

// A run goes on with another learning rate if it is asked to.
func TestResumeWithRate(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	train := strings.Fields("train --data d.npz --rule bp --batch 16 --json --out")
	for _, out := range []string{"a", "b"} {
		if got := in(t, dir, append(train, out, "--epochs", "1")...); got.code != 0 {
			t.Fatal(got.stderr)
		}
	}
	same := in(t, dir, append(train, "a", "--epochs", "2", "--resume")...)
	slow := in(t, dir, append(train, "b", "--epochs", "2", "--resume", "--lr", "1e-9")...)
	if slow.code != 0 || !strings.Contains(slow.stderr, "another learning rate") || !strings.Contains(slow.stdout, `"learning_rate":1e-9`) {
		t.Errorf("got %d, %s%s", slow.code, slow.stdout, slow.stderr)
	}
	if lastEnergy(same.stdout) == lastEnergy(slow.stdout) {
		t.Error("the learning rate makes no difference")
	}
	// The manifest knows it from then on.
	if again := in(t, dir, append(train, "b", "--epochs", "3", "--resume")...); !strings.Contains(again.stdout, `"learning_rate":1e-9`) {
		t.Errorf("got %s%s", again.stdout, again.stderr)
	}
}
