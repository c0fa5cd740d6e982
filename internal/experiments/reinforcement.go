package experiments

import (
	"context"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/rl"
)

// Reinforcement lets a deep Q-network learn an environment of classic control.
//
// Source: Song et al. 2024, Fig. 4k.
type Reinforcement struct {
	// Learning is the rule; its Rate is not used.
	Learning
	// Environment is its name, one of [rl.Names].
	Environment string `json:"environment"`
	// Agent is the Q-network and how it plays and learns.
	Agent rl.Settings `json:"agent"`
}

// PublishedReinforcement returns the published settings of a rule in an environment
// at a learning rate: 0.05, 0.01, 0.005, 0.001, 0.0005 or 0.0001. It has 10,000
// episodes and 3 seeds.
func PublishedReinforcement(rule Rule, environment string, rate float64) Reinforcement {
	return Reinforcement{
		Learning:    Learning{Rule: rule, Gamma: 0.05, Discount: 1, Steps: 32},
		Environment: environment, Agent: rl.Published(rate),
	}
}

// ReinforcementResult is the course of a [Reinforcement].
type ReinforcementResult struct {
	// Curve is the mean reward of the last 200 episodes, or as many as there are,
	// after every 100th.
	Curve []float64 `json:"curve"`
	// Mean is the mean of that over all episodes, by which the best learning rate
	// is chosen, and Last that of the last tenth of the episodes.
	Mean float64 `json:"mean"`
	Last float64 `json:"last"`
	// Diverged is the episode after which the network stopped to learn; 0 if it did
	// not.
	Diverged int `json:"diverged,omitempty"`
}

// Run runs the agent. After is called after every episode, unless it is nil.
func (s Reinforcement) Run(ctx context.Context, seed uint64, after func(episode int, reward float64)) (ReinforcementResult, error) {
	var r ReinforcementResult
	env, err := rl.New(s.Environment)
	if err != nil {
		return r, err
	}
	rule, err := s.rule()
	if err != nil {
		return r, err
	}
	run, err := rl.Run(ctx, env, s.Agent, rule, seed, after)
	if err != nil {
		return r, errors.WithMessagef(err, "experiments: %s", s.Environment)
	}
	smooth := run.Smoothed(200)
	for i := 99; i < len(smooth); i += 100 {
		r.Curve = append(r.Curve, smooth[i])
	}
	r.Mean, r.Diverged = mean(smooth...), run.Diverged
	r.Last = mean(smooth[len(smooth)-max(1, len(smooth)/10):]...)
	return r, nil
}
