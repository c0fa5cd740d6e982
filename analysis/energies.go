package analysis

import (
	"context"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Energies are the energies of a network during the relaxation of one batch.
type Energies struct {
	// Terms are the names of the energy terms, one per prediction or prior.
	Terms []string
	// Clamped says which terms belong to clamped nodes: they are the loss.
	Clamped []bool
	// Values has one row per state, the first before any step, with one energy per
	// term, summed over the batch.
	Values [][]float64
	// Result is how the relaxation ended.
	Result relax.Result
}

// TraceEnergies clamps a batch, starts at the feedforward predictions and relaxes,
// recording the energy of every term at every state. A Recorder in the settings is
// replaced. If the relaxation fails, the states recorded so far are returned with the
// error.
func TraceEnergies(ctx context.Context, net *graph.Network, settings relax.Settings, b *train.Batch) (Energies, error) {
	var e Energies
	s, err := clamped(net, b)
	if err != nil {
		return e, err
	}
	var trace relax.Trace
	settings.Recorder = &trace
	e.Result, err = relax.Run(ctx, s, settings)
	e.Terms = s.Terms()
	loss := map[string]bool{}
	for _, p := range net.Declaration().Predictions {
		_, loss[p.Name] = b.Values[p.Of]
	}
	for _, name := range e.Terms {
		e.Clamped = append(e.Clamped, loss[name])
	}
	for i := range trace.Len() {
		e.Values = append(e.Values, trace.EnergiesAt(i))
	}
	return e, errors.WithMessage(err, "analysis")
}

// sum adds the terms selected by keep.
func (e Energies) sum(keep func(term int) bool) []float64 {
	out := make([]float64, len(e.Values))
	for i, row := range e.Values {
		for k, v := range row {
			if keep(k) {
				out[i] += v
			}
		}
	}
	return out
}

// Term returns one term at every state, or nil if there is none of that name.
func (e Energies) Term(name string) []float64 {
	k := slices.Index(e.Terms, name)
	if k < 0 {
		return nil
	}
	return e.sum(func(term int) bool { return term == k })
}

// Loss returns the energy of the clamped nodes at every state.
func (e Energies) Loss() []float64 { return e.sum(func(k int) bool { return e.Clamped[k] }) }

// Hidden returns the energy of all other terms at every state.
func (e Energies) Hidden() []float64 { return e.sum(func(k int) bool { return !e.Clamped[k] }) }

// Total returns the total energy at every state.
func (e Energies) Total() []float64 { return e.sum(func(int) bool { return true }) }

// Health says whether a relaxation from the feedforward predictions behaved as it
// should: the error at the output spreads over the network.
type Health struct {
	// LossFalls, HiddenRises and TotalFalls compare the last state with the first.
	LossFalls   bool
	HiddenRises bool
	TotalFalls  bool
	// Rises is the number of steps in which the total energy rose; many mean that the
	// step size is too large.
	Rises int
}

// Healthy reports whether all three hold.
func (h Health) Healthy() bool { return h.LossFalls && h.HiddenRises && h.TotalFalls }

// Health judges the energies. Fewer than two states, or a NaN at the end, are not
// healthy.
func (e Energies) Health() Health {
	var h Health
	total := e.Total()
	if len(total) < 2 {
		return h
	}
	h.LossFalls, _ = change(e.Loss())
	_, h.HiddenRises = change(e.Hidden())
	h.TotalFalls, _ = change(total)
	for i := 1; i < len(total); i++ {
		if total[i] > total[i-1] {
			h.Rises++
		}
	}
	return h
}

// change compares the last element of x with the first.
func change(x []float64) (falls, rises bool) {
	first, last := x[0], x[len(x)-1]
	return last < first, last > first
}
