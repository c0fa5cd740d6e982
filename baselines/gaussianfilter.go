package baselines

import (
	"cmp"
	"context"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/train"
)

// GaussianFilter treats every unit of a chain of dense layers as a Gaussian filter: it
// has an expected precision π, learned online, and its posterior in closed form, without
// relaxation. From the feedforward predictions μ, with a = f(μ), output y and L weight
// matrices, for l = L−1 … 1:
//
//	ε_L = y − μ_L
//	h_l = (π_{l+1}·(W_{l+1}²)ᵀ)∘f′(μ_l)²                         expected curvature
//	ε_l = ((π_{l+1}∘ε_{l+1})·W_{l+1}ᵀ)∘f′(μ_l) / (π_l + h_l)     posterior mean less μ_l
//	∂W_l = −⟨a_{l−1}ᵀ·ε_l⟩ / (⟨a_{l−1}²⟩ + Damping)   by rows     ∂b_l = −⟨ε_l⟩/(1 + Damping)
//	v_l ← v_l + Speed·(⟨ε_l² + 1/(π_l + h_l)⟩ − v_l)              π_l = 1/v_l
//
// ⟨·⟩ is the mean over the batch; for the output, which is known, v_L has ε_L² alone.
// ∂W is the natural gradient of the precision-weighted error with a diagonal Fisher
// matrix, for plain gradient descent. What all inputs of a unit change adds up: on one
// sample its error falls by up to as many times the learning rate as it has inputs.
//
// The precisions are kept in the rule, not in a checkpoint: a resumed run starts them
// anew. It therefore has no name for model files and the command line.
//
// Source: after the abstract of Baskakovs, Estebe, Enevoldsen, Nielbo, Mathys and Legrand
// 2026, "Closed-form predictive coding via hierarchical Gaussian filters"
// (arXiv:2605.20293), and Mathys et al. 2014, "Uncertainty in perception and the
// hierarchical Gaussian filter". The equations of the former were not found: those above
// are ours.
type GaussianFilter struct {
	// Variance is v of every unit at first. Zero means 1.
	Variance float64 `json:"variance,omitempty"`
	// Speed is how fast precisions are learned, from 0 to 1. Zero means 0.01.
	Speed float64 `json:"speed,omitempty"`
	// Floor is the least v, so that no precision grows without bound. Zero means 1e-3.
	Floor float64 `json:"floor,omitempty"`
	// Damping keeps units that are hardly active from learning fast. Zero means 0.1.
	Damping float64 `json:"damping,omitempty"`
	// Fixed leaves all precisions at 1/Variance.
	Fixed bool `json:"fixed,omitempty"`

	chain     *layered
	variances [][]float64 // v_l at l; nil at 0
}

// Gradients fills the gradients and learns the precisions, unless the energy is not
// finite. The energy of the Stats is the precision-weighted one of the batch before
// learning, ½Σ π∘ε².
func (r *GaussianFilter) Gradients(ctx context.Context, net *graph.Network, b *train.Batch) (train.Stats, error) {
	if err := r.check(); err != nil {
		return train.Stats{}, err
	}
	before := r.chain
	l, err := chainOf("gaussian filter", &r.chain, net)
	if err != nil {
		return train.Stats{}, err
	}
	if before != l {
		r.begin()
	}
	input, target, err := l.ends("gaussian filter", b)
	if err != nil {
		return train.Stats{}, err
	}
	if err := ctx.Err(); err != nil {
		return train.Stats{}, err
	}
	w := l.matrices()
	p := l.feedforward(input, w)
	last := l.depth()
	e := new(mat.Dense)
	e.Sub(target, p.x[last])
	l.zeroGradients()
	stats := train.Stats{}
	errs, doubts := make([]*mat.Dense, last+1), make([][]float64, last+1)
	errs[last], doubts[last] = e, make([]float64, l.widths[last])
	for i := last; i >= 1; i-- {
		stats.Energy += r.energy(i, errs[i])
		r.addStep(i, p.a[i-1], errs[i])
		if i > 1 {
			errs[i-1], doubts[i-1] = r.below(i, errs[i], w[i-1], p.slope[i-1])
		}
	}
	if math.IsNaN(stats.Energy) || math.IsInf(stats.Energy, 0) {
		return stats, nil // the caller stops; the precisions stay as they are
	}
	for i := 1; i <= last; i++ {
		r.learn(i, errs[i], doubts[i])
	}
	return stats, nil
}

