package modelfile_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/modelfile"
)

// good is a right file; each mistake replaces a part of it.
const good = `[[node]]
name = "x"
shape = [2, 3]

[[node]]
name = "y"
shape = 4

[[prediction]]
of = "y"
from = "x"
layer = ["flatten", {kind = "dense", out = 4}]
`

// Every mistake names the file, the line, and what to do.
func TestErrors(t *testing.T) {
	if f, err := modelfile.Parse("net.toml", []byte(good), kinds.Standard()); err != nil {
		t.Fatal(err)
	} else if _, err := f.New(graph.Settings{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, old, new string
		line           int
		want           []string
	}{
		{"syntax", `name = "y"`, `name = "y`, 6, []string{"new line"}},
		{"no value", `of = "y"`, `of =`, 10, nil},
		{"key twice", `of = "y"`, "of = \"y\"\nof = \"x\"", 11, []string{"of"}},
		{"unknown section", "[[prediction]]", "[[predictions]]", 9, []string{`"predictions"`, "description, input, target, model, node, prediction"}},
		{"unknown key of a node", `name = "y"`, "name = \"y\"\nsize = 4", 7, []string{`"size"`, "name, shape, prior, data"}},
		{"unknown key of a prediction", `from = "x"`, `form = "x"`, 11, []string{`"form"`, "of, from, layer"}},
		{"unknown layer", `{kind = "dense", out = 4}`, `{kind = "dens", out = 4}`, 12, []string{`"dens"`, "dense, ", "tanh"}},
		{"unknown layer by name", `"flatten"`, `"flat"`, 12, []string{`"flat"`, "flatten"}},
		{"unknown field of a layer", `out = 4`, `outs = 4`, 12, []string{`layer "dense"`, `"outs"`, "the fields are out, ", ", weight, bias"}},
		{"a field for a layer without", `"flatten"`, `{kind = "flatten", axis = 1}`, 12, []string{`layer "flatten"`, `"axis"`, "has none"}},
		{"layer without a kind", `{kind = "dense", out = 4}`, `{out = 4}`, 12, []string{"no kind", "one of", "dense"}},
		{"kind of a wrong type", `kind = "dense"`, `kind = 3`, 12, []string{"got an integer", "want a string"}},
		{"layer of a wrong type", `["flatten", {kind = "dense", out = 4}]`, `4`, 12, []string{"layer: got an integer", "dense"}},
		{"string for a number", `out = 4`, `out = "4"`, 12, []string{"out: got a string, want an integer"}},
		{"fraction for an integer", `out = 4`, `out = 4.5`, 12, []string{"out: got a number, want an integer"}},
		{"number for a string", `of = "y"`, `of = 7`, 10, []string{"of: got an integer, want a string"}},
		{"date", `of = "y"`, `of = 1979-05-27`, 10, []string{"date"}},
		{"unknown initialiser", `out = 4`, `out = 4, weight = "xavier"`, 12, []string{"initialiser", `"xavier"`, "xavier-normal"}},
		{"infinite number", `out = 4`, `out = 4, weight = {kind = "constant", value = inf}`, 12, []string{"value: got +Inf, want a finite number"}},
		{"unknown energy", `from = "x"`, "from = \"x\"\nenergy = \"mse\"", 12, []string{"energy", `"mse"`, "gaussian"}},
		{"unknown prior", `name = "y"`, "name = \"y\"\nprior = {kind = \"l3\"}", 7, []string{"prior", `"l3"`, "l1, l2"}},
		{"field of a list", `"flatten"`, `{kind = "sum", of = ["tanh"]}`, 12, []string{`layer "sum"`, `"of"`, "the field is layers"}},
		{"no nodes", good, "prediction = []", 1, []string{"no node", "[[node]]"}},
		{"no predictions", good[strings.Index(good, "[[prediction]]"):], "", 1, []string{"no prediction", "[[prediction]]"}},
		{"node for a table", good, "node = 3", 1, []string{"node: got an integer, want a table"}},
		{"unknown target", "[[node]]\nname = \"x\"", "target = \"z\"\n[[node]]\nname = \"x\"", 1, []string{`target: node "z" is not declared`, "one of x, y"}},
		{"target is input", "[[node]]\nname = \"x\"", "\ntarget = \"x\"\n[[node]]\nname = \"x\"", 2, []string{"both node \"x\""}},

		{"unknown model", good, "\nmodel = \"lenet\"", 2, []string{"model", `"lenet"`, "mlp"}},
		{"model without its sizes", good, "\nmodel = \"mlp\"", 2, []string{"Widths"}},
		{"unknown field of a model", good, "model = {kind = \"mlp\",\nwidth = 3}", 2, []string{`model "mlp"`, `"width"`, "widths"}},

		{"model of endless depth", good, "model = {kind = \"mlpresidual\", inputs = 2, width = 2, outputs = 1, depth = 9000000000}", 1, []string{"Depth", "9000000000", "at most 100000"}},
		{"model of endless blocks", good, "model = {kind = \"resnet\", input = [1, 2, 2], classes = 2, blocks = [1, 200000000]}", 1, []string{"Blocks", "200000000", "at most 100000"}},
		{"model of endless layers", good, "model = {kind = \"transformer\", symbols = 2, length = 2, depth = 200000000}", 1, []string{"Depth", "at most 100000"}},
		{"model of all pairs", good, "model = {kind = \"recurrent\", widths = [2, 200000000, 2], lateral = true}", 1, []string{"200000000 with Lateral", "at most 16384"}},
		{"UTF-16", good, "\xff\xfe[\x00", 1, []string{"UTF-16", "save it as UTF-8"}},
		{"UTF-16 without a mark", good, "\x00[\x00[", 1, []string{"UTF-16"}},
		{"UTF-32", good, "\xff\xfe\x00\x00[\x00\x00\x00", 1, []string{"UTF-32"}},
		{"Latin-1", `name = "y"`, "name = \"\xe9\"", 6, []string{"UTF-8"}},
		{"too many keys", good, strings.Repeat("\n", 3) + numberedKeys(1100), 1004, []string{"k1000", "more than 1000 keys"}},
		{"too many tables", good, "[[node]]\n" + strings.ReplaceAll(strings.ReplaceAll(numberedKeys(1100), "k", "[node.k"), " = 1", "]"), 1002, []string{"more than 1000 keys"}},
		{"too many keys in a table", good, "x = [{" + strings.ReplaceAll(numberedKeys(1100), "\n", ",") + " z = 1}]", 1, []string{"more than 1000 keys"}},

		{"node twice", `name = "y"`, `name = "x"`, 5, []string{`target: node "y" is not declared`}},
		{"unnamed node", `name = "y"`, "target = 4", 6, []string{`"target"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(good, c.old, c.new, 1)
			if c.name == "node twice" { // the target has to be there, or that is what is wrong
				text, c.want = "target = \"z\"\n"+text+"\n[[node]]\nname = \"z\"\nshape = 1\n", []string{`"x"`, "declared twice"}
				c.line++
			}
			f, err := modelfile.Parse("net.toml", []byte(text), kinds.Standard())
			if err == nil {
				_, err = f.New(graph.Settings{})
			}
			checkError(t, err, c.line, c.want)
		})
	}
}

// numberedKeys are n lines of one key each.
func numberedKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d = 1\n", i)
	}
	return b.String()
}

// A byte-order mark, the ends of lines of Windows, and many nodes, each with tables of
// its own, are no mistake; lines count as without.
func TestMarksAndLines(t *testing.T) {
	windows := strings.ReplaceAll(good, "\n", "\r\n")
	many := good
	for i := range 1200 {
		many += fmt.Sprintf("[[node]]\nname = \"n%d\"\nshape = 1\n[node.prior]\nkind = \"l2\"\nweight = 1\n", i)
	}
	for name, text := range map[string]string{"mark": "\xef\xbb\xbf" + good, "windows": windows, "both": "\xef\xbb\xbf" + windows, "many": many} {
		f, err := modelfile.Parse("net.toml", []byte(text), kinds.Standard())
		if err != nil || f.Input != "x" || len(f.Declaration.Predictions) != 1 {
			t.Errorf("%s: got %v, want the network", name, err)
		}
		if name == "many" {
			continue
		}
		_, err = modelfile.Parse("net.toml", []byte(strings.Replace(text, "out = 4", "outs = 4", 1)), kinds.Standard())
		checkError(t, err, 12, []string{`"outs"`})
	}
}

// What only the network can find has the line of the node or the prediction.
func TestNetworkErrors(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		line           int
		want           []string
	}{
		{"shape of the prediction", `out = 4`, `out = 5`, 9, []string{`prediction "y"`, "got [5]", "want [4]", "change the layer's output or the node's Shape"}},
		{"image into dense", `"flatten", `, ``, 9, []string{`node "y"`, "got [2 4]", "want [4]", "Flatten"}},
		{"layer without its size", `out = 4`, ``, 9, []string{"Out", "got 0"}},
		{"axis of zero", `shape = 4`, `shape = [4, 0]`, 5, []string{`node "y"`, "[4 0]"}},
		{"no shape", `shape = 4`, ``, 5, []string{`node "y"`, "shape is empty"}},
		{"unused node", `[[prediction]]`, "[[node]]\nname = \"z\"\nshape = 2\n[[prediction]]", 9, []string{`node "z"`, "no prediction"}},
		{"from an unknown node", `from = "x"`, `from = ["x", "z"]`, 9, []string{`"z"`, "not declared"}},
		{"no layer", `layer = ["flatten", {kind = "dense", out = 4}]`, ``, 9, []string{"Layer is nil"}},
		{"prior without its weight", `shape = 4`, "shape = 4\nprior = \"l1\"", 5, []string{`node "y"`, "Weight is 0", "try 0.01"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(good, c.old, c.new, 1)
			f, err := modelfile.Parse("net.toml", []byte(text), kinds.Standard())
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.New(graph.Settings{})
			checkError(t, err, c.line, c.want)
		})
	}
}

func checkError(t *testing.T, err error, line int, want []string) {
	t.Helper()
	var at *modelfile.Error
	if !errors.As(err, &at) {
		t.Fatalf("got %v, want a *modelfile.Error", err)
	}
	if at.File != "net.toml" || at.Line != line {
		t.Errorf("got %s:%d, want net.toml:%d: %v", at.File, at.Line, line, err)
	}
	for _, w := range append([]string{"net.toml:"}, want...) {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("got %q, want it to contain %q", err, w)
		}
	}
}

// FuzzParse gives any bytes: a network or an error with a line of the file, never
// a panic.
func FuzzParse(f *testing.F) {
	for _, file := range []string{"testdata/digits.toml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(good))
	f.Add([]byte("[node]\n[[node.shape]]\n"))
	f.Add([]byte("node.shape.x = 1\nprediction = [[[]]]\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := modelfile.Parse("fuzz.toml", text, kinds.Standard())
		var at *modelfile.Error
		switch {
		case err == nil && (len(file.Declaration.Nodes) == 0 || file.Input == file.Target):
			t.Error("a file without nodes or with one node for both ends is read")
		case err != nil && (!errors.As(err, &at) || at.Line < 1 || at.Line > strings.Count(string(text), "\n")+1):
			t.Errorf("got %v, want an error with a line of the file", err)
		}
	})
}
