package train

import (
	"context"
	"maps"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// ZIL is zero-divergence inference learning: predictive coding that equals backprop
// exactly. Activities start at their feedforward predictions and take steps of size γ =
// 1; the gradients of the parameters that predict a node are taken at the step at which
// the error first reaches it: at t = 0 at clamped nodes, and one step later for every
// node further away. At that moment its error equals backprop's, and the nodes it is
// predicted from still have their feedforward values.
//
// It requires every node that is not clamped to have one prediction, with the squared
// error, and to predict only nodes at one distance from the clamped ones, as in a chain
// of any layers. A ZIL caches compiled sessions like [Prospective]: use it through a
// pointer, with one network.
//
// Source: Song, Lukasiewicz, Xu and Bogacz, "Can the brain do backpropagation?",
// NeurIPS 2020.
type ZIL struct {
	// Average divides the gradients by the batch size. The paper sums.
	Average bool `json:"average,omitempty"`

	inner *Prospective // holds the sessions
	times []int        // by parameter: when its gradient is taken
	saved []*tensor.Dense
	net   *graph.Network
	names []string // the clamped nodes for which times was computed

	updates uint64
}

// SetUpdates tells the rule how many updates went before, so that a resumed run draws
// the same random values as an uninterrupted one.
func (r *ZIL) SetUpdates(n uint64) { r.updates = n }

func (r *ZIL) counter() *uint64 { return &r.updates }

// Gradients fills the gradients of the loss. Once started it takes all its steps even
// if ctx is cancelled, because buffers change at the first.
func (r *ZIL) Gradients(ctx context.Context, net *graph.Network, b *Batch) (stats Stats, err error) {
	if err := ctx.Err(); err != nil {
		return Stats{}, errors.Wrap(err, "train: Z-IL")
	}
	ctx = context.WithoutCancel(ctx)
	defer restoreCounter(&r.updates, r.updates, &err)
	if r.net != net || !b.clamps(r.names) {
		if err := r.bind(net, b.clamped()); err != nil {
			return Stats{}, err
		}
	}
	r.inner.updates = r.updates
	r.updates++
	s, err := r.inner.begin(net, b)
	if err != nil {
		return Stats{}, err
	}
	if s.driver != nil {
		if err := s.driver.Reset(); err != nil {
			return stats, err
		}
	}
	last := slices.Max(r.times)
	for t := 0; t <= last; t++ {
		energy, err := s.Learn(s.energies)
		if err != nil {
			return stats, err
		}
		if t == 0 {
			stats.Energy = energy
		}
		r.save(t)
		if t < last && s.driver != nil {
			if stats.Relaxation, err = s.driver.Continue(ctx, 1); err != nil {
				return stats, err
			}
		}
	}
	for i, p := range net.Params() {
		if err := tensor.Copy(p.Grad, r.saved[i]); err != nil {
			return stats, errors.Wrap(err, "train: Z-IL")
		}
	}
	if r.Average {
		scaleGradients(net, b.GradientScale(true))
	}
	return stats, nil
}

// save copies the gradients that are taken at step t.
func (r *ZIL) save(t int) {
	for i, p := range r.net.Params() {
		if r.times[i] == t {
			_ = tensor.Copy(r.saved[i], p.Grad) // of one shape and precision
		}
	}
}

// bind computes when each parameter's gradient is taken.
func (r *ZIL) bind(net *graph.Network, clamped []string) error {
	distance, err := distances(net.Declaration(), clamped)
	if err != nil {
		return err
	}
	r.net, r.names = net, clamped
	r.times, r.saved = r.times[:0], r.saved[:0]
	for _, p := range net.Params() {
		at, ok := distance[p.Owner]
		if !ok {
			return errors.Errorf("train: Z-IL: parameter %q: belongs to several predictions, whose gradients are taken at different times", p.Name)
		}
		r.times = append(r.times, at)
		r.saved = append(r.saved, p.Grad.Clone().(*tensor.Dense))
	}
	steps := 1 + slices.Max(slices.Collect(maps.Values(distance)))
	r.inner = &Prospective{Relax: relax.Settings{Steps: steps, Control: relax.Constant{Size: 1}, SkipFinal: true}}
	return nil
}

// distances returns for every prediction the number of steps in which the error travels
// from the clamped nodes to the predicted node.
func distances(d graph.Declaration, clamped []string) (map[string]int, error) {
	node := map[string]int{}
	for _, name := range clamped {
		node[name] = 0
	}
	if err := checkZIL(d, node); err != nil {
		return nil, err
	}
	for len(node) < len(d.Nodes) {
		progress := false
		for _, n := range d.Nodes {
			if _, done := node[n.Name]; done {
				continue
			}
			at, ready, err := distanceOf(n.Name, d, node)
			if err != nil {
				return nil, err
			}
			if ready {
				node[n.Name], progress = at, true
			}
		}
		if !progress {
			return nil, errors.New("train: Z-IL: the nodes that are not clamped form a cycle; use prospective configuration")
		}
	}
	out := map[string]int{}
	for _, p := range d.Predictions {
		out[p.Name] = node[p.Of]
	}
	return out, nil
}

// distanceOf returns the distance of a node, if all nodes it predicts have one.
func distanceOf(name string, d graph.Declaration, node map[string]int) (at int, ready bool, err error) {
	at = -1
	for _, p := range d.Predictions {
		if !slices.Contains(p.From, name) {
			continue
		}
		of, done := node[p.Of]
		switch {
		case !done:
			return 0, false, nil
		case at >= 0 && at != of+1:
			return 0, false, errors.Errorf("train: Z-IL: node %q: predicts nodes at different distances from the clamped ones, so that error reaches it more than once; use backprop", name)
		}
		at = of + 1
	}
	return max(at, 0), true, nil
}

// checkZIL rejects networks in which Z-IL does not equal backprop.
func checkZIL(d graph.Declaration, clamped map[string]int) error {
	count := map[string]int{}
	for _, p := range d.Predictions {
		if p.Share != "" {
			return errors.Errorf("train: Z-IL: prediction %q: shares parameters, whose gradients are taken at different times", p.Name)
		}
		if _, ok := clamped[p.Of]; ok {
			continue
		}
		if count[p.Of]++; count[p.Of] > 1 || p.Energy != nil {
			return errors.Errorf("train: Z-IL: node %q: want one prediction with the squared error (Energy nil)", p.Of)
		}
	}
	for _, n := range d.Nodes {
		_, ok := clamped[n.Name]
		if !ok && (count[n.Name] == 0 || n.Prior != nil) {
			return errors.Errorf("train: Z-IL: node %q: is neither clamped nor predicted, or has a prior; clamp it", n.Name)
		}
	}
	return nil
}
