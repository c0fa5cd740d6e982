package rl

import (
	"context"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Settings of a deep Q-network and how it learns.
//
// Every episode it acts ε-greedily and stores the transitions; then, if there are
// enough, it learns several batches of them, each by one step towards
//
//	Q(s, a) → r + Discount · max_a′ Q(s′, a′) · (not done)
//
// at the action a that was taken, with the current network in both places. The end of
// an episode at the step limit counts as done.
type Settings struct {
	// Hidden are the widths of the hidden layers, which are sigmoid.
	Hidden []int `json:"hidden"`
	// Rate is the learning rate of SGD.
	Rate float64 `json:"rate"`
	// Discount of future reward.
	Discount float64 `json:"discount"`
	// Episodes is the length of the run.
	Episodes int `json:"episodes"`
	// Batch is the number of transitions per update, Updates the number of updates per
	// episode, Capacity the number of transitions remembered, and learning starts when
	// there are more than LearnFrom.
	Batch     int `json:"batch"`
	Updates   int `json:"updates"`
	Capacity  int `json:"capacity"`
	LearnFrom int `json:"learn_from"`
	// ε = max(EpsilonEnd, EpsilonStart − EpsilonFall·episode).
	EpsilonStart float64 `json:"epsilon_start"`
	EpsilonEnd   float64 `json:"epsilon_end"`
	EpsilonFall  float64 `json:"epsilon_fall"`
}

// Published returns the settings of Fig. 4k at a learning rate: 0.05, 0.01, 0.005,
// 0.001, 0.0005 or 0.0001. It has 10,000 episodes.
func Published(rate float64) Settings {
	return Settings{
		Hidden: []int{128, 128}, Rate: rate, Discount: 0.98, Episodes: 10000,
		Batch: 60, Updates: 10, Capacity: 50000, LearnFrom: 2000,
		EpsilonStart: 0.08, EpsilonEnd: 0.01, EpsilonFall: 0.01 / 200,
	}
}

// Result is the outcome of a run.
type Result struct {
	// Rewards has the total reward of every episode.
	Rewards []float64 `json:"rewards"`
	// Diverged is the episode from which the network no longer learned because its
	// values were not finite, and the agent chose the first action; 0 if that did not
	// happen.
	Diverged int `json:"diverged,omitempty"`
}

// Smoothed returns, after every episode, the mean reward of the last window episodes,
// or of as many as there are. The figure uses windows of 200.
func (r Result) Smoothed(window int) []float64 {
	out := make([]float64, len(r.Rewards))
	sum := 0.0
	for i, x := range r.Rewards {
		sum += x
		if i >= window {
			sum -= r.Rewards[i-window]
		}
		out[i] = sum / float64(min(i+1, window))
	}
	return out
}

// Run trains an agent with a new network in an environment by a rule, which must be new
// too. After is called after every episode, unless it is nil.
func Run(ctx context.Context, env Environment, s Settings, rule train.Rule, seed uint64, after func(episode int, reward float64)) (Result, error) {
	var r Result
	a, err := newAgent(env, s, rule, seed)
	if err != nil {
		return r, err
	}
	for episode := range s.Episodes {
		if err := ctx.Err(); err != nil {
			return r, errors.Wrapf(err, "rl: episode %d", episode)
		}
		reward, err := a.episode(max(s.EpsilonEnd, s.EpsilonStart-s.EpsilonFall*float64(episode)))
		if err != nil {
			return r, errors.WithMessagef(err, "rl: episode %d", episode)
		}
		r.Rewards = append(r.Rewards, reward)
		if after != nil {
			after(episode, reward)
		}
		if r.Diverged > 0 {
			continue
		}
		switch err := a.learn(ctx); {
		case isDivergence(err):
			r.Diverged, a.lost = episode+1, true
		case err != nil:
			return r, errors.WithMessagef(err, "rl: episode %d", episode)
		}
	}
	return r, nil
}

// errValue is the cause of a target that is not finite.
var errValue = errors.New("rl: a value of the network is not finite")

// isDivergence distinguishes a numerical failure from other errors.
func isDivergence(err error) bool {
	var gradient *train.NonFiniteError
	return errors.As(err, &gradient) || errors.Is(err, relax.ErrDiverged) || errors.Is(err, errValue)
}
