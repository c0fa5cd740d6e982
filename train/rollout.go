package train

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/recent"
	"github.com/seed-be841da4/prospect/relax"
)

// Rollout is temporal predictive coding on any graph: it goes through sequences step by
// step, relaxes at each with the estimate of the step before clamped, and learns online.
//
//	x_t = argmin_x E(x, y_t, previous = x_{t−1})   as far as the relaxation gets
//	W  ← W − rate·∂E/∂W                            after every step, with an Optimizer
//
// Where the energy is that of a linear-Gaussian model and the relaxation converges, x_t
// is the maximum a posteriori given y_t and the previous estimate. The Kalman filter
// differs in that it also knows the variance of that estimate. A window is smoothed by
// relaxing models.Unroll instead.
//
// It is not safe for concurrent use.
//
// Source: Millidge, Tang, Osanlouy, Harper and Bogacz 2024, "Predictive coding networks
// for temporal prediction", PLoS Comput Biol. Differs in that free nodes start at their
// predictions from the previous estimate unless FromEstimate is set, and that gradients
// of the weights are taken after the last step of the relaxation, not before it.
type Rollout struct {
	// Network of one time step. Required.
	Network *graph.Network
	// Relax describes the relaxation of a step. Steps and Control have no default.
	Relax relax.Settings
	// Carry names the nodes whose activities are kept, and the input that each is clamped
	// to at the next step: {"x": "previous"}. Required. Its inputs must not be in the
	// batches.
	Carry map[string]string
	// FromEstimate starts the nodes of Carry, where they are free, at the previous
	// estimate, as the published programs do, instead of at their prediction from it. It
	// makes a difference unless the relaxation converges.
	FromEstimate bool
	// Optimizer steps the weights after every time step. Nil means that nothing is
	// learned.
	Optimizer Optimizer
	// Rate is the learning rate. Zero is an error with an Optimizer.
	Rate float64
	// Average divides the gradients by the number of sequences.
	Average bool

	net      *graph.Network
	carries  map[string]string    // Carry of the sessions
	state    map[string][]float64 // by input
	sessions recent.Cache[rolloutKey, *rolloutSession]
	current  *rolloutSession
}

// rolloutKey is what a session depends on, beside the network and what is carried.
type rolloutKey struct {
	batch    int
	learning bool
	clamped  string // names of the nodes in the batch
}

// rolloutSession is the session of a key.
type rolloutSession struct {
	*graph.Session
	key      rolloutKey
	driver   *relax.Driver
	made     settings
	clamped  []string
	energies []float64
}

// Step takes one time step with a batch of sequences, one sample each. The nodes in its
// Values are clamped; an observation that is missing is left out of Values, and so free
// at this step. Before the first step, and after Reset, carried inputs are 0. Stats tell
// how the relaxation of this step ended.
//
// After an error the estimate and, with the optimizers of this package, the weights are
// those of before.
func (r *Rollout) Step(ctx context.Context, b *Batch) (Stats, error) {
	s, err := r.session(b)
	if err != nil {
		return Stats{}, err
	}
	if err := b.Check(r.Network); err != nil {
		return Stats{}, err
	}
	for _, name := range s.clamped {
		if err := s.Clamp(name, b.Values[name]); err != nil {
			return Stats{}, err
		}
	}
	for _, input := range r.Carry {
		if err := s.ClampFloat64(input, r.carried(input, s)); err != nil {
			return Stats{}, err
		}
	}
	var stats Stats
	if err := r.start(s); err != nil {
		return stats, err
	}
	if stats.Relaxation, err = s.driver.Run(ctx); err != nil {
		return stats, err
	}
	stats.Criterion = r.Relax.Stop != nil
	if r.Optimizer == nil {
		stats.Energy, err = s.Evaluate(s.energies)
	} else {
		stats.Energy, err = r.learn(s, b)
	}
	stats.Terms, stats.Energies = s.Terms(), s.energies
	if err != nil {
		return stats, err
	}
	if r.state == nil {
		r.state = make(map[string][]float64, len(r.Carry))
	}
	for node, input := range r.Carry {
		x, err := s.Activity(node)
		if err != nil {
			return stats, err
		}
		r.state[input] = x.AppendTo(r.state[input][:0])
	}
	r.current = s
	return stats, nil
}

// start sets the free nodes.
func (r *Rollout) start(s *rolloutSession) error {
	if err := s.Initialize(graph.Start{}, nil); err != nil || !r.FromEstimate {
		return err
	}
	for node, input := range r.Carry {
		if slices.Contains(s.clamped, node) {
			continue
		}
		x, err := s.Activity(node)
		if err != nil {
			return err
		}
		for i, v := range r.carried(input, s) {
			x.Set(i, v)
		}
	}
	return nil
}

// learn steps the weights.
func (r *Rollout) learn(s *rolloutSession, b *Batch) (float64, error) {
	energy, err := s.Learn(s.energies)
	if err == nil {
		err = checkEnergy(Stats{Energy: energy})
	}
	if err != nil {
		return energy, err
	}
	if scale := b.GradientScale(r.Average); scale != 1 {
		scaleGradients(r.Network, scale)
	}
	return energy, apply(r.Network, r.Optimizer, r.Rate)
}

