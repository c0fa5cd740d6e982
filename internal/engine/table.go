package engine

import (
	"math"

	"github.com/pkg/errors"
)

// table gathers the rows of args[0] that the ids args[1] select; or, to scatter, adds
// each row of args[1] to the row of the result that its id in args[0] selects.
type table struct{ scatter bool }

// Gather adds the selected rows of a table.
func (g *Graph) Gather(rows, ids *Value) *Value {
	shape := append(append([]int{}, ids.Shape...), rows.Shape[1])
	return g.linear(table{}, shape, 0, rows, ids)
}

// ScatterAdd adds, for each id below n, the sum of the rows with that id.
func (g *Graph) ScatterAdd(n int, ids, rows *Value) *Value {
	return g.primitive(table{scatter: true}, []int{n, rows.Shape[len(rows.Shape)-1]}, ids, rows)
}

func (t table) rows(v *Value) int          { return v.Shape[0] }
func (t table) local(_ *Value, i int) bool { return !t.scatter && i == 1 }
func (t table) work(v *Value) float64      { return float64(v.Size()) }

func (t table) String() string {
	if t.scatter {
		return "scatter-add rows"
	}
	return "gather rows"
}

// gather runs table, split by samples; scatter is split by the rows of the result.
type gather[T float] struct {
	dst, rows, ids []T
	per            int // ids per sample
	n, width       int // rows and columns of the table
}

type scatter[T float] struct {
	dst, rows, ids []T
	n, width       int
}

func newTable[T float](v *Value, t table, dst []T, args [][]T) instr[T] {
	if t.scatter {
		return &scatter[T]{dst: dst, ids: args[0], rows: args[1], n: v.Shape[0], width: v.Shape[1]}
	}
	rows, ids := v.Args[0], v.Args[1]
	return &gather[T]{dst: dst, rows: args[0], ids: args[1], per: ids.Size() / ids.Shape[0], n: rows.Shape[0], width: rows.Shape[1]}
}

func (x *gather[T]) run(w *worker[T], lo, hi int) {
	for i := lo * x.per; i < hi*x.per; i++ {
		k, ok := rowIndex(w, x.ids[i], i, x.n)
		if !ok {
			return
		}
		copy(x.dst[i*x.width:(i+1)*x.width], x.rows[k*x.width:])
	}
}

func (x *scatter[T]) run(w *worker[T], lo, hi int) {
	clear(x.dst[lo*x.width : hi*x.width])
	for i, id := range x.ids {
		k, ok := rowIndex(w, id, i, x.n)
		if !ok {
			return
		}
		if k >= lo && k < hi {
			dst := x.dst[k*x.width : (k+1)*x.width]
			w.kernels.vv[Add](dst, dst, x.rows[i*x.width:(i+1)*x.width])
		}
	}
}

// rowIndex returns the i-th id as a row index, or records an error.
func rowIndex[T float](w *worker[T], id T, i, n int) (int, bool) {
	v := float64(id)
	if v != math.Trunc(v) || !(v >= 0 && v < float64(n)) {
		w.unit.fail(errors.Errorf("engine: id %d, got %v, want a whole number from 0 to %d", i, v, n-1))
		return 0, false
	}
	return int(v), true
}
