package train

import (
	"math"
	"time"

	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/internal/threads"
	"github.com/seed-be841da4/prospect/relax"
)

// Adam follows the running mean of the gradient, divided by its running root mean
// square. The zero value is ready for use.
//
//	g ← ∂E/∂w + λ·w
//	m ← m + (1−β₁)·(g − m)
//	v ← β₂·v + (1−β₂)·g²
//	w ← w − η/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)
//
// where λ is the weight decay, η the learning rate and t the step, from 1. The decay
// passes through the moments, so it is strongest where gradients are small; [AdamW]
// decays every weight equally.
//
// Kingma and Ba (2015), algorithm 1 with the corrections folded as at the end of their
// section 2, including ε, so that the step equals algorithm 1's. Moments are kept in
// the precision of the parameter, as PyTorch does. Differs from torch.optim.Adam in not
// decaying the parameters marked NoDecay, unless DecayAll is set.
type Adam struct {
	// Beta1 is β₁, in [0, 1). Zero means 0.9; use math.SmallestNonzeroFloat64 for none.
	Beta1 float64 `json:"beta1"`
	// Beta2 is β₂, in [0, 1). Zero means 0.999.
	Beta2 float64 `json:"beta2"`
	// Epsilon is ε. Zero means 1e-8; a negative value is an error.
	Epsilon float64 `json:"epsilon"`
	// WeightDecay is λ, added to the gradient as an L2 penalty. Zero means none; a
	// negative value is an error.
	WeightDecay float64 `json:"weight_decay"`
	// DecayAll also decays the parameters marked NoDecay (biases, log-precisions), as
	// PyTorch does and as published results obtained with PyTorch need. False exempts
	// them.
	DecayAll bool `json:"decay_all"`

	memory memory
	job    adamJob
	params []*graph.Param // of the current step
}

const adamKind = "adam"

// adamSlots names the state of Adam per parameter. It is never written.
var adamSlots = []string{"first_moment", "second_moment"}

// Step implements [Optimizer]. It allocates only at the first step.
func (o *Adam) Step(params []*graph.Param, lr float64) error { return stepBy(o, params, lr) }

func (o *Adam) begin(params []*graph.Param, lr float64) error {
	if err := o.bind(params, lr); err != nil {
		return err
	}
	if err := o.memory.back(); err != nil {
		return err
	}
	o.params = params
	o.job.adamFactors = adamAt(o.memory.steps+1, lr, o.Beta1, o.Beta2, o.Epsilon)
	return nil
}

// bind checks the settings and the parameters of a step.
func (o *Adam) bind(params []*graph.Param, lr float64) error {
	if err := checkAdam("Adam", o.Beta1, o.Beta2, o.Epsilon, o.WeightDecay); err != nil {
		return err
	}
	if err := checkStep("Adam", params, lr); err != nil {
		return err
	}
	return o.memory.bind("Adam", params, adamSlots)
}

func (o *Adam) safe(i int, gradient float64) bool {
	p := o.params[i]
	if decay := decayOf(p, o.WeightDecay, o.DecayAll); decay != 0 {
		gradient += decay * bound(p.Value)
	}
	return o.job.safe(p, &o.memory.entries[i], gradient)
}

func (o *Adam) move(i int) {
	o.job.l2 = decayOf(o.params[i], o.WeightDecay, o.DecayAll)
	o.job.update(o.params[i], o.memory.entries[i].slots)
}

func (o *Adam) part(i int, gradient relax.Vector, at int) {
	f := o.job.adamFactors
	f.l2 = decayOf(o.params[i], o.WeightDecay, o.DecayAll)
	f.part(o.params[i], o.memory.entries[i].slots, gradient, at)
}

func (o *Adam) end(err error) error { return o.memory.stepped(err) }

func (o *Adam) state() (*memory, []string) { return &o.memory, adamSlots }

func (o *Adam) remembered() *memory { return &o.memory }

// State implements [Stateful].
func (o *Adam) State() OptimizerState {
	return o.memory.state(adamKind, adamSlots)
}

// SetState implements [Stateful].
func (o *Adam) SetState(params []*graph.Param, s OptimizerState) error {
	return o.memory.setState(adamKind, params, adamSlots, s)
}

// checkAdam checks the settings shared by Adam and AdamW.
func checkAdam(kind string, beta1, beta2, epsilon, decay float64) error {
	if err := checkRange(kind, "Beta1", beta1, 0, 1); err != nil {
		return err
	}
	if err := checkRange(kind, "Beta2", beta2, 0, 1); err != nil {
		return err
	}
	if err := checkRange(kind, "Epsilon", epsilon, 0, math.Inf(1)); err != nil {
		return err
	}
	return checkRange(kind, "WeightDecay", decay, 0, math.Inf(1))
}

// adamFactors are the factors of one step. The bias corrections are folded into
// stepSize = η·√(1−β₂ᵗ)/(1−β₁ᵗ) and epsilon = ε·√(1−β₂ᵗ), which saves a division per
// weight; l2 is the decay added to the gradient and shrink the factor of a weight under
// decoupled decay.
type adamFactors struct {
	rate1, beta2, rate2, stepSize, epsilon, l2, shrink float64
}

// adamAt returns the factors of step t, without decay.
func adamAt(t int64, lr, beta1, beta2, epsilon float64) adamFactors {
	beta1, beta2 = orDefault(beta1, 0.9), orDefault(beta2, 0.999)
	c := adamCorrections(t, beta1, beta2)
	return adamFactors{
		rate1:    1 - beta1,
		beta2:    beta2,
		rate2:    1 - beta2,
		stepSize: c.stepSize(lr),
		epsilon:  orDefault(epsilon, 1e-8) * c.root2,
		shrink:   1,
	}
}

