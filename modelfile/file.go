package modelfile

import (
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/models"
)

// File is a network read from a file.
type File struct {
	// Name of the file, for messages.
	Name string
	// Declaration is what it declares.
	Declaration graph.Declaration
	// Input and Target name the nodes that hold the data: the network is trained
	// with both clamped, and evaluated by what it predicts of Target from Input.
	// Usually Input holds a sample and Target its label; in a generative network
	// it is the other way round. An empty Target means that there is none: the
	// network learns Input itself.
	Input, Target string

	lines lines
}

// lines are where the parts of a declaration stand.
type lines struct {
	nodes, predictions   []int
	input, target, model int
}

// document is a file as it is written.
type document struct {
	Description string             `json:"description"`
	Input       string             `json:"input"`
	Target      string             `json:"target"`
	Model       models.Model       `json:"model"`
	Nodes       []graph.Node       `json:"node"`
	Predictions []graph.Prediction `json:"prediction"`
}

// Read reads a file whose kinds are those of r.
func Read(path string, r *kinds.Registry) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.Wrap(err, "modelfile")
	}
	return Parse(path, text, r)
}

// Parse reads the text of a file. The name is for messages.
func Parse(name string, text []byte, r *kinds.Registry) (*File, error) {
	f := &File{Name: name}
	if err := f.parse(text, r); err != nil {
		return nil, f.locate(err)
	}
	return f, nil
}

func (f *File) parse(text []byte, r *kinds.Registry) error {
	root, err := parse(text)
	if err != nil {
		return err
	}
	doc := document{Input: "x", Target: "y"}
	if err := r.Decode(root, &doc, "file"); err != nil {
		return err
	}
	f.Declaration = graph.Declaration{Nodes: doc.Nodes, Predictions: doc.Predictions}
	f.Input, f.Target = doc.Input, doc.Target
	t := root.Data.(*kinds.Table)
	f.lines = lines{
		nodes: linesOf(t, "node"), predictions: linesOf(t, "prediction"),
		input: lineOf(t, "input"), target: lineOf(t, "target"), model: lineOf(t, "model"),
	}
	if doc.Model != nil {
		if err := f.expand(doc.Model); err != nil {
			return err
		}
	}
	return f.check()
}

// expand puts the nodes and predictions of a model before those of the file, so
// that a file can add to a model.
func (f *File) expand(m models.Model) error {
	d, err := m.Declaration()
	if err != nil {
		return &kinds.Error{Line: f.lines.model, Err: err}
	}
	f.Declaration.Nodes = append(d.Nodes, f.Declaration.Nodes...)
	f.Declaration.Predictions = append(d.Predictions, f.Declaration.Predictions...)
	f.lines.nodes = append(slices.Repeat([]int{f.lines.model}, len(d.Nodes)), f.lines.nodes...)
	f.lines.predictions = append(slices.Repeat([]int{f.lines.model}, len(d.Predictions)), f.lines.predictions...)
	return nil
}

// check looks at what concerns the file alone; the network is checked by
// [graph.New].
func (f *File) check() error {
	switch {
	case len(f.Declaration.Nodes) == 0:
		return wrong(1, "file: no node; declare nodes with [[node]], for example name = \"x\", shape = [28, 28]")
	case len(f.Declaration.Predictions) == 0:
		return wrong(1, "file: no prediction; declare predictions with [[prediction]], for example of = \"y\", from = \"x\", layer = {kind = \"dense\", out = 10}")
	case f.Input == f.Target:
		return wrong(f.lines.target, "input and target are both node %q; want two nodes", f.Input)
	}
	for _, use := range []struct {
		key, node string
		line      int
	}{{"input", f.Input, f.lines.input}, {"target", f.Target, f.lines.target}} {
		if f.node(use.node) == nil && (use.key == "input" || use.node != "") {
			return wrong(use.line, "%s: node %q is not declared; set %s = \"NAME\", one of %s", use.key, use.node, use.key, f.nodeNames())
		}
	}
	return nil
}

// New declares the network and draws its parameters.
func (f *File) New(s graph.Settings) (*graph.Network, error) {
	net, err := graph.New(f.Declaration, s)
	var at *graph.DeclarationError
	if errors.As(err, &at) {
		line := 1
		switch {
		case at.Prediction >= 0:
			line = f.lines.predictions[at.Prediction]
		case at.Node >= 0:
			line = f.lines.nodes[at.Node]
		}
		err = &kinds.Error{Line: line, Err: err}
	}
	return net, f.locate(err)
}

// locate adds the name of the file to an error that has a line.
func (f *File) locate(err error) error {
	var at *kinds.Error
	if errors.As(err, &at) {
		return &Error{File: f.Name, Line: at.Line, Err: at.Err}
	}
	return err
}

// InputShape is the shape of the input node.
func (f *File) InputShape() graph.Shape { return f.node(f.Input).Shape }

// TargetShape is the shape of the target node, nil if there is none.
func (f *File) TargetShape() graph.Shape {
	if n := f.node(f.Target); n != nil {
		return n.Shape
	}
	return nil
}

// node returns the node of that name, or nil.
func (f *File) node(name string) *graph.Node {
	for i := range f.Declaration.Nodes {
		if f.Declaration.Nodes[i].Name == name {
			return &f.Declaration.Nodes[i]
		}
	}
	return nil
}

func (f *File) nodeNames() string {
	known := map[string]bool{}
	for _, n := range f.Declaration.Nodes {
		known[n.Name] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(known)), ", ")
}

// lineOf returns the line of a key, or 1 if it is not there.
func lineOf(t *kinds.Table, key string) int {
	if v, ok := t.Get(key); ok {
		return v.Line
	}
	return 1
}

// linesOf returns the lines of the elements of a list of tables.
func linesOf(t *kinds.Table, key string) []int {
	v, ok := t.Get(key)
	if !ok {
		return nil
	}
	items, ok := v.Data.(kinds.List)
	if !ok {
		return []int{v.Line}
	}
	var out []int
	for _, item := range items {
		out = append(out, item.Line)
	}
	return out
}
