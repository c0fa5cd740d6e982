package graph_test

import (
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
)

func flattened(f func(in ...array) array) func(in ...array) array {
	return func(in ...array) array {
		return f(array{[]int{len(in[0].data)}, in[0].data}, in[1])
	}
}

// raveled applies f to x as a vector.
func raveled(f func(a, b gnode) (gnode, error)) func(a, b gnode) (gnode, error) {
	return func(a, b gnode) (gnode, error) {
		a, err := gorgonia.Ravel(a)
		if err != nil {
			return nil, err
		}
		return f(a, b)
	}
}

func productOperations() []operation {
	reduceMul := func(a, b gnode) (gnode, error) { return gorgonia.ReduceMul(gorgonia.Nodes{a, b}) }
	return []operation{
		{name: "Mul", outcome: replaced, note: "that of two matrices is kept", trials: func(r *rand.Rand, batch int) (out []trial) {
			for _, s := range [][3]int{{batch, 3, 2}, {batch, 1, 3}, {batch, 3, 1}, {batch, 1, 1}} {
				m, k, n := s[0], s[1], s[2]
				out = append(out,
					two([]int{m, k}, []int{k, n}, contracted([]int{1}, []int{0}), gorgonia.Mul),
					two([]int{m, k}, []int{k}, contracted([]int{1}, []int{0}), gorgonia.Mul),
					two([]int{m, k}, []int{m * k}, flattened(contracted([]int{0}, []int{0})), raveled(gorgonia.Mul)),
					two([]int{m, k}, []int{m * k, n}, flattened(contracted([]int{0}, []int{0})), raveled(gorgonia.Mul)))
			}
			return out
		}},
		{name: "ReduceMul", outcome: supported, note: "as Mul", trials: func(_ *rand.Rand, batch int) []trial {
			return []trial{two([]int{batch, 3}, []int{3, 2}, contracted([]int{1}, []int{0}), reduceMul)}
		}},
		{name: "OuterProd", outcome: replaced, trials: func(_ *rand.Rand, batch int) []trial {
			return []trial{
				two([]int{batch, 3}, []int{4}, flattened(contracted(nil, nil)), raveled(gorgonia.OuterProd)),
				two([]int{batch, 1}, []int{1}, flattened(contracted(nil, nil)), raveled(gorgonia.OuterProd)),
			}
		}},
		{name: "BatchedMatMul", outcome: replaced, note: "Gorgonia's drops axes of size 1", trials: batchedTrials},
		{name: "Tensordot", outcome: replaced, note: "Gorgonia's cannot learn at batch 1", trials: func(r *rand.Rand, batch int) (out []trial) {
			for _, c := range []struct{ a, b, hitA, hitB []int }{
				{[]int{batch, 3}, []int{3, 2}, []int{1}, []int{0}},
				{[]int{batch, 3, 2}, []int{2, 4, 3}, []int{1, 2}, []int{2, 0}},
				{[]int{batch, 1, 3}, []int{3, 1}, []int{2}, []int{0}},
				{[]int{batch, 2, 1, 3}, []int{2, 3}, []int{3, 1}, []int{1, 0}},
				{[]int{batch, 3}, []int{batch, 3}, []int{0, 1}, []int{0, 1}},
			} {
				out = append(out, two(c.a, c.b, contracted(c.hitA, c.hitB), func(a, b gnode) (gnode, error) {
					return gorgonia.Tensordot(c.hitA, c.hitB, a, b)
				}))
			}
			return out
		}},
	}
}

func batchedTrials(_ *rand.Rand, batch int) (out []trial) {
	for _, outer := range [][]int{{batch}, {batch, 2}, {batch, 1}} {
		for _, s := range [][3]int{{2, 3, 4}, {1, 3, 1}, {3, 1, 2}} {
			for _, trans := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
				ma, mb := []int{s[0], s[1]}, []int{s[1], s[2]}
				if trans[0] {
					ma = []int{s[1], s[0]}
				}
				if trans[1] {
					mb = []int{s[2], s[1]}
				}
				n := len(outer)
				want := func(in ...array) array {
					shape := append(append([]int{}, outer...), s[0], s[2])
					return tabulate(shape, func(i []int) (sum float64) {
						for k := range s[1] {
							a, b := [2]int{i[n], k}, [2]int{k, i[n+1]}
							if trans[0] {
								a = [2]int{k, i[n]}
							}
							if trans[1] {
								b = [2]int{i[n+1], k}
							}
							at := func(m [2]int) []int { return append(append([]int{}, i[:n]...), m[:]...) }
							sum += in[0].at(at(a)...) * in[1].at(at(b)...)
						}
						return sum
					})
				}
				out = append(out, two(append(append([]int{}, outer...), ma...), append(append([]int{}, outer...), mb...), want, func(a, b gnode) (gnode, error) {
					return gorgonia.BatchedMatMul(a, b, trans[0], trans[1])
				}))
			}
		}
	}
	return out
}

