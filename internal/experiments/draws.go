package experiments

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/torchrand"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Draws says whose random numbers a simulation draws.
type Draws string

// The random numbers.
const (
	// Own are this package's: every use has a source of its own under the seed.
	Own Draws = ""
	// Torch are those of the published programs, for seeds of PyTorch: one generator for
	// all uses, in the order of those programs. First come the data, then the weights, all
	// of them as nn.Linear draws them when it is made, then all again by the initialiser,
	// if there is one; then the batches. Chances of a task come from NumPy's generator of
	// the same seed.
	Torch Draws = "torch"
	// TorchUlp is Torch with the first weight of the last layer moved to the next larger
	// number, to see what rounding does. One of the first layer may see no more than pixels
	// that are always 0.
	TorchUlp Draws = "torch, one ulp"
)

// torchInit draws a matrix of in inputs and out outputs, transposed.
type torchInit func(g *torchrand.Generator, w []float32, in, out int)

// torchInitializer returns PyTorch's initialiser of that name, for nil none.
func torchInitializer(init graph.Initializer) (torchInit, error) {
	switch init := init.(type) {
	case nil, layers.FanIn:
		return nil, nil
	case layers.XavierUniform:
		gain := cmp.Or(init.Gain, 1)
		return func(g *torchrand.Generator, w []float32, in, out int) { g.XavierUniform(w, in, out, gain) }, nil
	case layers.XavierNormal:
		gain := cmp.Or(init.Gain, 1)
		return func(g *torchrand.Generator, w []float32, in, out int) { g.XavierNormal(w, in, out, gain) }, nil
	}
	return nil, errors.Errorf("experiments: draws: initialiser, got %T, want Xavier's", init)
}

// torchNormal draws from N(0, std²).
func torchNormal(std float64) torchInit {
	return func(g *torchrand.Generator, w []float32, _, _ int) { g.Normal(w, 0, std) }
}

// weights draws all weights of a network of dense layers without biases as PyTorch does: by
// nn.Linear's default and, unless it is nil, by init.
func (d Draws) weights(g *torchrand.Generator, net *graph.Network, init torchInit) error {
	standard := func(g *torchrand.Generator, w []float32, in, _ int) { g.Default(w, in) }
	for _, draw := range []torchInit{standard, init} {
		if draw == nil {
			continue
		}
		for _, p := range net.Params() {
			shape := p.Value.Shape()
			if len(shape) != 2 {
				return errors.Errorf("experiments: draws: parameter %q, got shape %v, want a matrix: PyTorch's order is known of dense layers without biases", p.Name, shape)
			}
			in, out := shape[0], shape[1]
			transposed, w := make([]float32, in*out), make([]float32, in*out)
			draw(g, transposed, in, out)
			for i := range in {
				for o := range out {
					w[i*out+o] = transposed[o*in+i]
				}
			}
			if err := p.SetValues(relax.Float32(w)); err != nil {
				return err
			}
		}
	}
	if d == TorchUlp {
		p := net.Params()[len(net.Params())-1]
		w := p.Values()
		setWeights(p, float64(nextUp(float32(w.At(0)))))
		p.Changed()
	}
	return nil
}

// nextUp is the next larger number.
func nextUp(x float32) float32 { return math.Nextafter32(x, math.MaxFloat32) }

// torchPairs draws inputs, then targets, from N(0, std²).
func torchPairs(g *torchrand.Generator, batch, in, out int, std float64) *train.Batch {
	x, y := make([]float32, batch*in), make([]float32, batch*out)
	g.Normal(x, 0, std)
	g.Normal(y, 0, std)
	return &train.Batch{Size: batch, Values: map[string][]float32{"x": x, "y": y}}
}

// torchSubset is the published subset picker, see [datasets.PerClassPaper]: class by
// class it permutes the samples and takes the first n, all but the last of the
// permutation if there are no more than n or n is below 0.
func torchSubset(g *torchrand.Generator, d datasets.Dataset, n int) (datasets.Dataset, error) {
	counts, err := datasets.ClassCounts(d)
	if err != nil {
		return nil, err
	}
	var chosen []int
	for class, count := range counts {
		var members []int
		for i := range d.Len() {
			if d.Label(i) == class {
				members = append(members, i)
			}
		}
		most := n
		if n < 0 || n >= count {
			most = max(0, count-1)
		}
		some := g.Permutation(count)[:most]
		slices.Sort(some)
		for _, k := range some {
			chosen = append(chosen, members[k])
		}
	}
	return datasets.Subset(d, chosen)
}

// torchLoaders are two loaders of shuffled batches that take turns: an epoch of the
// training set, then one of the test set.
type torchLoaders struct {
	generator *torchrand.Generator
	data      datasets.Dataset
	batches   datasets.BatchSettings
	tests     int // samples of the test set

	seeds [][2]uint64 // by epoch, of the two samplers
}

// seed returns the seed of a sampler: 0 of the training set, 1 of the test set.
func (l *torchLoaders) seed(epoch, of int) uint64 {
	for len(l.seeds) <= epoch {
		training := l.generator.Sampler()
		l.seeds = append(l.seeds, [2]uint64{training, l.generator.Sampler()})
	}
	return l.seeds[epoch][of]
}

// Steps implements train.Source.
func (l *torchLoaders) Steps() int { return l.source(l.data).Steps() }

func (l *torchLoaders) source(d datasets.Dataset) *train.Labelled {
	return &train.Labelled{Data: d, Settings: l.batches}
}

// Batches implements train.Source.
func (l *torchLoaders) Batches(epoch, skip int) iter.Seq2[*train.Batch, error] {
	shuffled, err := datasets.Subset(l.data, torchrand.New(l.seed(epoch, 0)).Permutation(l.data.Len()))
	if err != nil {
		return func(yield func(*train.Batch, error) bool) { yield(nil, err) }
	}
	return l.source(shuffled).Batches(0, skip)
}

// testOrder returns the order of the test samples after an epoch.
func (l *torchLoaders) testOrder(epoch int) []int {
	return torchrand.New(l.seed(epoch, 1)).Permutation(l.tests)
}
