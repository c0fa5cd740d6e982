package graph_test

import (
	"hash"
	"strings"
	"testing"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// convert turns float32 into int32 or back: values that the compiled engine does
// not have.
type convert struct{ toInt bool }

func (c convert) Arity() int { return 1 }
func (c convert) Type() hm.Type {
	from, to := tensor.Float32, tensor.Int32
	if !c.toInt {
		from, to = to, from
	}
	return hm.NewFnType(gorgonia.TensorType{Dims: 2, Of: from}, gorgonia.TensorType{Dims: 2, Of: to})
}

func (c convert) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}

func (c convert) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	shape := in[0].Shape().Clone()
	if c.toInt {
		out := tensor.New(tensor.Of(tensor.Int32), tensor.WithShape(shape...))
		for i, v := range in[0].Data().([]float32) {
			out.Data().([]int32)[i] = int32(v)
		}
		return out, nil
	}
	out := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))
	for i, v := range in[0].Data().([]int32) {
		out.Data().([]float32)[i] = float32(v)
	}
	return out, nil
}

// DiffWRT says that nothing is differentiated through integers.
func (c convert) DiffWRT(int) []bool { return []bool{false} }

// SymDiff is never asked for; Gorgonia wants every operation on the way to the
// cost to have one.
func (c convert) SymDiff(gorgonia.Nodes, *gorgonia.Node, *gorgonia.Node) (gorgonia.Nodes, error) {
	return nil, errors.New("not differentiable")
}

func (c convert) ReturnsPtr() bool     { return false }
func (c convert) CallsExtern() bool    { return false }
func (c convert) OverwritesInput() int { return -1 }
func (c convert) WriteHash(h hash.Hash) {
	_, _ = h.Write([]byte(c.String()))
}

func (c convert) Hashcode() uint32 {
	if c.toInt {
		return 1234567
	}
	return 7654321
}

func (c convert) String() string {
	if c.toInt {
		return "test.toInt"
	}
	return "test.toFloat"
}

// truncated predicts from the integer parts of data.
type truncated struct{}

func (truncated) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	n, err := gorgonia.ApplyOp(convert{toInt: true}, in[0])
	if err != nil {
		return nil, err
	}
	return gorgonia.ApplyOp(convert{}, n)
}

// A graph that cannot be compiled runs on the tape machine, and says so.
func TestGraphsThatCannotBeCompiledRunOnTheTape(t *testing.T) {
	d := graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{3}, Data: true}, {Name: "y", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{{
			Of: "y", From: []string{"x"}, Layer: layers.Sequential{truncated{}, layers.Dense{Out: 2}},
		}},
	}
	r := graph.Roles{Clamped: []string{"x"}}
	sessions := map[string]*graph.Session{}
	for _, engine := range []graph.Engine{graph.Tape{}, graph.Compiled{}} {
		net, err := graph.New(d, graph.Settings{Engine: engine, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		s, err := net.Session(2, r)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Clamp("x", []float32{1.5, -2.5, 3, 0.1, 7.9, -1}); err != nil {
			t.Fatal(err)
		}
		if err := s.Feedforward(); err != nil {
			t.Fatal(err)
		}
		sessions[engine.Name()] = s
	}
	want, got := sessions["tape"].Activities()[0].X.Float32(), sessions["compiled"].Activities()[0].X.Float32()
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("y[%d]: got %v, want %v", i, got[i], want[i])
		}
	}
	text, err := sessions["compiled"].Explain()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "tape machine") || !strings.Contains(text, "int32") {
		t.Errorf("the explanation gives no reason: %s", text)
	}
}

// opaque is an operation without a derivative.
type opaque struct{ gorgonia.Op }

func (opaque) String() string { return "test.opaque" }

// opaqueLayer predicts through it.
type opaqueLayer struct{}

func (opaqueLayer) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return gorgonia.ApplyOp(opaque{same{}}, in[0])
}

// same is the identity; opaque hides that it could be differentiated.
type same struct{ convert }

func (same) Type() hm.Type {
	t := gorgonia.TensorType{Dims: 2, Of: tensor.Float32}
	return hm.NewFnType(t, t)
}

func TestOperationWithoutDerivative(t *testing.T) {
	_, err := graph.New(graph.Declaration{
		Nodes:       []graph.Node{{Name: "x", Shape: graph.Shape{3}}, {Name: "y", Shape: graph.Shape{3}}},
		Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: opaqueLayer{}}},
	}, graph.Settings{})
	if err == nil || !strings.Contains(err.Error(), "operation test.opaque has no symbolic derivative; give it the methods of gorgonia.SDOp") {
		t.Errorf("got %v, want an error that names the operation", err)
	}
}
