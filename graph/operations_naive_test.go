package graph_test

import (
	"math"
	"slices"
)

// array is a tensor for loops: the reference of the operation sweep.
type array struct {
	shape []int
	data  []float64
}

// size is the product of axes.
func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// place is the position of an index, row by row.
func (a array) place(index []int) int {
	at := 0
	for k, i := range index {
		at = at*a.shape[k] + i
	}
	return at
}

func (a array) at(index ...int) float64 { return a.data[a.place(index)] }

// each calls f for every index of a shape, row by row. The index is f's until it
// returns.
func each(shape []int, f func(index []int)) {
	index := make([]int, len(shape))
	for range size(shape) {
		f(index)
		for k := len(shape) - 1; k >= 0; k-- {
			if index[k]++; index[k] < shape[k] {
				break
			}
			index[k] = 0
		}
	}
}

// tabulate makes an array by a function of the index.
func tabulate(shape []int, f func(i []int) float64) array {
	a := array{slices.Clone(shape), make([]float64, 0, size(shape))}
	each(shape, func(i []int) { a.data = append(a.data, f(i)) })
	return a
}

// each1 applies a function to every element.
func each1(f func(float64) float64) func(in ...array) array {
	return func(in ...array) array {
		return tabulate(in[0].shape, func(i []int) float64 { return f(in[0].at(i...)) })
	}
}

// each2 applies a function to pairs of elements; axes of size 1 repeat.
func each2(f func(a, b float64) float64) func(in ...array) array {
	return func(in ...array) array {
		a, b := in[0], in[1]
		shape := slices.Clone(a.shape)
		for k := range shape {
			shape[k] = max(shape[k], b.shape[k])
		}
		of := func(x array, i []int) float64 {
			j := slices.Clone(i)
			for k := range j {
				if x.shape[k] == 1 {
					j[k] = 0
				}
			}
			return x.at(j...)
		}
		return tabulate(shape, func(i []int) float64 { return f(of(a, i), of(b, i)) })
	}
}

// reduce folds the elements along axes, which are dropped.
func reduce(start float64, fold func(acc, v float64) float64, axes ...int) func(in ...array) array {
	return func(in ...array) array {
		x := in[0]
		left := without(x.shape, axes)
		y := tabulate(left, func([]int) float64 { return start })
		each(x.shape, func(i []int) {
			to := y.place(without(i, axes))
			y.data[to] = fold(y.data[to], x.at(i...))
		})
		return y
	}
}

// without drops the entries at some positions; with none named, all of them.
func without(of, drop []int) []int {
	out := []int{}
	for k, v := range of {
		if len(drop) > 0 && !slices.Contains(drop, k) {
			out = append(out, v)
		}
	}
	return out
}

func plus(acc, v float64) float64 { return acc + v }

// mean is the mean along axes.
func mean(axes ...int) func(in ...array) array {
	return func(in ...array) array {
		y := reduce(0, plus, axes...)(in...)
		for i := range y.data {
			y.data[i] /= float64(len(in[0].data) / len(y.data))
		}
		return y
	}
}

// as gives the result of f another shape.
func as(f func(in ...array) array, shape func(in ...array) []int) func(in ...array) array {
	return func(in ...array) array { return array{shape(in...), f(in...).data} }
}

// permuted reorders axes.
func permuted(axes ...int) func(in ...array) array {
	return func(in ...array) array {
		shape := make([]int, len(axes))
		for i, a := range axes {
			shape[i] = in[0].shape[a]
		}
		return tabulate(shape, func(i []int) float64 {
			j := make([]int, len(i))
			for k, a := range axes {
				j[a] = i[k]
			}
			return in[0].at(j...)
		})
	}
}

// softmaxOf is the softmax along an axis, or its logarithm.
func softmaxOf(axis int, log bool) func(in ...array) array {
	return func(in ...array) array {
		x := in[0]
		return tabulate(x.shape, func(i []int) float64 {
			sum, j := 0.0, slices.Clone(i)
			for k := range x.shape[axis] {
				j[axis] = k
				sum += math.Exp(x.at(j...))
			}
			if log {
				return x.at(i...) - math.Log(sum)
			}
			return math.Exp(x.at(i...)) / sum
		})
	}
}

