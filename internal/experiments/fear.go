package experiments

import (
	"context"
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/torchrand"
	"github.com/seed-be841da4/prospect/sweep"
)

// FearGroup is a group of animals in the fear-conditioning experiment.
type FearGroup int

// The groups: what was paired with the shock, and what was then extinguished.
const (
	NoiseOnly     FearGroup = iota // N+: noise; nothing
	Both                           // LN+: light and noise; nothing
	BothThenLight                  // LN+,L−: light and noise; light
	NumFearGroups                  // how many there are
	fearTrials    = 32             // of conditioning, and again of extinction
)

// String returns the group's name in the paper.
func (g FearGroup) String() string { return [...]string{"N+", "LN+", "LN+,L-"}[g] }

// stimuli returns light and noise in conditioning and in extinction.
func (g FearGroup) stimuli() (conditioning, extinction [2]float64) {
	switch g {
	case NoiseOnly:
		return [2]float64{0, 1}, [2]float64{0, 0}
	case Both:
		return [2]float64{1, 1}, [2]float64{0, 0}
	}
	return [2]float64{1, 1}, [2]float64{1, 0}
}

// Fear is fear conditioning after Kaufman and Bolles (1981): light and noise each
// feed a hidden unit, and fear is the weighted sum of the two. 32 trials pair the
// stimuli with a shock (target 1), 32 extinguish (target 0); then fear of the
// noise alone is read out.
//
// Source: Song et al. 2024, Fig. 7.
type Fear struct {
	// Learning is the rule; its Rate is not used.
	Learning
	// FirstRate is the learning rate of both weights of the first layer, which
	// start at 1; LightRate and NoiseRate are those of the second layer.
	FirstRate float64 `json:"first_rate"`
	LightRate float64 `json:"light_rate"`
	NoiseRate float64 `json:"noise_rate"`
	// InitMean and InitStd: the second layer starts at |N(InitMean, InitStd²)|.
	InitMean float64 `json:"init_mean"`
	InitStd  float64 `json:"init_std"`
	// Precision of the network.
	Precision graph.Precision `json:"precision"`
}

// PublishedFear returns the published settings of a rule at one cell of the grid
// of learning rates, each of which was 1, 0.1, 0.01 or 0.001.
func PublishedFear(rule Rule, first, light, noise float64) Fear {
	return Fear{
		Learning:  Learning{Rule: rule, Gamma: 0.5, Discount: 0.5, Steps: 200},
		FirstRate: first, LightRate: light, NoiseRate: noise,
		InitMean: 0.1, InitStd: 0.01, Precision: graph.Float64,
	}
}

// FearResult is fear of the noise at the end, by [FearGroup].
type FearResult struct {
	Fear [NumFearGroups]float64 `json:"fear"`
}

// RunFear runs simulations with a seed each together. They have to learn alike, but for
// rates and initial weights.
func RunFear(ctx context.Context, all []Fear, seeds []uint64) ([]Outcome[FearResult], error) {
	var learning []Learning
	for _, s := range all {
		learning = append(learning, s.Learning)
	}
	err := alike("fear", seeds, learning...)
	if err != nil {
		return nil, err
	}
	const groups = int(NumFearGroups) // a member is a group of a simulation
	c, err := newClass(groups*len(all), all[0].Learning, 1, func() (*graph.Network, error) { return graph.New(pathways(1), settings(all[0].Precision, 0)) }, "x1", "x2")
	if err != nil {
		return nil, err
	}
	for i, s := range all {
		light, noise := s.draw(seeds[i])
		for m := groups * i; m < groups*(i+1); m++ {
			if err := c.rates(m, s.FirstRate, s.FirstRate, s.LightRate, s.NoiseRate); err != nil {
				return nil, err
			}
			for k, w := range []float64{1, 1, light, noise} {
				if err := c.weights(m, k, w); err != nil {
					return nil, err
				}
			}
		}
	}
	if err := condition(ctx, c, groups*len(all)); err != nil {
		return nil, errors.WithMessage(err, "experiments: fear")
	}
	out := make([]Outcome[FearResult], len(all))
	for i := range out {
		for g := range NumFearGroups {
			m := groups*i + int(g)
			y, err := c.output(m)
			if err != nil {
				return nil, err
			}
			out[i].Result.Fear[g] = y.At(0)
			if err := c.err(m); err != nil && out[i].Err == nil {
				out[i].Err = errors.WithMessagef(err, "experiments: fear: group %v", g)
			}
		}
	}
	return out, nil
}

