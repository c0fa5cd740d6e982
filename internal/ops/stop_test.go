package ops

import (
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func TestStop(t *testing.T) {
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(2, 3), gorgonia.WithName("x"))
	y, err := ApplyStop(x)
	if err != nil {
		t.Fatal(err)
	}
	in := tensor.New(tensor.WithShape(2, 3), tensor.WithBacking([]float64{1, 2, 3, 4, 5, 6}))
	out, err := y.Op().Do(in)
	if err != nil || !slices.Equal(out.Data().([]float64), in.Data().([]float64)) || !out.Shape().Eq(in.Shape()) {
		t.Errorf("got %v, %v", out, err)
	}
	in.Data().([]float64)[0] = 9
	if out.Data().([]float64)[0] != 1 {
		t.Error("the result shares memory with x")
	}
	op := y.Op().(gorgonia.SDOp)
	if got := op.DiffWRT(1); !slices.Equal(got, []bool{false}) {
		t.Errorf("differentiable in %v", got)
	}
	if _, err := op.SymDiff(gorgonia.Nodes{x}, y, y); err == nil {
		t.Error("a derivative: got no error")
	}
}
