package engine

import "github.com/seed-be841da4/prospect/internal/kernel"

// instr is an instruction. run computes the rows lo … hi−1 of its results; an
// instruction that is not split is called with 0 and 1, or with its whole extent.
type instr[T float] interface {
	run(w *worker[T], lo, hi int)
}

// sumRows is dst[j] = Σ_r a[r][j], summed in the order of the rows; split by columns.
type sumRows[T float] struct {
	dst, a     []T
	rows, cols int
}

func (s *sumRows[T]) run(_ *worker[T], lo, hi int) {
	kernel.ColumnSums(s.dst, s.a, s.rows, s.cols, lo, hi)
}

// softmax is the row-wise log-softmax or its derivative.
type softmax[T float] struct {
	dst, a, g []T // g: output gradient; nil: log-softmax itself
	cols      int
}

func (s *softmax[T]) run(w *worker[T], lo, hi int) {
	for r := lo; r < hi; r++ {
		at, end := r*s.cols, (r+1)*s.cols
		if s.g == nil {
			w.kernels.log(s.dst[at:end], s.a[at:end])
		} else {
			w.kernels.lgr(s.dst[at:end], s.a[at:end], s.g[at:end])
		}
	}
}

// finish adds up the partial sums of the rows.
type finish[T float] struct {
	rows []float64
	dst  *float64
}

func (f *finish[T]) run(w *worker[T], _, _ int) {
	s := 0.0
	for _, v := range f.rows[:w.unit.share(len(f.rows))] {
		s += v
	}
	*f.dst = s
}

// scalarInstr computes a scalar.
type scalarInstr[T float] struct {
	dst    *float64
	binary Binary
	fn     Func
	param  float64
	a, b   *float64
	load   []T // not nil: load the scalar from here instead
}

func (n *scalarInstr[T]) run(*worker[T], int, int) {
	switch {
	case n.load != nil:
		*n.dst = float64(n.load[0])
	case n.b != nil:
		*n.dst = n.binary.At(*n.a, *n.b)
	default:
		*n.dst = n.fn.At(*n.a, n.param)
	}
}

// deliver writes a scalar to the root's target.
type deliver[T float] struct{ dst, src *float64 }

func (d *deliver[T]) run(*worker[T], int, int) { *d.dst = *d.src }

// foreign runs a [Foreign] operation on whole tensors.
type foreign[T float] struct {
	call Foreign
	dst  any
	args []any
	// scalars are the scalar arguments: one-element tensors, filled before the call.
	scalars []scalarArg[T]
	result  *float64 // not nil: the result is a scalar
}

type scalarArg[T float] struct {
	dst []T
	src *float64
}

func (f *foreign[T]) run(w *worker[T], _, _ int) {
	for _, n := range f.scalars {
		n.dst[0] = T(*n.src)
	}
	if err := f.call(f.dst, f.args); err != nil {
		w.unit.fail(err)
		return
	}
	if f.result != nil {
		*f.result = float64(f.dst.([]T)[0])
	}
}

// expand writes out a broadcast value along any axes.
type expand[T float] struct {
	dst, src []T
	shape    []int
	strides  []int // of src; 0 along broadcast axes
}

func (e *expand[T]) run(*worker[T], int, int) {
	index := make([]int, len(e.shape))
	at := 0
	for i := range e.dst {
		e.dst[i] = e.src[at]
		for k := len(index) - 1; k >= 0; k-- {
			index[k]++
			at += e.strides[k]
			if index[k] < e.shape[k] {
				break
			}
			at -= e.strides[k] * index[k]
			index[k] = 0
		}
	}
}