func windows() []geometryOf {
	return []geometryOf{
		{[2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, [2]int{1, 1}},
		{[2]int{2, 3}, [2]int{0, 1}, [2]int{2, 1}, [2]int{1, 1}},
		{[2]int{2, 2}, [2]int{1, 0}, [2]int{1, 2}, [2]int{2, 1}},
		{[2]int{2, 1}, [2]int{0, 0}, [2]int{1, 1}, [2]int{1, 1}},
	}
}

func imageOperations() []operation {
	images := func(f func(g geometryOf, x []int) []trial) func(r *rand.Rand, batch int) []trial {
		return func(r *rand.Rand, batch int) (out []trial) {
			for _, g := range windows() {
				out = append(out, f(g, []int{batch, 2, 4, 5})...)
				out = append(out, f(g, []int{batch, 1, 3, 3})...)
			}
			return out
		}
	}
	pools := func(name, note string, mean bool, pool func(x gnode, kernel tensor.Shape, pad, stride []int) (gnode, error)) operation {
		return operation{name: name, outcome: replaced, note: note, trials: images(func(g geometryOf, x []int) []trial {
			g.dilation = [2]int{1, 1}
			return []trial{one(x, pooled(g, mean), func(x gnode) (gnode, error) { return pool(x, g.kernel[:], g.pad[:], g.stride[:]) })}
		})}
	}
	const maxima = "AveragePool1D computes maxima and cannot be told from MaxPool1D"
	scaled := func(groups int) func(in ...array) array {
		return func(in ...array) array {
			x, w, b := in[0], in[1], in[2]
			per := size(x.shape[1:]) / groups
			return tabulate(x.shape, func(i []int) float64 {
				group := x.place(i) / per * per
				m, v := 0.0, 0.0
				for _, z := range x.data[group : group+per] {
					m += z / float64(per)
				}
				for _, z := range x.data[group : group+per] {
					v += (z - m) * (z - m) / float64(per)
				}
				return (x.at(i...)-m)/math.Sqrt(v+0.01)*w.data[i[1]] + b.data[i[1]]
			})
		}
	}
	return []operation{
		{name: "Conv2d", outcome: replaced, note: "by layers' own kernels; Gorgonia takes two of one image for one that differ in dilation alone", trials: images(func(g geometryOf, x []int) []trial {
			return []trial{two(x, []int{3, x[1], g.kernel[0], g.kernel[1]}, convolved(g), func(x, w gnode) (gnode, error) {
				return gorgonia.Conv2d(x, w, g.kernel[:], g.pad[:], g.stride[:], g.dilation[:])
			})}
		})},
		{name: "Conv1d", outcome: replaced, note: "as Conv2d", trials: func(_ *rand.Rand, batch int) []trial {
			g := geometryOf{[2]int{1, 3}, [2]int{0, 1}, [2]int{1, 2}, [2]int{1, 1}}
			return []trial{two([]int{batch, 2, 1, 5}, []int{3, 2, 1, 3}, convolved(g), func(x, w gnode) (gnode, error) {
				return gorgonia.Conv1d(x, w, 3, 1, 2, 1)
			})}
		}},
		{name: "Im2Col", outcome: replaced, trials: images(func(g geometryOf, x []int) []trial {
			return []trial{one(x, unfolded(g), func(x gnode) (gnode, error) {
				return gorgonia.Im2Col(x, g.kernel[:], g.pad[:], g.stride[:], g.dilation[:])
			})}
		})},
		pools("MaxPool2D", "not with padding that differs between the sides; a kernel of one row: see MaxPool1D", false, gorgonia.MaxPool2D),
		pools("AveragePool2D", "Gorgonia's divides by the width of the image, and its derivative is wrong; the border's zeros count", true, gorgonia.AveragePool2D),
		{name: "MaxPool1D", outcome: refused, note: maxima, refusal: func(_ *graph.Builder, x gnode) (gnode, error) { return gorgonia.MaxPool1D(x, 2, 0, 1) }},
		{name: "AveragePool1D", outcome: refused, note: maxima, refusal: func(_ *graph.Builder, x gnode) (gnode, error) { return gorgonia.AveragePool1D(x, 2, 0, 1) }},
		{name: "GlobalAveragePool2D", outcome: replaced, note: "Gorgonia's has no derivative", trials: func(r *rand.Rand, batch int) []trial {
			want := func(in ...array) array {
				y := mean(2, 3)(in...)
				return array{append(y.shape, 1, 1), y.data}
			}
			return []trial{one([]int{batch, 2, 3, 4}, want, gorgonia.GlobalAveragePool2D), one([]int{batch, 1, 3, 1}, want, gorgonia.GlobalAveragePool2D)}
		}},
		{name: "Upsample2D", outcome: replaced, trials: func(_ *rand.Rand, batch int) (out []trial) {
			for _, by := range []int{1, 2, 3} {
				want := func(in ...array) array {
					s := in[0].shape
					return tabulate([]int{s[0], s[1], s[2] * by, s[3] * by}, func(i []int) float64 { return in[0].at(i[0], i[1], i[2]/by, i[3]/by) })
				}
				for _, s := range [][]int{{batch, 2, 3, 2}, {batch, 1, 1, 3}} {
					out = append(out, one(s, want, func(x gnode) (gnode, error) { return gorgonia.Upsample2D(x, by) }))
				}
			}
			return out
		}},
		{name: "GroupNorm", outcome: replaced, note: "with scale and shift that are parameters of as many axes as the input", trials: func(_ *rand.Rand, batch int) (out []trial) {
			for _, groups := range []int{1, 2, 4} {
				out = append(out, trial{
					in: [][]int{{batch, 4, 2, 3}, {1, 4, 1, 1}, {1, 4, 1, 1}}, want: scaled(groups),
					build: func(_ *graph.Builder, in inputs) (gnode, error) {
						return gorgonia.GroupNorm(in[0], in[1], in[2], groups, 4, 0.01)
					},
				})
			}
			return out
		}},
	}
}