// carried returns what an input is clamped to.
func (r *Rollout) carried(input string, s *rolloutSession) []float64 {
	if x := r.state[input]; x != nil {
		return x
	}
	n, err := r.Network.Node(input)
	if err != nil {
		return nil // session has checked it
	}
	return make([]float64, s.Batch()*n.Shape.Size())
}

// Activity returns the activity of a node after the last step, (batch, size), which the
// next one overwrites.
func (r *Rollout) Activity(node string) (relax.Vector, error) {
	if r.current == nil {
		return relax.Vector{}, errors.New("train: rollout: there is no activity yet; call Step first")
	}
	return r.current.Activity(node)
}

// Reset begins new sequences: the next step has carried inputs of 0.
func (r *Rollout) Reset() { r.state = nil }

// ResetSamples begins a new sequence for some samples of the batch, counted from 0.
func (r *Rollout) ResetSamples(samples ...int) error {
	for _, k := range samples {
		if r.current == nil || k < 0 || k >= r.current.Batch() {
			return errors.Errorf("train: rollout: ResetSamples, got sample %d, want one of the batch of the last step", k)
		}
	}
	for _, x := range r.state {
		size := len(x) / r.current.Batch()
		for _, k := range samples {
			clear(x[k*size : (k+1)*size])
		}
	}
	return nil
}

// State returns a copy of the carried activities, by input, for a checkpoint: with it,
// the weights and the optimizer's state a Rollout goes on as if it had not been
// interrupted. Nil means that sequences begin.
func (r *Rollout) State() map[string][]float64 { return cloneState(r.state) }

// SetState sets the carried activities, by input, each (batch, size), for example to an
// initial estimate. Nil begins new sequences; an input that is left out is 0.
func (r *Rollout) SetState(state map[string][]float64) error {
	inputs := slices.Collect(maps.Values(r.Carry))
	for input := range state {
		if !slices.Contains(inputs, input) {
			return errors.Errorf("train: rollout: state, got node %q, want an input of Carry: %q", input, inputs)
		}
	}
	r.state = cloneState(state)
	return nil
}

func cloneState(state map[string][]float64) map[string][]float64 {
	if state == nil {
		return nil
	}
	out := make(map[string][]float64, len(state))
	for name, x := range state {
		out[name] = slices.Clone(x)
	}
	return out
}

// session returns the session for the batch's size and nodes.
func (r *Rollout) session(b *Batch) (*rolloutSession, error) {
	learning := r.Optimizer != nil
	if learning && !(r.Rate > 0) {
		return nil, errors.Errorf("train: rollout: Rate, got %v, want a positive learning rate, or no Optimizer", r.Rate)
	}
	if r.net != r.Network || !maps.Equal(r.carries, r.Carry) {
		r.net, r.carries, r.current = r.Network, maps.Clone(r.Carry), nil
		r.sessions.Clear()
	}
	s := r.current
	if s == nil || s.key.batch != b.Size || s.key.learning != learning || !b.clamps(s.clamped) {
		var err error
		if s, err = r.find(b, learning); err != nil {
			return nil, err
		}
	}
	if want := (settings{relax: r.Relax}); s.driver == nil || !s.made.equal(want) {
		driver, err := relax.NewDriver(s.Session, r.Relax)
		if err != nil {
			return nil, err
		}
		s.driver, s.made = driver, want
	}
	return s, nil
}

// find returns a session that is kept, or a new one.
func (r *Rollout) find(b *Batch, learning bool) (*rolloutSession, error) {
	if err := r.check(b); err != nil {
		return nil, err
	}
	names := b.clamped()
	key := rolloutKey{b.Size, learning, strings.Join(names, "\x00")}
	if s, ok := r.sessions.Get(key); ok {
		return s, nil
	}
	clamped := slices.AppendSeq(slices.Clone(names), maps.Values(r.Carry))
	session, err := r.Network.Session(b.Size, graph.Roles{Clamped: clamped, Training: learning})
	if err != nil {
		return nil, err
	}
	s := &rolloutSession{Session: session, key: key, clamped: names, energies: make([]float64, len(session.Terms()))}
	r.sessions.Put(key, s)
	return s, nil
}

// check returns an error unless the fields and a batch go together.
func (r *Rollout) check(b *Batch) error {
	switch {
	case r.Network == nil:
		return errors.New("train: rollout: Network is required")
	case len(r.Carry) == 0:
		return errors.New("train: rollout: Carry is empty, want a node and the input that holds it at the next step")
	}
	seen := map[string]bool{}
	for node, input := range r.Carry {
		from, err := r.Network.Node(node)
		if err != nil {
			return errors.WithMessage(err, "train: rollout: Carry")
		}
		to, err := r.Network.Node(input)
		if err != nil {
			return errors.WithMessage(err, "train: rollout: Carry")
		}
		_, inBatch := b.Values[input]
		if inBatch || seen[input] || !from.Shape.Equal(to.Shape) {
			return errors.Errorf("train: rollout: Carry, got %q of shape %v to %q of shape %v, want equal shapes, one node for each input, and the input not in the batch", node, from.Shape, input, to.Shape)
		}
		seen[input] = true
	}
	return nil
}
