package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// The range of the pixels is chosen by the energy of the samples, said, and kept in
// the manifest; what was asked for is used.
func TestPixelsByEnergy(t *testing.T) {
	for _, c := range []struct {
		more []string
		want string
		said bool
	}{
		{[]string{"--energy", "bernoulli"}, "unit", true},
		{[]string{"--energy", "bernoulli", "--pixels", "unit"}, "unit", false},
		{nil, "standard", false},
		{[]string{"--pixels", "unit"}, "unit", false},
	} {
		out := filepath.Join(t.TempDir(), "run")
		line := append([]string{"train", "--model", "autoencoder:784-8", "--epochs", "1", "--limit-batches", "2", "--rule", "pc", "--out", out}, c.more...)
		got := prospect(t, line...)
		if said := strings.Contains(got.stderr, "took --pixels unit"); said != c.said {
			t.Errorf("%v: said %q, want --pixels unit there: %v", c.more, got.stderr, c.said)
		}
		var m struct {
			Settings struct {
				Pixels string `json:"pixels"`
			} `json:"settings"`
		}
		if err := json.Unmarshal([]byte(read(t, filepath.Join(out, "manifest.json"))), &m); err != nil || m.Settings.Pixels != c.want {
			t.Errorf("%v: manifest with pixels %q (%v), want %q", c.more, m.Settings.Pixels, err, c.want)
		}
		if c.said { // and the run goes on as it was started, with the same numbers
			prospect(t, append(line, "--resume", "--epochs", "2")...)
		}
	}
}

// The label's energy has no say in the pixels.
func TestPixelsOfClassifier(t *testing.T) {
	out := filepath.Join(t.TempDir(), "run")
	prospect(t, "train", "--energy", "bernoulli", "--model", "mlp:784-8-10", "--epochs", "1", "--limit-batches", "1", "--rule", "pc", "--out", out)
	if text := read(t, filepath.Join(out, "manifest.json")); !strings.Contains(text, `"pixels": "standard"`) {
		t.Errorf("got %s, want standard pixels", text)
	}
}

// A model file whose input has the axes of the images in another order is refused.
func TestAxesOfFile(t *testing.T) {
	const file = `input = "x"
target = "y"

[[node]]
name = "x"
shape = %SHAPE%

[[node]]
name = "y"
shape = [10]

[[prediction]]
of = "y"
from = ["x"]
layer = [{kind = "flatten"}, {kind = "dense", out = 10}]
`
	for shape, want := range map[string]string{
		"[28, 28]":    "",
		"[784]":       "",
		"[1, 28, 28]": "",
		"[56, 14]":    `node "x": data glyphs: shape of the samples, got [28 28], want the axes of the node, [56 14]`,
		"[1, 14, 56]": "got [28 28], want the axes of the node, [1 14 56]",
	} {
		path := filepath.Join(t.TempDir(), "net.toml")
		write(t, path, strings.Replace(file, "%SHAPE%", shape, 1))
		got := finish(t, command(t, "train", "--model", path, "--epochs", "1", "--limit-batches", "1", "--rule", "pc", "--out", filepath.Join(t.TempDir(), "run")))
		if want == "" && got.code != 0 || want != "" && (got.code != exitUsage || !strings.Contains(got.stderr, want)) {
			t.Errorf("%s: got code %d and %q, want %q", shape, got.code, got.stderr, want)
		}
	}
}
