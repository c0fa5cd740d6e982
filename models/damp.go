package models

import (
	"math"
	"slices"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// Damp returns a declaration whose activities keep one size through any number of
// merges, if every branch alone does: a sum with one skip connection, of L in a row,
//
//	μ = x + Σ_k body_k(x) / √(L·m)                 m branches beside the skip
//
// and any other sum of K branches
//
//	μ = Σ_k branch_k / √K
//
// Sums are [layers.Residual], [layers.Sum] and [layers.Add], also within
// [layers.Sequential]; a skip is [layers.Identity], or a Residual without a Skip. L is
// the largest number of sums with a skip on a way through the network, where a cycle has
// one the number of all. Layers with sums of their own, such as
// [layers.TransformerBlock], stay as they are. Branches keep their size with the
// initialiser and the gain of their activation function, such as layers.KaimingNormal.
//
// Source: the factor of the branches is that of Innocenti, Achour and Buckley 2025,
// arXiv:2505.13124, for residual chains; the one of sums of K is ours.
func Damp(d graph.Declaration) graph.Declaration {
	skips := deepest(d)
	d.Predictions = slices.Clone(d.Predictions)
	for i, p := range d.Predictions {
		d.Predictions[i].Layer = damped(p.Layer, len(p.From), skips)
	}
	return d
}

// deepest is the largest number of sums with a skip on a way through the network.
func deepest(d graph.Declaration) int {
	all, most := 0, 0
	reached := map[string]int{}
	for _, p := range d.Predictions {
		all += skipsIn(p.Layer)
	}
	for changed := true; changed; {
		changed = false
		for _, p := range d.Predictions {
			n := 0
			for _, from := range p.From {
				n = max(n, reached[from])
			}
			n += skipsIn(p.Layer)
			if n > all {
				return all // a cycle
			}
			if n > reached[p.Of] {
				reached[p.Of], changed = n, true
				most = max(most, n)
			}
		}
	}
	return most
}

// skipsIn is the largest number of sums with a skip in a row within a layer.
func skipsIn(l graph.Layer) (n int) {
	switch l := l.(type) {
	case layers.Sequential:
		for _, part := range l {
			n += skipsIn(part)
		}
	case layers.Residual:
		n = max(skipsIn(l.Body), skipsIn(l.Skip))
		if isIdentity(l.Skip) {
			n++
		}
	case layers.Sum:
		for _, part := range l {
			n = max(n, skipsIn(part))
		}
		if identities(l) == 1 {
			n++
		}
	}
	return n
}

// identities is the number of branches that are skips.
func identities(s layers.Sum) (n int) {
	for _, part := range s {
		if isIdentity(part) {
			n++
		}
	}
	return n
}

// damped is a layer of a number of inputs with its sums damped.
func damped(l graph.Layer, inputs, skips int) graph.Layer {
	switch l := l.(type) {
	case layers.Sequential:
		out := make(layers.Sequential, len(l))
		for i, part := range l {
			out[i] = damped(part, inputs, skips)
			inputs = 1
		}
		return out
	case layers.Residual:
		l.Body = damped(l.Body, inputs, skips)
		if isIdentity(l.Skip) {
			l.Body = times(l.Body, skips)
			return l
		}
		l.Body, l.Skip = times(l.Body, 2), times(damped(l.Skip, inputs, skips), 2)
		return l
	case layers.Sum:
		out := make(layers.Sum, len(l))
		for i, part := range l {
			part = damped(part, 1, skips)
			switch {
			case identities(l) != 1:
				part = times(part, len(l))
			case !isIdentity(part):
				part = times(part, skips*(len(l)-1))
			}
			out[i] = part
		}
		return out
	case layers.Add:
		return times(l, inputs)
	}
	return l
}

// times is a layer whose output is divided by √k.
func times(l graph.Layer, k int) graph.Layer {
	if k == 1 {
		return l
	}
	return append(sequence(l), layers.Scale{Factor: 1 / math.Sqrt(float64(k))})
}
