package ops

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Gather selects rows of a table: y[…,d] = table[ids[…], d].
//
//	table: (V, D)   ids: (N, …), whole numbers from 0 to V−1   y: (N, …, D)
//
// Any other id is an error of Do. It is not differentiable in the ids, and its
// derivative in the table is [ScatterAdd].
type Gather struct{ shaped }

// ScatterAdd sums rows by their ids: y[v,d] = Σ g[…,d] over ids[…] = v.
//
//	ids: (N, …)   g: (N, …, D)   y: (Rows, D)
type ScatterAdd struct {
	shaped
	// Rows is V, the number of rows of the result.
	Rows int
}

// ApplyGather adds the selected rows of the table.
func ApplyGather(table, ids *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&Gather{}, "gather", table, ids)
}

// ApplyScatterAdd adds the sums of g's rows by their ids.
func ApplyScatterAdd(rows int, ids, g *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&ScatterAdd{Rows: rows}, fmt.Sprintf("scatter-add(%d)", rows), ids, g)
}

func (o *Gather) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, 2, -1); err != nil {
		return nil, err
	}
	return append(in[1].Clone(), in[0][1]), nil
}

func (o *ScatterAdd) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, -1, -2); err != nil {
		return nil, err
	}
	ids, g := in[0], in[1]
	width := g[len(g)-1]
	if o.Rows < 1 {
		return nil, errors.Errorf("rows, got %d, want at least 1", o.Rows)
	}
	return tensor.Shape{o.Rows, width}, same("the rows", g, append(ids.Clone(), width))
}

// row returns the i-th id as a row index.
func row(ids []float64, i, rows int) (int, error) {
	v := ids[i]
	if v != math.Trunc(v) || !(v >= 0 && v < float64(rows)) {
		return 0, errors.Errorf("id %d, got %v, want a whole number from 0 to %d", i, v, rows-1)
	}
	return int(v), nil
}

func (o *Gather) compute(dst []float64, _ tensor.Shape, src [][]float64, in []tensor.Shape) error {
	rows, width := in[0][0], in[0][1]
	for i := range src[1] {
		v, err := row(src[1], i, rows)
		if err != nil {
			return err
		}
		copy(dst[i*width:(i+1)*width], src[0][v*width:])
	}
	return nil
}

func (o *ScatterAdd) compute(dst []float64, out tensor.Shape, src [][]float64, _ []tensor.Shape) error {
	width := out[1]
	for i := range src[0] {
		v, err := row(src[0], i, o.Rows)
		if err != nil {
			return err
		}
		for d := range width {
			dst[v*width+d] += src[1][i*width+d]
		}
	}
	return nil
}

// DiffWRT reports that only the table is differentiable.
func (o *Gather) DiffWRT(int) []bool { return []bool{true, false} }

// DiffWRT reports that only the rows are differentiable.
func (o *ScatterAdd) DiffWRT(int) []bool { return []bool{false, true} }

// SymDiff returns the derivative in the table.
func (o *Gather) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dt, err := ApplyScatterAdd(in[0].Shape()[0], in[1], grad)
	return gorgonia.Nodes{dt, nil}, err
}

// SymDiff returns the derivative in the rows.
func (o *ScatterAdd) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dg, err := ApplyGather(grad, in[0])
	return gorgonia.Nodes{nil, dg}, err
}
