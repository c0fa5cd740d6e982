package engine

import (
	"os"
	"strings"
	"testing"
)

// The example of the package's documentation: the energy ½ Σ (y − tanh(x)·W)² of a batch
// of 64, and the step of x down its gradient.
func exampleUnit(t *testing.T) *Unit[float32] {
	t.Helper()
	g := NewGraph()
	x := g.Input("x", []int{64, 30}, Free)
	y := g.Input("y", []int{64, 10}, Clamped)
	w := g.Input("w", []int{30, 10}, Parameter)
	f := g.Unary(Tanh, 0, x)
	e := g.Binary(Sub, y, g.MatMul(f, w, false, false))
	energy := g.Binary(Mul, g.Const(0.5), g.SumAll(g.Unary(Square, 0, e)))
	slope := g.Binary(Sub, g.Const(1), g.Unary(Square, 0, f))
	gradient := g.Unary(Neg, 0, g.Binary(Mul, slope, g.MatMul(e, w, false, true)))
	var out float64
	u, err := Compile[float32](Source{
		Graph:  g,
		Memory: []any{make([]float32, 64*30), make([]float32, 64*10), make([]float32, 30*10)},
		Programs: []Program{{Name: "relax", Loop: true, Stages: []Stage{{
			{Value: energy, Scalar: &out}, {Value: gradient, Descend: x},
		}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// The documentation shows the program as it is.
func TestDocumentedExample(t *testing.T) {
	raw, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	doc := strings.NewReplacer("//\t", "", "//", "").Replace(string(raw))
	_, program, _ := strings.Cut(exampleUnit(t).Explain(), "fallbacks  none\n")
	if program = strings.TrimSpace(program); !strings.Contains(doc, program) {
		t.Errorf("doc.go does not show this program:\n%s", program)
	}
}
