package relax_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats/scalar"

	"github.com/seed-be841da4/prospect/relax"
)

// bowl is E = Σ_n ½·λ_n·‖x(n)‖², one curvature a sample.
type bowl struct {
	curvature  []float64
	activities []relax.Activity
}

func newBowl(x relax.Vector, curvature ...float64) *bowl {
	return &bowl{
		curvature:  curvature,
		activities: []relax.Activity{{Name: "x", Samples: len(curvature), X: x, Grad: x.MakeLike()}},
	}
}

func (b *bowl) Activities() []relax.Activity { return b.activities }

func (b *bowl) Terms() []string { return []string{"bowl"} }

func (b *bowl) Evaluate(energies []float64) (float64, error) {
	energies[0] = 0
	for n, c := range b.curvature {
		x, g := b.activities[0].Sample(n)
		g.CopyFrom(x)
		g.Scale(c)
		energies[0] += 0.5 * g.Dot(x)
	}
	return energies[0], nil
}

// tilted is E = ½·xᵀAx - bᵀx of a single sample in the plane.
type tilted struct {
	a          [2][2]float64
	b          [2]float64
	activities []relax.Activity
}

func newTilted(x0, x1 float64) *tilted {
	x := relax.Float64([]float64{x0, x1})
	return &tilted{
		a:          [2][2]float64{{2, 1}, {1, 3}},
		b:          [2]float64{1, -2},
		activities: []relax.Activity{{Name: "x", Samples: 1, X: x, Grad: x.MakeLike()}},
	}
}

func (q *tilted) Activities() []relax.Activity { return q.activities }

func (q *tilted) Terms() []string { return []string{"quadratic", "linear"} }

func (q *tilted) Evaluate(energies []float64) (float64, error) {
	x, g := q.activities[0].X.Float64(), q.activities[0].Grad.Float64()
	energies[0], energies[1] = 0, 0
	for i := range x {
		ax := q.a[i][0]*x[0] + q.a[i][1]*x[1]
		g[i] = ax - q.b[i]
		energies[0] += 0.5 * x[i] * ax
		energies[1] -= q.b[i] * x[i]
	}
	return energies[0] + energies[1], nil
}

type float interface{ float32 | float64 }

// chain is a predictive-coding network of tanh layers with clamped input and
// output and no biases, the energy of the paper:
//
//	E = ½·Σ_l ‖x_l - W_l·f(x_{l-1})‖²    f = tanh, but the identity on the input
type chain[T float] struct {
	samples int
	widths  []int
	weights [][]T // weights[l]: (widths[l+1], widths[l])
	x       [][]T // x[l]: (samples, widths[l]); first and last are clamped
	grad    [][]T
	eps     [][]T

	activities []relax.Activity
	terms      []string
}

func view[T float](x []T) relax.Vector {
	switch x := any(x).(type) {
	case []float32:
		return relax.Float32(x)
	case []float64:
		return relax.Float64(x)
	}
	panic("unreachable")
}

func newChain[T float](seed uint64, samples int, widths ...int) *chain[T] {
	c := &chain[T]{samples: samples, widths: widths}
	rng := rand.New(rand.NewPCG(seed, 1))
	random := func(n int, scale float64) []T {
		x := make([]T, n)
		for i := range x {
			x[i] = T(scale * rng.NormFloat64())
		}
		return x
	}
	for l, w := range widths {
		c.x = append(c.x, random(samples*w, 1))
		c.grad = append(c.grad, make([]T, samples*w))
		c.eps = append(c.eps, make([]T, samples*w))
		if l == 0 {
			continue
		}
		c.weights = append(c.weights, random(w*widths[l-1], 1.5/math.Sqrt(float64(widths[l-1]))))
		c.terms = append(c.terms, "mu"+string(rune('0'+l)))
	}
	for l := 1; l < len(widths)-1; l++ {
		c.activities = append(c.activities, relax.Activity{
			Name: "h" + string(rune('0'+l)), Samples: samples, X: view(c.x[l]), Grad: view(c.grad[l]),
		})
	}
	return c
}

