// Package gradcheck compares the gradients of a network with finite differences of its
// energy. It is for tests of layers, energies and priors, in this module and in others:
// put the layer into a small network and let [Run] check every element.
package gradcheck

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// Options of a check.
type Options struct {
	// Batch sizes to check at. Nil means 1 and 3.
	Batch []int
	// Positive makes the clamped data positive with rows that sum to one, for targets
	// that must be distributions.
	Positive bool
	// Unit makes the clamped data independent values from 0 to 1, for a Bernoulli
	// energy or precisions.
	Unit bool
	// Symbols makes the data of the named clamped nodes integers in [0, n), for an
	// embedding.
	Symbols map[string]int
	// Tolerance relative to the largest gradient of a tensor. Zero means 1e-5.
	Tolerance float64
	// Scale of the activities. Zero means 1.
	Scale float64
}

// step is the h of the central difference.
const step = 1e-6

// Run checks ∂E/∂x of every free node and ∂E/∂θ of every parameter of the
// network that d declares, against central differences
//
//	(E(x+h) − E(x−h)) / 2h    h = 1e-6, in float64
//
// at random activities and parameters, with the given roles. Leave the input of a layer
// free to check the gradient that it propagates. In training, the statistics of the
// batch and the noise are fixed by one initialisation. Every difference beyond the
// tolerance is an error of t that names the element. Within h of a kink a difference is
// meaningless; another Scale moves the points.
func Run(t testing.TB, d graph.Declaration, r graph.Roles, o Options) {
	t.Helper()
	if o.Batch == nil {
		o.Batch = []int{1, 3}
	}
	if o.Tolerance == 0 {
		o.Tolerance = 1e-5
	}
	if o.Scale == 0 {
		o.Scale = 1
	}
	net, err := graph.New(d, graph.Settings{Precision: graph.Float64, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range o.Batch {
		s, err := net.Session(batch, r)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(uint64(batch), 11))
		fill(t, net, s, r, o, rng)
		c := checker{t: t, s: s, energies: make([]float64, len(s.Terms())), tolerance: o.Tolerance}
		for _, a := range s.Activities() {
			c.eval()
			c.compare("∂E/∂"+a.Name, batch, a.X, clone(a.Grad), func() {})
		}
		for _, p := range net.Params() {
			if _, err := s.Learn(c.energies); err != nil {
				t.Fatal(err)
			}
			c.compare("∂E/∂"+p.Name, batch, p.Values(), clone(p.Grads()), p.Changed)
		}
	}
}

// fill draws the activities, the clamped data and small changes of the parameters, so
// that not only zero biases are checked.
func fill(t testing.TB, net *graph.Network, s *graph.Session, r graph.Roles, o Options, rng *rand.Rand) {
	t.Helper()
	for _, name := range r.Clamped {
		n, err := net.Node(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.ClampFloat64(name, data(s.Batch()*n.Shape.Size(), n, o, rng)); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range net.Params() {
		v := p.Values().Float64()
		for i := range v {
			v[i] += 0.1 * rng.NormFloat64()
		}
	}
	net.ParamsChanged()
	if err := s.Initialize(graph.Start{Std: o.Scale}, rng); err != nil {
		t.Fatal(err)
	}
	for _, a := range s.Activities() { // away from the point where every error is 0
		for i := range a.X.Len() {
			a.X.Set(i, o.Scale*rng.NormFloat64())
		}
	}
}

func data(size int, n graph.Node, o Options, rng *rand.Rand) []float64 {
	x := make([]float64, size)
	for i := range x {
		x[i] = o.Scale * rng.NormFloat64()
		if o.Positive || o.Unit {
			x[i] = rng.Float64()
		}
		if below := o.Symbols[n.Name]; below > 0 {
			x[i] = float64(rng.IntN(below))
		}
	}
	if width := n.Shape[len(n.Shape)-1]; o.Positive && o.Symbols[n.Name] == 0 {
		for row := range slices.Chunk(x, width) {
			sum := 0.0
			for _, v := range row {
				sum += v
			}
			for i := range row {
				row[i] /= sum
			}
		}
	}
	return x
}

func clone(v relax.Vector) relax.Vector {
	c := v.MakeLike()
	c.CopyFrom(v)
	return c
}

type checker struct {
	t         testing.TB
	s         *graph.Session
	energies  []float64
	tolerance float64
}

func (c checker) eval() float64 {
	c.t.Helper()
	e, err := c.s.Evaluate(c.energies)
	if err != nil {
		c.t.Fatal(err)
	}
	return e
}

// compare checks grad against central differences over x; changed is called
// after every write into x.
func (c checker) compare(what string, batch int, x, grad relax.Vector, changed func()) {
	c.t.Helper()
	size := math.Max(grad.MaxAbs(), 1e-3)
	for i := range x.Len() {
		old := x.At(i)
		x.Set(i, old+step)
		changed()
		up := c.eval()
		x.Set(i, old-step)
		changed()
		down := c.eval()
		x.Set(i, old)
		changed()
		want := (up - down) / (2 * step)
		if got := grad.At(i); !(math.Abs(got-want) <= c.tolerance*size) {
			c.t.Errorf("%s[%d] at batch %d: got %.9g, finite difference %.9g", what, i, batch, got, want)
		}
	}
}
