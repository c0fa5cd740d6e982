// Own is Prospect's command line with kinds of our own: activation, energy, rule, init.
package main

import (
	"context"
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/cli"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/train"
)

type (
	Sine    struct{ Frequency float64 } // f(x) = sin(Frequency·x)
	Pseudo  struct{}                    // the pseudo-Huber energy E = Σ √(1 + (x−μ)²)
	Cubed   struct{ Std float64 }       // weights of heavy tails: cubes of normal numbers
	Clipped struct{ train.Prospective } // prospective configuration with gradients of norm 1 at most
)

func (s Sine) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return gorgonia.Sin(gorgonia.Must(gorgonia.Mul(b.Constant(s.Frequency), in[0])))
}

func (s Sine) At(x float64) (y, slope float64) {
	return math.Sin(s.Frequency * x), s.Frequency * math.Cos(s.Frequency*x)
}

func (Pseudo) Build(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	square := gorgonia.Must(gorgonia.Square(gorgonia.Must(gorgonia.Sub(x, mu))))
	return gorgonia.Sum(gorgonia.Must(gorgonia.Sqrt(gorgonia.Must(gorgonia.Add(b.Constant(1), square)))))
}

func (c Cubed) Fill(dst []float64, _ graph.ParamSpec, rnd *rand.Rand) error {
	for i := range dst {
		dst[i] = c.Std * math.Pow(rnd.NormFloat64(), 3)
	}
	return nil
}

func (c *Clipped) Gradients(ctx context.Context, n *graph.Network, b *train.Batch) (train.Stats, error) {
	stats, err := c.Prospective.Gradients(ctx, n, b)
	for _, p := range n.Params() {
		p.Grads().Scale(min(1, 1/math.Sqrt(p.Grads().Dot(p.Grads()))))
	}
	return stats, err
}

func main() {
	r := kinds.Standard()
	r.Layers.Add(kinds.Kind[graph.Layer]{Name: "sine", Value: Sine{Frequency: 1}})
	r.Energies.Add(kinds.Kind[graph.Energy]{Name: "pseudo-huber", Value: Pseudo{}})
	r.Initializers.Add(kinds.Kind[graph.Initializer]{Name: "cubed", Value: Cubed{0.02}})
	r.Rules.Add(kinds.Kind[train.Rule]{Name: "clipped", Value: &Clipped{}, Help: "clipped prospective configuration"})
	cli.Main(r)
}
