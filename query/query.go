package query

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/recent"
	"github.com/seed-be841da4/prospect/relax"
)

// Settings describe how a network is queried.
type Settings struct {
	// Relax describes the relaxation; Steps and Control have no default. Set Stop to
	// know whether an answer has converged. In a network without cycles and priors,
	// where each node has one prediction and no predicted node is known, the
	// feedforward pass is already the minimum.
	Relax relax.Settings `json:"relax"`
	// Start is the initial value of free nodes without a feedforward prediction.
	Start graph.Start `json:"start"`
	// Seed of the random source of Start. Every batch draws its own values.
	Seed uint64 `json:"seed,omitempty"`
	// Batch is the number of samples relaxed at a time. Zero means 64.
	Batch int `json:"batch,omitempty"`
	// SkipEnergies saves the evaluation of every single sample; answers then have no
	// energies.
	SkipEnergies bool `json:"skip_energies,omitempty"`
}

// Asker queries one network. It caches the compiled sessions of the last 16
// combinations of batch size and known nodes, so reuse it. It is not safe for
// concurrent use.
type Asker struct {
	net      *graph.Network
	settings Settings
	sessions recent.Cache[sessionKey, *session]
}

// sessionKey is a batch size with roles.
type sessionKey struct {
	batch int
	roles string
}

// New returns an Asker. It does not change the network; parameters may be trained
// further between questions.
func New(net *graph.Network, s Settings) (*Asker, error) {
	if s.Batch < 0 {
		return nil, errors.Errorf("query: Batch, got %d, want at least 0 (0 means 64)", s.Batch)
	}
	if s.Batch == 0 {
		s.Batch = 64
	}
	if err := s.Relax.Validate(); err != nil {
		return nil, errors.WithMessage(err, "query")
	}
	return &Asker{net: net, settings: s}, nil
}

// Ask relaxes the network and returns its relaxed state. Running out of steps is not an
// error, see [Answer.Converged]; diverging is.
func (a *Asker) Ask(ctx context.Context, q Question) (*Answer, error) {
	return a.ask(ctx, q, !a.settings.SkipEnergies)
}

func (a *Asker) ask(ctx context.Context, q Question, energies bool) (*Answer, error) {
	if err := q.check(a.net); err != nil {
		return nil, err
	}
	q = q.plain()
	roles, err := q.roles(a.net)
	if err == nil {
		err = q.checkHidden(a.net, roles)
	}
	if err != nil {
		return nil, err
	}
	out := newAnswer(a.net, q.Samples)
	for i := 0; i < q.Samples; i += a.settings.Batch {
		j := min(i+a.settings.Batch, q.Samples)
		s, err := a.session(j-i, roles)
		if err != nil {
			return nil, err
		}
		rng := rand.New(rand.NewPCG(a.settings.Seed, uint64(i)))
		if err := s.relax(ctx, q.part(i, j), a.settings.Start, rng); err != nil {
			return nil, errors.WithMessagef(err, "query: samples %d to %d", i, j-1)
		}
		if err := out.collect(s, i, energies); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// session returns the session for a batch size and roles.
func (a *Asker) session(batch int, roles graph.Roles) (*session, error) {
	key := sessionKey{batch, fmt.Sprintf("%q %q", roles.Clamped, roles.Outputs)}
	if s, ok := a.sessions.Get(key); ok {
		return s, nil
	}
	s, err := newSession(a.net, batch, roles, a.settings.Relax)
	if err != nil {
		return nil, err
	}
	a.sessions.Put(key, s)
	return s, nil
}

// Score computes how well each of several candidates for a node fits the samples:
//
//	result[n][c] = the energy of sample n with the node clamped to candidate c
//
// With the classes' codes as candidates the minimum of a row is the class. The node
// must not be in q.Clamp. Every pair of sample and candidate is relaxed separately.
// Score needs the energies and ignores SkipEnergies.
func (a *Asker) Score(ctx context.Context, q Question, node string, candidates [][]float32) ([][]float64, error) {
	if err := q.check(a.net); err != nil {
		return nil, err
	}
	n, err := a.net.Node(node)
	if err != nil {
		return nil, errors.WithMessage(err, "query: Score")
	}
	if _, clamped := q.Clamp[node]; clamped {
		return nil, errors.Errorf("query: node %q: is clamped already; leave it out of Clamp to score candidates for it", node)
	}
	for c, data := range candidates {
		if len(data) != n.Shape.Size() {
			return nil, errors.Errorf("query: node %q: candidate %d, got %d numbers, want %d for shape %v", node, c, len(data), n.Shape.Size(), n.Shape)
		}
	}
	out := make([][]float64, q.Samples)
	for c, data := range candidates {
		with := q
		with.Clamp = maps.Clone(q.Clamp)
		if with.Clamp == nil {
			with.Clamp = map[string][]float32{}
		}
		with.Clamp[node] = slices.Repeat(data, q.Samples)
		answer, err := a.ask(ctx, with, true)
		if err != nil {
			return nil, errors.WithMessagef(err, "query: candidate %d", c)
		}
		for i, e := range answer.Energies() {
			out[i] = append(out[i], e)
		}
	}
	return out, nil
}

// Predict returns the prediction of a node from the other nodes of an answer: (samples,
// size), row-major. The node must not predict others. For a known node it is the
// network's reconstruction.
func (a *Asker) Predict(answer *Answer, node string) ([]float64, error) {
	roles := graph.Roles{Outputs: []string{node}}
	for _, n := range answer.nodes {
		if n.Name != node {
			roles.Clamped = append(roles.Clamped, n.Name)
		}
	}
	n, err := a.net.Node(node)
	if err != nil {
		return nil, errors.WithMessage(err, "query: Predict")
	}
	size := n.Shape.Size()
	out := make([]float64, 0, answer.Samples*size)
	for i := 0; i < answer.Samples; i += a.settings.Batch {
		j := min(i+a.settings.Batch, answer.Samples)
		s, err := a.session(j-i, roles)
		if err != nil {
			return nil, err
		}
		for _, name := range roles.Clamped {
			v := answer.values[name]
			each := len(v) / answer.Samples
			if err := s.ClampFloat64(name, v[i*each:j*each]); err != nil {
				return nil, err
			}
		}
		if err := s.Initialize(graph.Start{}, nil); err != nil {
			return nil, err
		}
		mu, err := s.Activity(node)
		if err != nil {
			return nil, err
		}
		for k := range mu.Len() {
			out = append(out, mu.At(k))
		}
	}
	return out, nil
}
