package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every model that the command line names trains, and its evaluation is that of
// the last epoch.
func TestModels(t *testing.T) {
	data := digits(t)
	for _, c := range []struct {
		model    string
		classify bool
		more     []string
	}{
		{"mlpresidual:64-16x5-10", true, nil},
		{"generative:16", true, []string{"--solver", "nesterov"}},
		{"generative:16,latent=4,classes=0", false, []string{"--solver", "adam", "--step-size", "0.01", "--start-std", "0.05"}},
		{"autoencoder:64-16-4,tied=true", false, []string{"--solver", "momentum"}},
		{"recurrent:64-16-10", true, nil},
		{"recurrent:64-16-10,topology=clique,tied=true", true, []string{"--init", "xavier-normal", "--activation", "sigmoid"}},
		{"memory:8-16", false, nil},
		{"convnet:16", true, nil},
		{"resnet:1-1,width=4,norm=batch-norm", true, nil},
		{"transformer:8,width=8,depth=1,heads=2", true, []string{"--data", "sums", "--limit-batches", "20"}},
	} {
		t.Run(c.model, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "run")
			events := timeless(t, prospect(t, append(small(data, out, "--model", c.model, "--json", "--epochs", "4"), c.more...)...).stdout)
			last := events[len(events)-1]
			if _, ok := last["test_error"]; ok != c.classify {
				t.Errorf("test_error, got %v, want one: %v", last["test_error"], c.classify)
			}
			first, final := events[0]["train_energy"].(float64), last["train_energy"].(float64)
			if !(final < first) {
				t.Errorf("energy of the epochs, got %v and %v, want less at the end", first, final)
			}
			var got map[string]any
			if err := json.Unmarshal([]byte(prospect(t, "evaluate", "--out", out, "--data-dir", data, "--json").stdout), &got); err != nil {
				t.Fatal(err)
			}
			if got["test_error"] != last["test_error"] || got["test_squared_error"] != last["test_squared_error"] {
				t.Errorf("evaluation, got %v, want that of %v", got, last)
			}
		})
	}
}

// Without --rule the comparison with backprop is left out where there is none.
func TestModelWithoutBackprop(t *testing.T) {
	data := digits(t)
	for model, both := range map[string]bool{"memory:4-8": false, "autoencoder:64-4": true} {
		got := prospect(t, "train", "--data", "optdigits", "--data-dir", data, "--model", model, "--epochs", "1")
		if strings.Contains(got.stdout, "backprop") != both {
			t.Errorf("%s, got %q, want a line for backprop: %v", model, got.stdout, both)
		}
	}
}

// net is a network with a skip connection, as a file.
const net = `
node = [{name = "x", shape = [8, 8]}, {name = "h", shape = 12}, {name = "y", shape = 10}]

[[prediction]]
of = "h"
from = "x"
layer = ["flatten", {kind = "dense", out = 12}]

[[prediction]]
of = "y"
from = ["h", "x"]
[prediction.layer]
kind = "sum"
layers = [["tanh", {kind = "dense", out = 10}], ["flatten", {kind = "dense", out = 10, no_bias = true}]]
`

// A run keeps the file that it was started with.
func TestModelFile(t *testing.T) {
	data, dir := digits(t), t.TempDir()
	path, out := filepath.Join(dir, "net.toml"), filepath.Join(dir, "run")
	write(t, path, net)
	prospect(t, small(data, out, "--model", path)...)
	other := strings.Replace(net, `"tanh"`, `"relu"`, 1)
	write(t, path, other)
	checkFailure(t, finish(t, command(t, small(data, out, "--model", path, "--resume", "--epochs", "4")...)), exitUsage, "net.toml has changed since the run was started")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	events := timeless(t, prospect(t, "train", "--data-dir", data, "--out", out, "--resume", "--epochs", "4", "--json").stdout)
	last := events[len(events)-1]
	if e, ok := last["test_error"].(float64); !ok || e > 0.2 {
		t.Errorf("test error, got %v, want at most 0.2 on data this easy", last["test_error"])
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(prospect(t, "evaluate", "--out", out, "--data-dir", data, "--json").stdout), &got); err != nil {
		t.Fatal(err)
	}
	if got["test_error"] != last["test_error"] {
		t.Errorf("evaluation, got %v, want that of %v", got, last)
	}
}