func (c *chain[T]) Activities() []relax.Activity { return c.activities }

func (c *chain[T]) Terms() []string { return c.terms }

func (c *chain[T]) activation(l int, x T) (y, slope T) {
	if l == 0 {
		return x, 1
	}
	y = T(math.Tanh(float64(x)))
	return y, 1 - y*y
}

func (c *chain[T]) Evaluate(energies []float64) (float64, error) {
	total := c.errors(energies)
	for l := 1; l < len(c.widths)-1; l++ {
		for i := range c.grad[l] {
			c.grad[l][i] = c.gradient(l, i)
		}
	}
	return total, nil
}

func (c *chain[T]) errors(energies []float64) float64 {
	total := 0.0
	for l := 1; l < len(c.widths); l++ {
		in, out := c.widths[l-1], c.widths[l]
		energies[l-1] = 0
		for n := range c.samples {
			for o := range out {
				var mu T
				for i := range in {
					y, _ := c.activation(l-1, c.x[l-1][n*in+i])
					mu += c.weights[l-1][o*in+i] * y
				}
				e := c.x[l][n*out+o] - mu
				c.eps[l][n*out+o] = e
				energies[l-1] += 0.5 * float64(e) * float64(e)
			}
		}
		total += energies[l-1]
	}
	return total
}

func (c *chain[T]) gradient(l, k int) T {
	width, above := c.widths[l], c.widths[l+1]
	n, i := k/width, k%width
	var back T
	for o := range above {
		back += c.weights[l][o*width+i] * c.eps[l+1][n*above+o]
	}
	_, slope := c.activation(l, c.x[l][k])
	return c.eps[l][k] - slope*back
}

// fusedChain steps while it computes the gradient, and never stores one.
type fusedChain[T float] struct {
	*chain[T]
	descents int
}

func (c *fusedChain[T]) Descend(step float64, energies []float64) (float64, error) {
	c.descents++
	total := c.errors(energies)
	for l := 1; l < len(c.widths)-1; l++ {
		for i := range c.x[l] {
			c.x[l][i] -= T(T(step) * c.gradient(l, i))
		}
	}
	return total, nil
}

// state returns a copy of all values of the free activities.
func state(p relax.Problem) []float64 {
	var out []float64
	for _, a := range p.Activities() {
		for i := range a.X.Len() {
			out = append(out, a.X.At(i))
		}
	}
	return out
}

func setState(p relax.Problem, x []float64) {
	k := 0
	for _, a := range p.Activities() {
		for i := range a.X.Len() {
			a.X.Set(i, x[k])
			k++
		}
	}
}

func gradients(p relax.Problem) []float64 {
	var out []float64
	for _, a := range p.Activities() {
		for i := range a.Grad.Len() {
			out = append(out, a.Grad.At(i))
		}
	}
	return out
}

func TestChainGradientIsTheDerivativeOfItsEnergy(t *testing.T) {
	for _, widths := range [][]int{{3, 4, 2}, {1, 1, 1}, {2, 5, 3, 4, 2}} {
		c := newChain[float64](3, 2, widths...)
		energies := make([]float64, len(c.Terms()))
		energy := func(x []float64) float64 {
			setState(c, x)
			e, _ := c.Evaluate(energies)
			return e
		}
		at := state(c)
		want := fd.Gradient(nil, energy, at, &fd.Settings{Formula: fd.Central, Step: 1e-6})
		energy(at)
		for i, g := range gradients(c) {
			if !scalar.EqualWithinAbsOrRel(g, want[i], 1e-8, 1e-5) {
				t.Errorf("widths %v: gradient %d: got %g, finite differences say %g", widths, i, g, want[i])
			}
		}
	}
}
