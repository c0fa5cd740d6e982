package engine

import (
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/internal/ops"
)

// A convolution is followed by what only waits for it, and rows go through in blocks.
func TestChains(t *testing.T) {
	g := NewGraph()
	win := ops.Window{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Pad: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	var roots Stage
	for _, name := range []string{"a", "b"} {
		x := g.Input(name, []int{30, 16, 16, 16}, Free)
		w := g.Input("w"+name, []int{16, 16, 3, 3}, Parameter)
		y := g.Conv2D(win, 1, x.Shape, x, w)
		roots = append(roots, Root{Value: g.Unary(Own(ops.GELU), 0, y), Store: make([]float32, x.Size())})
	}
	var memory []any
	for _, v := range g.values {
		if v.Op == OpInput {
			memory = append(memory, make([]float32, v.Size()))
		}
	}
	u, err := Compile[float32](Source{Graph: g, Memory: memory, Programs: []Program{{Name: "p", Stages: []Stage{roots}}}})
	if err != nil {
		t.Fatal(err)
	}
	step := u.programs[0].stages[0].phases[0]
	var kinds []string
	for _, in := range step.instrs {
		switch in.(type) {
		case *convolve[float32]:
			kinds = append(kinds, "convolve")
		case *fusedLoop[float32]:
			kinds = append(kinds, "pass")
		}
	}
	if want := []string{"convolve", "pass", "convolve", "pass"}; !slices.Equal(kinds, want) {
		t.Errorf("got %v, want %v", kinds, want)
	}
	if len(step.segments) != 1 || step.segments[0].block != 7 || step.segments[0].to != 4 {
		t.Errorf("segments, got %+v, want one in blocks of 7 samples", step.segments)
	}
}