// check returns an error for settings out of range.
func (r *GaussianFilter) check() error {
	for _, f := range []struct {
		name  string
		value float64
	}{{"Variance", r.Variance}, {"Speed", r.Speed}, {"Floor", r.Floor}, {"Damping", r.Damping}} {
		if !(f.value >= 0) || math.IsInf(f.value, 0) {
			return errors.Errorf("baselines: gaussian filter: %s, got %v, want a positive number, or 0 for the default", f.name, f.value)
		}
	}
	if r.Speed > 1 {
		return errors.Errorf("baselines: gaussian filter: Speed, got %v, want at most 1", r.Speed)
	}
	return nil
}

// begin starts all precisions.
func (r *GaussianFilter) begin() {
	r.variances = make([][]float64, len(r.chain.widths))
	for i := 1; i < len(r.variances); i++ {
		r.variances[i] = make([]float64, r.chain.widths[i])
		for j := range r.variances[i] {
			r.variances[i][j] = cmp.Or(r.Variance, 1)
		}
	}
}

// Precisions returns a copy of π of a node's units, nil before the first batch and for
// the input.
func (r *GaussianFilter) Precisions(node string) []float64 {
	if r.chain == nil {
		return nil
	}
	for i, name := range r.chain.nodes {
		if name != node || i == 0 {
			continue
		}
		out := make([]float64, len(r.variances[i]))
		for j, v := range r.variances[i] {
			out[j] = 1 / v
		}
		return out
	}
	return nil
}

// energy is ½Σ π∘ε² of a layer.
func (r *GaussianFilter) energy(i int, e *mat.Dense) float64 {
	sum := 0.0
	rows, _ := e.Dims()
	for n := range rows {
		for j, v := range e.RawRowView(n) {
			sum += v * v / (2 * r.variances[i][j])
		}
	}
	return sum
}

// addStep writes ∂W_i and ∂b_i.
func (r *GaussianFilter) addStep(i int, a, e *mat.Dense) {
	rows, cols := a.Dims()
	n, damping := float64(rows), cmp.Or(r.Damping, .1)
	scaled := mat.DenseCopyOf(a)
	for j := range cols {
		square := 0.0
		for k := range rows {
			square += a.At(k, j) * a.At(k, j) / n
		}
		for k := range rows {
			scaled.Set(k, j, a.At(k, j)/(square+damping))
		}
	}
	// The bias has a = 1: its gradient is scaled apart.
	var g mat.Dense
	g.Mul(scaled.T(), e)
	addTo(r.chain.weights[i-1], -1/n, g.RawMatrix().Data)
	if b := r.chain.biases[i-1]; b != nil {
		_, units := e.Dims()
		sums := make([]float64, units)
		for k := range rows {
			for j, v := range e.RawRowView(k) {
				sums[j] += v
			}
		}
		addTo(b, -1/(n*(1+damping)), sums)
	}
}

// below returns ε and the posterior variance of the units of layer i−1, per batch: the
// variance is the mean over its samples.
func (r *GaussianFilter) below(i int, e, w, slope *mat.Dense) (*mat.Dense, []float64) {
	rows, cols := slope.Dims()
	weighted := mat.DenseCopyOf(e)
	weighted.Apply(func(_, k int, v float64) float64 { return v / r.variances[i][k] }, weighted)
	out, square, doubt := new(mat.Dense), make([]float64, cols), make([]float64, cols)
	out.Mul(weighted, w.T())
	for j := range square {
		for k, v := range w.RawRowView(j) {
			square[j] += v * v / r.variances[i][k]
		}
	}
	out.Apply(func(n, j int, v float64) float64 {
		s := slope.At(n, j)
		precision := 1/r.variances[i-1][j] + square[j]*s*s
		doubt[j] += 1 / (precision * float64(rows))
		return v * s / precision
	}, out)
	return out, doubt
}

// learn moves the variances of layer i.
func (r *GaussianFilter) learn(i int, e *mat.Dense, doubt []float64) {
	if r.Fixed {
		return
	}
	rows, _ := e.Dims()
	speed, floor := cmp.Or(r.Speed, .01), cmp.Or(r.Floor, 1e-3)
	for j := range r.variances[i] {
		square := doubt[j]
		for n := range rows {
			square += e.At(n, j) * e.At(n, j) / float64(rows)
		}
		v := &r.variances[i][j]
		*v = max(floor, *v+speed*(square-*v))
	}
}
