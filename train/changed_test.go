package train_test

import (
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// A step of an optimizer reaches sessions that ran before, without a call of
// ParamsChanged.
func TestOptimizersTellTheNetwork(t *testing.T) {
	for name, o := range map[string]train.Optimizer{
		"SGD": &train.SGD{}, "Momentum": &train.Momentum{}, "Adam": &train.Adam{}, "AdamW": &train.AdamW{},
		"GorgoniaSolver": &train.GorgoniaSolver{Solver: gorgonia.NewVanillaSolver()},
	} {
		net := mlp(t, models.MLP{Widths: []int{3, 4, 2}}, 1)
		s, err := net.Session(2, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Clamp("x", []float32{1, 2, 3, 4, 5, 6}); err != nil {
			t.Fatal(err)
		}
		read := func() float64 {
			if err := s.Feedforward(); err != nil {
				t.Fatal(err)
			}
			y, err := s.Activity("y")
			if err != nil {
				t.Fatal(err)
			}
			return y.At(0)
		}
		first := read()
		for _, p := range net.Params() {
			p.Grads().Fill(1)
		}
		if err := o.Step(net.Params(), 0.5); err != nil {
			t.Fatal(name, err)
		}
		got := read()
		net.ParamsChanged()
		if want := read(); got != want || got == first {
			t.Errorf("%s: output, got %v, want %v, and %v before the step", name, got, want, first)
		}
	}
}