// adamCorrection are the bias corrections of a step: 1−β₁ᵗ and √(1−β₂ᵗ).
type adamCorrection struct{ rest1, root2 float64 }

func adamCorrections(t int64, beta1, beta2 float64) adamCorrection {
	return adamCorrection{1 - math.Pow(beta1, float64(t)), math.Sqrt(1 - math.Pow(beta2, float64(t)))}
}

// stepSize is η·√(1−β₂ᵗ)/(1−β₁ᵗ).
func (c adamCorrection) stepSize(lr float64) float64 { return lr * c.root2 / c.rest1 }

// safe reports whether the step of a parameter is certain to stay finite if no gradient
// exceeds d, and records the next bound of its first moment. The second moment is a
// mean of its previous, finite value and of squares up to d².
func (a *adamFactors) safe(p *graph.Param, e *memoryEntry, d float64) bool {
	e.next = ((1-a.rate1)*e.bound + a.rate1*d) * (1 + 1e-6)
	l, epsilon := limitsOf(p.Value.Dtype()), a.epsilon
	if p.Value.Dtype() == tensor.Float32 {
		epsilon = float64(float32(epsilon))
	}
	direction := e.next / epsilon
	return d <= l.max/4 && d*d <= l.max/4 && a.rate2 >= 64*l.epsilon && direction <= l.max/4 && a.stepSize <= l.max/4 && a.stepSize*direction <= l.room
}

// adamJob is the step of one parameter, in blocks shared by threads: every element is
// updated independently, so the result does not depend on the threads.
type adamJob struct {
	adamFactors
	param *graph.Param
	slots []*tensor.Dense

	payoff threads.Payoff // by element
}

// sharedFrom is the number of weights from which a second thread is worth it.
const sharedFrom = 1 << 15

// update takes one step for p, whose moments are slots.
func (j *adamJob) update(p *graph.Param, slots []*tensor.Dense) {
	j.param, j.slots = p, slots
	n, workers := p.Value.Shape().TotalSize(), p.Workers()
	if n < sharedFrom || workers < 2 {
		j.RunBlock(0, 0, 0, 1)
		return
	}
	helpers, tell := j.payoff.Next()
	start := time.Now()
	if helpers = helpers && threads.Shared.Begin(workers, j); helpers {
		threads.Shared.Step(min(workers, threads.MaxBlocks))
		threads.Shared.End()
	} else {
		j.RunBlock(0, 0, 0, 1)
	}
	if tell {
		j.payoff.Done(helpers, time.Since(start).Seconds()/float64(n))
	}
}

// RunBlock updates one block of the weights.
func (j *adamJob) RunBlock(_, _, block, blocks int) {
	const line = 16 // elements of a cache line, not shared between blocks
	n := j.param.Value.Shape().TotalSize()
	lo, hi := n*block/blocks/line*line, n*(block+1)/blocks/line*line
	if block == blocks-1 {
		hi = n
	}
	j.part(j.param, j.slots, gradientOf(j.param).Slice(lo, hi), lo)
}

// part takes the step of the elements of p from at on, along a part of its gradient.
func (a *adamFactors) part(p *graph.Param, slots []*tensor.Dense, gradient relax.Vector, at int) {
	m, v := slots[0], slots[1]
	if g := gradient.Float32(); g != nil {
		adamStep(p.Value.Float32s()[at:at+len(g)], g, m.Float32s()[at:], v.Float32s()[at:], a)
		return
	}
	g := gradient.Float64()
	adamStep(p.Value.Float64s()[at:at+len(g)], g, m.Float64s()[at:], v.Float64s()[at:], a)
}

// adamScalars returns what the kernel of Adam wants.
func adamScalars[T float](a *adamFactors) kernel.AdamScalars[T] {
	return kernel.AdamScalars[T]{
		Rate: T(a.stepSize), Decay: T(a.l2), Beta1: T(1 - a.rate1), Rest1: T(a.rate1), Beta2: T(a.beta2), Rest2: T(a.rate2),
		Epsilon: T(a.epsilon), Correct1: 1, Correct2: 1,
	}
}

// adamStep takes one step in the precision of the slices: by a vector kernel where the
// processor has one, which uses fused multiply-add, and in plain Go otherwise. See
// sgdStep for the conversions.
func adamStep[T float](w, g, m, v []T, a *adamFactors) {
	scalars := adamScalars[T](a)
	if a.shrink == 1 && kernel.Adam(w, m, v, g, &scalars) {
		return
	}
	if a.shrink != 1 {
		scalars.Decay = T((1 - a.shrink) / a.stepSize)
		if kernel.AdamW(w, m, v, g, &scalars) {
			return
		}
	}
	rate1, beta2, rate2 := T(a.rate1), T(a.beta2), T(a.rate2)
	stepSize, epsilon := T(a.stepSize), T(a.epsilon)
	l2, shrink := T(a.l2), T(a.shrink)
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	for i := range w {
		x := T(shrink * w[i])
		d := g[i] + T(l2*x)
		mi := m[i] + T(rate1*(d-m[i]))
		vi := T(beta2*v[i]) + T(T(rate2*d)*d)
		m[i], v[i] = mi, vi
		w[i] = x - T(stepSize*mi)/(T(math.Sqrt(float64(vi)))+epsilon)
	}
}
