package rl

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// agent is a Q-network in an environment.
type agent struct {
	env     Environment
	s       Settings
	rng     *rand.Rand
	net     *graph.Network
	rule    train.Rule
	sgd     train.SGD
	acting  *values // of one observation
	looking *values // of a batch of next observations
	memory  *replay
	norm    *normalizer
	batch   *train.Batch
	lost    bool // the network's values are not finite

	observation  []float64
	before, then []float32
}

func newAgent(env Environment, s Settings, rule train.Rule, seed uint64) (*agent, error) {
	if s.Batch < 1 || s.Capacity < s.Batch || s.LearnFrom < s.Batch-1 {
		return nil, errors.Errorf("rl: settings: Batch %d, Capacity %d and LearnFrom %d, want a batch that fits into the memory and into what is learned from", s.Batch, s.Capacity, s.LearnFrom)
	}
	size, actions := env.Space()
	net, err := newQNetwork(size, s.Hidden, actions, seed)
	if err != nil {
		return nil, err
	}
	a := &agent{
		env: env, s: s, rng: rand.New(rand.NewPCG(seed, 0x5eed)), net: net, rule: rule,
		memory: newReplay(s.Capacity, size), norm: newNormalizer(size),
		observation: make([]float64, size), before: make([]float32, size), then: make([]float32, size),
		batch: &train.Batch{Size: s.Batch, Values: map[string][]float32{
			"x": make([]float32, s.Batch*size), "y": make([]float32, s.Batch*actions), "mask": make([]float32, s.Batch*actions),
		}},
	}
	if a.acting, err = newValues(net, 1, actions); err != nil {
		return nil, err
	}
	a.looking, err = newValues(net, s.Batch, actions)
	return a, err
}

// newQNetwork declares a network from observations to the values of actions. The data
// node "mask" is 1 at the action that is learned.
func newQNetwork(size int, hidden []int, actions int, seed uint64) (*graph.Network, error) {
	d := graph.Declaration{Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{size}}}}
	from := "x"
	for i, width := range append(slices.Clone(hidden), actions) {
		name := "h" + string(rune('1'+i))
		p := graph.Prediction{From: []string{from}, Layer: layers.Dense{Out: width}}
		if i > 0 {
			p.Layer = layers.Sequential{layers.Sigmoid{}, p.Layer}
		}
		if i == len(hidden) {
			name = "y"
			p.Energy = energy.Gaussian{From: "mask"}
		}
		p.Of, from = name, name
		d.Nodes = append(d.Nodes, graph.Node{Name: name, Shape: graph.Shape{width}})
		d.Predictions = append(d.Predictions, p)
	}
	d.Nodes = append(d.Nodes, graph.Node{Name: "mask", Shape: graph.Shape{actions}, Data: true})
	net, err := graph.New(d, graph.Settings{Seed: seed, Engine: graph.Compiled{Threads: 1}})
	return net, errors.WithMessage(err, "rl: Q-network")
}

// episode plays an episode, stores its transitions and returns its reward. As in the
// published program, the next observation of a transition is normalised by what was
// observed before it; it is observed and normalised anew as that of the next transition,
// and the last of an episode is never observed.
func (a *agent) episode(epsilon float64) (float64, error) {
	a.env.Reset(a.rng, a.observation)
	_, actions := a.env.Space()
	total := 0.0
	for {
		a.norm.observe(a.observation)
		a.norm.write(a.before, a.observation)
		action := a.rng.IntN(actions)
		if a.rng.Float64() >= epsilon {
			var err error
			if action, err = a.best(); err != nil {
				return total, err
			}
		}
		reward, done := a.env.Step(action, a.observation)
		a.norm.write(a.then, a.observation)
		a.memory.add(a.before, action, reward, a.then, done)
		total += reward
		if done {
			return total, nil
		}
	}
}

// best returns the action with the largest value.
func (a *agent) best() (int, error) {
	if a.lost {
		return 0, nil
	}
	q, err := a.acting.of(a.before)
	if err != nil {
		return 0, err
	}
	best := 0
	for i := range q {
		if q[i] > q[best] {
			best = i
		}
	}
	return best, nil
}

// learn learns from the replay memory, if it holds enough transitions.
func (a *agent) learn(ctx context.Context) error {
	if a.memory.count <= a.s.LearnFrom {
		return nil
	}
	for range a.s.Updates {
		if err := a.fill(); err != nil {
			return err
		}
		if _, err := train.Learn(ctx, a.net, a.rule, &a.sgd, a.s.Rate, a.batch); err != nil {
			return err
		}
	}
	return nil
}

// fill draws a batch of transitions and computes their targets.
func (a *agent) fill() error {
	m, x := a.memory, a.batch.Values["x"]
	drawn := m.draw(a.rng, a.s.Batch)
	for n, i := range drawn { // next observations first, by way of x
		copy(x[n*m.size:(n+1)*m.size], m.then[i*m.size:])
	}
	q, err := a.looking.of(x)
	if err != nil {
		return err
	}
	y, mask := a.batch.Values["y"], a.batch.Values["mask"]
	clear(y)
	clear(mask)
	actions := len(y) / a.s.Batch
	for n, i := range drawn {
		copy(x[n*m.size:(n+1)*m.size], m.before[i*m.size:])
		target := m.rewards[i]
		if !m.done[i] {
			target += float32(a.s.Discount) * slices.Max(q[n*actions:(n+1)*actions])
		}
		at := n*actions + int(m.actions[i])
		if target-target != 0 {
			return errValue
		}
		y[at], mask[at] = target, 1
	}
	return nil
}

// values computes Q.
type values struct {
	session *graph.Session
	y       relax.Vector
}

func newValues(net *graph.Network, batch, actions int) (*values, error) {
	s, err := net.ForwardSession(batch, []string{"x", "mask"}, "y")
	if err != nil {
		return nil, err
	}
	if err := s.Clamp("mask", make([]float32, batch*actions)); err != nil {
		return nil, err
	}
	y, err := s.View("y")
	return &values{s, y}, err
}

// of returns Q for observations, (batch, actions), valid until the next call.
func (v *values) of(x []float32) ([]float32, error) {
	if err := v.session.Clamp("x", x); err != nil {
		return nil, err
	}
	return v.y.Float32(), v.session.Feedforward()
}
