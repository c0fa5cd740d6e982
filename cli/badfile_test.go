package cli

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBadRunFile damages one file of a run directory and resumes and evaluates
// the run.
func TestBadRunFile(t *testing.T) {
	data := digits(t)
	good := filepath.Join(t.TempDir(), "run")
	prospect(t, small(data, good)...)
	const weights, trainer = "checkpoint/weights.safetensors", "checkpoint/trainer.json"
	for _, c := range []struct {
		name, file string
		damage     func(text string) string
		want       string
		evaluate   bool // whether evaluate looks at the file
	}{
		{"manifest is empty", "manifest.json", constant(""), "manifest.json", true},
		{"manifest is torn", "manifest.json", half, "manifest.json", true},
		{"manifest is twice", "manifest.json", func(s string) string { return s + s }, "manifest.json", true},
		{"manifest of the future", "manifest.json", swap(`"format": 1`, `"format": 9`), "got 9, want 1", true},
		{"manifest with more", "manifest.json", swap(`"seed": 1`, `"seed": 1, "sead": 2`), "sead", true},
		{"manifest with a bad setting", "manifest.json", swap(`"steps": 4`, `"steps": 0`), "--steps, got 0", true},
		{"manifest of another model", "manifest.json", swap("64-16-16-10", "64-16-8-10"), "h2/1/weight", true},
		{"manifest of another precision", "manifest.json", swap(`"f32"`, `"f64"`), "float64", true},
		{"weights are empty", weights, constant(""), "weights.safetensors", true},
		{"weights are torn", weights, half, "weights.safetensors", true},
		{"weights are text", weights, constant(strings.Repeat("hello ", 99)), "weights.safetensors", true},
		{"weights are NaN", weights, nan, "NaN", true},
		{"weights are missing", weights, nil, "weights.safetensors", true},
		{"optimizer is torn", "checkpoint/optimizer.safetensors", half, "optimizer.safetensors", false},
		{"optimizer is missing", "checkpoint/optimizer.safetensors", nil, "optimizer.safetensors", false},
		{"optimizer of another kind", trainer, swap(`"adam"`, `"momentum"`), "momentum", false},
		{"trainer is torn", trainer, half, "trainer.json", false},
		{"trainer of the future", trainer, swap(`"format": 1`, `"format": 2`), "got 2, want 1", false},
		{"trainer counts down", trainer, swap(`"updates": 90`, `"updates": -1`), "negative", false},
		{"trainer is beyond", trainer, swap(`"epoch": 2`, `"epoch": 7`), "longer run", false},
		{"trainer is beyond the epoch", trainer, swap(`"batch": 30`, `"batch": 99`), "want 0 to", false},
		{"clock is torn", "checkpoint/run.json", half, "run.json", false},
		{"metrics are missing", "metrics.jsonl", nil, "metrics.jsonl", false},
		{"metrics are of another run", "metrics.jsonl", constant("{}\n{}\n"), "metrics.jsonl", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "run")
			if err := os.CopyFS(out, os.DirFS(good)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(out, filepath.FromSlash(c.file))
			if c.damage == nil {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			} else {
				write(t, path, c.damage(read(t, path)))
			}
			resume := []string{"train", "--data-dir", data, "--out", out, "--resume", "--json"}
			checkFailure(t, finish(t, command(t, resume...)), exitFailure, c.want)
			got := finish(t, command(t, "evaluate", "--out", out, "--data-dir", data))
			if c.evaluate {
				checkFailure(t, got, exitFailure, c.want)
			} else if got.code != 0 {
				t.Errorf("evaluate: exit code %d: %s", got.code, got.stderr)
			}
		})
	}
}

// constant, half, swap and nan damage the content of a file.
func constant(text string) func(string) string { return func(string) string { return text } }

func half(s string) string { return s[:len(s)/2] }

func swap(from, to string) func(string) string {
	return func(s string) string { return strings.Replace(s, from, to, 1) }
}

func nan(s string) string {
	return s[:len(s)-4] + string(binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(math.NaN()))))
}

// TestBadDataFile trains on damaged data.
func TestBadDataFile(t *testing.T) {
	header := func(bytes ...byte) string { return string(bytes) }
	images := header(0, 0, 8, 3, 0, 0, 0xea, 0x60, 0, 0, 0, 28, 0, 0, 0, 28)
	for _, c := range []struct{ name, data, file, content, want string }{
		{"IDX torn", "mnist", "train-images-idx3-ubyte", images + "pixels", "train-images-idx3-ubyte"},
		{"IDX empty", "mnist", "train-images-idx3-ubyte", "", "train-images-idx3-ubyte"},
		{"IDX of floats", "mnist", "train-images-idx3-ubyte", header(0, 0, 13, 1, 0, 0, 0, 0), "train-images-idx3-ubyte"},
		{
			"IDX with huge axes", "fashion-mnist", "train-images-idx3-ubyte",
			header(0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255), "train-images-idx3-ubyte",
		},
		{"gzip torn", "mnist", "train-images-idx3-ubyte.gz", header(0x1f, 0x8b, 8, 0, 0, 0), "train-images-idx3-ubyte.gz"},
		{"CIFAR torn", "cifar-10", "cifar-10-binary.tar.gz", header(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3), "cifar-10-binary.tar.gz"},
		{"CSV of letters", "optdigits", "optdigits.tra", "a,b,c\n", "optdigits.tra"},
		{"CSV with a huge label", "optdigits", "optdigits.tra", strings.Repeat("0,", 64) + "10\n", "optdigits.tra"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, c.data, c.file), c.content)
			cmd := command(t, "train", "--data", c.data, "--data-dir", dir)
			checkFailure(t, finish(t, cmd), exitFailure, c.want)
			if runs, _ := filepath.Glob(filepath.Join(cmd.Dir, "runs", "*")); len(runs) > 0 {
				t.Errorf("got %v left behind, want nothing", runs)
			}
		})
	}
}
