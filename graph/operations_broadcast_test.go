package graph_test

import (
	"iter"
	"maps"
	"math/rand/v2"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
)

func mapKeys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }

// broadcastShapes draws two shapes of at most four axes, the most that Gorgonia's
// patterns have, and the axes along which the first and the second repeat.
func broadcastShapes(r *rand.Rand, batch int) (a, b []int, left, right []byte) {
	a = dims(r, batch, 2+r.IntN(3))
	b = slices.Clone(a)
	for k := range b {
		switch r.IntN(3) {
		case 0:
			b[k] = 1
			right = append(right, byte(k))
		case 1:
			if k > 0 {
				a[k] = 1
				left = append(left, byte(k))
			}
		}
	}
	return a, b, left, right
}

// repeated is the Broadcast form of a binary function.
func repeated(name string, note string, f func(a, b gnode, left, right []byte) (gnode, error), g func(a, b float64) float64, positive, added bool) operation {
	h := func(a, b float64) float64 {
		if added {
			return a*b + g(a, b)
		}
		return g(a, b)
	}
	build := func(left, right []byte) func(_ *graph.Builder, in inputs) (gnode, error) {
		return func(_ *graph.Builder, in inputs) (gnode, error) {
			y, err := f(in[0], in[1], left, right)
			if err != nil || !added {
				return y, err
			}
			x, err := gorgonia.BroadcastHadamardProd(in[0], in[1], left, right)
			if err != nil {
				return nil, err
			}
			return gorgonia.Add(x, y)
		}
	}
	return operation{name: name, outcome: replaced, note: note, trials: func(r *rand.Rand, batch int) (out []trial) {
		for range 3 {
			a, b, left, right := broadcastShapes(r, batch)
			out = append(out, trial{in: [][]int{a, b}, positive: positive, want: each2(h), build: build(left, right)})
		}
		// a row, and a scalar per channel, on images
		x := []int{batch, 2, 3, 2}
		return append(out,
			trial{in: [][]int{x, {1, 2, 1, 1}}, positive: positive, want: each2(h), build: build(nil, []byte{0, 2, 3})},
			trial{in: [][]int{{batch, 3}, {1, 3}}, positive: positive, want: each2(h), build: build(nil, []byte{0})},
		)
	}}
}

func broadcastOperations() (out []operation) {
	const note = "Gorgonia's derivative sums along inner axes, which is wrong"
	for _, a := range arithmetic {
		out = append(out, repeated("Broadcast"+a.name, note, a.broadcast, a.want, a.positive, false))
	}
	for _, name := range slices.Sorted(mapKeys(comparisons)) {
		c := comparisons[name]
		same := func(a, b gnode, left, right []byte) (gnode, error) { return c.broadcast(a, b, true, left, right) }
		o := repeated("Broadcast"+name, note+"; its own derivative is 0; retSame must be true", same, c.want, false, true)
		o.refusal = func(b *graph.Builder, x gnode) (gnode, error) { return c.broadcast(x, x, false, nil, nil) }
		o.refusalNote = "pass retSame = true"
		out = append(out, o)
	}
	byHand := func(a, b gnode, left, right []byte) (gnode, error) {
		a, b, err := gorgonia.Broadcast(a, b, gorgonia.NewBroadcastPattern(left, right))
		if err != nil {
			return nil, err
		}
		return gorgonia.HadamardProd(a, b)
	}
	auto := repeated("Auto", note, func(a, b gnode, _, _ []byte) (gnode, error) {
		return gorgonia.Auto(gorgonia.BroadcastHadamardProd, a, b)
	}, func(a, b float64) float64 { return a * b }, false, false)
	return append(out, auto,
		repeated("Broadcast", note, byHand, func(a, b float64) float64 { return a * b }, false, false))
}
