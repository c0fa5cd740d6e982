package experiments

import (
	"context"
	"math"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/analysis"
	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// WidthDepth compares the weight gradients of predictive coding at equilibrium with those
// of backpropagation, at the same weights, in a residual network with the muPC
// parametrisation that learns one batch with Adam.
//
// Source: Innocenti, Achour and Bogacz 2026, "On the infinite width and depth limits of
// predictive coding networks" (arXiv:2602.07697), Figs. 1 and 4, and the commands in its
// public code. Differs: there predictive coding and backpropagation each follow their own
// path of weights, here the gradients of both are taken on the path of predictive coding;
// activities of linear networks are relaxed, and the closed form is compared with that.
type WidthDepth struct {
	// Width is the number of units of each hidden node, and Depth that of hidden nodes.
	Width int `json:"width"`
	Depth int `json:"depth"`
	// Activation of the hidden units. Empty means the identity.
	Activation string `json:"activation,omitempty"`
	// Samples is the size of the batch.
	Samples int `json:"samples"`
	// Updates are learned at Rate between the first comparison and the last. Zero
	// compares at the initial weights alone.
	Updates int     `json:"updates"`
	Rate    float64 `json:"rate"`
	// Parametrization of the weights. Zero means muPC.
	Parametrization models.Parametrization `json:"parametrization"`
}

// PublishedWidthDepth returns the published settings of a network. Published are 1, 3, 7,
// 15 and 31 hidden nodes and the widths 2, 8, 32, 128, 512 and 2048 for linear networks,
// 31 hidden nodes and the widths 8 to 512 for tanh, and 100 updates.
func PublishedWidthDepth(width, depth int, activation string) WidthDepth {
	return WidthDepth{Width: width, Depth: depth, Activation: activation, Samples: 64, Updates: 100, Rate: 1e-3}
}

// WidthDepthResult is what was found.
type WidthDepthResult struct {
	// Cosine is that of the two gradients, over all weights, at the initial weights, and
	// Trained the same after the updates.
	Cosine  float64 `json:"cosine"`
	Trained float64 `json:"trained"`
	// Certified reports whether every relaxation ended with its relative energy gap
	// certified.
	Certified bool `json:"certified"`
	// Rescaling is ‖S‖₂ − 1 at the initial weights, and Difference that of the gradients
	// of the relaxation from those of the exact solution, relative to the norm of the
	// latter. NaN unless the network is linear.
	Rescaling  float64 `json:"rescaling"`
	Difference float64 `json:"difference"`
}

// The relative energy gaps at which a relaxation ends. The relative error of the
// gradients is about its root.
const (
	linearGap    = 1e-15
	nonlinearGap = 1e-8
)

// Run draws a network and a batch and compares.
func (s WidthDepth) Run(ctx context.Context, data datasets.Dataset, seed uint64) (WidthDepthResult, error) {
	r := WidthDepthResult{Certified: true, Rescaling: math.NaN(), Difference: math.NaN(), Trained: math.NaN()}
	net, batch, err := s.draw(data, seed)
	if err != nil {
		return r, err
	}
	pc, bp := s.rule(), &train.Backprop{Average: true}
	compare := func() (float64, error) {
		if _, err := bp.Gradients(ctx, net, batch); err != nil {
			return 0, err
		}
		of := gradients(net)
		stats, err := pc.Gradients(ctx, net, batch)
		r.Certified = r.Certified && stats.Relaxation.Status == relax.Converged
		return analysis.Cosine(gradients(net), of), err
	}
	if r.Cosine, err = compare(); err != nil {
		return r, err
	}
	if s.Activation == "" {
		if err := s.solve(net, batch, &r); err != nil {
			return r, err
		}
	}
	optimizer := &train.Adam{}
	for update := range s.Updates {
		if update > 0 {
			if _, err := pc.Gradients(ctx, net, batch); err != nil {
				return r, err
			}
		}
		if err := optimizer.Step(net.Params(), s.Rate); err != nil {
			return r, err
		}
		net.ParamsChanged()
	}
	if s.Updates > 0 {
		r.Trained, err = compare()
	}
	return r, err
}

// rule relaxes to a certified gap. The energy of a linear network is quadratic, on which
// Anderson acceleration needs no line search, whose comparisons of energies would end in
// rounding before that gap.
func (s WidthDepth) rule() *train.Prospective {
	r := relax.Settings{Steps: 400, Solver: &relax.Anderson{Memory: 6}, Control: relax.Constant{Size: 1}, Stop: relax.RelativeGap{Tolerance: linearGap}}
	if s.Activation != "" {
		r.Control, r.Stop = relax.Armijo{Initial: 1}, relax.RelativeGap{Tolerance: nonlinearGap}
	}
	return &train.Prospective{Coordinates: train.Errors, Average: true, Relax: r}
}

// draw returns a network and the first batch of a shuffled epoch.
func (s WidthDepth) draw(data datasets.Dataset, seed uint64) (*graph.Network, *train.Batch, error) {
	batch, err := firstBatch(data, s.Samples, seed)
	if err != nil {
		return nil, nil, err
	}
	m := models.MLPResidual{
		Inputs: datasets.SampleSize(data), Width: s.Width, Depth: s.Depth, Outputs: data.Classes(), Parametrization: s.Parametrization,
	}
	if s.Activation != "" {
		if m.Activation, err = activation(s.Activation); err != nil {
			return nil, nil, err
		}
	}
	net, err := m.New(settings(graph.Float64, seed))
	return net, batch, err
}

// solve compares the gradients that the network holds with the exact ones.
func (s WidthDepth) solve(net *graph.Network, batch *train.Batch, r *WidthDepthResult) error {
	chain, err := newLinearChain(net, s.factor(len(batch.Values["x"])/batch.Size))
	if err != nil {
		return err
	}
	e, err := chain.equilibrium(denseOf(batch.Size, batch.Values["x"]), denseOf(batch.Size, batch.Values["y"]))
	if err != nil {
		return err
	}
	r.Rescaling = e.largest() - 1
	exact := chain.gradients(e)
	for i := range exact {
		exact[i] /= float64(batch.Size)
	}
	r.Difference = relativeDifference(gradients(net), exact)
	return nil
}

// factor returns the scale of each matrix, as in table 1 of arXiv:2505.13124.
func (s WidthDepth) factor(inputs int) func(layer int) (float64, bool) {
	n, l := float64(s.Width), float64(s.Depth+1)
	return func(layer int) (float64, bool) {
		switch {
		case layer == 0:
			return 1 / math.Sqrt(float64(inputs)), false
		case layer == s.Depth:
			return 1 / n, false
		}
		return 1 / math.Sqrt(n*l), true
	}
}

// gradients returns all weight gradients of a network, one parameter after the other.
func gradients(net *graph.Network) []float64 {
	var out []float64
	for _, p := range net.Params() {
		g := p.Grads()
		for i := range g.Len() {
			out = append(out, g.At(i))
		}
	}
	return out
}

// relativeDifference is ‖a − b‖/‖b‖, NaN if there are not as many numbers.
func relativeDifference(a, b []float64) float64 {
	if len(a) != len(b) {
		return math.NaN()
	}
	var d, bb float64
	for i, x := range a {
		d += (x - b[i]) * (x - b[i])
		bb += b[i] * b[i]
	}
	return math.Sqrt(d / bb)
}

// firstBatch returns a copy of the first batch of a shuffled epoch, with one-hot targets.
func firstBatch(data datasets.Dataset, size int, seed uint64) (*train.Batch, error) {
	src := train.Labelled{Data: data, Settings: datasets.BatchSettings{Size: min(size, data.Len()), Shuffle: true}, Seed: seed}
	for b, err := range src.Batches(0, 0) {
		if err != nil {
			return nil, err
		}
		out := &train.Batch{Size: b.Size, Labels: slices.Clone(b.Labels), Values: map[string][]float32{}}
		for name, v := range b.Values {
			out.Values[name] = slices.Clone(v)
		}
		return out, nil
	}
	return nil, errors.New("experiments: batch: got no samples, want at least one")
}
