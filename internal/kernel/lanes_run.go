package kernel

import (
	"math/bits"
	"unsafe"
)

// laneArgs are the arguments of the kernels over lanes. Strides are in bytes. The
// generator knows the offsets of the fields.
type laneArgs struct {
	c, a, b, bias unsafe.Pointer
	aCol          int // distance between columns of A
	bRow, bCol    int // distances between rows and columns of B
	k             int // length of the sums
	n             int // elements of a row
	lanes         int // bytes of an element of all lanes
	room          unsafe.Pointer
}

// The keys of the kernels: those of package gen.
const (
	laneProducts = iota * 64
	laneReductions
	laneSteps
)

// laneColumns is the number of columns of the largest product kernel.
func laneColumns() int {
	if active == AVX512 {
		return 8
	}
	return 4
}

// runLaneRow computes row i of a product, if the active path has kernels for lanes.
func runLaneRow[T Float](p *LaneProduct[T], i int) bool {
	if active == Portable {
		return false
	}
	element := p.Lanes * size[T]()
	if !p.known {
		p.known, p.split = true, bits.TrailingZeros(uint(shapeOf[T](p.K, p.N).sp))
	}
	var v laneArgs
	v.k, v.lanes = p.K, element
	v.aCol, v.bRow, v.bCol = p.A.Col*element, p.B.Row*element, p.B.Col*element
	for j := 0; j < p.N; {
		cols := laneColumns()
		for cols > p.N-j {
			cols /= 2
		}
		v.c = ptr(p.C[(i*p.N+j)*p.Lanes:])
		if p.K > 0 {
			v.a, v.b = ptr(p.A.Data[i*p.A.Row*p.Lanes:]), ptr(p.B.Data[j*p.B.Col*p.Lanes:])
		}
		if p.Bias != nil {
			v.bias = ptr(p.Bias[j*p.Lanes:])
		}
		runLane[T](laneProducts+16*p.split+cols, &v)
		j += cols
	}
	return true
}

// runLaneReduce reduces one row, if the active path has kernels for lanes. e is the
// difference of a and b that laneError stores.
func runLaneReduce[T Float](kind int, sums []float64, e, a, b []T, cols int) bool {
	if active == Portable {
		return false
	}
	var v laneArgs
	v.c, v.a, v.b, v.bias, v.n, v.lanes = ptr64(sums), ptr(a), ptr(b), ptr(e), cols, len(sums)*size[T]()
	n := min(1<<bits.Len(uint(cols-1)), 64/size[T]())
	if n*size[T]() == 64 && active == AVX2 {
		var room [64]float64
		v.room = unsafe.Pointer(&room)
		return runLane[T](laneReductions+16*kind+n-1, &v)
	}
	return runLane[T](laneReductions+16*kind+n-1, &v)
}

// runLaneStep runs a kernel of a step, if the active path has one.
func runLaneStep[T Float](key int, x, g, steps, decay []T) bool {
	if active == Portable {
		return false
	}
	var v laneArgs
	v.c, v.a, v.b, v.bias = ptr(x), ptr(g), ptr(steps), ptr(decay)
	v.n, v.lanes = len(x)/len(steps), len(steps)*size[T]()
	return runLane[T](laneSteps+key, &v)
}

// runLaneConvert converts numbers by kernel key, if the active path has it.
func runLaneConvert[A, B Float](key int, dst []A, src []B, n int) bool {
	if active == Portable || n == 0 {
		return false
	}
	var v laneArgs
	v.c, v.a, v.lanes = ptr(dst[:n]), ptr(src[:n]), 4*n
	return runLane[float32](laneSteps+key, &v)
}
