package train

import (
	"context"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/recent"
)

// Backprop is ordinary backpropagation on the same network, parameters and
// loss: every value node that is not clamped is replaced by its prediction.
//
//	L = Σ E_k over the clamped nodes that are predicted
//
// A Backprop caches a compiled session for each of the last 16 batch sizes: use it
// through a pointer, with one network.
type Backprop struct {
	// Average divides the gradients by the batch size. The paper sums.
	Average bool `json:"average,omitempty"`

	net      *graph.Network
	sessions recent.Cache[int, *backpropSession] // by batch size
	updates  uint64
}

// SetUpdates tells the rule how many updates went before, so that a resumed run draws
// the same random values as an uninterrupted one.
func (r *Backprop) SetUpdates(n uint64) { r.updates = n }

func (r *Backprop) counter() *uint64 { return &r.updates }

type backpropSession struct {
	*graph.BackpropSession
	clamped  []string
	energies []float64 // of an update on a device
}

// Gradients fills the gradients of the loss.
func (r *Backprop) Gradients(ctx context.Context, net *graph.Network, b *Batch) (Stats, error) {
	return r.gradients(ctx, net, b, nil)
}

// gradients is Gradients, or, with a step, it steps the parameters too if that is
// possible in parts.
func (r *Backprop) gradients(ctx context.Context, net *graph.Network, b *Batch, step *partStep) (stats Stats, err error) {
	defer restoreCounter(&r.updates, r.updates, &err)
	if err := ctx.Err(); err != nil {
		return Stats{}, err
	}
	s, err := r.session(net, b)
	if err != nil {
		return Stats{}, err
	}
	if err := clampAll(net, s, b, s.clamped); err != nil {
		return Stats{}, err
	}
	s.SetUpdate(r.updates)
	r.updates++
	scale := b.GradientScale(r.Average)
	if step == nil {
		stats.Energy, err = s.Learn()
	} else {
		step.scale = scale
		stats.Energy, _, err = s.LearnSteps(step)
	}
	if err == nil && scale != 1 && (step == nil || !step.stepped) {
		scaleGradients(net, scale)
	}
	return stats, err
}

// session returns the session for the batch's size and clamped nodes.
func (r *Backprop) session(net *graph.Network, b *Batch) (*backpropSession, error) {
	if r.net != net {
		r.net = net
		r.sessions.Clear()
	}
	if s, ok := r.sessions.Get(b.Size); ok && b.clamps(s.clamped) {
		return s, nil
	}
	clamped := b.clamped()
	session, err := net.BackpropSession(b.Size, graph.Roles{Clamped: clamped, Training: true})
	if err != nil {
		return nil, err
	}
	s := &backpropSession{session, clamped, make([]float64, len(session.Terms()))}
	r.sessions.Put(b.Size, s)
	return s, nil
}