// Files that cannot be right, with their line, and nothing left behind.
func TestBadModelFile(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"tanh"`, `"tan"`, `net.toml:14: layer: kind, got "tan", want one of`},
		{`shape = [8, 8]`, `shape = [8, 9]`, `net.toml: nodes "x" and "y": got 72 and 10 units, but data optdigits has samples of 64 numbers and 10 classes`},
		{`shape = 12}`, `shape = 13}`, `net.toml:4: graph: prediction "h" of node "h": shape of the prediction, got [12] for each sample, want [13]`},
		{`of = "h"`, `of = "h`, `net.toml:5: `},
	} {
		cmd := command(t, "train", "--data", "optdigits", "--model", "net.toml")
		write(t, filepath.Join(cmd.Dir, "net.toml"), strings.Replace(net, c.old, c.new, 1))
		checkFailure(t, finish(t, cmd), exitUsage, c.want)
		if left, _ := filepath.Glob(filepath.Join(cmd.Dir, "runs", "*")); len(left) > 0 {
			t.Errorf("got %v left behind, want nothing", left)
		}
	}
	cmd := command(t, "train", "--data", "optdigits", "--model", "net.toml", "--activation", "relu")
	write(t, filepath.Join(cmd.Dir, "net.toml"), net)
	checkFailure(t, finish(t, cmd), exitUsage, "--activation: --model net.toml does not have it; set it in the file")
}

// TestModelCommand lists and shows models, and trains what it has written.
func TestModelCommand(t *testing.T) {
	list := prospect(t, "model", "list").stdout
	for _, want := range []string{"mlp:WIDTHS", "generative:HIDDEN", "memory:HIDDEN", "NET.toml"} {
		if !strings.Contains(list, want) {
			t.Errorf("model list, got %q, want it to contain %q", list, want)
		}
	}
	show := prospect(t, "model", "show", "generative:16", "--data", "optdigits").stdout
	for _, want := range []string{"3 nodes, 2 predictions, 1264 parameters", "labels", "samples", `["tanh", {kind = "dense", out = 64}]`} {
		if !strings.Contains(show, want) {
			t.Errorf("model show, got %q, want it to contain %q", show, want)
		}
	}
	data, dir := digits(t), t.TempDir()
	for i, model := range []string{"mlp:64-16-10", "generative:16", "autoencoder:64-8", "memory:8-16"} {
		path := filepath.Join(dir, string(rune('a'+i))+".toml")
		text := prospect(t, "model", "show", model, "--data", "optdigits", "--toml").stdout
		write(t, path, text)
		named, file := filepath.Join(dir, model), path+".run"
		prospect(t, small(data, named, "--model", model)...)
		prospect(t, small(data, file, "--model", path)...)
		const weights = "checkpoint/weights.safetensors"
		if read(t, filepath.Join(named, weights)) != read(t, filepath.Join(file, weights)) {
			t.Errorf("%s: the file that was written trains to other weights", model)
		}
		if got := prospect(t, "model", "show", "--out", file, "--toml").stdout; got != text {
			t.Errorf("%s: the run does not hold the file it was started with: %q", model, got)
		}
	}
	checkFailure(t, finish(t, command(t, "model", "show", "lenet")), exitUsage, "want one of mlp")
	checkFailure(t, finish(t, command(t, "model", "show", "mlp", "--out", "x")), exitUsage, "one of the two")
	checkFailure(t, finish(t, command(t, "model", "show", "--out", "x")), exitFailure, "holds no run")
}

// A network is drawn by Graphviz.
func TestModelDOT(t *testing.T) {
	got := prospect(t, "model", "show", "generative", "--dot").stdout
	if !strings.HasPrefix(got, "digraph network {") || !strings.Contains(got, `-> "x"`) {
		t.Errorf("got %s", got)
	}
	if got := finish(t, command(t, "model", "show", "mlp", "--dot", "--toml")); got.code != 2 {
		t.Errorf("--dot and --toml: got %d, want 2", got.code)
	}
}

// So is what Gorgonia has of it, with its gradients if asked for.
func TestModelGorgonia(t *testing.T) {
	energies := prospect(t, "model", "show", "mlp:64-8-10", "--data", "optdigits", "--gorgonia").stdout
	all := prospect(t, "model", "show", "mlp:64-8-10", "--data", "optdigits", "--gorgonia", "--gradients").stdout
	if !strings.HasPrefix(energies, "digraph expression {") || !strings.Contains(energies, "activity h1") || len(all) <= len(energies) {
		t.Errorf("got %s", energies)
	}
	checkFailure(t, finish(t, command(t, "model", "show", "mlp", "--gradients")), exitUsage, "add --gorgonia")
}

// The table has the operations of every prediction in a step, which add up to those of
// the network; the first layer is done once, as data do not move.
func TestModelFLOPs(t *testing.T) {
	got := prospect(t, "model", "show", "mlp:784-64-64-10").stdout
	for _, want := range []string{"FLOPs a step", " squared error           193 ", " squared error         16897 ", "takes 20001 floating-point operations"} {
		if !strings.Contains(got, want) {
			t.Errorf("got no %q in %s", want, got)
		}
	}
	if got := prospect(t, "model", "show", "mlp:784-64-64-10", "--json").stdout; !strings.Contains(got, `"flops":16897`) {
		t.Errorf("got %s", got)
	}
}