// draw draws the weights of the second layer.
func (s Fear) draw(seed uint64) (light, noise float64) {
	if s.Draws == Own {
		rng := source(seed, "fear")
		light = math.Abs(s.InitMean + s.InitStd*rng.NormFloat64())
		return light, math.Abs(s.InitMean + s.InitStd*rng.NormFloat64())
	}
	g, w := torchrand.New(seed), make([]float32, 2)
	g.Normal(w[:1], s.InitMean, s.InitStd)
	g.Normal(w[1:], s.InitMean, s.InitStd)
	if s.Draws == TorchUlp {
		w[0] = nextUp(w[0])
	}
	return math.Abs(float64(w[0])), math.Abs(float64(w[1]))
}

// condition conditions all members, of which every third is of one group, and predicts
// their fear of the noise.
func condition(ctx context.Context, c *class, members int) error {
	present := func(m int, stimuli [2]float64, shock float64) error {
		for _, err := range []error{c.set(m, "x1", stimuli[0]), c.set(m, "x2", stimuli[1]), c.set(m, "y", shock)} {
			if err != nil {
				return err
			}
		}
		return nil
	}
	for trial := range 2 * fearTrials {
		sweep.ProgressOf(ctx).Set(trial, 2*fearTrials)
		for m := range members {
			conditioning, extinction := FearGroup(m % int(NumFearGroups)).stimuli()
			stimuli, shock := conditioning, 1.0
			if trial >= fearTrials {
				stimuli, shock = extinction, 0
			}
			if err := present(m, stimuli, shock); err != nil {
				return err
			}
		}
		if err := c.learn(ctx); err != nil {
			return err
		}
	}
	for m := range members {
		if err := present(m, [2]float64{0, 1}, 0); err != nil {
			return err
		}
	}
	return c.predict()
}

// fearData are the animals' mean responses to the noise, by [FearGroup].
var fearData = [NumFearGroups]float64{
	NoiseOnly:     mean(51.78, 50.04, 35.14, 42.84, 42.02),
	Both:          mean(47.25, 23.48, 19.88, 13.86, 24.76),
	BothThenLight: mean(49.85, 51.44, 40.06, 46.53, 27.85),
}

// FearData returns the animals' mean responses to the noise, by [FearGroup].
func FearData() [NumFearGroups]float64 { return fearData }

// FearFit is an affine fit of simulated fear to the animals' responses.
type FearFit struct {
	// Fitted is Scale·v + Offset for each group, and Error the sum of the squares
	// of what is left.
	Fitted [NumFearGroups]float64 `json:"fitted"`
	Scale  float64                `json:"scale"`
	Offset float64                `json:"offset"`
	Error  float64                `json:"error"`
}

// FitFear fits the mean of some results to the animals by least squares over the
// groups. Results that are not finite give a fit whose Error is NaN.
func FitFear(results []FearResult) FearFit {
	var f FearFit
	var v [NumFearGroups]float64
	for g := range v {
		for _, r := range results {
			v[g] += r.Fear[g] / float64(len(results))
		}
	}
	f.Scale, f.Offset = affine(v[:], fearData[:])
	for g := range v {
		f.Fitted[g] = f.Scale*v[g] + f.Offset
		d := f.Fitted[g] - fearData[g]
		f.Error += d * d
	}
	return f
}
