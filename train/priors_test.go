package train_test

import (
	"context"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/train"
)

// pull is a prior ½Σ(x − w)² with a learned w: where data gather.
type pull struct{}

func (pull) Build(b *graph.Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	w, err := b.Param(graph.ParamSpec{Name: "centre", Shape: graph.Shape{1, x.Shape()[1]}})
	if err != nil {
		return nil, err
	}
	e, err := gorgonia.BroadcastSub(x, w, nil, []byte{0})
	if err != nil {
		return nil, err
	}
	return graph.HalfSquare(b, e)
}

// TestPriorsAloneLearn trains a network without predictions, to the mean of its
// data.
func TestPriorsAloneLearn(t *testing.T) {
	for name, rule := range map[string]train.Rule{
		"prospective": train.Paper(3, 0.1, 0.5), "incremental": train.Incremental(3, 0.1, 0.5),
	} {
		net, err := graph.New(graph.Declaration{Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{2}, Prior: pull{}}}}, graph.Settings{Precision: graph.Float64})
		if err != nil {
			t.Fatal(err)
		}
		b := &train.Batch{Size: 2, Values: map[string][]float32{"x": {1, 2, 3, 6}}}
		for range 60 {
			if _, err := train.Learn(context.Background(), net, rule, &train.SGD{}, 0.2, b); err != nil {
				t.Fatal(err)
			}
		}
		if w := net.Params()[0].Values().Float64(); !(w[0] > 1.99 && w[0] < 2.01 && w[1] > 3.99 && w[1] < 4.01) {
			t.Errorf("%s: got %v, want the mean [2 4]", name, w)
		}
	}
}
