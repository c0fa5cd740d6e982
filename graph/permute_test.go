package graph_test

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// fill writes the same random rows into every node, in a given order, and
// evaluates and learns.
func fill(t require, s *graph.Session, d graph.Declaration, order []int, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 2))
	for _, n := range d.Nodes {
		size := n.Shape.Size()
		rows, data := make([]float64, len(order)*size), make([]float64, len(order)*size)
		for i := range rows {
			rows[i] = float64(rng.Float32()) / float64(size) // a probability, where that is wanted
		}
		for i, row := range order {
			copy(data[i*size:(i+1)*size], rows[row*size:])
		}
		v, err := s.View(n.Name)
		t.ok(err)
		if s.ClampFloat64(n.Name, data) == nil {
			continue
		}
		for i, x := range data {
			v.Set(i, x)
		}
	}
	energies := make([]float64, len(s.Terms()))
	_, err := s.Evaluate(energies)
	t.ok(err)
	_, err = s.Learn(energies)
	t.ok(err)
}

// Samples do not see one another: permuting a batch permutes the gradients of
// the activities and leaves those of the parameters, and a batch of one gives a
// sample the gradient that it has in any other.
func TestSamplesDoNotSeeOneAnother(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := require{rt.Fatalf}
		d, roles := randomNetwork(rt)
		seed := rapid.Uint64().Draw(rt, "seed")
		batch := rapid.SampledFrom([]int{2, 5, 19}).Draw(rt, "batch")
		order := rapid.Permutation(identity(batch)).Draw(rt, "order")
		net, err := graph.New(d, graph.Settings{Precision: graph.Float64, Seed: seed, Engine: graph.Compiled{Threads: 2, ParallelFrom: 1}})
		r.ok(err)
		session := func(batch int) *graph.Session {
			s, err := net.Session(batch, roles)
			r.ok(err)
			return s
		}
		a, b, one := session(batch), session(batch), session(1)
		fill(r, a, d, identity(batch), seed)
		var want []relax.Vector
		for _, p := range net.Params() {
			g := gradOf(p)
			c := g.MakeLike()
			c.CopyFrom(g)
			want = append(want, c)
		}
		fill(r, b, d, order, seed)
		for i, p := range net.Params() {
			r.closeTo("permuted ∂E/∂"+p.Name, gradOf(p), want[i], 1e-11, float64(14*batch))
		}
		copySample(r, one, a, d, 0)
		_, err = one.Evaluate(make([]float64, len(one.Terms())))
		r.ok(err)
		for i, x := range a.Activities() {
			for row, from := range order {
				_, g := x.Sample(from)
				_, h := b.Activities()[i].Sample(row)
				r.close("permuted ∂E/∂"+x.Name, h, g, 1e-12)
			}
			_, g := x.Sample(0)
			r.close("alone ∂E/∂"+x.Name, one.Activities()[i].Grad, g, 1e-12)
		}
	})
}

// copySample copies one sample of a session into one of a batch of one.
func copySample(t require, dst, src *graph.Session, d graph.Declaration, sample int) {
	for _, n := range d.Nodes {
		v, err := src.View(n.Name)
		t.ok(err)
		size := n.Shape.Size()
		row := v.Slice(sample*size, (sample+1)*size)
		if dst.ClampFloat64(n.Name, row.Float64()) == nil {
			continue
		}
		w, err := dst.View(n.Name)
		t.ok(err)
		w.CopyFrom(row)
	}
}

func identity(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
