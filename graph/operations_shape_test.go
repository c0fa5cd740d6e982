package graph_test

import (
	"math"
	"math/rand/v2"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
)

// one makes a trial of one input.
func one(s []int, want func(in ...array) array, f func(x gnode) (gnode, error)) trial {
	return trial{in: [][]int{s}, want: want, build: func(_ *graph.Builder, in inputs) (gnode, error) { return f(in[0]) }}
}

// two makes a trial of an activity and a parameter.
func two(a, b []int, want func(in ...array) array, f func(a, b gnode) (gnode, error)) trial {
	return trial{in: [][]int{a, b}, want: want, build: func(_ *graph.Builder, in inputs) (gnode, error) { return f(in[0], in[1]) }}
}

// axisSets are all axes, each axis alone, and some pairs of a shape.
func axisSets(axes int) (out [][]int) {
	out = append(out, nil)
	for k := range axes {
		out = append(out, []int{k})
		for j := range k {
			out = append(out, []int{j, k})
		}
	}
	return out
}

// reductions are along axes; want gets them, none meaning all.
func reductions(name string, o verdict, note string, f func(x gnode, along ...int) (gnode, error), want func(axes ...int) func(in ...array) array) operation {
	return operation{name: name, outcome: o, note: note, trials: func(r *rand.Rand, batch int) (out []trial) {
		for _, s := range append(several(r, batch), []int{batch, 4, 1, 5}, []int{batch, 2, 3, 3}) {
			for _, axes := range axisSets(len(s)) {
				out = append(out, one(s, want(axes...), func(x gnode) (gnode, error) { return f(x, axes...) }))
			}
		}
		return out
	}}
}

func reducingOperations() []operation {
	const inner = "Gorgonia's is wrong along inner axes"
	sum := func(axes ...int) func(in ...array) array { return reduce(0, plus, axes...) }
	top := func(axes ...int) func(in ...array) array {
		return reduce(math.Inf(-1), func(a, v float64) float64 { return max(a, v) }, axes...)
	}
	softmax := func(name string, log bool, f func(x gnode, axes ...int) (gnode, error)) operation {
		return operation{name: name, outcome: replaced, note: "Gorgonia's takes the first axis of a column; SoftMax and LogSoftMax of one node along one axis are one node to it", trials: func(r *rand.Rand, batch int) (out []trial) {
			for _, s := range several(r, batch) {
				out = append(out, one(s, softmaxOf(len(s)-1, log), func(x gnode) (gnode, error) { return f(x) }))
				for axis := range s {
					out = append(out, one(s, softmaxOf(axis, log), func(x gnode) (gnode, error) { return f(x, axis) }))
				}
			}
			return append(out, one([]int{batch, 1}, softmaxOf(1, log), func(x gnode) (gnode, error) { return f(x) }))
		}}
	}
	norm := operation{
		name: "Norm", outcome: replaced, note: "of even p; for odd p apply gorgonia.Abs before it", refusalNote: "odd p takes no absolute values",
		refusal: func(_ *graph.Builder, x gnode) (gnode, error) { return gorgonia.Norm(x, 2, 3) },
		trials: func(r *rand.Rand, batch int) (out []trial) {
			for _, s := range several(r, batch) {
				for axis := range s {
					for _, p := range []int{2, 4} {
						want := func(in ...array) array {
							y := reduce(0, func(a, v float64) float64 { return a + math.Pow(math.Abs(v), float64(p)) }, axis)(in...)
							return each1(func(v float64) float64 { return math.Pow(v, 1/float64(p)) })(y)
						}
						x := one(s, want, func(x gnode) (gnode, error) { return gorgonia.Norm(x, axis, p) })
						x.positive = true
						out = append(out, x)
					}
				}
			}
			return out
		},
	}
	return []operation{
		reductions("Sum", replaced, inner, gorgonia.Sum, sum),
		reductions("Mean", replaced, inner, gorgonia.Mean, mean),
		reductions("Max", replaced, inner+"; at a tie the gradient goes to the first", gorgonia.Max, top),
		softmax("SoftMax", false, gorgonia.SoftMax), softmax("LogSoftMax", true, gorgonia.LogSoftMax), norm,
		{name: "LogSumExp", outcome: refused, note: "gorgonia.LogSumExp", refusal: func(_ *graph.Builder, x gnode) (gnode, error) { return gorgonia.LogSumExp(x, 2) }},
		{name: "Sparsemax", outcome: refused, note: "gorgonia.Sparsemax", refusal: func(_ *graph.Builder, x gnode) (gnode, error) { return gorgonia.Sparsemax(x) }},
	}
}

// cut is x[…, from:to:step, …] along an axis, which is dropped if one place is left.
func cut(axis, from, to, step int) func(in ...array) array {
	return func(in ...array) array {
		shape := slices.Clone(in[0].shape)
		shape[axis] = (to - from) / step
		y := tabulate(shape, func(i []int) float64 {
			j := slices.Clone(i)
			j[axis] = from + step*i[axis]
			return in[0].at(j...)
		})
		if shape[axis] == 1 {
			y.shape = slices.Delete(slices.Clone(shape), axis, axis+1)
		}
		return y
	}
}

func sliceTrials(r *rand.Rand, batch int) (out []trial) {
	for _, s := range append(several(r, batch), []int{batch, 4, 6}) {
		for axis, n := range s {
			from := r.IntN(n)
			to := from + 1 + r.IntN(n-from)
			steps := []int{1}
			if n == 6 {
				from, to, steps = 1, 5, []int{1, 2}
			}
			for _, step := range steps {
				ranges := make([]tensor.Slice, axis+1)
				ranges[axis] = gorgonia.S(from, to, step)
				out = append(out, one(s, cut(axis, from, to, step), func(x gnode) (gnode, error) { return gorgonia.Slice(x, ranges...) }))
			}
		}
	}
	return out
}

