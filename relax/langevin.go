package relax

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
)

// Langevin is gradient descent with noise, which samples activities instead of
// minimising the energy:
//
//	x ← x − γ·∂E/∂x + √(2·γ·Temperature)·ξ        ξ ~ N(0, 1)
//
// In the limit of many small steps, states are distributed with a density proportional
// to exp(−E/Temperature): at Temperature 1, where the energy is a negative
// log-likelihood, the posterior of the activities given the clamped nodes. On a bowl of
// curvature λ the variance is the limit's divided by 1 − γλ/2.
//
// A Langevin stores its random source, which continues from run to run: use it through
// a pointer, in one run at a time. A learning rule reseeds it at every update, see
// [Drawer].
//
// Source: Roberts and Tweedie 1996, the unadjusted algorithm; for predictive coding
// Oliviers, Bogacz and Meulemans 2024, "Learning probability distributions of
// sensory inputs with Monte Carlo predictive coding".
type Langevin struct {
	// Temperature is in units of energy. Zero is an error: without noise it would
	// be [Euler]; 1 samples the posterior.
	Temperature float64 `json:"temperature"`
	// Seed of the noise. Zero is a valid seed.
	Seed uint64 `json:"seed,omitempty"`

	source *rand.PCG
	rng    *rand.Rand
}

// langevinStream is the random stream of the noise under a seed.
const langevinStream = 0x1a6e71

// Init creates the random source the first time.
func (l *Langevin) Init(Problem) error {
	if l.rng == nil {
		l.SetUpdate(0)
	}
	return nil
}

// SetUpdate implements [Drawer]. The next draws depend only on Seed and n.
func (l *Langevin) SetUpdate(n uint64) {
	stream := langevinStream + n*0x9e3779b97f4a7c15 // spread over all streams
	if l.rng == nil {
		l.source = rand.NewPCG(l.Seed, stream)
		l.rng = rand.New(l.source)
		return
	}
	l.source.Seed(l.Seed, stream)
}

// Step takes the step in place.
func (l *Langevin) Step(p Problem, size float64) error {
	std := math.Sqrt(2 * size * l.Temperature)
	for _, a := range p.Activities() {
		a.X.AddScaled(-size, a.Grad)
		first, batch := rowsOf(p, a.Samples)
		l.skip(first * a.Width())
		if x := a.X.Float32(); x != nil {
			addNoise(x, float32(std), l.rng)
		} else {
			addNoise(a.X.Float64(), std, l.rng)
		}
		l.skip((batch - first - a.Samples) * a.Width())
	}
	return nil
}

func addNoise[T float](x []T, std T, rng *rand.Rand) {
	for i := range x {
		x[i] += T(std * T(rng.NormFloat64()))
	}
}

// skip draws the noise of other parts of the batch, so that a sample's noise depends on
// its place in the batch alone.
func (l *Langevin) skip(n int) {
	for range n {
		l.rng.NormFloat64()
	}
}

// Validate returns an error unless the temperature is positive and finite.
func (l *Langevin) Validate() error {
	if !(l.Temperature > 0) || math.IsInf(l.Temperature, 0) {
		return errors.Errorf("relax: langevin: Temperature: want a positive finite number, got %g; there is no default, 1 samples the posterior and Euler is the limit without noise", l.Temperature)
	}
	return nil
}