// contracted sums over pairs of axes, one of a and one of b.
func contracted(aAxes, bAxes []int) func(in ...array) array {
	return func(in ...array) array {
		a, b := in[0], in[1]
		var inner []int
		for _, k := range aAxes {
			inner = append(inner, a.shape[k])
		}
		restA, restB := keptAxes(a.shape, aAxes), keptAxes(b.shape, bAxes)
		shape := []int{}
		for _, k := range restA {
			shape = append(shape, a.shape[k])
		}
		for _, k := range restB {
			shape = append(shape, b.shape[k])
		}
		return tabulate(shape, func(i []int) (sum float64) {
			ia, ib := make([]int, len(a.shape)), make([]int, len(b.shape))
			for k, axis := range restA {
				ia[axis] = i[k]
			}
			for k, axis := range restB {
				ib[axis] = i[len(restA)+k]
			}
			each(inner, func(j []int) {
				for k := range j {
					ia[aAxes[k]], ib[bAxes[k]] = j[k], j[k]
				}
				sum += a.at(ia...) * b.at(ib...)
			})
			return sum
		})
	}
}

func keptAxes(shape, drop []int) (out []int) {
	for k := range shape {
		if !slices.Contains(drop, k) {
			out = append(out, k)
		}
	}
	return out
}

// geometryOf is a window over rows and columns.
type geometryOf struct{ kernel, pad, stride, dilation [2]int }

// out is the size of what a window makes of an image.
func (g geometryOf) out(h, w int) (int, int) {
	f := func(n, k int) int {
		return (n+2*g.pad[k]-g.dilation[k]*(g.kernel[k]-1)-1)/g.stride[k] + 1
	}
	return f(h, 0), f(w, 1)
}

// taps calls f for every tap of output (i, j), inside the image or not.
func (g geometryOf) taps(i, j int, f func(u, v, r, c int)) {
	for u := range g.kernel[0] {
		for v := range g.kernel[1] {
			f(u, v, i*g.stride[0]+u*g.dilation[0]-g.pad[0], j*g.stride[1]+v*g.dilation[1]-g.pad[1])
		}
	}
}

// pixel is a number of an image, 0 in the border.
func (a array) pixel(n, c, r, col int) float64 {
	if r < 0 || r >= a.shape[2] || col < 0 || col >= a.shape[3] {
		return 0
	}
	return a.at(n, c, r, col)
}

func convolved(g geometryOf) func(in ...array) array {
	return func(in ...array) array {
		x, w := in[0], in[1]
		oh, ow := g.out(x.shape[2], x.shape[3])
		return tabulate([]int{x.shape[0], w.shape[0], oh, ow}, func(i []int) (sum float64) {
			for c := range x.shape[1] {
				g.taps(i[2], i[3], func(u, v, r, col int) { sum += w.at(i[1], c, u, v) * x.pixel(i[0], c, r, col) })
			}
			return sum
		})
	}
}

func unfolded(g geometryOf) func(in ...array) array {
	return func(in ...array) array {
		x := in[0]
		oh, ow := g.out(x.shape[2], x.shape[3])
		taps := g.kernel[0] * g.kernel[1]
		return tabulate([]int{x.shape[0], oh, ow, x.shape[1] * taps}, func(i []int) (y float64) {
			g.taps(i[1], i[2], func(u, v, r, col int) {
				if u*g.kernel[1]+v == i[3]%taps {
					y = x.pixel(i[0], i[3]/taps, r, col)
				}
			})
			return y
		})
	}
}

func pooled(g geometryOf, mean bool) func(in ...array) array {
	return func(in ...array) array {
		x := in[0]
		oh, ow := g.out(x.shape[2], x.shape[3])
		return tabulate([]int{x.shape[0], x.shape[1], oh, ow}, func(i []int) float64 {
			top, sum := math.Inf(-1), 0.0
			g.taps(i[2], i[3], func(_, _, r, col int) {
				sum += x.pixel(i[0], i[1], r, col)
				if r >= 0 && r < x.shape[2] && col >= 0 && col < x.shape[3] {
					top = max(top, x.at(i[0], i[1], r, col))
				}
			})
			if mean {
				return sum / float64(g.kernel[0]*g.kernel[1])
			}
			return top
		})
	}
}
