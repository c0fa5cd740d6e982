package experiments

import (
	"context"
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
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

// Run conditions the three groups, which start at the same weights.
func (s Fear) Run(ctx context.Context, seed uint64) (FearResult, error) {
	var r FearResult
	net, err := graph.New(pathways(1), settings(s.Precision, seed))
	if err != nil {
		return r, err
	}
	p, err := newPupil(net, s.Learning, 1, "x1", "x2")
	if err != nil {
		return r, err
	}
	p.rates = []float64{s.FirstRate, s.FirstRate, s.LightRate, s.NoiseRate}
	rng := source(seed, "fear")
	light := math.Abs(s.InitMean + s.InitStd*rng.NormFloat64())
	noise := math.Abs(s.InitMean + s.InitStd*rng.NormFloat64())
	for g := range NumFearGroups {
		for i, w := range []float64{1, 1, light, noise} {
			setWeights(net.Params()[i], w)
		}
		net.ParamsChanged()
		if r.Fear[g], err = g.run(ctx, p); err != nil {
			return r, errors.WithMessagef(err, "experiments: fear: group %v", g)
		}
	}
	return r, nil
}

// run conditions one group and returns its fear of the noise.
func (g FearGroup) run(ctx context.Context, p *pupil) (float64, error) {
	conditioning, extinction := g.stimuli()
	for trial := range 2 * fearTrials {
		stimuli, shock := conditioning, 1.0
		if trial >= fearTrials {
			stimuli, shock = extinction, 0
		}
		p.set("x1", stimuli[0])
		p.set("x2", stimuli[1])
		p.set("y", shock)
		if err := p.learn(ctx); err != nil {
			return 0, err
		}
	}
	p.set("x1", 0)
	p.set("x2", 1)
	y, err := p.predict()
	return y.At(0), err
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
