package train

import (
	"context"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// Interleaved steps activities and weights on separate schedules during the relaxation
// of a batch. For t = 0 … T−1, with T = Relax.Steps:
//
//  1. gradients ∂E/∂x and ∂E/∂W at the current state
//  2. x ← x − γ ∂E/∂x          if t is in Activities
//  3. the control chooses the next γ
//  4. a weight step with the gradients of 1.   if t is in Weights
//
// The zero value of both is every step, which is incremental predictive coding.
// Activities at 0 … 99 and weights at 100 … 199 let the weights consolidate a fixed
// relaxed state. Weights at T−1 alone is [Prospective] with BeforeLast.
//
// The optimizer steps once per weight step. An Interleaved caches compiled sessions
// like [Prospective]: use it through a pointer, with one network.
//
// Source: Song et al. 2024, Methods; Salvatori et al., "Incremental predictive
// coding", ICLR 2024.
type Interleaved struct {
	// Relax describes the relaxation. Steps and Control have no default. It is an
	// error if it has a Stop: every batch takes Steps steps.
	Relax relax.Settings `json:"relax"`
	// Activities and Weights are the steps at which either moves.
	Activities When `json:"activities,omitempty"`
	Weights    When `json:"weights,omitempty"`
	// Start is the initial value of free nodes without a feedforward prediction.
	Start graph.Start `json:"start"`
	// Seed of the random source of Start.
	Seed uint64 `json:"seed,omitempty"`
	// Average divides the gradients by the batch size. The paper sums.
	Average bool `json:"average,omitempty"`

	inner *Prospective // holds the sessions
}

// Incremental returns incremental predictive coding as in the paper's convolutional
// experiment: activities and weights move at every step.
func Incremental(steps int, gamma, discount float64) *Interleaved {
	return &Interleaved{Relax: Paper(steps, gamma, discount).Relax}
}

// When is a set of steps, as spans. Nil is every step.
type When []Span

// Span is the steps From … Until−1.
type Span struct {
	From  int `json:"from"`
	Until int `json:"until"`
}

// has reports whether t is in the set.
func (w When) has(t int) bool {
	if w == nil {
		return true
	}
	for _, s := range w {
		if s.From <= t && t < s.Until {
			return true
		}
	}
	return false
}

// check returns an error if no step of a run of T steps is in the set.
func (w When) check(field string, steps int) error {
	for t := range steps {
		if w.has(t) {
			return nil
		}
	}
	return errors.Errorf("train: interleaved: %s, got %v, want at least one of the steps 0 to %d", field, w, steps-1)
}

// SetUpdates tells the rule how many batches went before; see
// [Prospective.SetUpdates].
func (r *Interleaved) SetUpdates(n uint64) { r.bind().SetUpdates(n) }

func (r *Interleaved) counter() *uint64 { return r.bind().counter() }

// bind returns the rule that holds the sessions.
func (r *Interleaved) bind() *Prospective {
	if r.inner == nil {
		r.inner = &Prospective{}
	}
	p := r.inner
	p.Relax, p.Start, p.Seed = r.Relax, r.Start, r.Seed
	p.Relax.SkipFinal = true
	return p
}

// Gradients fills the gradients of the first weight step.
func (r *Interleaved) Gradients(ctx context.Context, net *graph.Network, b *Batch) (Stats, error) {
	return r.run(ctx, net, b, nil)
}

// Learn learns one batch. From the first weight step on it continues to the end of the
// batch even if ctx is cancelled.
func (r *Interleaved) Learn(ctx context.Context, net *graph.Network, b *Batch, step func() error) (Stats, error) {
	return r.run(ctx, net, b, step)
}

// run runs the steps, or, if step is nil, only up to the first gradients.
func (r *Interleaved) run(ctx context.Context, net *graph.Network, b *Batch, step func() error) (stats Stats, err error) {
	if r.Relax.Stop != nil {
		return stats, errors.New("train: interleaved: Relax.Stop is set; every batch takes Steps steps")
	}
	if err := r.Weights.check("Weights", r.Relax.Steps); err != nil {
		return stats, err
	}
	p := r.bind()
	defer restoreCounter(&p.updates, p.updates, &err)
	s, err := p.begin(net, b)
	if err != nil {
		return stats, err
	}
	if s.driver != nil {
		if err := s.driver.Reset(); err != nil {
			return stats, err
		}
	}
	for t := range r.Relax.Steps {
		learns := r.Weights.has(t)
		if learns {
			if err := ctx.Err(); err != nil {
				return stats, errors.Wrapf(err, "train: interleaved: step %d", t)
			}
			ctx = context.WithoutCancel(ctx) // from here on buffers and weights move
			if stats.Energy, err = s.Learn(s.energies); err != nil {
				return stats, err
			}
			if r.Average {
				scaleGradients(net, b.GradientScale(true))
			}
			if step == nil {
				stats.Terms, stats.Energies = s.Terms(), s.energies
				return stats, nil
			}
		}
		if s.driver != nil && r.Activities.has(t) {
			if stats.Relaxation, err = s.driver.Continue(ctx, 1); err != nil {
				return stats, err
			}
		}
		if learns {
			if err := step(); err != nil {
				return stats, errors.WithMessagef(err, "train: interleaved: step %d", t)
			}
		}
	}
	return stats, s.observe(&stats, p.measures)
}