// beside joins a and b along an axis.
func beside(axis int) func(in ...array) array {
	return func(in ...array) array {
		a, b := in[0], in[1]
		shape := slices.Clone(a.shape)
		shape[axis] += b.shape[axis]
		return tabulate(shape, func(i []int) float64 {
			if i[axis] < a.shape[axis] {
				return a.at(i...)
			}
			j := slices.Clone(i)
			j[axis] -= a.shape[axis]
			return b.at(j...)
		})
	}
}

func itself(in ...array) array { return in[0] }

func shapeOperations() []operation {
	forShapes := func(f func(r *rand.Rand, s []int) []trial) func(r *rand.Rand, batch int) []trial {
		return func(r *rand.Rand, batch int) (out []trial) {
			for _, s := range several(r, batch) {
				out = append(out, f(r, s)...)
			}
			return out
		}
	}
	ravel := func(in ...array) []int { return []int{len(in[0].data)} }
	return []operation{
		{
			name: "Slice", outcome: replaced, note: "not along axes longer than 256 where bounds agree modulo 256", refusalNote: "modulo 256", trials: sliceTrials,
			refusal: func(_ *graph.Builder, x gnode) (gnode, error) {
				y, err := gorgonia.Concat(2, slices.Repeat([]gnode{x}, 100)...)
				if err != nil {
					return nil, err
				}
				return gorgonia.Slice(y, nil, nil, gorgonia.S(0, 6))
			},
		},
		{name: "Concat", outcome: replaced, trials: forShapes(func(r *rand.Rand, s []int) (out []trial) {
			for axis := range s {
				w := slices.Clone(s)
				w[axis] = 1 + r.IntN(3)
				out = append(out, two(s, w, beside(axis), func(a, b gnode) (gnode, error) { return gorgonia.Concat(axis, a, b) }))
			}
			return out
		})},
		{name: "Unconcat", outcome: replaced, note: "as Slice; axes of size 1 are dropped", trials: func(r *rand.Rand, batch int) (out []trial) {
			for _, s := range [][]int{{batch, 4}, {batch, 3, 4}, {batch, 1, 4, 3}} {
				axis := slices.Index(s, 4)
				for _, parts := range []int{2, 4} {
					want := func(in ...array) array { // the last part minus the first
						n := 4 / parts
						a, b := cut(axis, 0, n, 1)(in...), cut(axis, 4-n, 4, 1)(in...)
						y := each2(func(a, b float64) float64 { return b - a })(a, b)
						y.shape = slices.DeleteFunc(y.shape, func(d int) bool { return d == 1 })
						return y
					}
					out = append(out, one(s, want, func(x gnode) (gnode, error) {
						y, err := gorgonia.Unconcat(x, axis, parts)
						if err != nil {
							return nil, err
						}
						return gorgonia.Sub(y[parts-1], y[0])
					}))
				}
			}
			return out
		}},
		{name: "Transpose", outcome: replaced, note: "that of a matrix is part of a product", trials: forShapes(func(r *rand.Rand, s []int) []trial {
			axes := r.Perm(len(s))
			if slices.IsSorted(axes) {
				slices.Reverse(axes)
			}
			return []trial{one(s, permuted(axes...), func(x gnode) (gnode, error) { return gorgonia.Transpose(x, slices.Clone(axes)...) })}
		})},
		{name: "Reshape", outcome: replaced, note: "Gorgonia's shares memory, into which the tape machine may write", trials: forShapes(func(r *rand.Rand, s []int) []trial {
			to := []int{size(s[1:]), 1, s[0]}
			return []trial{one(s, as(itself, func(...array) []int { return to }), func(x gnode) (gnode, error) { return gorgonia.Reshape(x, slices.Clone(to)) })}
		})},
		{name: "Ravel", outcome: replaced, trials: forShapes(func(_ *rand.Rand, s []int) []trial {
			return []trial{one(s, as(itself, ravel), gorgonia.Ravel)}
		})},
		{name: "KeepDims", outcome: replaced, trials: forShapes(func(_ *rand.Rand, s []int) []trial {
			last := len(s) - 1
			kept := func(in ...array) []int { return append(slices.Clone(in[0].shape[:last]), 1) }
			return []trial{one(s, as(reduce(0, plus, last), kept), func(x gnode) (gnode, error) {
				return gorgonia.KeepDims(x, false, func(x gnode) (gnode, error) { return gorgonia.Sum(x, last) })
			})}
		})},
		{name: "At", outcome: replaced, note: "Gorgonia's has no derivative", trials: forShapes(func(r *rand.Rand, s []int) []trial {
			at := make([]int, len(s))
			for k, n := range s {
				at[k] = r.IntN(n)
			}
			return []trial{one(s, func(in ...array) array { return array{[]int{}, []float64{in[0].at(at...)}} },
				func(x gnode) (gnode, error) { return gorgonia.At(x, at...) })}
		})},
		{name: "SizeOf", outcome: replaced, note: "a constant", trials: forShapes(func(_ *rand.Rand, s []int) []trial {
			return []trial{one(s, each1(func(v float64) float64 { return v * float64(s[1]) }), func(x gnode) (gnode, error) {
				n, err := gorgonia.SizeOf(1, x)
				if err != nil {
					return nil, err
				}
				return gorgonia.HadamardProd(x, n)
			})}
		})},
	}
}
